// Operators that work element by element.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

using wire::NodeUnion;

template <NodeUnion type>
Lowered lower_unary(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  return n.define(unary(n.build, type, *x));
}

// clamp(x + 3, 0, 6) / 6. In integers the sum's range is what it saturates at.
Lowered lower_hardsigmoid(NodeLowering& n, const IrValue* value) {
  Tensor* x = INGOT_TRY(n.operand(value));
  Bounds bounds = std::pair(0.0f, 6.0f);
  if (n.in_integers()) {
    n.build.compute_in(affine_type(x->type.datatype == wire::DataType::quint8, 6.0 / 255, -128));
    bounds.reset();
  }
  Tensor& sum = binary(n.build, NodeUnion::Add, *x, n.build.scalar(3), bounds);
  if (n.in_integers()) n.build.compute_in(n.result());
  return n.define(binary(n.build, NodeUnion::Multiply, sum, n.build.scalar(1.0f / 6)));
}

Lowered lower_activation(NodeLowering& n) {
  if (const IrValue* x = n.fusions().hardsigmoid_input(n.node)) return lower_hardsigmoid(n, x);
  if (const IrValue* value = n.fusions().bounded_value(n.node)) {
    return n.define(*INGOT_TRY(n.operand_as_is(value)));
  }
  Tensor* x = INGOT_TRY(n.operand("self"));
  const auto [low, high] = *activation_bounds(n.node);
  if (!n.in_integers()) return n.define(clamp(n.build, *x, low, high));
  const auto [least, most] = range_of(x->type);
  const bool idle = low <= least && high >= most;
  if (idle || !n.without_implied(std::pair(low, high))) return n.define(*x);
  // A bound that is never reached may be any number.
  const bool exact = (low <= least || is_exact_in(x->type, low)) && (high >= most || is_exact_in(x->type, high));
  if (!n.result() && !exact) {
    return refuse("its bounds are no integers of its input");
  }
  return n.define(clamp(n.build, *x, low, high));
}

Lowered lower_leaky_relu(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  return n.define(leaky_relu(n.build, *x, static_cast<float>(n.node.real("negative_slope"))));
}

Lowered lower_elu(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const double scale = n.node.real("scale"), input_scale = n.node.real("input_scale");
  if (scale != 1 || input_scale != 1) {
    return refuse("scale {} and input_scale {}, XNNPACK's ELU has neither (both 1)", scale, input_scale);
  }
  return n.define(elu(n.build, *x, static_cast<float>(n.node.real("alpha"))));
}

Lowered lower_gelu(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const auto& approximate = std::get<std::string>(n.node.arg("approximate"));
  if (approximate != "none") return refuse("approximate='{}', XNNPACK's GELU is the exact one", approximate);
  return n.define(unary(n.build, NodeUnion::Gelu, *x));
}

Lowered lower_reciprocal(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  return n.define(binary(n.build, NodeUnion::Div, n.build.scalar(1), *x));
}

// A logarithm of another base is the natural one times `factor`.
Lowered lower_logarithm(NodeLowering& n, double factor) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  Tensor& natural = unary(n.build, NodeUnion::Log, *x);
  return n.define(binary(n.build, NodeUnion::Multiply, natural, n.build.scalar(static_cast<float>(factor))));
}

Lowered lower_log2(NodeLowering& n) {
  return lower_logarithm(n, std::numbers::log2e);
}
Lowered lower_log10(NodeLowering& n) {
  return lower_logarithm(n, std::numbers::log10e);
}

// The second operand: a tensor or a number, times alpha where the operator has one.
Expected<Tensor*> scaled_operand(NodeLowering& n) {
  const size_t other = n.node.op().index_of("other");
  const double alpha = n.node.op().has("alpha") ? n.node.real("alpha") : 1;
  if (!std::holds_alternative<compiler::Value*>(n.node.arg(other))) {
    return &n.build.scalar(static_cast<float>(n.node.real(other) * alpha));
  }
  Tensor* tensor = INGOT_TRY(n.operand(other));
  if (alpha == 1) return tensor;
  return &binary(n.build, NodeUnion::Multiply, *tensor, n.build.scalar(static_cast<float>(alpha)));
}

// A constant operand in 8 bits must not cost more than the result is rounded by.
Lowered check_constant(NodeLowering& n, NodeUnion type, Tensor& constant, const Tensor& other) {
  if (!n.in_integers() || !n.result() || !constant.is_constant() || !is_affine(other.type)) return {};
  const auto exact = float_elements({constant.sizes, constant.data_order, constant.type, *constant.data});
  Tensor& rounded = in_integers(n.build, constant, type, other.type);
  const auto found = float_elements({rounded.sizes, rounded.data_order, rounded.type, *rounded.data});
  double error = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    error = std::max(error, std::abs(static_cast<double>(exact[i]) - static_cast<double>(found[i])));
  }
  const Interval range = range_of(other.type);
  if (type == NodeUnion::Multiply) error *= std::max(std::abs(range.low), std::abs(range.high));
  const double half = n.result()->per_tensor->scale / 2.0;
  if (error <= half * (1 + 1e-3)) return {};
  return refuse("its constant operand would lose {} in 8 bits, more than half a step of its result", error);
}

template <NodeUnion type>
Lowered lower_binary(NodeLowering& n) {
  if (const IrValue* x = n.fusions().hardsigmoid_input(n.node)) return lower_hardsigmoid(n, x);
  if (const IrValue* x = n.fusions().hardswish_input(n.node)) {
    Tensor* input = INGOT_TRY(n.operand(x));
    return n.define(unary(n.build, NodeUnion::Hardswish, *input));
  }
  Tensor* a = INGOT_TRY(n.operand("self"));
  Tensor* b = INGOT_TRY(scaled_operand(n));
  INGOT_TRY_VOID(check_constant(n, type, *a, *b));
  INGOT_TRY_VOID(check_constant(n, type, *b, *a));
  if (type == NodeUnion::Multiply && a == b) {
    return n.define(bounded(n.build, unary(n.build, NodeUnion::Square, *a), n.bounds()));
  }
  return n.define(binary(n.build, type, *a, *b, n.bounds()));
}

Lowered lower_rsub(NodeLowering& n) {  // other - alpha * self
  Tensor* x = INGOT_TRY(n.operand("self"));
  const double alpha = n.node.real("alpha");
  if (alpha != 1) x = &binary(n.build, NodeUnion::Multiply, *x, n.build.scalar(static_cast<float>(alpha)));
  Tensor& other = n.build.scalar(static_cast<float>(n.node.real("other")));
  return n.define(binary(n.build, NodeUnion::Subtract, other, *x, n.bounds()));
}

template <NodeUnion type>
Lowered lower_binary_unbounded(NodeLowering& n) {
  Tensor* a = INGOT_TRY(n.operand("self"));
  Tensor* b = INGOT_TRY(n.operand("other"));
  return n.define(binary(n.build, type, *a, *b));
}

Lowered lower_clamp_tensor(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  Tensor* low = INGOT_TRY(n.optional_operand("min"));
  Tensor* high = INGOT_TRY(n.optional_operand("max"));
  if (low != nullptr) x = &binary(n.build, NodeUnion::Maximum, *x, *low);
  if (high != nullptr) x = &binary(n.build, NodeUnion::Minimum, *x, *high);
  return n.define(*x);
}

Lowered lower_power(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const double exponent = n.node.real("exponent");
  if (exponent == 1) return n.define(*x);
  if (exponent == 0.5) return n.define(unary(n.build, NodeUnion::SquareRoot, *x));
  if (exponent == -0.5) return n.define(unary(n.build, NodeUnion::ReciprocalSquareRoot, *x));
  if (exponent == -1) return n.define(binary(n.build, NodeUnion::Div, n.build.scalar(1), *x));
  Tensor& square = unary(n.build, NodeUnion::Square, *x);
  if (exponent == 2) return n.define(square);
  if (exponent == 3) return n.define(binary(n.build, NodeUnion::Multiply, square, *x));
  if (exponent == 4) return n.define(unary(n.build, NodeUnion::Square, square));
  return refuse("exponent {}, expected -1, -0.5, 0.5, 1, 2, 3 or 4", exponent);
}

// weight has one element for each of the input's channels, or one.
Lowered lower_prelu(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  Tensor* weight = INGOT_TRY(n.operand("weight"));
  return n.define(binary(n.build, NodeUnion::PReLU, *x, *weight));
}

constexpr Rule kRules[] = {
    {"aten::abs", lower_unary<NodeUnion::Abs>},
    {"aten::neg", lower_unary<NodeUnion::Negate>},
    {"aten::ceil", lower_unary<NodeUnion::Ceiling>},
    {"aten::floor", lower_unary<NodeUnion::Floor>},
    {"aten::cos", lower_unary<NodeUnion::Cos>},
    {"aten::sin", lower_unary<NodeUnion::Sin>},
    {"aten::exp", lower_unary<NodeUnion::Exp>},
    {"aten::log", lower_unary<NodeUnion::Log>},
    {"aten::log2", lower_log2},
    {"aten::log10", lower_log10},
    {"aten::rsqrt", lower_unary<NodeUnion::ReciprocalSquareRoot>},
    {"aten::sqrt", lower_unary<NodeUnion::SquareRoot>},
    {"aten::sigmoid", lower_unary<NodeUnion::Sigmoid>},
    {"aten::tanh", lower_unary<NodeUnion::Tanh>},
    {"aten::hardswish", lower_unary<NodeUnion::Hardswish>},
    {"aten::relu", lower_activation},
    {"aten::hardtanh", lower_activation},
    {"aten::clamp", lower_activation},
    {"aten::clamp.Tensor", lower_clamp_tensor},
    {"aten::leaky_relu", lower_leaky_relu},
    {"aten::elu", lower_elu},
    {"aten::gelu", lower_gelu},
    {"aten::reciprocal", lower_reciprocal},
    {"aten::pow.Tensor_Scalar", lower_power},
    {"aten::add.Tensor", lower_binary<NodeUnion::Add>},
    {"aten::add.Scalar", lower_binary<NodeUnion::Add>},
    {"aten::sub.Tensor", lower_binary<NodeUnion::Subtract>},
    {"aten::sub.Scalar", lower_binary<NodeUnion::Subtract>},
    {"aten::rsub.Scalar", lower_rsub},
    {"aten::mul.Tensor", lower_binary<NodeUnion::Multiply>},
    {"aten::mul.Scalar", lower_binary<NodeUnion::Multiply>},
    {"aten::div.Tensor", lower_binary<NodeUnion::Div>},
    {"aten::div.Scalar", lower_binary<NodeUnion::Div>},
    {"aten::maximum", lower_binary_unbounded<NodeUnion::Maximum>},
    {"aten::minimum", lower_binary_unbounded<NodeUnion::Minimum>},
    {"aten::_prelu_kernel", lower_prelu},
};

}  // namespace

std::span<const Rule> elementwise_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
