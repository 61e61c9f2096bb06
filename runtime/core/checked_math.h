// Arithmetic on sizes and offsets that may come from a file: every operation reports overflow instead of wrapping.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ingot {

// Each returns false, and leaves *out alone, where the exact result does not fit T.
template <typename T>
[[nodiscard]] constexpr bool checked_add(T a, T b, T* out) {
  T sum;
  if (__builtin_add_overflow(a, b, &sum)) return false;
  *out = sum;
  return true;
}

template <typename T>
[[nodiscard]] constexpr bool checked_mul(T a, T b, T* out) {
  T product;
  if (__builtin_mul_overflow(a, b, &product)) return false;
  *out = product;
  return true;
}

// x rounded up to a multiple of `alignment` (a power of two).
[[nodiscard]] constexpr bool checked_align_up(size_t x, size_t alignment, size_t* out) {
  size_t sum;
  if (!checked_add(x, alignment - 1, &sum)) return false;
  *out = sum & ~(alignment - 1);
  return true;
}

// Does [offset, offset + size) lie in [0, limit)? Never wraps.
[[nodiscard]] constexpr bool range_within(uint64_t offset, uint64_t size, uint64_t limit) {
  return offset <= limit && size <= limit - offset;
}

}  // namespace ingot
