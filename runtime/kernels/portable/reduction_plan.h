// How a reduction goes through its input: the dimensions that stay are one loop, over outputs; those that go are
// another, over what makes up one output. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/strided_loop.h"

namespace ingot::portable {

struct ReductionPlan {
  StridedLoop kept{2};     // strides of out, of self
  StridedLoop reduced{1};  // strides of self; its points come in the order of indices where that is asked for
  // Do neighbouring outputs lie closer together in self than the elements that make up one? Then it is faster to reduce
  // many outputs at once.
  bool many_at_once = false;
};

// The dimensions of the mask that `dims` lists; all of them where the list is none or empty.
Result<uint32_t> reduced_dims(std::span<const int64_t> dims, size_t rank);

// The sizes left after reducing the dims of the mask.
Sizes reduced_sizes(const Tensor& self, uint32_t mask, bool keepdim);

// out has those sizes. `in_order`: the reduced points in the order of their indices.
ReductionPlan plan_reduction(const Tensor& self, uint32_t mask, bool keepdim, const Tensor& out, bool in_order = false);

}  // namespace ingot::portable
