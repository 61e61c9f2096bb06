// Normalization along channels, the file's last axis.
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {

// x / max(root of the sum of squares, 1e-6)
Result<void> convert_l2_normalization(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::L2NormOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  const size_t rank = INGOT_TRY(c.rank(0));
  if (rank == 0) return fail(ErrorCode::invalid_file, "its input is a scalar");
  const Operand x = INGOT_TRY(c.any(0));
  const std::vector<int64_t> axes = {x.axis(rank - 1)};
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {x.value, x.value}));
  Value* sum = INGOT_TRY(c.call("aten::sum.dim_IntList", {squares, axes, true, x.value->type.dtype}));
  Value* root = INGOT_TRY(c.call("aten::sqrt", {sum}));
  Value* length = INGOT_TRY(c.call("aten::clamp", {root, 1e-6, std::monostate()}));
  return c.give(INGOT_TRY(c.call("aten::div.Tensor", {x.value, length})), x.axes, options.fused_activation_function);
}

// x / (bias + alpha * sum of squares over 2 radius + 1 channels) ^ beta. The channels become rows of an image, over
// which an average runs.
Result<void> convert_local_response_normalization(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::LocalResponseNormalizationOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  const int64_t radius = options.radius, size = 2 * radius + 1;
  if (radius < 0 || radius > (1 << 20))
    return fail(ErrorCode::invalid_file, "radius %lld", static_cast<long long>(radius));
  Value* x = INGOT_TRY(c.images(0));
  const Shape& shape = x->type.shape;
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {x, x}));
  Value* image = INGOT_TRY(c.view(squares, {shape[0], Dim(1), shape[1], shape[2] * shape[3]}));
  image = INGOT_TRY(c.pad(image, {0, 0, radius, 0}, {0, 0, radius, 0}, 0.0));
  const std::vector<int64_t> kernel = {size, 1}, ones = {1, 1}, none = {0, 0};
  Value* average = INGOT_TRY(c.call("aten::avg_pool2d", {image, kernel, ones, none, false, false}));
  average = INGOT_TRY(c.view(average, shape));
  Value* scaled = INGOT_TRY(c.multiply(average, static_cast<double>(options.alpha) * static_cast<double>(size)));
  Value* shifted = INGOT_TRY(c.add(scaled, options.bias));
  Value* divisor = INGOT_TRY(c.call("aten::pow.Tensor_Scalar", {shifted, static_cast<double>(options.beta)}));
  return c.give(INGOT_TRY(c.call("aten::div.Tensor", {x, divisor})), Axes::images);
}

}  // namespace ingot::compiler::tflite_import
