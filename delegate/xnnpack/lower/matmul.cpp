// Matrix products: FullyConnected where the second factor is constant, else BatchMatrixMultiply.

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

// A product with a constant, of floats where the rows have been quantized on the fly.
Expected<Tensor*> times_constant(NodeLowering& n, Tensor& x, Tensor& weight, Tensor* bias, const Bounds& bounds) {
  if (x.type.per_token) {
    n.build.compute_in(ElementType{});
    if (is_affine(weight.type) && weight.type.per_tensor->zero_point == 0) {  // XNNPACK wants a scale for each channel
      const std::vector<float> scales(static_cast<size_t>(weight.sizes[1]), weight.type.per_tensor->scale);
      const ElementType by_channel = n.build.per_channel(wire::DataType::qcint8, scales, 1);
      Tensor& same = n.build.constant(weight.sizes, weight.data_order, *weight.data, by_channel);
      return &fully_connected(n.build, x, same, bias, bounds);
    }
  }
  if (bias != nullptr && is_float(x.type) && !is_float(weight.type)) {  // XNNPACK would scale the bias too
    Tensor& product = fully_connected(n.build, x, weight, nullptr, std::nullopt);
    return &binary(n.build, wire::NodeUnion::Add, product, *bias, bounds);
  }
  Tensor* added = INGOT_TRY(product_bias(n.build, bias, x, weight, weight.sizes[1]));
  return &fully_connected(n.build, x, weight, added, bounds);
}

// [M, K] times [K, N] of computed tensors.
Tensor& product(TensorBuilder& build, Tensor& a, Tensor& b) {
  Tensor& left = build.view(a, {1, a.sizes[0], a.sizes[1]});
  Tensor& right = build.view(b, {1, b.sizes[0], b.sizes[1]});
  return build.view(batch_matmul(build, left, right), {a.sizes[0], b.sizes[1]});
}

Lowered lower_mm(NodeLowering& n) {
  Tensor* a = INGOT_TRY(n.operand("self"));
  Tensor* b = INGOT_TRY(n.operand("mat2"));
  if (b->is_constant()) return n.define(*INGOT_TRY(times_constant(n, *a, *b, nullptr, n.bounds())));
  return n.define(bounded(n.build, product(n.build, *a, *b), n.bounds()));
}

Lowered lower_bmm(NodeLowering& n) {
  Tensor* a = INGOT_TRY(n.operand("self"));
  Tensor* b = INGOT_TRY(n.operand("mat2"));
  if (b->is_constant() && b->sizes[0] == 1) {
    Tensor& weight = n.build.view(*b, {b->sizes[1], b->sizes[2]});
    return n.define(*INGOT_TRY(times_constant(n, *a, weight, nullptr, n.bounds())));
  }
  return n.define(bounded(n.build, batch_matmul(n.build, *a, *b), n.bounds()));
}

// A constant with every element times `factor`.
Expected<Tensor*> scaled_constant(NodeLowering& n, std::string_view arg, double factor) {
  Tensor* tensor = INGOT_TRY(n.operand(arg));
  if (factor == 1) return tensor;
  std::vector<float> elements = INGOT_TRY(n.constant_elements(arg));
  for (float& element : elements) element = static_cast<float>(element * factor);
  return &n.build.constant(tensor->sizes, elements);
}

// beta * self + alpha * (mat1 mat2)
Lowered lower_addmm(NodeLowering& n) {
  const double alpha = n.node.real("alpha"), beta = n.node.real("beta");
  Tensor* bias = INGOT_TRY(n.operand("self"));
  Tensor* a = INGOT_TRY(n.operand("mat1"));
  Tensor* b = INGOT_TRY(n.operand("mat2"));
  const int64_t columns = b->sizes[1];
  const auto times = [&n](Tensor& x, double factor) -> Tensor& {
    if (factor == 1) return x;
    return binary(n.build, wire::NodeUnion::Multiply, x, n.build.scalar(static_cast<float>(factor)));
  };
  const auto plus_bias = [&](Tensor& sum) -> Tensor& {
    if (beta == 0) return bounded(n.build, sum, n.bounds());
    return binary(n.build, wire::NodeUnion::Add, sum, times(*bias, beta), n.bounds());
  };
  if (!b->is_constant()) return n.define(plus_bias(times(product(n.build, *a, *b), alpha)));
  b = INGOT_TRY(scaled_constant(n, "mat2", alpha));
  const bool one_per_column = numel(bias->sizes) == columns && bias->rank() > 0 && bias->sizes.back() == columns;
  if (beta == 0) return n.define(*INGOT_TRY(times_constant(n, *a, *b, nullptr, n.bounds())));
  if (!bias->is_constant() || !one_per_column) {
    return n.define(plus_bias(*INGOT_TRY(times_constant(n, *a, *b, nullptr, std::nullopt))));
  }
  bias = INGOT_TRY(scaled_constant(n, "self", beta));
  return n.define(*INGOT_TRY(times_constant(n, *a, *b, &n.build.view(*bias, {columns}), n.bounds())));
}

constexpr Rule kRules[] = {
    {"aten::mm", lower_mm},
    {"aten::bmm", lower_bmm},
    {"aten::addmm", lower_addmm},
};

}  // namespace

std::span<const Rule> matmul_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
