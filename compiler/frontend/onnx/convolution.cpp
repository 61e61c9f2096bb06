// Conv and ConvTranspose over one or two spatial axes.
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
  if (rank > 4) return fail(ErrorCode::not_supported, "over %zu spatial axes (1 or 2 are supported)", rank - 2);
  std::vector<int64_t> kernel;
  for (size_t i = 2; i < rank; ++i) kernel.push_back(INGOT_TRY(Conversion::size(weight, i)));
  const auto given = INGOT_TRY(c.integers("kernel_shape"));
  if (given && *given != kernel)
    return fail(ErrorCode::invalid_file, "kernel_shape does not fit its weight %s", to_string(weight->type).c_str());
  return kernel;
}

Result<Value*> convolve(Conversion& c, Value* x, const Window& window, const std::vector<int64_t>& padding,
                        bool transposed, const std::vector<int64_t>& output_padding, int64_t group) {
  const Argument bias = c.input(2) == nullptr ? Argument(std::monostate()) : Argument(c.input(2));
  return c.call("aten::convolution",
                {x, c.input(1), bias, window.strides, padding, window.dilations, transposed, output_padding, group});
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

}  // namespace

Result<Outputs> convert_conv(Conversion& c) {
  Value* x = c.input(0);
  const int64_t group = INGOT_TRY(c.integer("group", 1));
  const Window window = INGOT_TRY(read_window(c, x, INGOT_TRY(read_kernel(c))));
  std::vector<int64_t> padding = window.before;
  const bool negative = std::ranges::any_of(padding, [](int64_t pad) { return pad < 0; });
  if (!window.symmetric() || negative) {
    x = INGOT_TRY(c.pad(x, with_leading_axes(window.before), with_leading_axes(window.after), 0.0));
    padding.assign(window.axes(), 0);
  }
  return convolve(c, x, window, padding, false, std::vector<int64_t>(window.axes(), 0), group);
}

Result<Outputs> convert_conv_transpose(Conversion& c) {
  Value* x = c.input(0);
  const int64_t group = INGOT_TRY(c.integer("group", 1));
  const std::vector<int64_t> kernel = INGOT_TRY(read_kernel(c));
  const auto given = INGOT_TRY(c.integers("output_padding"));
  Window window = INGOT_TRY(read_window(c, x, kernel));
  std::vector<int64_t> output_padding = given.value_or(std::vector<int64_t>(window.axes(), 0));
  const bool sound = std::ranges::all_of(output_padding, [](int64_t v) { return v >= 0 && v < (int64_t{1} << 31); });
  if (output_padding.size() != window.axes() || !sound)
    return fail(ErrorCode::invalid_file, "attribute 'output_padding' should hold %zu sizes", window.axes());
  INGOT_TRY_VOID(pads_from_output(c, x, &window, &output_padding));

  std::vector<Cut> cuts;
  std::vector<int64_t> padding;
  std::vector<int64_t> extra;
  for (size_t i = 0; i < window.axes(); ++i) {
    cuts.push_back(INGOT_TRY(plan_cut(window, i, output_padding[i])));
    padding.push_back(cuts[i].padding);
    extra.push_back(cuts[i].output_padding);
  }
  Value* result = INGOT_TRY(convolve(c, x, window, padding, true, extra, group));
  for (size_t i = 0; i < window.axes(); ++i) {
    const Dim full = (x->type.shape[i + 2] - Dim(1)) * Dim(window.strides[i]) + Dim(window.extent(i));
    const Dim size = full + Dim(output_padding[i] - window.before[i] - window.after[i]);
    result = INGOT_TRY(c.slice(result, i + 2, cuts[i].start, Dim(cuts[i].start) + size));
  }
  return result;
}

}  // namespace ingot::compiler::onnx_import
