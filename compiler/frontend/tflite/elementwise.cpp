// Operators that compute each element by itself.
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// The operator of two operands; the ATen operator's further arguments behind them.
Result<void> give_binary(Conversion& c, std::string_view op, wire::ActivationFunctionType activation,
                         std::vector<Argument> more = {}) {
  const auto operands = INGOT_TRY(c.alike(0, 2));
  std::vector<Argument> args = {operands.values[0], operands.values[1]};
  args.insert(args.end(), more.begin(), more.end());
  return c.give(INGOT_TRY(c.call(op, std::move(args))), operands.axes, activation);
}

template <typename Options>
Result<void> arithmetic(Conversion& c, std::string_view op) {
  return give_binary(c, op, INGOT_TRY(c.options<Options>()).fused_activation_function);
}

}  // namespace

Result<void> convert_unary(Conversion& c) {
  const Operand x = INGOT_TRY(c.any(0));
  return c.give(INGOT_TRY(c.call(c.row().aten, {x.value})), x.axes);
}

Result<void> convert_binary(Conversion& c) {
  return give_binary(c, c.row().aten, wire::ActivationFunctionType::NONE);
}

Result<void> convert_add(Conversion& c) {
  return arithmetic<wire::AddOptions>(c, "aten::add.Tensor");
}

Result<void> convert_sub(Conversion& c) {
  return arithmetic<wire::SubOptions>(c, "aten::sub.Tensor");
}

Result<void> convert_mul(Conversion& c) {
  return arithmetic<wire::MulOptions>(c, "aten::mul.Tensor");
}

// Integers are cut towards zero.
Result<void> convert_div(Conversion& c) {
  const auto activation = INGOT_TRY(c.options<wire::DivOptions>()).fused_activation_function;
  const FileTensor& x = *INGOT_TRY(c.described(0));
  if (is_floating(x.dtype) || x.is_quantized()) return give_binary(c, "aten::div.Tensor", activation);
  return give_binary(c, "aten::div.Tensor_mode", activation, {std::string("trunc")});
}

Result<void> convert_floor_div(Conversion& c) {
  return give_binary(c, "aten::div.Tensor_mode", wire::ActivationFunctionType::NONE, {std::string("floor")});
}

Result<void> convert_add_n(Conversion& c) {
  const auto operands = INGOT_TRY(c.alike(0, c.num_inputs()));
  Value* sum = operands.values[0];
  for (size_t i = 1; i < operands.values.size(); ++i) {
    sum = INGOT_TRY(c.call("aten::add.Tensor", {sum, operands.values[i]}));
  }
  return c.give(sum, operands.axes);
}

Result<void> convert_square(Conversion& c) {
  const Operand x = INGOT_TRY(c.any(0));
  return c.give(INGOT_TRY(c.call("aten::mul.Tensor", {x.value, x.value})), x.axes);
}

Result<void> convert_squared_difference(Conversion& c) {
  const auto operands = INGOT_TRY(c.alike(0, 2));
  Value* difference = INGOT_TRY(c.call("aten::sub.Tensor", {operands.values[0], operands.values[1]}));
  return c.give(INGOT_TRY(c.call("aten::mul.Tensor", {difference, difference})), operands.axes);
}

// SELECT takes a list of conditions for whole slices, too; SELECT_V2 broadcasts.
Result<void> convert_select(Conversion& c) {
  const size_t condition = INGOT_TRY(c.rank(0)), rank = INGOT_TRY(c.rank(1));
  if (c.row().code == wire::BuiltinOperator::SELECT && condition == 1 && rank > 1) {
    Shape shape = INGOT_TRY(c.shape(0));
    shape.resize(rank, Dim(1));
    Value* slices = INGOT_TRY(c.view(INGOT_TRY(c.filed(0)), shape));
    return c.give(INGOT_TRY(c.call("aten::where.self", {slices, INGOT_TRY(c.filed(1)), INGOT_TRY(c.filed(2))})));
  }
  const auto operands = INGOT_TRY(c.alike(0, 3));
  return c.give(INGOT_TRY(c.call("aten::where.self", {operands.values[0], operands.values[1], operands.values[2]})),
                operands.axes);
}

// The tensors' own types count; options may be missing or wrong.
Result<void> convert_cast(Conversion& c) {
  const FileTensor &from = *INGOT_TRY(c.described(0)), &to = *INGOT_TRY(c.output());
  if (from.is_quantized() || to.is_quantized())
    return fail(ErrorCode::not_supported, "from %s to %s that are quantized", to_string(from.dtype),
                to_string(to.dtype));
  const Operand x = INGOT_TRY(c.any(0));
  return c.give(INGOT_TRY(c.cast(x.value, to.dtype)), x.axes);
}

}  // namespace ingot::compiler::tflite_import
