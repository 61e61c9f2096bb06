#include "runtime/kernels/portable/reduction_plan.h"

#include <cstdlib>

namespace ingot::portable {

Result<uint32_t> reduced_dims(std::span<const int64_t> dims, size_t rank) {
  if (dims.empty()) return (uint32_t{1} << rank) - 1;
  return normalize_axes(dims, rank);
}

Sizes reduced_sizes(const Tensor& self, uint32_t mask, bool keepdim) {
  Sizes sizes;
  for (size_t d = 0; d < self.rank(); ++d) {
    const bool goes = (mask >> d & 1) != 0;
    if (!goes || keepdim) sizes.sizes[sizes.rank++] = goes ? 1 : self.size(d);
  }
  return sizes;
}

ReductionPlan plan_reduction(const Tensor& self, uint32_t mask, bool keepdim, const Tensor& out, bool in_order) {
  ReductionPlan plan;
  size_t out_dim = 0;
  for (size_t d = 0; d < self.rank(); ++d) {
    if ((mask >> d & 1) != 0) {
      plan.reduced.add_dim(self.size(d), {self.strides()[d]});
      out_dim += keepdim ? 1 : 0;
    } else {
      plan.kept.add_dim(self.size(d), {out.strides()[out_dim++], self.strides()[d]});
    }
  }
  plan.kept.simplify();
  if (in_order) {
    plan.reduced.merge();
  } else {
    plan.reduced.simplify();
  }
  const int64_t kept_stride = std::abs(plan.kept.strides[plan.kept.rank - 1][1]);
  const int64_t reduced_stride = std::abs(plan.reduced.strides[plan.reduced.rank - 1][0]);
  plan.many_at_once =
      plan.kept.sizes[plan.kept.rank - 1] > 1 && (plan.reduced.count <= 1 || kept_stride < reduced_stride);
  return plan;
}

}  // namespace ingot::portable
