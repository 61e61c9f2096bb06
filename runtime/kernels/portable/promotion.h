// What dtype an operator computes in where its operands have several, and what its result may be stored as: PyTorch's
// rules. The compiler makes operands alike before; these serve the files of others. Pure functions of the arguments'
// dtypes, ranks and kinds; any thread.
#pragma once

#include <optional>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/kernel_table.h"

namespace ingot::portable {

// The smallest dtype that both convert to; an error where there is none (uint16 and wider beside another integer).
Result<DType> promote(DType a, DType b);

// May a result of dtype `from` be stored as `to`? Not a float as an integer, nor a number as a bool.
bool can_store(DType from, DType to);

// Collects the operands of a call. Tensors of rank 0 give way to those of a higher rank, and numbers to tensors, unless
// they are of a higher kind (bool, integer, float): an int8 tensor plus an int64 number is int8, plus a float float32.
class CommonDType {
 public:
  Result<void> add(const Tensor& tensor);
  void add(Scalar number);
  // At least one operand was added.
  Result<DType> get() const;

 private:
  std::optional<DType> shaped_, scalars_, numbers_;
};

}  // namespace ingot::portable
