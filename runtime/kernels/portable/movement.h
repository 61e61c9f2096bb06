// What the operators that move data share: checks, and copies between shapes with the same elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/kernel_table.h"

namespace ingot::portable {

// out has self's dtype, takes these sizes, and both have memory.
Result<void> prepare_move(const Tensor& self, Tensor& out, std::span<const int32_t> sizes);

// The optional dim_order argument, where there is one, must be out's.
Result<void> check_dim_order(const KernelArgs& args, size_t at, const Tensor& out);

// Copies the elements in the order of their indices (the last dimension fastest), whatever the two shapes and layouts.
// Both have the same number of elements and dtype. Element i of self becomes element i + shift of out; the last ones go
// to the front (0 <= shift < the number of elements, or both are 0).
void copy_in_order(KernelContext& context, const Tensor& self, const Tensor& out, int64_t shift = 0);

// A list of tensors to write: as many as expected, none missing, none of another dtype than self.
Result<void> check_outputs(std::span<Tensor* const> outputs, size_t expected, const Tensor& self);

}  // namespace ingot::portable
