// PyTorch's type promotion: the dtype in which an operator of several tensors computes. Source: PyTorch's documentation
// of tensor attributes ("type promotion"). Pure functions.
#pragma once

#include <span>

#include "runtime/core/dtype.h"

namespace ingot::compiler::pt2 {

struct Operand {
  enum class Weight : uint8_t {
    number,  // a Python number: decides only where its kind (float, int, bool) is above that of all tensors
    scalar,  // a tensor of rank 0: likewise, below those of higher rank
    tensor,
  };
  DType dtype = DType::float32;
  Weight weight = Weight::tensor;
};

DType promote_types(DType a, DType b);
// Of at least one operand.
DType result_type(std::span<const Operand> operands);

}  // namespace ingot::compiler::pt2
