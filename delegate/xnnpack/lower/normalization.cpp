// Softmax, and normalizations spelled out in XNNPACK's nodes. Their extra outputs (means, deviations) are not computed:
// where something uses them, the node stays outside.

#include <cmath>

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

using wire::NodeUnion;

Lowered lower_softmax(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  if (x->rank() == 0) return refuse("its input is a scalar");
  return n.define(softmax(n.build, *x, n.wrap(n.node.integer("dim"), x->rank())));
}

// s - log(sum(exp(s))), where s is x less its largest element: nothing overflows.
Lowered lower_log_softmax(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  if (x->rank() == 0) return refuse("its input is a scalar");
  const size_t dim = n.wrap(n.node.integer("dim"), x->rank());
  Tensor& s = binary(n.build, NodeUnion::Subtract, *x, amax(n.build, *x, {dim}));
  Tensor& average = mean(n.build, unary(n.build, NodeUnion::Exp, s), {dim});
  Tensor& count = n.build.scalar(static_cast<float>(x->sizes[dim]));
  Tensor& sum = binary(n.build, NodeUnion::Multiply, average, count);
  return n.define(binary(n.build, NodeUnion::Subtract, s, unary(n.build, NodeUnion::Log, sum)));
}

// (x - mean) / sqrt(variance + eps) over these dimensions.
Tensor& normalized(TensorBuilder& build, Tensor& x, const std::vector<size_t>& dims, double eps) {
  Tensor& difference = binary(build, NodeUnion::Subtract, x, mean(build, x, dims));
  Tensor& variance = mean(build, unary(build, NodeUnion::Square, difference), dims);
  Tensor& shifted = binary(build, NodeUnion::Add, variance, build.scalar(static_cast<float>(eps)));
  return binary(build, NodeUnion::Multiply, difference, unary(build, NodeUnion::ReciprocalSquareRoot, shifted));
}

// y * weight + bias, where either may be absent; both get these sizes.
Lowered define_scaled(NodeLowering& n, Tensor* y, Tensor* weight, Tensor* bias, const Sizes& sizes) {
  if (weight != nullptr) y = &binary(n.build, NodeUnion::Multiply, *y, n.build.view(*weight, sizes));
  if (bias != nullptr) y = &binary(n.build, NodeUnion::Add, *y, n.build.view(*bias, sizes));
  return n.define(*y);
}

Lowered lower_layer_norm(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("input"));
  Tensor* weight = INGOT_TRY(n.optional_operand("weight"));
  Tensor* bias = INGOT_TRY(n.optional_operand("bias"));
  const Sizes shape = n.node.ints("normalized_shape");
  std::vector<size_t> dims;
  for (size_t dim = x->rank() - shape.size(); dim < x->rank(); ++dim) dims.push_back(dim);
  return define_scaled(n, &normalized(n.build, *x, dims, n.node.real("eps")), weight, bias, shape);
}

Lowered lower_group_norm(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("input"));
  Tensor* weight = INGOT_TRY(n.optional_operand("weight"));
  Tensor* bias = INGOT_TRY(n.optional_operand("bias"));
  const int64_t channels = x->sizes[1], groups = n.node.integer("group");
  Sizes split = {x->sizes[0], groups, channels / groups};
  split.insert(split.end(), x->sizes.begin() + 2, x->sizes.end());
  std::vector<size_t> dims;
  for (size_t dim = 2; dim < split.size(); ++dim) dims.push_back(dim);
  Tensor& y = normalized(n.build, n.build.view(*x, split), dims, n.node.real("eps"));
  Sizes per_channel(x->rank(), 1);
  per_channel[1] = channels;
  return define_scaled(n, &n.build.view(y, x->sizes), weight, bias, per_channel);
}

// With constant statistics a batch norm is a number to multiply and one to add for each channel.
Lowered lower_batch_norm(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("input"));
  std::vector<float> scale = INGOT_TRY(n.constant_elements("running_var"));
  std::vector<float> shift = INGOT_TRY(n.constant_elements("running_mean"));
  std::vector<float> weight(scale.size(), 1.0f), bias(scale.size(), 0.0f);
  if (!n.node.is_none("weight")) weight = INGOT_TRY(n.constant_elements("weight"));
  if (!n.node.is_none("bias")) bias = INGOT_TRY(n.constant_elements("bias"));
  const auto channels = static_cast<size_t>(x->sizes[1]);
  for (const auto* list : {&scale, &shift, &weight, &bias}) {
    if (list->size() != channels) return refuse("{} numbers for {} channels", list->size(), channels);
  }
  for (size_t i = 0; i < channels; ++i) {
    const double factor = weight[i] / std::sqrt(scale[i] + n.node.real("eps"));
    scale[i] = static_cast<float>(factor);
    shift[i] = static_cast<float>(bias[i] - shift[i] * factor);
  }
  Sizes per_channel(x->rank(), 1);
  per_channel[1] = x->sizes[1];
  Tensor& scaled = binary(n.build, NodeUnion::Multiply, *x, n.build.constant(per_channel, scale));
  return n.define(binary(n.build, NodeUnion::Add, scaled, n.build.constant(per_channel, shift)));
}

constexpr Rule kRules[] = {
    {"aten::_softmax", lower_softmax},
    {"aten::_log_softmax", lower_log_softmax},
    {"aten::native_layer_norm", lower_layer_norm},
    {"aten::native_group_norm", lower_group_norm},
    {"aten::_native_batch_norm_legit_no_training", lower_batch_norm},
};

}  // namespace

std::span<const Rule> normalization_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
