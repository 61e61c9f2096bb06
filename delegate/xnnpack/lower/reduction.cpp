// Reductions: means are XNNPACK's, sums and variances follow from means, extrema from pooling.

#include <algorithm>

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

using wire::NodeUnion;

struct Reduced {
  Tensor* x = nullptr;
  std::vector<size_t> dims;
  int64_t count = 1;  // elements that become one
};

// None, or an empty list, means all dimensions.
Expected<Reduced> reduced_by(NodeLowering& n) {
  Reduced r;
  r.x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_value(*n.node.output()));
  std::vector<int64_t> dims;
  if (!n.node.is_none("dim")) dims = n.node.ints("dim");
  for (const int64_t dim : dims) r.dims.push_back(n.wrap(dim, r.x->rank()));
  if (dims.empty()) {
    for (size_t dim = 0; dim < r.x->rank(); ++dim) r.dims.push_back(dim);
  }
  for (const size_t dim : r.dims) r.count *= r.x->sizes[dim];
  return r;
}

Lowered define_reduced(NodeLowering& n, Tensor& y) {
  return n.define(n.build.view(y, sizes_of(*n.node.output())));
}

Lowered lower_mean(NodeLowering& n) {
  const Reduced r = INGOT_TRY(reduced_by(n));
  return define_reduced(n, mean(n.build, *r.x, r.dims));
}

Lowered lower_sum(NodeLowering& n) {
  const Reduced r = INGOT_TRY(reduced_by(n));
  Tensor& average = mean(n.build, *r.x, r.dims);
  if (r.count == 1) return define_reduced(n, average);
  return define_reduced(n, binary(n.build, NodeUnion::Multiply, average, n.build.scalar(static_cast<float>(r.count))));
}

Lowered lower_amax(NodeLowering& n) {
  const Reduced r = INGOT_TRY(reduced_by(n));
  return define_reduced(n, amax(n.build, *r.x, r.dims));
}

Lowered lower_amin(NodeLowering& n) {
  const Reduced r = INGOT_TRY(reduced_by(n));
  Tensor& negated = unary(n.build, NodeUnion::Negate, *r.x);
  return define_reduced(n, unary(n.build, NodeUnion::Negate, amax(n.build, negated, r.dims)));
}

// The mean of squared differences from the mean, times count / (count - correction).
Lowered lower_var(NodeLowering& n) {
  const Reduced r = INGOT_TRY(reduced_by(n));
  const double correction = n.node.is_none("correction") ? 1 : n.node.real("correction");
  const double divisor = static_cast<double>(r.count) - correction;
  if (divisor <= 0) return refuse("{} elements with correction {}", r.count, correction);
  Tensor& difference = binary(n.build, NodeUnion::Subtract, *r.x, mean(n.build, *r.x, r.dims));
  Tensor& average = mean(n.build, unary(n.build, NodeUnion::Square, difference), r.dims);
  const auto factor = static_cast<float>(static_cast<double>(r.count) / divisor);
  return define_reduced(n,
                        factor == 1 ? average : binary(n.build, NodeUnion::Multiply, average, n.build.scalar(factor)));
}

constexpr Rule kRules[] = {
    {"aten::mean.dim", lower_mean}, {"aten::sum.dim_IntList", lower_sum}, {"aten::amax", lower_amax},
    {"aten::amin", lower_amin},     {"aten::var.correction", lower_var},
};

}  // namespace

std::span<const Rule> reduction_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
