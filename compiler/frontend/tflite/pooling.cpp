// Pooling. ATen's pools pad both sides alike; where SAME pads the far side by one more, the maximum gets a border that
// never wins, and the average the one more from ATen's rounding up of sizes, or else a map of how many pixels each
// window really has.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "compiler/frontend/tflite/operators.h"
#include "compiler/frontend/tflite/windows.h"

namespace ingot::compiler::tflite_import {
namespace {

struct Pool {
  Value* x;
  Windows windows;
  wire::ActivationFunctionType activation;

  // Is padding of one size enough, with sizes rounded down or up?
  bool plain(bool ceil_mode) const {
    for (size_t i = 0; i < 2; ++i) {
      const int64_t stride = windows.strides[i], before = windows.before[i];
      const int64_t room = windows.inputs[i] + 2 * before - windows.kernel[i];
      if (room < 0 || 2 * before > windows.kernel[i]) return false;
      if (!ceil_mode && windows.after[i] != before) return false;
      if ((ceil_mode ? (room + stride - 1) / stride : room / stride) + 1 != windows.outputs[i]) return false;
    }
    return true;
  }
};

Result<Pool> read_pool(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::Pool2DOptions>());
  Value* x = INGOT_TRY(c.images(0));
  const Windows windows = INGOT_TRY(lay_windows(x, {options.filter_height, options.stride_h, 1},
                                                {options.filter_width, options.stride_w, 1}, options.padding));
  return Pool{x, windows, options.fused_activation_function};
}

// The pixels of the input in each window, along one axis.
std::vector<int64_t> pixels(const Windows& windows, size_t i) {
  std::vector<int64_t> counts;
  for (int64_t o = 0; o < windows.outputs[i]; ++o) {
    const int64_t start = o * windows.strides[i] - windows.before[i];
    counts.push_back(std::min(start + windows.kernel[i], windows.inputs[i]) - std::max<int64_t>(start, 0));
  }
  return counts;
}

// Averages over the pixels that there are. `x` may be other numbers than the operand (their squares); `is_operand`
// where it is not.
Result<Value*> average(Conversion& c, const Pool& pool, Value* x, bool is_operand) {
  const Windows& w = pool.windows;
  for (const bool ceil_mode : {false, true}) {
    if (!pool.plain(ceil_mode)) continue;
    return c.call("aten::avg_pool2d", {x, w.kernel, w.strides, w.before, ceil_mode, false});
  }
  x = INGOT_TRY(c.pad(x, for_images(w.before), for_images(w.after), 0.0));
  if (is_operand) x = INGOT_TRY(c.rounded_as_input(0, x));
  const std::vector<int64_t> none = {0, 0};
  Value* whole = INGOT_TRY(c.call("aten::avg_pool2d", {x, w.kernel, w.strides, none, false, false}));
  INGOT_TRY_VOID(Calls::check_made_up(w.outputs[0] * w.outputs[1]));
  const std::vector<int64_t> rows = pixels(w, 0), columns = pixels(w, 1);
  std::vector<float> factors;
  for (const int64_t row : rows) {
    for (const int64_t column : columns)
      factors.push_back(static_cast<float>(static_cast<double>(w.kernel[0]) * static_cast<double>(w.kernel[1]) /
                                           (static_cast<double>(row) * static_cast<double>(column))));
  }
  Value* map = c.builder().constant_f32("counts", {1, 1, w.outputs[0], w.outputs[1]}, factors);
  map = INGOT_TRY(c.cast(map, whole->type.dtype));
  return c.call("aten::mul.Tensor", {whole, map});
}

}  // namespace

Result<void> convert_max_pool(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  const Pool pool = INGOT_TRY(read_pool(c));
  const Windows& w = pool.windows;
  Value* x = pool.x;
  std::vector<int64_t> padding = w.before;
  if (!pool.plain(false)) {
    const double lowest = -std::numeric_limits<double>::infinity();
    x = INGOT_TRY(c.padded(0, x, for_images(w.before), for_images(w.after), lowest));
    padding = {0, 0};
  }
  Value* y =
      INGOT_TRY(c.first_of("aten::max_pool2d_with_indices", {x, w.kernel, w.strides, padding, w.dilations, false}));
  return c.give(y, Axes::images, pool.activation);
}

Result<void> convert_average_pool(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  const Pool pool = INGOT_TRY(read_pool(c));
  return c.give(INGOT_TRY(average(c, pool, pool.x, true)), Axes::images, pool.activation);
}

// The root of the mean of squares.
Result<void> convert_l2_pool(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  const Pool pool = INGOT_TRY(read_pool(c));
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {pool.x, pool.x}));
  Value* mean = INGOT_TRY(average(c, pool, squares, false));
  return c.give(INGOT_TRY(c.call("aten::sqrt", {mean})), Axes::images, pool.activation);
}

}  // namespace ingot::compiler::tflite_import
