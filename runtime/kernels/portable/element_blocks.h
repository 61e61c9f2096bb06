// Moves runs of elements between memory of any dtype and a buffer of a compute type: how one loop serves every dtype.
// The compute types are float (float32, float16, bfloat16), double (everything floating) and int64_t (integers and
// bool). Conversions are defined for every value: float to integer truncates, saturates, and makes NaN 0; integer to a
// narrower integer wraps; anything to bool is `!= 0`. Any thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/kernel_table.h"

namespace ingot::portable {

// Where an element lies, so many elements after the first in memory.
inline std::byte* element_at(const Tensor& tensor, int64_t elements) {
  return tensor.data_as<std::byte>() + elements * static_cast<int64_t>(size_of(tensor.dtype()));
}

// How many elements a buffer on the stack holds.
inline constexpr size_t kBlock = 512;

// out[i] = src[i * stride], i < n. stride counts elements and may be 0 or negative.
template <typename C>
using LoadBlock = void (*)(C* out, const void* src, int64_t stride, size_t n);
// dst[i * stride] = in[i].
template <typename C>
using StoreBlock = void (*)(void* dst, int64_t stride, const C* in, size_t n);

// C is float, double or int64_t; every known dtype has both.
template <typename C>
LoadBlock<C> load_block(DType dtype);
template <typename C>
StoreBlock<C> store_block(DType dtype);

// Writes the number as one element of the dtype.
void store_scalar(DType dtype, Scalar number, void* element);

}  // namespace ingot::portable
