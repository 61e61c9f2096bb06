// One element of a tensor as a number, whatever its dtype. Plain functions, any thread.
#pragma once

#include <cstddef>

#include "runtime/core/dtype.h"

namespace ingot {

// The element as a double (64-bit integers beyond 2^53 lose their low bits).
double load_number(DType dtype, const std::byte* element);
// Converts to the dtype: integers are cut towards zero and stick at their ends (NaN becomes 0), bool is value != 0.
void store_number(DType dtype, double value, std::byte* element);

}  // namespace ingot
