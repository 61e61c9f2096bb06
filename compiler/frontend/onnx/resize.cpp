// Resize and Upsample. Each axis is planned by itself (interpolation.h); where the plan of the last two axes equals
// what ATen's upsampling operators do, those are used, else index lists (nearest) or small matrices (linear, cubic).
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/onnx/interpolation.h"
#include "compiler/frontend/onnx/open_sizes.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Plan {
  std::vector<ResizedAxis> axes;  // one an axis of the input
  bool nearest = true;
  Rounding rounding = Rounding::round_prefer_floor;
  Weighting weighting;       // its coordinates count for nearest too
  double extrapolation = 0;  // of tf_crop_and_resize, outside the input
};

constexpr std::pair<std::string_view, Coordinates> kCoordinates[] = {
    {"half_pixel", Coordinates::half_pixel},
    {"half_pixel_symmetric", Coordinates::half_pixel_symmetric},
    {"pytorch_half_pixel", Coordinates::pytorch_half_pixel},
    {"align_corners", Coordinates::align_corners},
    {"asymmetric", Coordinates::asymmetric},
    {"tf_half_pixel_for_nn", Coordinates::tf_half_pixel_for_nn},
    {"tf_crop_and_resize", Coordinates::tf_crop_and_resize},
};

constexpr std::pair<std::string_view, Rounding> kRoundings[] = {
    {"round_prefer_floor", Rounding::round_prefer_floor},
    {"round_prefer_ceil", Rounding::round_prefer_ceil},
    {"floor", Rounding::floor},
    {"ceil", Rounding::ceil},
};

template <typename T, size_t n>
Result<T> choose(const std::pair<std::string_view, T> (&names)[n], const char* attribute, const std::string& given) {
  for (const auto& [name, value] : names) {
    if (name == given) return value;
  }
  return fail(ErrorCode::not_supported, "%s '%.30s'", attribute, given.c_str());
}

Result<void> read_mode(Conversion& c, const std::string& mode, Plan* plan) {
  if (mode != "nearest" && mode != "linear" && mode != "cubic" && mode != "bilinear")
    return fail(ErrorCode::invalid_file, "mode is '%.20s', expected nearest, linear or cubic", mode.c_str());
  plan->nearest = mode == "nearest";
  plan->weighting.cubic = mode == "cubic";
  if (c.opset() < 11) {
    plan->weighting.coordinates = Coordinates::asymmetric;
    plan->rounding = Rounding::floor;
    if (plan->weighting.cubic) return fail(ErrorCode::invalid_file, "there is no cubic before opset 11");
    return {};
  }
  plan->weighting.coordinates = INGOT_TRY(choose(kCoordinates, "coordinate_transformation_mode",
                                                 INGOT_TRY(c.text("coordinate_transformation_mode", "half_pixel"))));
  plan->rounding =
      INGOT_TRY(choose(kRoundings, "nearest_mode", INGOT_TRY(c.text("nearest_mode", "round_prefer_floor"))));
  plan->weighting.cubic_coefficient = static_cast<float>(INGOT_TRY(c.real("cubic_coeff_a", -0.75)));
  plan->weighting.exclude_outside = INGOT_TRY(c.flag("exclude_outside", false));
  plan->weighting.antialias = INGOT_TRY(c.flag("antialias", false));
  plan->extrapolation = INGOT_TRY(c.real("extrapolation_value", 0));
  return {};
}

Result<void> set_scale(double scale, ResizedAxis* axis) {
  const double size = std::floor(static_cast<double>(static_cast<float>(axis->from) * static_cast<float>(scale)));
  if (!(scale > 0) || !(size >= 1) || size > std::numeric_limits<int32_t>::max())
    return fail(ErrorCode::invalid_file, "a scale of %g for %lld elements", scale, static_cast<long long>(axis->from));
  axis->to = static_cast<int64_t>(size);
  axis->scale = static_cast<float>(scale);
  return {};
}

Result<void> set_size(int64_t size, ResizedAxis* axis) {
  if (size < 1 || size > std::numeric_limits<int32_t>::max())
    return fail(ErrorCode::invalid_file, "a size of %lld", static_cast<long long>(size));
  axis->to = size;
  axis->scale = static_cast<float>(size) / static_cast<float>(axis->from);
  return {};
}

// keep_aspect_ratio_policy: one scale for all axes, the smallest or largest of those that the sizes ask for.
Result<void> keep_aspect(const std::string& policy, const std::vector<size_t>& along, Plan* plan) {
  if (policy == "stretch") return {};
  if (policy != "not_larger" && policy != "not_smaller")
    return fail(ErrorCode::invalid_file, "keep_aspect_ratio_policy is '%.20s'", policy.c_str());
  float scale = plan->axes[along[0]].scale;
  for (const size_t axis : along) {
    const float wanted = plan->axes[axis].scale;
    scale = policy == "not_larger" ? std::min(scale, wanted) : std::max(scale, wanted);
  }
  for (const size_t axis : along) {
    ResizedAxis& resized = plan->axes[axis];
    resized.to = std::max<int64_t>(1, std::llround(scale * static_cast<float>(resized.from)));
    resized.scale = scale;
  }
  return {};
}

Result<void> start_axes(const Value* x, Plan* plan) {
  for (size_t i = 0; i < x->type.rank(); ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i));
    if (size < 1) return fail(ErrorCode::invalid_file, "its input %s is empty", to_string(x->type).c_str());
    plan->axes.push_back({size, size});
  }
  return {};
}

Result<void> set_scales(const std::vector<double>& scales, const std::vector<size_t>& along, Plan* plan) {
  if (scales.size() != along.size())
    return fail(ErrorCode::invalid_file, "%zu scales for %zu axes", scales.size(), along.size());
  for (size_t i = 0; i < along.size(); ++i) INGOT_TRY_VOID(set_scale(scales[i], &plan->axes[along[i]]));
  return {};
}

// The part of the input that tf_crop_and_resize takes: the starts along all axes, then the ends.
Result<void> set_parts(Conversion& c, const std::vector<size_t>& along, Plan* plan) {
  if (plan->weighting.coordinates != Coordinates::tf_crop_and_resize) return {};
  const std::vector<double> ends = INGOT_TRY(c.constant_reals(1, "the roi"));
  if (ends.size() != 2 * along.size())
    return fail(ErrorCode::invalid_file, "a roi of %zu numbers for %zu axes", ends.size(), along.size());
  for (size_t i = 0; i < along.size(); ++i) {
    if (!std::isfinite(ends[i]) || !std::isfinite(ends[i + along.size()]))
      return fail(ErrorCode::invalid_file, "a roi that is not finite");
    plan->axes[along[i]].start = static_cast<float>(ends[i]);
    plan->axes[along[i]].end = static_cast<float>(ends[i + along.size()]);
  }
  return {};
}

bool empty(const Value* value) {
  return value == nullptr || value->type.shape == Shape{Dim(0)};
}

// The element that aten::upsample_nearest2d copies when it is given an output size.
std::vector<int64_t> aten_nearest(const ResizedAxis& axis) {
  const float scale = static_cast<float>(axis.from) / static_cast<float>(axis.to);
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < axis.to; ++i)
    sources.push_back(std::min(static_cast<int64_t>(std::floor(static_cast<float>(i) * scale)), axis.from - 1));
  return sources;
}

bool close(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return std::abs(x - y) < 1e-6F; });
}

// Runs an operator of ATen that resizes the last two of four axes.
template <typename Run>
Result<Value*> in_four_axes(Conversion& c, Value* x, const Plan& plan, Run run) {
  if (plan.axes.size() == 4) return run(x);
  const Shape& s = x->type.shape;
  Value* image = INGOT_TRY(c.view(x, {s[0], s[1], Dim(1), s[2]}));
  Value* result = INGOT_TRY(run(image));
  return c.view(result, {s[0], s[1], Dim(plan.axes[2].to)});
}

// Rows and columns of the image that ATen's operators resize; nothing where other axes change too.
std::optional<std::pair<ResizedAxis, ResizedAxis>> image_axes(const Plan& plan) {
  const size_t rank = plan.axes.size();
  if ((rank != 3 && rank != 4) || !plan.axes[0].unchanged() || !plan.axes[1].unchanged()) return std::nullopt;
  return std::pair(rank == 4 ? plan.axes[2] : ResizedAxis{}, plan.axes[rank - 1]);
}

Result<Value*> resize_nearest(Conversion& c, Value* x, const Plan& plan) {
  std::vector<std::vector<int64_t>> sources;
  for (const ResizedAxis& axis : plan.axes) {
    INGOT_TRY_VOID(c.check_made_up(axis.to));
    sources.push_back(nearest_sources(axis, plan.weighting.coordinates, plan.rounding));
  }
  const size_t rank = plan.axes.size();
  if (const auto image = image_axes(plan); image && is_floating(x->type.dtype)) {
    const bool rows_fit = rank == 3 || sources[2] == aten_nearest(image->first);
    if (rows_fit && sources[rank - 1] == aten_nearest(image->second)) {
      const std::vector<int64_t> size = {image->first.to, image->second.to};
      return in_four_axes(c, x, plan, [&](Value* four) {
        return c.call("aten::upsample_nearest2d.vec", {four, size, std::monostate()});
      });
    }
  }
  for (size_t i = 0; i < rank; ++i) {
    if (plan.axes[i].unchanged()) continue;
    Value* list = c.builder().constant_i64("sources", {plan.axes[i].to}, sources[i]);
    x = INGOT_TRY(c.call("aten::index_select", {x, static_cast<int64_t>(i), list}));
  }
  return x;
}

// x with one axis multiplied by a [to, from] matrix.
Result<Value*> multiply_axis(Conversion& c, Value* x, size_t axis, const ResizedAxis& resized,
                             const std::vector<float>& matrix) {
  const size_t rank = x->type.rank();
  Value* weights = c.builder().constant_f32("weights", {resized.to, resized.from}, matrix);
  weights = INGOT_TRY(c.permute(INGOT_TRY(c.cast(weights, x->type.dtype)), {1, 0}));
  std::vector<int64_t> order;
  for (size_t i = 0; i < rank; ++i) {
    if (i != axis) order.push_back(static_cast<int64_t>(i));
  }
  order.push_back(static_cast<int64_t>(axis));
  std::vector<int64_t> back(rank);
  for (size_t i = 0; i < rank; ++i) back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);

  Value* last = INGOT_TRY(c.permute(x, order));
  Shape shape = last->type.shape;
  Value* rows = INGOT_TRY(c.view(last, {numel(Shape(shape.begin(), shape.end() - 1)), shape.back()}));
  Value* product = INGOT_TRY(c.call("aten::mm", {rows, weights}));
  shape.back() = Dim(resized.to);
  Value* result = INGOT_TRY(c.view(product, shape));
  return c.permute(result, back);
}

Result<Value*> resize_weighted(Conversion& c, Value* x, const Plan& plan) {
  INGOT_TRY(c.floats(0));
  std::vector<std::vector<float>> matrices;
  for (const ResizedAxis& axis : plan.axes) {
    if (!axis.unchanged()) {
      // With antialiasing, a window spans up to 4 / scale elements.
      const int64_t span = axis.from + static_cast<int64_t>(4 / axis.scale);
      INGOT_TRY_VOID(c.check_made_up(span));
      INGOT_TRY_VOID(c.check_made_up(axis.to * span));
    }
    matrices.push_back(axis.unchanged() ? std::vector<float>() : weights(axis, plan.weighting));
  }
  if (const auto image = image_axes(plan)) {
    // ATen's two kinds of bilinear, and whether they weigh alike.
    const auto same = [&](Coordinates coordinates, const ResizedAxis& axis, const std::vector<float>& matrix) {
      if (axis.unchanged()) return true;
      ResizedAxis exact = axis;
      exact.scale = static_cast<float>(axis.to) / static_cast<float>(axis.from);
      Weighting weighting;
      weighting.coordinates = coordinates;
      return close(weights(exact, weighting), matrix);
    };
    const std::vector<float>& rows = matrices[matrices.size() == 4 ? 2 : 0];
    for (const bool corners : {false, true}) {
      const Coordinates coordinates = corners ? Coordinates::align_corners : Coordinates::half_pixel;
      if (!same(coordinates, image->first, rows) || !same(coordinates, image->second, matrices.back())) continue;
      const std::vector<int64_t> size = {image->first.to, image->second.to};
      return in_four_axes(c, x, plan, [&](Value* four) {
        return c.call("aten::upsample_bilinear2d.vec", {four, size, corners, std::monostate()});
      });
    }
  }
  for (size_t i = 0; i < plan.axes.size(); ++i) {
    if (!plan.axes[i].unchanged()) x = INGOT_TRY(multiply_axis(c, x, i, plan.axes[i], matrices[i]));
  }
  return x;
}

// Elements that lie outside the input along any axis become plan.extrapolation.
Result<Value*> extrapolate(Conversion& c, Value* x, const Plan& plan) {
  if (plan.weighting.coordinates != Coordinates::tf_crop_and_resize) return x;
  for (size_t i = 0; i < plan.axes.size(); ++i) {
    const std::vector<bool> flags = outside(plan.axes[i], plan.weighting.coordinates);
    if (std::ranges::none_of(flags, [](bool flag) { return flag; })) continue;
    std::vector<int64_t> sizes(plan.axes.size(), 1);
    sizes[i] = plan.axes[i].to;
    Value* mask = c.builder().constant_f32("outside", sizes, std::vector<float>(flags.begin(), flags.end()));
    mask = INGOT_TRY(c.cast(mask, DType::boolean));
    x = INGOT_TRY(c.call("aten::where.self", {mask, c.scalar(x->type.dtype, plan.extrapolation), x}));
  }
  return x;
}

Result<Outputs> carry_out(Conversion& c, const Plan& plan) {
  Value* x = c.input(0);
  if (std::ranges::all_of(plan.axes, [](const ResizedAxis& axis) { return axis.unchanged(); })) return x;
  x = INGOT_TRY(plan.nearest ? resize_nearest(c, x, plan) : resize_weighted(c, x, plan));
  return extrapolate(c, x, plan);
}

std::vector<size_t> all_axes(const Value* x) {
  std::vector<size_t> axes(x->type.rank());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = i;
  return axes;
}

// The axes that a Resize is about: all, or those that it names.
Result<std::vector<size_t>> resized_axes(Conversion& c) {
  const Value* x = c.input(0);
  const auto axes = INGOT_TRY(c.integers("axes"));
  return axes ? Conversion::axes(*axes, x->type.rank()) : all_axes(x);
}

// ATen's operators find the source of each element from the two sizes, which are known when the program runs. Whether
// they find what ONNX's do, whatever the sizes are; `whole`: they grow by whole numbers.
Result<Outputs> resize_open_image(Conversion& c, const Plan& plan, const Shape& sizes, bool whole) {
  Value* x = c.input(0);
  const Coordinates coordinates = plan.weighting.coordinates;
  const bool is_image =
      sizes.size() == 4 && is_floating(x->type.dtype) && sizes[0] == x->type.shape[0] && sizes[1] == x->type.shape[1];
  const Shape image(sizes.end() - 2, sizes.end());
  const bool one_alone = image[0].min() <= 1 || image[1].min() <= 1;
  if (is_image && plan.nearest) {
    const bool floors = coordinates == Coordinates::asymmetric && plan.rounding == Rounding::floor;
    if (floors || (whole && coordinates == Coordinates::half_pixel))
      return c.call("aten::upsample_nearest2d.vec", {x, image, std::monostate()});
  } else if (is_image && !plan.weighting.cubic && !plan.weighting.antialias) {
    const bool corners = coordinates == Coordinates::align_corners;
    if (corners || coordinates == Coordinates::half_pixel ||
        (coordinates == Coordinates::pytorch_half_pixel && !one_alone))
      return c.call("aten::upsample_bilinear2d.vec", {x, image, corners, std::monostate()});
  }
  return fail(ErrorCode::not_supported,
              "its mode over sizes that are open: %s becomes %s (images by bilinear half_pixel or align_corners, or by "
              "nearest asymmetric floor)",
              to_string(x->type).c_str(), to_string(sizes).c_str());
}

// With sizes that are open, or from such.
Result<Outputs> resize_open(Conversion& c, const Plan& plan, const std::vector<size_t>& along, const Shape& sizes,
                            bool whole) {
  const Value* x = c.input(0);
  if (sizes.size() != along.size() || x->type.rank() < 2)
    return fail(ErrorCode::invalid_file, "%zu sizes for %zu axes of %s", sizes.size(), along.size(),
                to_string(x->type).c_str());
  if (INGOT_TRY(c.text("keep_aspect_ratio_policy", "stretch")) != "stretch" ||
      plan.weighting.coordinates == Coordinates::tf_crop_and_resize)
    return fail(ErrorCode::not_supported, "its aspect ratio or part of the input, of sizes that are open");
  Shape target = x->type.shape;
  for (size_t i = 0; i < along.size(); ++i) {
    if (sizes[i].min() < 1) return fail(ErrorCode::not_supported, "a size of %s", sizes[i].str().c_str());
    target[along[i]] = sizes[i];
  }
  if (target == x->type.shape) return c.input(0);
  return resize_open_image(c, plan, target, whole);
}

// By scales, where the input's sizes are open: by whole numbers only, since others round.
Result<Outputs> resize_open_by(Conversion& c, const Plan& plan, const std::vector<size_t>& along,
                               const std::vector<double>& scales) {
  if (scales.size() != along.size())
    return fail(ErrorCode::invalid_file, "%zu scales for %zu axes", scales.size(), along.size());
  Shape sizes;
  for (size_t i = 0; i < along.size(); ++i) {
    const Dim& from = c.input(0)->type.shape[along[i]];
    if (!(scales[i] >= 1) || scales[i] > std::numeric_limits<int16_t>::max() || scales[i] != std::floor(scales[i]))
      return fail(ErrorCode::not_supported, "a scale of %g for the size %s, which is open", scales[i],
                  from.str().c_str());
    sizes.push_back(from * Dim(static_cast<int64_t>(scales[i])));
  }
  return resize_open(c, plan, along, sizes, true);
}

}  // namespace

Result<Outputs> resize_to(Conversion& c, const Shape& sizes) {
  Plan plan;
  INGOT_TRY_VOID(read_mode(c, INGOT_TRY(c.text("mode", "nearest")), &plan));
  return resize_open(c, plan, INGOT_TRY(resized_axes(c)), sizes, false);
}

Result<Outputs> convert_resize(Conversion& c) {
  const Value* x = c.input(0);
  Plan plan;
  INGOT_TRY_VOID(read_mode(c, INGOT_TRY(c.text("mode", "nearest")), &plan));
  const std::vector<size_t> along = INGOT_TRY(resized_axes(c));
  // Inputs: x, scales in opset 10; x, roi, scales, sizes later.
  const size_t scales_at = c.opset() < 11 ? 1 : 2;
  const bool by_scales = !empty(c.input(scales_at));
  std::vector<double> scales;
  if (by_scales) scales = INGOT_TRY(c.constant_reals(scales_at, "the scales"));
  if (by_scales && !is_static(x->type.shape)) return resize_open_by(c, plan, along, scales);

  const std::vector<int64_t> sizes =
      by_scales ? std::vector<int64_t>() : INGOT_TRY(c.constant_integers(3, "the sizes"));
  if (!by_scales && !is_static(x->type.shape)) return resize_open(c, plan, along, to_shape(sizes), false);
  INGOT_TRY_VOID(start_axes(x, &plan));
  const std::string policy = INGOT_TRY(c.text("keep_aspect_ratio_policy", "stretch"));
  if (along.empty()) return c.input(0);
  INGOT_TRY_VOID(set_parts(c, along, &plan));
  if (by_scales) {
    // By ONNX's text the size is that of the part times the scale, by ONNX Runtime that of the whole.
    if (plan.weighting.coordinates == Coordinates::tf_crop_and_resize)
      return fail(ErrorCode::not_supported, "tf_crop_and_resize by scales (sizes are supported)");
    INGOT_TRY_VOID(set_scales(scales, along, &plan));
    return carry_out(c, plan);
  }
  if (sizes.size() != along.size())
    return fail(ErrorCode::invalid_file, "%zu sizes for %zu axes", sizes.size(), along.size());
  for (size_t i = 0; i < along.size(); ++i) INGOT_TRY_VOID(set_size(sizes[i], &plan.axes[along[i]]));
  INGOT_TRY_VOID(keep_aspect(policy, along, &plan));
  return carry_out(c, plan);
}

Result<Outputs> convert_upsample(Conversion& c) {
  const Value* x = c.input(0);
  Plan plan;
  INGOT_TRY_VOID(read_mode(c, INGOT_TRY(c.text("mode", "nearest")), &plan));
  std::vector<double> scales;
  if (c.opset() < 9) {
    scales = INGOT_TRY(c.reals("scales")).value_or(std::vector<double>());
  } else {
    scales = INGOT_TRY(c.constant_reals(1, "the scales"));
  }
  if (!is_static(x->type.shape)) return resize_open_by(c, plan, all_axes(x), scales);
  INGOT_TRY_VOID(start_axes(x, &plan));
  INGOT_TRY_VOID(set_scales(scales, all_axes(x), &plan));
  return carry_out(c, plan);
}

}  // namespace ingot::compiler::onnx_import
