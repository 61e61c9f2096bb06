// Activation functions.
#include "compiler/frontend/aten/activations.h"

#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// `value` where `x` is not above the bound, `kept` elsewhere (a NaN stays what it is).
Result<Value*> replace_up_to(Conversion& c, Value* x, double bound, double value, Value* kept) {
  Value* holds = INGOT_TRY(c.call("aten::le.Scalar", {x, bound}));
  return c.call("aten::where.self", {holds, c.scalar(kept->type.dtype, value), kept});
}

}  // namespace

Result<Outputs> convert_hardsigmoid(Conversion& c) {
  return hard_sigmoid(c, INGOT_TRY(c.floats("self")), 1.0 / 6, 0.5);
}

Result<Outputs> convert_silu(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  Value* gate = INGOT_TRY(c.call("aten::sigmoid", {x}));
  return c.call("aten::mul.Tensor", {x, gate});
}

Result<Outputs> convert_mish(Conversion& c) {
  return mish(c, INGOT_TRY(c.floats("self")));
}

Result<Outputs> convert_relu6(Conversion& c) {
  return c.call("aten::hardtanh", {c.tensor("self"), 0.0, 6.0});
}

Result<Outputs> convert_selu(Conversion& c) {
  return c.call("aten::elu", {INGOT_TRY(c.floats("self")), 1.6732632423543772, 1.0507009873554805});
}

// max(0, x) + min(0, alpha (exp(x / alpha) - 1))
Result<Outputs> convert_celu(Conversion& c) {
  const double alpha = c.real("alpha");
  if (alpha == 0) return fail(ErrorCode::invalid_file, "alpha is 0");
  return c.call("aten::elu", {INGOT_TRY(c.floats("self")), alpha, 1.0, 1.0 / alpha});
}

// The weight is one for all, or one a channel.
Result<Outputs> convert_prelu(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  Value* weight = c.tensor("weight");
  const Dim count = numel(weight->type.shape);
  const size_t rank = x->type.rank();
  Shape shape(rank, Dim(1));
  if (rank >= 2) shape[1] = count;
  const bool fits = count == Dim(1) || (rank >= 2 && count == x->type.shape[1]);
  if (!fits)
    return fail(ErrorCode::invalid_file, "its weight is %s for %s", to_string(weight->type).c_str(),
                to_string(x->type).c_str());
  weight = INGOT_TRY(c.view(weight, shape));
  return c.call("aten::_prelu_kernel", {x, weight});
}

// log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold.
Result<Outputs> convert_softplus(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  const double beta = c.real("beta");
  if (beta == 0) return fail(ErrorCode::invalid_file, "beta is 0");
  Value* scaled = INGOT_TRY(c.multiply(x, beta));
  Value* soft = INGOT_TRY(softplus(c, scaled));
  soft = INGOT_TRY(c.multiply(soft, 1 / beta));
  // Above PyTorch's own threshold the two are equal to the last bit.
  if (c.real("threshold") >= 20) return soft;
  Value* above = INGOT_TRY(c.call("aten::gt.Scalar", {scaled, c.real("threshold")}));
  return c.call("aten::where.self", {above, x, soft});
}

Result<Outputs> convert_log_sigmoid(Conversion& c) {
  Value* negative = INGOT_TRY(c.call("aten::neg", {INGOT_TRY(c.floats("self"))}));
  Value* soft = INGOT_TRY(softplus(c, negative));
  return c.call("aten::neg", {soft});
}

// x / (1 + |x|)
Result<Outputs> convert_softsign(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  Value* magnitude = INGOT_TRY(c.call("aten::abs", {x}));
  Value* divisor = INGOT_TRY(c.add(magnitude, 1));
  return c.call("aten::div.Tensor", {x, divisor});
}

Result<Outputs> convert_hardshrink(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  Value* magnitude = INGOT_TRY(c.call("aten::abs", {x}));
  return replace_up_to(c, magnitude, c.real("lambd"), 0, x);
}

// What is left of x when everything within lambd of 0 is cut out.
Result<Outputs> convert_softshrink(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  const double lambd = c.real("lambd");
  Value* inside = INGOT_TRY(c.call("aten::hardtanh", {x, -lambd, lambd}));
  return c.call("aten::sub.Tensor", {x, inside});
}

Result<Outputs> convert_threshold(Conversion& c) {
  Value* x = c.tensor("self");
  return replace_up_to(c, x, c.real("threshold"), c.real("value"), x);
}

// Softmax and its logarithm, by the operator's name.
Result<Outputs> convert_softmax(Conversion& c) {
  Value* x = c.tensor("self");
  x = INGOT_TRY(c.cast(x, c.dtype_or("dtype", x->type.dtype)));
  const bool logarithm = c.op().full_name() == "aten::log_softmax.int";
  return c.call(logarithm ? "aten::_log_softmax" : "aten::_softmax", {x, c.arg("dim"), false});
}

}  // namespace ingot::compiler::pt2
