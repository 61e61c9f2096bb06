// Conv and ConvTranspose over one to three spatial axes. ATen's kernels have at most two: over three, images are
// convolved for each slice of the filter along the first axis, and added up.
#include <algorithm>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/windows.h"

namespace ingot::compiler::onnx_import {
namespace {

// The kernel's sizes: those of the weights, which the attribute kernel_shape must repeat.
Result<std::vector<int64_t>> read_kernel(Conversion& c) {
  const Value* x = INGOT_TRY(c.floats(0));
  const Value* weight = INGOT_TRY(c.floats(1));
  const size_t rank = x->type.rank();
  if (rank < 3 || weight->type.rank() != rank)
    return fail(ErrorCode::invalid_file, "its input is %s, its weight %s", to_string(x->type).c_str(),
                to_string(weight->type).c_str());
  if (rank > 5) return fail(ErrorCode::not_supported, "over %zu spatial axes (1 to 3 are supported)", rank - 2);
  std::vector<int64_t> kernel;
  for (size_t i = 2; i < rank; ++i) kernel.push_back(INGOT_TRY(Conversion::size(weight, i)));
  const auto given = INGOT_TRY(c.integers("kernel_shape"));
  if (given && *given != kernel)
    return fail(ErrorCode::invalid_file, "kernel_shape does not fit its weight %s", to_string(weight->type).c_str());
  return kernel;
}

// What a node convolves with.
struct Filter {
  Value* weight;
  Value* bias;  // may be null
  int64_t groups;
};

Result<Value*> convolve(Conversion& c, Value* x, const Filter& filter, const Window& window,
                        const std::vector<int64_t>& padding, bool transposed,
                        const std::vector<int64_t>& output_padding) {
  const Argument bias = filter.bias == nullptr ? Argument(std::monostate()) : Argument(filter.bias);
  return c.call("aten::convolution", {x, filter.weight, bias, window.strides, padding, window.dilations, transposed,
                                      output_padding, filter.groups});
}

// How ATen's transposed convolution gets to what ONNX asks for, along one axis: it cuts `padding` off both ends, then
// adds `output_padding` at the far end; what is left to cut is sliced off.
struct Cut {
  int64_t padding = 0;
  int64_t output_padding = 0;
  int64_t start = 0;  // of the slice
};

Result<Cut> plan_cut(const Window& window, size_t i, int64_t output_padding) {
  const int64_t before = window.before[i];
  const int64_t after = window.after[i];
  if (before < 0 || after < 0) return fail(ErrorCode::not_supported, "negative pads");
  const int64_t limit = std::max(window.strides[i], window.dilations[i]);
  if (const int64_t extra = output_padding + before - after; extra >= 0 && extra < limit) return Cut{before, extra, 0};
  if (output_padding >= limit)
    return fail(ErrorCode::not_supported, "an output padding of %lld with stride %lld and dilation %lld",
                static_cast<long long>(output_padding), static_cast<long long>(window.strides[i]),
                static_cast<long long>(window.dilations[i]));
  const int64_t padding = std::min(before, after);
  return Cut{padding, std::max<int64_t>(0, padding - after + output_padding), before - padding};
}

// Pads from the attribute output_shape, or from auto_pad SAME, which asks for size * stride.
Result<void> pads_from_output(Conversion& c, const Value* x, Window* window, std::vector<int64_t>* output_padding) {
  const std::string mode = INGOT_TRY(c.text("auto_pad", "NOTSET"));
  auto wanted = INGOT_TRY(c.integers("output_shape"));
  const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!wanted && !same) return {};
  if (wanted && wanted->size() == window->axes() + 2) wanted->erase(wanted->begin(), wanted->begin() + 2);
  if (wanted && wanted->size() != window->axes())
    return fail(ErrorCode::invalid_file, "attribute 'output_shape' should hold %zu sizes", window->axes());
  for (size_t i = 0; i < window->axes(); ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i + 2));
    const int64_t full = (size - 1) * window->strides[i] + window->extent(i) + (*output_padding)[i];
    const int64_t target = wanted ? (*wanted)[i] : size * window->strides[i];
    if (target < 1 || target > (int64_t{1} << 31))
      return fail(ErrorCode::invalid_file, "an output size of %lld", static_cast<long long>(target));
    const int64_t total = std::max<int64_t>(full - target, 0);
    if (full < target) (*output_padding)[i] += target - full;
    window->before[i] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
    window->after[i] = total - window->before[i];
  }
  return {};
}

// x [N, C, spatial...] by one or two spatial axes.
Result<Value*> conv_image(Conversion& c, Value* x, const Filter& filter, const Window& window) {
  std::vector<int64_t> padding = window.before;
  const bool negative = std::ranges::any_of(padding, [](int64_t pad) { return pad < 0; });
  if (!window.symmetric() || negative) {
    x = INGOT_TRY(c.pad(x, with_leading_axes(window.before), with_leading_axes(window.after), 0.0));
    padding.assign(window.axes(), 0);
  }
  return convolve(c, x, filter, window, padding, false, std::vector<int64_t>(window.axes(), 0));
}

Result<Value*> conv_transpose_image(Conversion& c, Value* x, const Filter& filter, const Window& window,
                                    const std::vector<int64_t>& output_padding) {
  std::vector<Cut> cuts;
  std::vector<int64_t> padding;
  std::vector<int64_t> extra;
  for (size_t i = 0; i < window.axes(); ++i) {
    cuts.push_back(INGOT_TRY(plan_cut(window, i, output_padding[i])));
    padding.push_back(cuts[i].padding);
    extra.push_back(cuts[i].output_padding);
  }
  Value* result = INGOT_TRY(convolve(c, x, filter, window, padding, true, extra));
  for (size_t i = 0; i < window.axes(); ++i) {
    const Dim full = (x->type.shape[i + 2] - Dim(1)) * Dim(window.strides[i]) + Dim(window.extent(i));
    const Dim size = full + Dim(output_padding[i] - window.before[i] - window.after[i]);
    result = INGOT_TRY(c.slice(result, i + 2, cuts[i].start, Dim(cuts[i].start) + size));
  }
  return result;
}

// The window without its first axis.
Window image_window(const Window& w) {
  const auto rest = [](const std::vector<int64_t>& list) { return std::vector<int64_t>(list.begin() + 1, list.end()); };
  return Window{rest(w.kernel), rest(w.strides), rest(w.dilations), rest(w.before), rest(w.after)};
}

// x [N, D, C, H, W]: its N * D images by run(images, filter), as [N, D, filters, H', W'].
template <typename Run>
Result<Value*> each_image(Conversion& c, Value* x, const Filter& filter, Run run) {
  const Shape s = x->type.shape;
  Value* images = INGOT_TRY(c.view(x, {s[0] * s[1], s[2], s[3], s[4]}));
  Value* result = INGOT_TRY(run(images, filter));
  const Shape& r = result->type.shape;
  return c.view(result, {s[0], s[1], r[1], r[2], r[3]});
}

// The slices of a filter [..., D, H, W] along its axis 2, each a filter of images; the bias goes with the first.
Result<std::vector<Filter>> slices(Conversion& c, const Filter& filter, int64_t count) {
  std::vector<Filter> result;
  for (int64_t k = 0; k < count; ++k) {
    Value* weight = INGOT_TRY(c.call("aten::select_copy.int", {filter.weight, int64_t{2}, k}));
    result.push_back({weight, k == 0 ? filter.bias : nullptr, filter.groups});
  }
  return result;
}

Result<Value*> added(Conversion& c, Value* sum, Value* part) {
  return sum == nullptr ? Result<Value*>(part) : c.call("aten::add.Tensor", {sum, part});
}

constexpr int64_t kMostSlices = 64;

// x [N, C, D, H, W]
Result<Value*> conv_volume(Conversion& c, Value* x, const Filter& filter, const Window& w) {
  const Window image = image_window(w);
  x = INGOT_TRY(c.permute(x, {0, 2, 1, 3, 4}));
  x = INGOT_TRY(c.pad(x, {0, w.before[0], 0, 0, 0}, {0, w.after[0], 0, 0, 0}, 0.0));
  const int64_t depth = INGOT_TRY(Conversion::size(x, 1));
  if (depth < w.extent(0)) return fail(ErrorCode::invalid_file, "its kernel is larger than its padded input");
  const int64_t outputs = (depth - w.extent(0)) / w.strides[0] + 1;
  Value* sum = nullptr;
  int64_t start = 0;
  for (const Filter& slice : INGOT_TRY(slices(c, filter, w.kernel[0]))) {
    const int64_t end = start + (outputs - 1) * w.strides[0] + 1;
    Value* planes = INGOT_TRY(c.slice(x, 1, start, end, w.strides[0]));
    Value* part = INGOT_TRY(
        each_image(c, planes, slice, [&](Value* images, const Filter& f) { return conv_image(c, images, f, image); }));
    sum = INGOT_TRY(added(c, sum, part));
    start += w.dilations[0];
  }
  return c.permute(sum, {0, 2, 1, 3, 4});
}

// x [N, C, D, H, W]. What each slice of the filter makes of a plane of x goes to every stride-th plane of the result.
Result<Value*> conv_transpose_volume(Conversion& c, Value* x, const Filter& filter, const Window& w,
                                     const std::vector<int64_t>& output_padding) {
  const Window image = image_window(w);
  const std::vector<int64_t> image_padding(output_padding.begin() + 1, output_padding.end());
  x = INGOT_TRY(c.permute(x, {0, 2, 1, 3, 4}));
  const int64_t depth = INGOT_TRY(Conversion::size(x, 1));
  const int64_t stride = w.strides[0];
  if (depth < 1 || w.before[0] < 0 || w.after[0] < 0)
    return fail(ErrorCode::not_supported, "negative pads, or no planes");
  Value* sum = nullptr;
  int64_t start = 0;
  for (const Filter& slice : INGOT_TRY(slices(c, {filter.weight, nullptr, filter.groups}, w.kernel[0]))) {
    Value* part = INGOT_TRY(each_image(c, x, slice, [&](Value* images, const Filter& f) {
      return conv_transpose_image(c, images, f, image, image_padding);
    }));
    const Shape s = part->type.shape;
    part = INGOT_TRY(c.view(part, {s[0], s[1], Dim(1), s[2], s[3], s[4]}));
    part = INGOT_TRY(c.pad(part, std::vector<int64_t>(6, 0), {0, 0, stride - 1, 0, 0, 0}, 0.0));
    part = INGOT_TRY(c.view(part, {s[0], Dim(depth * stride), s[2], s[3], s[4]}));
    part = INGOT_TRY(c.slice(part, 1, 0, (depth - 1) * stride + 1));
    const int64_t behind = w.extent(0) - 1 - start;
    sum = INGOT_TRY(added(c, sum, INGOT_TRY(c.pad(part, {0, start, 0, 0, 0}, {0, behind, 0, 0, 0}, 0.0))));
    start += w.dilations[0];
  }
  const int64_t full = (depth - 1) * stride + w.extent(0);
  if (full + output_padding[0] - w.before[0] - w.after[0] < 1) return fail(ErrorCode::invalid_file, "an empty result");
  sum = INGOT_TRY(c.pad(sum, {0, -w.before[0], 0, 0, 0}, {0, output_padding[0] - w.after[0], 0, 0, 0}, 0.0));
  sum = INGOT_TRY(c.permute(sum, {0, 2, 1, 3, 4}));
  if (filter.bias == nullptr) return sum;
  Value* bias = INGOT_TRY(c.view(filter.bias, {filter.bias->type.shape[0], Dim(1), Dim(1), Dim(1)}));
  return c.call("aten::add.Tensor", {sum, bias});
}

Result<Filter> read_filter(Conversion& c, const Window& window) {
  const Filter filter{c.input(1), c.input(2), INGOT_TRY(c.integer("group", 1))};
  if (window.axes() == 3 && window.kernel[0] > kMostSlices)
    return fail(ErrorCode::not_supported, "a filter of %lld slices (at most %lld)",
                static_cast<long long>(window.kernel[0]), static_cast<long long>(kMostSlices));
  if (filter.bias != nullptr && filter.bias->type.rank() != 1)
    return fail(ErrorCode::invalid_file, "a bias %s", to_string(filter.bias->type).c_str());
  return filter;
}

}  // namespace

Result<Outputs> convert_conv(Conversion& c) {
  Value* x = c.input(0);
  const Window window = INGOT_TRY(read_window(c, x, INGOT_TRY(read_kernel(c))));
  const Filter filter = INGOT_TRY(read_filter(c, window));
  return window.axes() == 3 ? conv_volume(c, x, filter, window) : conv_image(c, x, filter, window);
}

Result<Outputs> convert_conv_transpose(Conversion& c) {
  Value* x = c.input(0);
  const std::vector<int64_t> kernel = INGOT_TRY(read_kernel(c));
  const auto given = INGOT_TRY(c.integers("output_padding"));
  Window window = INGOT_TRY(read_window(c, x, kernel));
  const Filter filter = INGOT_TRY(read_filter(c, window));
  std::vector<int64_t> output_padding = given.value_or(std::vector<int64_t>(window.axes(), 0));
  const bool sound = std::ranges::all_of(output_padding, [](int64_t v) { return v >= 0 && v < (int64_t{1} << 31); });
  if (output_padding.size() != window.axes() || !sound)
    return fail(ErrorCode::invalid_file, "attribute 'output_padding' should hold %zu sizes", window.axes());
  INGOT_TRY_VOID(pads_from_output(c, x, &window, &output_padding));
  return window.axes() == 3 ? conv_transpose_volume(c, x, filter, window, output_padding)
                            : conv_transpose_image(c, x, filter, window, output_padding);
}

}  // namespace ingot::compiler::onnx_import
