// Operators that read images at computed positions: GridSample, RoiAlign, DeformConv.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/sampling.h"
#include "compiler/frontend/onnx/windows.h"

namespace ingot::compiler::onnx_import {
namespace {

// 0, 1, ... count - 1 with `rank` axes, all but the first of them 1.
Value* numbered(Conversion& c, int64_t count, size_t rank) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  std::vector<int64_t> sizes(rank, 1);
  sizes[0] = count;
  return c.builder().constant_i64("images", sizes, numbers);
}

Result<Value*> floats_constant(Conversion& c, DType dtype, const std::vector<int64_t>& sizes,
                               const std::vector<float>& values) {
  return c.cast(c.builder().constant_f32("positions", sizes, values), dtype);
}

// [points..., C] to [N, C, points without the first].
Result<Value*> channels_second(Conversion& c, Value* x) {
  std::vector<int64_t> order(x->type.rank());
  std::iota(order.begin(), order.end(), int64_t{0});
  order.pop_back();
  order.insert(order.begin() + 1, static_cast<int64_t>(order.size()));
  return c.permute(x, order);
}

struct GridOptions {
  int64_t mode = 0;     // 0 linear, 1 nearest, 2 cubic: ATen's numbers
  int64_t padding = 0;  // 0 zeros, 1 border, 2 reflection
  bool align_corners = false;
};

Result<GridOptions> read_grid_options(Conversion& c) {
  GridOptions options;
  const std::string mode = INGOT_TRY(c.text("mode", c.opset() < 20 ? "bilinear" : "linear"));
  const std::string padding = INGOT_TRY(c.text("padding_mode", "zeros"));
  options.align_corners = INGOT_TRY(c.flag("align_corners", false));
  if (mode == "nearest") {
    options.mode = 1;
  } else if (mode == "cubic" || mode == "bicubic") {
    options.mode = 2;
  } else if (mode != "linear" && mode != "bilinear") {
    return fail(ErrorCode::invalid_file, "mode is '%.20s', expected linear, nearest or cubic", mode.c_str());
  }
  if (padding == "border") {
    options.padding = 1;
  } else if (padding == "reflection") {
    options.padding = 2;
  } else if (padding != "zeros") {
    return fail(ErrorCode::invalid_file, "padding_mode is '%.20s', expected zeros, border or reflection",
                padding.c_str());
  }
  return options;
}

// Positions beyond the ends come back: as often as it takes, at the outer elements' middles (corners aligned) or edges.
Result<Value*> reflect(Conversion& c, Value* at, int64_t size, bool align_corners) {
  const double low = align_corners ? 0 : -0.5;
  const double span = static_cast<double>(align_corners ? size - 1 : size);
  if (span == 0) return c.multiply(at, 0);
  const DType dtype = at->type.dtype;
  // A distance from `low` within two spans; in the second one it counts from the far end.
  Value* distance = INGOT_TRY(c.add(at, -low));
  distance = INGOT_TRY(c.call("aten::remainder.Tensor", {distance, c.scalar(dtype, 2 * span)}));
  Value* back = INGOT_TRY(c.call("aten::sub.Tensor", {c.scalar(dtype, 2 * span), distance}));
  return c.add(INGOT_TRY(c.call("aten::minimum", {distance, back})), low);
}

// The grid [N, points..., axes] names the last axis first, from -1 to 1: what it says of axis i, in elements.
Result<Value*> grid_position(Conversion& c, Value* grid, size_t i, int64_t size, const GridOptions& options) {
  const size_t last = grid->type.rank() - 1;
  const auto coordinate = static_cast<int64_t>(last - 2 - i);
  Value* at = INGOT_TRY(c.call("aten::select_copy.int", {grid, static_cast<int64_t>(last), coordinate}));
  const double scale = static_cast<double>(options.align_corners ? size - 1 : size) / 2;
  at = INGOT_TRY(c.add(INGOT_TRY(c.multiply(INGOT_TRY(c.add(at, 1)), scale)), options.align_corners ? 0 : -0.5));
  return options.padding == 2 ? reflect(c, at, size, options.align_corners) : Result<Value*>(at);
}

}  // namespace

Result<Outputs> convert_grid_sample(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  Value* grid = INGOT_TRY(c.floats(1));
  const GridOptions options = INGOT_TRY(read_grid_options(c));
  const size_t rank = x->type.rank();
  const bool fits = rank >= 3 && grid->type.rank() == rank && grid->type.shape[0] == x->type.shape[0] &&
                    grid->type.shape.back() == Dim(static_cast<int64_t>(rank) - 2);
  if (!fits)
    return fail(ErrorCode::invalid_file, "a grid %s for %s", to_string(grid->type).c_str(), to_string(x->type).c_str());
  if (grid->type.dtype != x->type.dtype) grid = INGOT_TRY(c.cast(grid, x->type.dtype));
  if (rank == 4)
    return c.call("aten::grid_sampler_2d", {x, grid, options.mode, options.padding, options.align_corners});
  if (options.mode == 2) return fail(ErrorCode::not_supported, "cubic over %zu axes", rank - 2);
  SamplePoints points{numbered(c, INGOT_TRY(Conversion::size(x, 0)), rank - 1), {}, options.padding == 0};
  for (size_t i = 0; i + 2 < rank; ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i + 2));
    points.position.push_back(INGOT_TRY(grid_position(c, grid, i, size, options)));
  }
  if (options.mode == 1) return channels_second(c, INGOT_TRY(nearest_elements(c, x, points)));
  return channels_second(c, INGOT_TRY(sum_of(c, INGOT_TRY(weighted_neighbours(c, x, points)))));
}

// theta [N, axes, axes + 1] applied to the positions of an image of `size` [N, C, sizes...], each from -1 to 1, last
// axis first: a grid for GridSample.
Result<Outputs> convert_affine_grid(Conversion& c) {
  Value* theta = INGOT_TRY(c.floats(0));
  const bool align_corners = INGOT_TRY(c.flag("align_corners", false));
  const std::vector<int64_t> size = INGOT_TRY(c.constant_integers(1, "the size"));
  const size_t axes = size.size() < 2 ? 0 : size.size() - 2;
  const auto count = static_cast<int64_t>(axes);
  if ((axes != 2 && axes != 3) || theta->type.shape != Shape{Dim(size[0]), Dim(count), Dim(count + 1)})
    return fail(ErrorCode::invalid_file, "matrices %s for a size of %zu numbers", to_string(theta->type).c_str(),
                size.size());
  int64_t points = 1;
  for (size_t i = 2; i < size.size(); ++i) {
    if (size[i] < 1 || size[i] > (int64_t{1} << 24))
      return fail(ErrorCode::invalid_file, "an empty or too large image");
    points *= size[i];
    INGOT_TRY_VOID(c.check_made_up(points * (count + 1)));
  }
  std::vector<float> positions;  // [points, axes + 1], with a 1 behind each
  for (int64_t point = 0; point < points; ++point) {
    int64_t rest = point;
    for (size_t i = size.size(); i-- > 2; rest /= size[i]) {
      const auto at = static_cast<float>(rest % size[i]);
      const auto last = static_cast<float>(size[i] - 1);
      positions.push_back(align_corners ? (size[i] == 1 ? 0.0F : 2 * at / last - 1) : (2 * at + 1) / (last + 1) - 1);
    }
    positions.push_back(1.0F);
  }
  Value* base = INGOT_TRY(floats_constant(c, theta->type.dtype, {1, points, count + 1}, positions));
  base = INGOT_TRY(c.expand(base, {Dim(size[0]), Dim(points), Dim(count + 1)}));
  Value* grid = INGOT_TRY(c.call("aten::bmm", {base, INGOT_TRY(c.permute(theta, {0, 2, 1}))}));
  Shape shape = {Dim(size[0])};
  for (size_t i = 2; i < size.size(); ++i) shape.emplace_back(size[i]);
  shape.emplace_back(count);
  return c.view(grid, shape);
}

namespace {

struct Regions {
  int64_t sizes[2];  // of the output
  int64_t samples;   // in each direction of a bin
  double scale;
  bool half_pixel;
  bool largest;  // else the mean
};

Result<Regions> read_regions(Conversion& c) {
  Regions regions{};
  const std::string mode = INGOT_TRY(c.text("mode", "avg"));
  const std::string coordinates =
      c.opset() < 16 ? "output_half_pixel" : INGOT_TRY(c.text("coordinate_transformation_mode", "half_pixel"));
  regions.sizes[0] = INGOT_TRY(c.integer("output_height", 1));
  regions.sizes[1] = INGOT_TRY(c.integer("output_width", 1));
  regions.samples = INGOT_TRY(c.integer("sampling_ratio", 0));
  regions.scale = INGOT_TRY(c.real("spatial_scale", 1));
  regions.half_pixel = coordinates == "half_pixel";
  regions.largest = mode == "max";
  if ((mode != "avg" && mode != "max") || (!regions.half_pixel && coordinates != "output_half_pixel"))
    return fail(ErrorCode::invalid_file, "mode '%.20s' and coordinates '%.20s'", mode.c_str(), coordinates.c_str());
  if (regions.samples == 0) return fail(ErrorCode::not_supported, "as many samples as the regions are large");
  for (const int64_t n : {regions.sizes[0], regions.sizes[1], regions.samples}) {
    if (n < 1 || n > (1 << 12))
      return fail(ErrorCode::invalid_file, "an output or sample count of %lld", static_cast<long long>(n));
  }
  return regions;
}

// Where region by region the samples lie along one axis (0: rows, 1: columns): [regions, samples], with 1 where that is
// near enough to the image to count.
struct SampleLine {
  Value* position;
  Value* counts;
};

Result<SampleLine> sample_line(Conversion& c, const Regions& r, size_t axis, int64_t size) {
  Value* boxes = c.input(1);  // x1, y1, x2, y2
  const DType dtype = boxes->type.dtype;
  const auto first = static_cast<int64_t>(axis == 0 ? 1 : 0);
  Value* ends[2];
  for (size_t i = 0; i < 2; ++i) {
    const int64_t column = first + 2 * static_cast<int64_t>(i);
    Value* at = INGOT_TRY(c.slice(boxes, 1, column, column + 1));
    ends[i] = INGOT_TRY(c.add(INGOT_TRY(c.multiply(at, r.scale)), r.half_pixel ? -0.5 : 0));
  }
  Value* extent = INGOT_TRY(c.call("aten::sub.Tensor", {ends[1], ends[0]}));
  if (!r.half_pixel) extent = INGOT_TRY(c.call("aten::clamp", {extent, 1.0}));
  const int64_t count = r.sizes[axis] * r.samples;
  std::vector<float> fractions;
  for (int64_t i = 0; i < count; ++i) fractions.push_back((static_cast<float>(i) + 0.5F) / static_cast<float>(count));
  Value* within = INGOT_TRY(floats_constant(c, dtype, {1, count}, fractions));
  Value* offsets = INGOT_TRY(c.call("aten::mul.Tensor", {extent, within}));
  Value* position = INGOT_TRY(c.call("aten::add.Tensor", {ends[0], offsets}));
  Value* kept = INGOT_TRY(c.call("aten::clamp", {position, -1.0, static_cast<double>(size)}));
  Value* counts = INGOT_TRY(c.cast(INGOT_TRY(c.call("aten::eq.Tensor", {kept, position})), dtype));
  return SampleLine{position, counts};
}

}  // namespace

// Each region is cut into bins, each bin sampled at evenly spaced points; the mean of a bin's samples, or the largest
// of the weighted elements around them.
Result<Outputs> convert_roi_align(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const Value* boxes = INGOT_TRY(c.floats(1));
  Value* batch = c.input(2);
  const Regions r = INGOT_TRY(read_regions(c));
  if (x->type.rank() != 4 || boxes->type.rank() != 2 || !(boxes->type.shape[1] == Dim(4)) ||
      boxes->type.dtype != x->type.dtype || batch->type.shape != Shape{boxes->type.shape[0]})
    return fail(ErrorCode::invalid_file, "regions %s in images %s, by %s", to_string(boxes->type).c_str(),
                to_string(x->type).c_str(), to_string(batch->type).c_str());
  const Dim count = boxes->type.shape[0];
  SampleLine lines[2];
  for (size_t axis = 0; axis < 2; ++axis)
    lines[axis] = INGOT_TRY(sample_line(c, r, axis, INGOT_TRY(Conversion::size(x, axis + 2))));
  const Dim rows(r.sizes[0] * r.samples);
  const Dim columns(r.sizes[1] * r.samples);
  const Shape tall = {count, rows, Dim(1)};
  const Shape wide = {count, Dim(1), columns};
  batch = INGOT_TRY(c.view(INGOT_TRY(c.cast(batch, DType::int64)), {count, Dim(1), Dim(1)}));
  const SamplePoints points{
      batch, {INGOT_TRY(c.view(lines[0].position, tall)), INGOT_TRY(c.view(lines[1].position, wide))}, false};
  const std::vector<Value*> corners = INGOT_TRY(weighted_neighbours(c, x, points));
  Value* sampled = corners[0];
  for (size_t i = 1; i < corners.size(); ++i)
    sampled = INGOT_TRY(c.call(r.largest ? "aten::maximum" : "aten::add.Tensor", {sampled, corners[i]}));
  Value* counts = INGOT_TRY(
      c.call("aten::mul.Tensor", {INGOT_TRY(c.view(lines[0].counts, tall)), INGOT_TRY(c.view(lines[1].counts, wide))}));
  counts = INGOT_TRY(c.view(counts, {count, rows, columns, Dim(1)}));
  sampled = INGOT_TRY(c.call("aten::mul.Tensor", {sampled, counts}));
  const Dim samples(r.samples);
  Value* bins =
      INGOT_TRY(c.view(sampled, {count, Dim(r.sizes[0]), samples, Dim(r.sizes[1]), samples, x->type.shape[1]}));
  const std::vector<int64_t> dims = {2, 4};
  return channels_second(c, INGOT_TRY(c.call(r.largest ? "aten::amax" : "aten::mean.dim", {bins, dims, false})));
}

namespace {

// Where the window's elements lie without offsets along one axis (0: rows, 1: columns): [1, elements, rows, columns].
Result<Value*> window_positions(Conversion& c, DType dtype, const Window& w, const int64_t (&outputs)[2], size_t axis) {
  const int64_t elements = w.kernel[0] * w.kernel[1];
  INGOT_TRY_VOID(c.check_made_up(elements * outputs[0]));
  INGOT_TRY_VOID(c.check_made_up(elements * outputs[0] * outputs[1]));
  std::vector<float> positions;
  for (int64_t k = 0; k < elements; ++k) {
    const int64_t tap = axis == 0 ? k / w.kernel[1] : k % w.kernel[1];
    for (int64_t i = 0; i < outputs[0] * outputs[1]; ++i) {
      const int64_t output = axis == 0 ? i / outputs[1] : i % outputs[1];
      positions.push_back(static_cast<float>(output * w.strides[axis] - w.before[axis] + tap * w.dilations[axis]));
    }
  }
  return floats_constant(c, dtype, {1, elements, outputs[0], outputs[1]}, positions);
}

// What a deformable convolution multiplies with its filters: [N, C, elements of the window, rows * columns].
Result<Value*> deformed_columns(Conversion& c, Value* x, const Window& w, const int64_t (&outputs)[2], int64_t groups) {
  const Shape s = x->type.shape;
  const int64_t images = s[0].value() * groups;
  const Dim elements(w.kernel[0] * w.kernel[1]);
  const Dim rows(outputs[0]);
  const Dim columns(outputs[1]);
  // Each group of channels with its own offsets counts as an image.
  Value* parts = INGOT_TRY(c.view(x, {Dim(images), Dim(s[1].value() / groups), s[2], s[3]}));
  if (!(numel(c.input(2)->type.shape) == numel({Dim(images), elements, Dim(2), rows, columns})))
    return fail(ErrorCode::invalid_file, "offsets %s", to_string(c.input(2)->type).c_str());
  Value* offsets = INGOT_TRY(c.view(c.input(2), {Dim(images), elements, Dim(2), rows, columns}));
  SamplePoints points{numbered(c, images, 4), {}, true};
  for (size_t axis = 0; axis < 2; ++axis) {
    Value* offset = INGOT_TRY(c.call("aten::select_copy.int", {offsets, int64_t{2}, static_cast<int64_t>(axis)}));
    Value* base = INGOT_TRY(window_positions(c, x->type.dtype, w, outputs, axis));
    points.position.push_back(INGOT_TRY(c.call("aten::add.Tensor", {offset, base})));
  }
  Value* sampled = INGOT_TRY(sum_of(c, INGOT_TRY(weighted_neighbours(c, parts, points))));
  if (c.input(4) != nullptr) {
    const Shape shape = {Dim(images), elements, rows, columns, Dim(1)};
    if (!(numel(c.input(4)->type.shape) == numel(shape)))
      return fail(ErrorCode::invalid_file, "a mask %s", to_string(c.input(4)->type).c_str());
    sampled = INGOT_TRY(c.call("aten::mul.Tensor", {sampled, INGOT_TRY(c.view(c.input(4), shape))}));
  }
  return c.view(INGOT_TRY(channels_second(c, sampled)), {s[0], s[1], elements, rows * columns});
}

}  // namespace

// A convolution whose window's elements are read at offsets of their own, each times a mask.
Result<Outputs> convert_deform_conv(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  Value* weight = INGOT_TRY(c.floats(1));
  const int64_t groups = INGOT_TRY(c.integer("group", 1));
  const int64_t offset_groups = INGOT_TRY(c.integer("offset_group", 1));
  const auto given = INGOT_TRY(c.integers("kernel_shape"));
  if (x->type.rank() != 4 || weight->type.rank() != 4)
    return fail(ErrorCode::not_supported, "over %zu axes", x->type.rank() - 2);
  const Shape& s = x->type.shape;
  const Shape& ws = weight->type.shape;
  for (size_t i = 0; i < 4; ++i) {
    INGOT_TRY(Conversion::size(x, i));
    INGOT_TRY(Conversion::size(weight, i));
  }
  const std::vector<int64_t> kernel = {ws[2].value(), ws[3].value()};
  const bool sound = groups > 0 && offset_groups > 0 && s[1].value() % groups == 0 && ws[0].value() % groups == 0 &&
                     s[1].value() % offset_groups == 0 && ws[1].value() * groups == s[1].value() &&
                     (!given || *given == kernel);
  if (!sound)
    return fail(ErrorCode::invalid_file, "filters %s in %lld groups, offsets in %lld, for %s",
                to_string(weight->type).c_str(), static_cast<long long>(groups), static_cast<long long>(offset_groups),
                to_string(x->type).c_str());
  const Window w = INGOT_TRY(read_window(c, x, kernel));
  int64_t outputs[2];
  for (size_t i = 0; i < 2; ++i) {
    const int64_t room = s[i + 2].value() + w.before[i] + w.after[i] - w.extent(i);
    if (room < 0) return fail(ErrorCode::invalid_file, "its kernel is larger than its padded input");
    outputs[i] = room / w.strides[i] + 1;
  }
  Value* columns = INGOT_TRY(deformed_columns(c, x, w, outputs, offset_groups));
  // One product of matrices an image and group.
  const Dim pairs(s[0].value() * groups);
  const Dim depth(ws[1].value() * kernel[0] * kernel[1]);
  const Dim filters(ws[0].value() / groups);
  columns = INGOT_TRY(c.view(columns, {pairs, depth, Dim(outputs[0] * outputs[1])}));
  weight = INGOT_TRY(c.view(weight, {Dim(1), Dim(groups), filters, depth}));
  weight = INGOT_TRY(c.view(INGOT_TRY(c.expand(weight, {s[0], Dim(groups), filters, depth})), {pairs, filters, depth}));
  Value* product = INGOT_TRY(c.call("aten::bmm", {weight, columns}));
  product = INGOT_TRY(c.view(product, {s[0], ws[0], Dim(outputs[0]), Dim(outputs[1])}));
  if (c.input(3) == nullptr) return product;
  if (c.input(3)->type.shape != Shape{ws[0]})
    return fail(ErrorCode::invalid_file, "a bias %s", to_string(c.input(3)->type).c_str());
  return c.call("aten::add.Tensor", {product, INGOT_TRY(c.view(c.input(3), {Dim(1), ws[0], Dim(1), Dim(1)}))});
}

}  // namespace ingot::compiler::onnx_import
