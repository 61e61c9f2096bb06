// Operators element by element, with broadcasting.
#include <limits>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// A call of two operands of any dtypes.
Result<Value*> call_promoted(Conversion& c, std::string_view op, Value* a, Value* b) {
  const std::vector<Value*> operands = INGOT_TRY(c.promoted({a, b}));
  return c.call(op, {operands[0], operands[1]});
}

Result<Value*> scaled(Conversion& c, Value* x, const Argument& factor) {
  const auto* whole = std::get_if<int64_t>(&factor);
  if (whole != nullptr && *whole == 1) return x;
  return c.call("aten::mul.Scalar", {x, factor});
}

}  // namespace

// Integers divide as floats.
Result<Outputs> convert_div(Conversion& c) {
  std::vector<Value*> operands = INGOT_TRY(c.promoted({c.tensor("self"), c.tensor("other")}));
  for (Value*& operand : operands) {
    if (!is_floating(operand->type.dtype)) operand = INGOT_TRY(c.cast(operand, DType::float32));
  }
  return c.call("aten::div.Tensor", {operands[0], operands[1]});
}

// other - alpha * self
Result<Outputs> convert_rsub(Conversion& c) {
  const std::vector<Value*> operands = INGOT_TRY(c.promoted({c.tensor("other"), c.tensor("self")}));
  return c.call("aten::sub.Tensor", {operands[0], operands[1], c.arg("alpha")});
}

Result<Outputs> convert_square(Conversion& c) {
  return c.call("aten::mul.Tensor", {c.tensor("self"), c.tensor("self")});
}

Result<Outputs> convert_exp2(Conversion& c) {
  return c.call("aten::pow.Scalar", {2.0, INGOT_TRY(c.floats("self"))});
}

// |x| < infinity, which NaN is not.
Result<Outputs> convert_isfinite(Conversion& c) {
  Value* magnitude = INGOT_TRY(c.call("aten::abs", {INGOT_TRY(c.floats("self"))}));
  return c.call("aten::lt.Scalar", {magnitude, std::numeric_limits<double>::infinity()});
}

Result<Outputs> convert_max_other(Conversion& c) {
  return call_promoted(c, "aten::maximum", c.tensor("self"), c.tensor("other"));
}

Result<Outputs> convert_min_other(Conversion& c) {
  return call_promoted(c, "aten::minimum", c.tensor("self"), c.tensor("other"));
}

Result<Outputs> convert_clamp_min(Conversion& c) {
  return c.call("aten::clamp", {c.tensor("self"), c.arg("min"), std::monostate()});
}

Result<Outputs> convert_clamp_max(Conversion& c) {
  return c.call("aten::clamp", {c.tensor("self"), std::monostate(), c.arg("max")});
}

Result<Outputs> convert_where(Conversion& c) {
  const std::vector<Value*> operands = INGOT_TRY(c.promoted({c.tensor("self"), c.tensor("other")}));
  return c.call("aten::where.self", {c.tensor("condition"), operands[0], operands[1]});
}

// The value takes the dtype of what it is put into.
Result<Outputs> convert_masked_fill(Conversion& c) {
  Value* x = c.tensor("self");
  Value* value = INGOT_TRY(c.cast(c.tensor("value"), x->type.dtype));
  return c.call("aten::where.self", {c.tensor("mask"), value, x});
}

// self + value * tensor1 * tensor2
Result<Outputs> convert_addcmul(Conversion& c) {
  Value* product = INGOT_TRY(call_promoted(c, "aten::mul.Tensor", c.tensor("tensor1"), c.tensor("tensor2")));
  product = INGOT_TRY(scaled(c, product, c.arg("value")));
  return call_promoted(c, "aten::add.Tensor", c.tensor("self"), product);
}

// self + value * tensor1 / tensor2
Result<Outputs> convert_addcdiv(Conversion& c) {
  Value* above = INGOT_TRY(c.floats("tensor1"));
  Value* below = INGOT_TRY(c.floats("tensor2"));
  Value* quotient = INGOT_TRY(call_promoted(c, "aten::div.Tensor", above, below));
  quotient = INGOT_TRY(scaled(c, quotient, c.arg("value")));
  return call_promoted(c, "aten::add.Tensor", c.tensor("self"), quotient);
}

// self + weight * (end - self)
Result<Outputs> convert_lerp(Conversion& c) {
  Value* start = INGOT_TRY(c.floats("self"));
  Value* way = INGOT_TRY(call_promoted(c, "aten::sub.Tensor", c.tensor("end"), start));
  Value* part = INGOT_TRY(call_promoted(c, "aten::mul.Tensor", way, c.tensor("weight")));
  return call_promoted(c, "aten::add.Tensor", start, part);
}

}  // namespace ingot::compiler::pt2
