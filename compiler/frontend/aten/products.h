// Products of tensors of any rank, and sums of products, as ATen's products of matrices. Shared by the front ends.
#pragma once

#include <string>
#include <vector>

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler {

// NumPy's matmul: vectors count as matrices of one row (left) or one column (right), which the result drops again;
// batches are broadcast.
Result<Value*> mat_mul(Calls& c, Value* a, Value* b);

// Einstein summation: diagonals, permutations, products of matrices from left to right, and a sum. Letters stand for
// axes; an ellipsis for the axes in front that are broadcast.
Result<Value*> einsum(Calls& c, std::string equation, const std::vector<Value*>& operands);

}  // namespace ingot::compiler
