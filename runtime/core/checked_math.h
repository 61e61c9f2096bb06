// Arithmetic on sizes, offsets and numbers that may come from a file: every operation on integers reports overflow
// instead of wrapping, and conversions are defined for every value.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

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

// A floating-point number as an integer: the fraction is dropped, what is out of range becomes the nearest bound, NaN
// 0.
template <std::integral I, std::floating_point F>
[[nodiscard]] constexpr I saturate_cast(F x) {
  constexpr F kLow = static_cast<F>(std::numeric_limits<I>::min());
  constexpr F kHigh = static_cast<F>(std::numeric_limits<I>::max());  // may round up to the next power of two
  if (!(x > kLow)) return x == x ? std::numeric_limits<I>::min() : I{0};
  return x >= kHigh ? std::numeric_limits<I>::max() : static_cast<I>(x);
}

}  // namespace ingot
