// Registers of bytes and of their sums, for the sources of this folder (level.h's rules hold).
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>  // functions that leave no symbol
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "runtime/kernels/portable/loops/level.h"
// Of this only functions that are always inlined are used here.
#include "runtime/kernels/quantized/arithmetic.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

// As many bytes as a register of floats has elements.
template <typename T>
struct Bytes {
  typedef T Lane __attribute__((vector_size(kLanes)));
};

using Shorts [[gnu::vector_size(kLanes * sizeof(int16_t))]] = int16_t;

// Conversions. Compilers take the general ones apart into scalars, so x86's are named.
inline Ints to_ints(Bytes<int8_t>::Lane x) {
#if defined(__AVX512F__)
  return reinterpret_cast<Ints>(_mm512_cvtepi8_epi32(reinterpret_cast<__m128i>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Ints>(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(__builtin_bit_cast(long long, x))));
#else
  return __builtin_convertvector(__builtin_convertvector(x, Shorts), Ints);
#endif
}
inline Ints to_ints(Bytes<uint8_t>::Lane x) {
#if defined(__AVX512F__)
  return reinterpret_cast<Ints>(_mm512_cvtepu8_epi32(reinterpret_cast<__m128i>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Ints>(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(__builtin_bit_cast(long long, x))));
#else
  return __builtin_convertvector(__builtin_convertvector(x, Shorts), Ints);
#endif
}
inline Ints to_ints(Shorts x) {
#if defined(__AVX512F__)
  return reinterpret_cast<Ints>(_mm512_cvtepi16_epi32(reinterpret_cast<__m256i>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Ints>(_mm256_cvtepi16_epi32(reinterpret_cast<__m128i>(x)));
#else
  return __builtin_convertvector(x, Ints);
#endif
}

template <typename T>
inline Ints load_bytes(const T* from) {
  typename Bytes<T>::Lane bytes;
  __builtin_memcpy(&bytes, from, kLanes);
  return to_ints(bytes);
}

// The lowest byte of each.
template <typename T>
inline void store_bytes(T* to, Ints values) {
#if defined(__AVX512F__)
  const __m128i bytes = _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(values));
#else
  const auto bytes = __builtin_convertvector(__builtin_convertvector(values, Shorts), typename Bytes<T>::Lane);
#endif
  __builtin_memcpy(to, &bytes, kLanes);
}

inline Ints add_wrapping(Ints a, Ints b) {
  using Unsigned [[gnu::vector_size(kLanes * sizeof(uint32_t))]] = uint32_t;
  return reinterpret_cast<Ints>(reinterpret_cast<Unsigned>(a) + reinterpret_cast<Unsigned>(b));
}

// quantized::saturate and requantize for a register.
struct Saturation {
  explicit Saturation(const quantized::OutputRange& out)
      : least(all(static_cast<float>(out.min - out.zero_point))),
        most(all(static_cast<float>(out.max - out.zero_point))),
        zero(Ints{} + (out.zero_point - __builtin_bit_cast(int32_t, kRound))) {}

  Ints apply(Lanes x) const { return reinterpret_cast<Ints>(bound(x, least, most) + kRound) + zero; }
  Ints requantize(Ints sum, Lanes scale) const { return apply(__builtin_convertvector(sum, Lanes) * scale); }

  static constexpr float kRound = 0x1.8p23f;
  Lanes least;
  Lanes most;
  Ints zero;
};

}  // namespace
}  // namespace ingot::portable::INGOT_LOOP_LEVEL
