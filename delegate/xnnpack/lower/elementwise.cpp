// Operators that work element by element.

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

Lowered lower_activation(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  if (n.fusions().is_fused_activation(n.node)) return n.define(*x);
  const auto [low, high] = *activation_bounds(n.node);
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

template <NodeUnion type>
Lowered lower_binary(NodeLowering& n) {
  if (const IrValue* x = n.fusions().hardswish_input(n.node)) {
    Tensor* input = INGOT_TRY(n.operand(x));
    return n.define(unary(n.build, NodeUnion::Hardswish, *input));
  }
  Tensor* a = INGOT_TRY(n.operand("self"));
  Tensor* b = INGOT_TRY(scaled_operand(n));
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
