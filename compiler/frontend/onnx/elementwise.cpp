// Arithmetic, comparisons and logic, element by element with broadcasting.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {

Result<Outputs> convert_unary(Conversion& c) {
  const OpSchema* op = find_op(c.row().aten);
  if (op != nullptr && op->row().family == schema::Family::unary_float) INGOT_TRY(c.floats(0));
  return c.call(c.row().aten, {c.input(0)});
}

Result<Outputs> convert_binary(Conversion& c) {
  return c.call(c.row().aten, {c.input(0), c.input(1)});
}

// Sum, Min, Max: any number of operands, one after the other.
Result<Outputs> convert_variadic(Conversion& c) {
  Value* result = c.input(0);
  for (size_t i = 1; i < c.num_inputs(); ++i) result = INGOT_TRY(c.call(c.row().aten, {result, c.input(i)}));
  return result;
}

Result<Outputs> convert_mean(Conversion& c) {
  Value* sum = c.input(0);
  for (size_t i = 1; i < c.num_inputs(); ++i) sum = INGOT_TRY(c.call("aten::add.Tensor", {sum, c.input(i)}));
  if (c.num_inputs() == 1) return sum;
  return c.call("aten::div.Tensor", {sum, c.scalar(sum->type.dtype, static_cast<double>(c.num_inputs()))});
}

Result<Outputs> convert_div(Conversion& c) {
  if (is_floating(c.input(0)->type.dtype)) return c.call("aten::div.Tensor", {c.input(0), c.input(1)});
  // Integers divide as in C.
  return c.call("aten::div.Tensor_mode", {c.input(0), c.input(1), std::string("trunc")});
}

Result<Outputs> convert_mod(Conversion& c) {
  const bool fmod = INGOT_TRY(c.flag("fmod", false));
  if (!fmod && is_floating(c.input(0)->type.dtype))
    return fail(ErrorCode::invalid_file, "the remainder of floats needs fmod=1");
  // fmod takes the sign of the dividend, remainder that of the divisor.
  return c.call(fmod ? "aten::fmod.Tensor" : "aten::remainder.Tensor", {c.input(0), c.input(1)});
}

Result<Outputs> convert_pow(Conversion& c) {
  Value* base = c.input(0);
  Value* exponent = c.input(1);
  const DType result = base->type.dtype;
  // An integer to the power of a float is computed as a float, and stays an integer in the end.
  const bool as_float = !is_floating(result) && is_floating(exponent->type.dtype);
  if (as_float) base = INGOT_TRY(c.cast(base, exponent->type.dtype));

  const bool known =
      exponent->is_constant() && numel(exponent->type.shape) == Dim(1) && exponent->type.rank() <= base->type.rank();
  const Result<std::vector<double>> elements =
      known ? c.constant_reals(1, "the exponent") : Result<std::vector<double>>(std::vector<double>());
  Value* power = nullptr;
  if (elements && !elements->empty() && std::abs((*elements)[0]) < 1e15) {
    const double value = (*elements)[0];
    const bool whole = !is_floating(base->type.dtype);
    const Argument scalar = whole ? Argument(static_cast<int64_t>(value)) : Argument(value);
    power = INGOT_TRY(c.call("aten::pow.Tensor_Scalar", {base, scalar}));
  } else {
    exponent = INGOT_TRY(c.cast(exponent, base->type.dtype));
    power = INGOT_TRY(c.call("aten::pow.Tensor_Tensor", {base, exponent}));
  }
  return c.cast(power, result);
}

Result<Outputs> convert_bit_shift(Conversion& c) {
  const std::string direction = INGOT_TRY(c.text("direction", ""));
  if (direction != "LEFT" && direction != "RIGHT")
    return fail(ErrorCode::invalid_file, "direction is '%.20s', expected LEFT or RIGHT", direction.c_str());
  return c.call(direction == "LEFT" ? "aten::bitwise_left_shift.Tensor" : "aten::bitwise_right_shift.Tensor",
                {c.input(0), c.input(1)});
}

Result<Outputs> convert_is_inf(Conversion& c) {
  const bool negative = INGOT_TRY(c.flag("detect_negative", true));
  const bool positive = INGOT_TRY(c.flag("detect_positive", true));
  Value* x = INGOT_TRY(c.floats(0));
  if (negative && positive) return c.call("aten::isinf", {x});
  if (!negative && !positive) return c.expand(c.scalar(DType::boolean, 0), x->type.shape);
  const double infinity = std::numeric_limits<double>::infinity();
  return c.call("aten::eq.Tensor", {x, c.scalar(x->type.dtype, positive ? infinity : -infinity)});
}

Result<Outputs> convert_where(Conversion& c) {
  return c.call("aten::where.self", {c.input(0), c.input(1), c.input(2)});
}

}  // namespace ingot::compiler::onnx_import
