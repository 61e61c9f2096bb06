#include "compiler/frontend/aten/activations.h"

namespace ingot::compiler {

// max(x, 0) + log(1 + exp(-|x|)), which overflows nowhere.
Result<Value*> softplus(Calls& c, Value* x) {
  Value* positive = INGOT_TRY(c.call("aten::relu", {x}));
  Value* magnitude = INGOT_TRY(c.call("aten::abs", {x}));
  Value* negative = INGOT_TRY(c.call("aten::neg", {magnitude}));
  Value* power = INGOT_TRY(c.call("aten::exp", {negative}));
  Value* rest = INGOT_TRY(c.call("aten::log1p", {power}));
  return c.call("aten::add.Tensor", {positive, rest});
}

Result<Value*> mish(Calls& c, Value* x) {
  Value* soft = INGOT_TRY(softplus(c, x));
  Value* factor = INGOT_TRY(c.call("aten::tanh", {soft}));
  return c.call("aten::mul.Tensor", {x, factor});
}

Result<Value*> hard_sigmoid(Calls& c, Value* x, double alpha, double beta) {
  Value* scaled = INGOT_TRY(c.multiply(x, alpha));
  Value* shifted = INGOT_TRY(c.add(scaled, beta));
  return c.call("aten::hardtanh", {shifted, 0.0, 1.0});
}

Result<Value*> softsign(Calls& c, Value* x) {
  Value* magnitude = INGOT_TRY(c.call("aten::abs", {x}));
  Value* divisor = INGOT_TRY(c.add(magnitude, 1));
  return c.call("aten::div.Tensor", {x, divisor});
}

Result<Value*> thresholded_relu(Calls& c, Value* x, double alpha) {
  Value* above = INGOT_TRY(c.call("aten::gt.Tensor", {x, c.scalar(x->type.dtype, alpha)}));
  return c.call("aten::where.self", {above, x, c.scalar(x->type.dtype, 0)});
}

}  // namespace ingot::compiler
