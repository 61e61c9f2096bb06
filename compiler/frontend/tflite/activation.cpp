// Activation functions of one tensor.
#include <string>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

Result<void> give_bounded(Conversion& c, double low, double high) {
  const Operand x = INGOT_TRY(c.any(0));
  return c.give(INGOT_TRY(c.call("aten::hardtanh", {x.value, low, high})), x.axes);
}

Result<void> give_softmax(Conversion& c, std::string_view op, double beta) {
  INGOT_TRY_VOID(c.expect_real(0));
  const size_t rank = INGOT_TRY(c.rank(0));
  if (rank == 0) return fail(ErrorCode::invalid_file, "its input is a scalar");
  const Operand x = INGOT_TRY(c.any(0));
  Value* scaled = INGOT_TRY(c.multiply(x.value, beta));
  return c.give(INGOT_TRY(c.call(op, {scaled, x.axis(rank - 1), false})), x.axes);
}

}  // namespace

Result<void> convert_relu6(Conversion& c) {
  return give_bounded(c, 0, 6);
}

Result<void> convert_relu_n1_to_1(Conversion& c) {
  return give_bounded(c, -1, 1);
}

Result<void> convert_relu_0_to_1(Conversion& c) {
  return give_bounded(c, 0, 1);
}

Result<void> convert_leaky_relu(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::LeakyReluOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  const Operand x = INGOT_TRY(c.any(0));
  return c.give(INGOT_TRY(c.call("aten::leaky_relu", {x.value, static_cast<double>(options.alpha)})), x.axes);
}

Result<void> convert_prelu(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  INGOT_TRY_VOID(c.expect_real(1));
  const auto operands = INGOT_TRY(c.alike(0, 2));
  Value *x = operands.values[0], *slope = operands.values[1];
  // ATen's own has a slope a channel, on axis 1.
  const size_t rank = x->type.rank();
  bool by_channel = rank >= 2 && slope->type.rank() == rank && slope->type.shape[1] == x->type.shape[1];
  for (size_t i = 0; i < slope->type.rank() && by_channel; ++i) by_channel = i == 1 || slope->type.shape[i] == Dim(1);
  if (by_channel) return c.give(INGOT_TRY(c.call("aten::_prelu_kernel", {x, slope})), operands.axes);
  Value* negative = INGOT_TRY(c.call("aten::lt.Tensor", {x, c.scalar(x->type.dtype, 0)}));
  Value* scaled = INGOT_TRY(c.call("aten::mul.Tensor", {x, slope}));
  return c.give(INGOT_TRY(c.call("aten::where.self", {negative, scaled, x})), operands.axes);
}

Result<void> convert_gelu(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::GeluOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  const Operand x = INGOT_TRY(c.any(0));
  const std::string kind = options.approximate ? "tanh" : "none";
  return c.give(INGOT_TRY(c.call("aten::gelu", {x.value, kind})), x.axes);
}

Result<void> convert_softmax(Conversion& c) {
  return give_softmax(c, "aten::_softmax", INGOT_TRY(c.options<wire::SoftmaxOptions>()).beta);
}

Result<void> convert_log_softmax(Conversion& c) {
  return give_softmax(c, "aten::_log_softmax", 1);
}

}  // namespace ingot::compiler::tflite_import
