// CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, and MediaPipe's transposed convolution with a bias.
#include <algorithm>
#include <cstring>
#include <vector>

#include "compiler/frontend/tflite/operators.h"
#include "compiler/frontend/tflite/windows.h"

namespace ingot::compiler::tflite_import {
namespace {

constexpr size_t kImageRank = 4;

// [a, H, W, b] filters by the order of the file's axes.
const std::vector<int64_t> kOutInFirst = {0, 3, 1, 2};  // [out, H, W, in] to [out, in, H, W]
const std::vector<int64_t> kInOutFirst = {3, 0, 1, 2};  // [out, H, W, in] to [in, out, H, W]; depthwise [1, H, W, out]

Result<std::vector<int64_t>> filter_sizes(Conversion& c, size_t i) {
  const Shape shape = INGOT_TRY(c.shape(i));
  if (shape.size() != kImageRank || !is_static(shape))
    return fail(ErrorCode::invalid_file, "its filter is %s, expected 4 axes", to_string(shape).c_str());
  std::vector<int64_t> sizes = static_sizes(shape);
  if (std::ranges::any_of(sizes, [](int64_t size) { return size < 1; }))
    return fail(ErrorCode::invalid_file, "its filter is %s", to_string(shape).c_str());
  return sizes;
}

struct Filter {
  Value* weight;
  Argument bias;
  int64_t groups;
};

Result<Filter> read_filter(Conversion& c, const std::vector<int64_t>& order, const Argument& bias, int64_t groups) {
  Value* weight = INGOT_TRY(c.permuted(1, order));
  return Filter{weight, bias, groups};
}

Result<void> expect_reals(Conversion& c, size_t x, size_t filter) {
  INGOT_TRY_VOID(c.expect_real(x));
  return c.expect_real(filter);
}

// Padding that is equal on both sides is the convolution's own.
template <typename Options>
Result<void> give_convolution(Conversion& c, Value* x, const std::vector<int64_t>& sizes, const Filter& filter,
                              const Options& options) {
  const Windows windows =
      INGOT_TRY(lay_windows(x, {sizes[1], options.stride_h, options.dilation_h_factor},
                            {sizes[2], options.stride_w, options.dilation_w_factor}, options.padding));
  std::vector<int64_t> padding = windows.before;
  if (!windows.symmetric()) {
    x = INGOT_TRY(c.padded(0, x, for_images(windows.before), for_images(windows.after), 0.0));
    padding = {0, 0};
  }
  const std::vector<int64_t> none = {0, 0};
  Value* y = INGOT_TRY(c.call("aten::convolution", {x, filter.weight, filter.bias, windows.strides, padding,
                                                    windows.dilations, false, none, filter.groups}));
  return c.give(y, Axes::images, options.fused_activation_function);
}

// How ATen's transposed convolution gets to sizes that are given, along one axis: it cuts `padding` off both ends, then
// adds `added` at the far end; what is still too much there is sliced off.
struct Cut {
  int64_t padding = 0;
  int64_t added = 0;
  int64_t size = 0;
};

Result<Cut> plan_cut(int64_t input, int64_t output, const Slide& slide) {
  INGOT_TRY_VOID(check_slide(slide));
  constexpr int64_t kMost = int64_t{1} << 31;
  const int64_t full = (input - 1) * slide.stride + slide.kernel;
  if (output < 1 || output >= kMost || full >= kMost || output >= full + slide.stride)
    return fail(ErrorCode::invalid_file, "an output of %lld pixels from %lld", static_cast<long long>(output),
                static_cast<long long>(input));
  const int64_t total = std::max<int64_t>(full - output, 0);
  return Cut{total / 2, std::max<int64_t>(output - full, 0), output};
}

Result<Value*> transposed_convolution(Conversion& c, size_t x_input, const Filter& filter, const Slide& rows,
                                      const Slide& columns, int64_t height, int64_t width) {
  Value* x = INGOT_TRY(c.images(x_input));
  const Cut down = INGOT_TRY(plan_cut(INGOT_TRY(Calls::size(x, 2)), height, rows));
  const Cut across = INGOT_TRY(plan_cut(INGOT_TRY(Calls::size(x, 3)), width, columns));
  const std::vector<int64_t> strides = {rows.stride, columns.stride}, padding = {down.padding, across.padding},
                             added = {down.added, across.added}, ones = {1, 1};
  Value* y = INGOT_TRY(
      c.call("aten::convolution", {x, filter.weight, filter.bias, strides, padding, ones, true, added, filter.groups}));
  for (const auto& [axis, cut] : {std::pair(size_t{2}, down), std::pair(size_t{3}, across)}) {
    if (y->type.shape[axis] == Dim(cut.size)) continue;
    y = INGOT_TRY(c.rounded_as_output(y));
    y = INGOT_TRY(c.slice(y, axis, 0, cut.size));
  }
  return y;
}

}  // namespace

Result<void> convert_conv_2d(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::Conv2DOptions>());
  INGOT_TRY_VOID(expect_reals(c, 0, 1));
  Value* x = INGOT_TRY(c.images(0));
  const std::vector<int64_t> sizes = INGOT_TRY(filter_sizes(c, 1));
  const int64_t channels = INGOT_TRY(Calls::size(x, 1));
  if (channels % sizes[3] != 0)
    return fail(ErrorCode::invalid_file, "its filter has %lld channels, its input %lld",
                static_cast<long long>(sizes[3]), static_cast<long long>(channels));
  const Filter filter =
      INGOT_TRY(read_filter(c, kOutInFirst, INGOT_TRY(c.bias(2, 0, 1, sizes[0])), channels / sizes[3]));
  return give_convolution(c, x, sizes, filter, options);
}

Result<void> convert_depthwise_conv_2d(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::DepthwiseConv2DOptions>());
  INGOT_TRY_VOID(expect_reals(c, 0, 1));
  Value* x = INGOT_TRY(c.images(0));
  const std::vector<int64_t> sizes = INGOT_TRY(filter_sizes(c, 1));
  const int64_t channels = INGOT_TRY(Calls::size(x, 1));
  // What the options call depth_multiplier may be missing; the filter cannot.
  if (sizes[0] != 1 || sizes[3] % std::max<int64_t>(channels, 1) != 0)
    return fail(ErrorCode::invalid_file, "its filter is %s, its input has %lld channels",
                to_string(to_shape(sizes)).c_str(), static_cast<long long>(channels));
  const Filter filter = INGOT_TRY(read_filter(c, kInOutFirst, INGOT_TRY(c.bias(2, 0, 1, sizes[3])), channels));
  return give_convolution(c, x, sizes, filter, options);
}

// Operands: the result's sizes, filter, x, bias.
Result<void> convert_transpose_conv(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::TransposeConvOptions>());
  INGOT_TRY_VOID(expect_reals(c, 2, 1));
  const std::vector<int64_t> wanted = INGOT_TRY(c.constant_integers(0, "the result's sizes"));
  const std::vector<int64_t> sizes = INGOT_TRY(filter_sizes(c, 1));
  if (wanted.size() != kImageRank || wanted[3] != sizes[0])
    return fail(ErrorCode::invalid_file, "its result is to be %s, its filter is %s",
                to_string(to_shape(wanted)).c_str(), to_string(to_shape(sizes)).c_str());
  const Slide rows{sizes[1], options.stride_h, 1}, columns{sizes[2], options.stride_w, 1};
  const Filter filter = INGOT_TRY(read_filter(c, kInOutFirst, INGOT_TRY(c.bias(3, 2, 1, sizes[0])), 1));
  Value* y = INGOT_TRY(transposed_convolution(c, 2, filter, rows, columns, wanted[1], wanted[2]));
  return c.give(y, Axes::images, options.fused_activation_function);
}

// Operands: x, filter, bias. Its options are three 32-bit integers: padding (1 for SAME, 2 for VALID), strides along
// width and height.
Result<void> convert_transpose_conv_bias(Conversion& c) {
  INGOT_TRY_VOID(expect_reals(c, 0, 1));
  int32_t options[3];
  if (c.custom_options().size() < sizeof(options))
    return fail(ErrorCode::invalid_file, "its options are %zu bytes, expected %zu", c.custom_options().size(),
                sizeof(options));
  std::memcpy(options, c.custom_options().data(), sizeof(options));
  const bool same = options[0] == 1;
  if (!same && options[0] != 2) return fail(ErrorCode::not_supported, "padding %d", options[0]);
  const std::vector<int64_t> sizes = INGOT_TRY(filter_sizes(c, 1));
  const Slide rows{sizes[1], options[2], 1}, columns{sizes[2], options[1], 1};
  INGOT_TRY_VOID(check_slide(rows));
  INGOT_TRY_VOID(check_slide(columns));
  const Value* x = INGOT_TRY(c.images(0));
  const int64_t height = INGOT_TRY(Calls::size(x, 2)), width = INGOT_TRY(Calls::size(x, 3));
  const auto result_size = [same](int64_t input, const Slide& slide) {
    return same ? input * slide.stride : (input - 1) * slide.stride + slide.kernel;
  };
  const Filter filter = INGOT_TRY(read_filter(c, kInOutFirst, INGOT_TRY(c.bias(2, 0, 1, sizes[0])), 1));
  Value* y = INGOT_TRY(
      transposed_convolution(c, 0, filter, rows, columns, result_size(height, rows), result_size(width, columns)));
  return c.give(y, Axes::images);
}

}  // namespace ingot::compiler::tflite_import
