// float16 and bfloat16 as bits, converted to and from float without hardware support. Rounding is to nearest even; NaN
// stays NaN, what is too large becomes infinity. Branch-free enough for a compiler to vectorize. Any thread.
#pragma once

#include <bit>
#include <cstdint>

namespace ingot {

// Storage types: their own, so that overloads and templates can tell them from uint16_t.
struct Float16 {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

constexpr float to_float(Float16 half) {
  const uint32_t sign = static_cast<uint32_t>(half.bits & 0x8000u) << 16;
  const uint32_t magnitude = half.bits & 0x7FFFu;
  // A subnormal half is an integer multiple of 2^-24.
  const uint32_t subnormal = std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f);
  // Rebias the exponent from 15 to 127; infinity and NaN go to the top.
  const uint32_t rebias = magnitude >= 0x7C00u ? (255u - 31u) << 23 : (127u - 15u) << 23;
  return std::bit_cast<float>(sign | (magnitude < 0x0400u ? subnormal : (magnitude << 13) + rebias));
}

constexpr float to_float(BFloat16 half) {
  return std::bit_cast<float>(static_cast<uint32_t>(half.bits) << 16);
}

constexpr Float16 to_float16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  // Below 2^-14 the result is subnormal: adding 0.5 leaves the value, as a multiple of 2^-24, in the low bits, rounded.
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  const uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0x0FFFu + ((magnitude >> 13) & 1u)) >> 13;
  const uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  const uint32_t top = magnitude > 0x7F800000u ? 0x7E00u : 0x7C00u;  // NaN; 65520 and more round to infinity
  return {static_cast<uint16_t>(sign | (magnitude >= 0x477FF000u ? top : finite))};
}

constexpr BFloat16 to_bfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return {static_cast<uint16_t>((bits >> 16) | 0x0040u)};
  return {static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16)};
}

}  // namespace ingot
