// exp, tanh, erf and expm1 of float32 in plain arithmetic without branches, which a compiler vectorizes: several times
// faster than calling the mathematical library for each element. Errors are below 3 units in the last place; NaN,
// infinities, overflow and denormal results are as the library gives them.
//
// The polynomials interpolate at Chebyshev nodes; the intervals are given beside them. Any thread. Everything has
// internal linkage and calls nothing, so that it may be compiled for any processor (loops/level.h).
#pragma once

#include <stdint.h>

namespace ingot::portable {
namespace {

// exp(x) = 2^n exp(r) with n whole and |r| <= log(2) / 2.
inline float fast_exp(float x) {
  // Beyond these results are 0 and infinity.
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the nearest integer in the low bits
  const float rounded = x * 1.44269504f + kRound;
  const float n = rounded - kRound;
  // log(2) in two parts: n times the first is exact.
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  // exp(r), |r| <= 0.3466
  float p = 1.39411189e-3f;
  p = p * r + 8.37513477e-3f;
  p = p * r + 0.0416663528f;
  p = p * r + 0.166664154f;
  p = p * r + 0.500000005f;
  p = p * r + 1.00000004f;
  p = p * r + 1.0f;
  // 2^n in two factors, so that neither overflows and denormal results are rounded once.
  const int32_t whole =
      static_cast<int32_t>(__builtin_bit_cast(uint32_t, rounded) - __builtin_bit_cast(uint32_t, kRound));
  const int32_t half = whole >> 1;
  const float power = __builtin_bit_cast(float, (static_cast<uint32_t>(half) + 127u) << 23);
  const float rest = __builtin_bit_cast(float, (static_cast<uint32_t>(whole - half) + 127u) << 23);
  return p * power * rest;
}

// tanh(x) / x in z = x * x, |x| <= 0.6
inline float tanh_near_0(float x) {
  const float z = x * x;
  float p = -5.84964391e-3f;
  p = p * z + 0.0207513491f;
  p = p * z + -0.0537679835f;
  p = p * z + 0.133316796f;
  p = p * z + -0.333332828f;
  return x + x * (p * z);
}

inline float fast_tanh(float x) {
  const float a = __builtin_fabsf(x);
  const float far = 1.0f - 2.0f / (fast_exp(2.0f * a) + 1.0f);
  return __builtin_copysignf(a < 0.6f ? tanh_near_0(a) : far, x);
}

inline float fast_erf(float x) {
  const float a = __builtin_fabsf(x);
  const float z = x * x;
  // erf(x) / x in z, |x| <= 1
  float near = 7.87587505e-5f;
  near = near * z + -8.01686428e-4f;
  near = near * z + 5.18908742e-3f;
  near = near * z + -0.026854212f;
  near = near * z + 0.112835947f;
  near = near * z + -0.376126267f;
  near = near * z + 1.12837917f;
  // log(1 - erf(b)), 1 <= b <= 4; from there on erf rounds to 1.
  const float b = a > 4.0f ? 4.0f : a;
  float far = 1.63715142e-6f;
  far = far * b + -4.60580427e-5f;
  far = far * b + 5.96805626e-4f;
  far = far * b + -4.75959629e-3f;
  far = far * b + 0.026421136f;
  far = far * b + -0.110080083f;
  far = far * b + -0.631826052f;
  far = far * b + -1.13023343f;
  far = far * b + 3.2013805e-4f;
  return a < 1.0f ? x * near : __builtin_copysignf(1.0f - fast_exp(far), x);
}

// Near 0 through tanh(x / 2), which keeps the digits that exp(x) - 1 would lose.
inline float fast_expm1(float x) {
  const float t = tanh_near_0(0.5f * x);
  return __builtin_fabsf(x) < 1.2f ? 2.0f * t / (1.0f - t) : fast_exp(x) - 1.0f;
}

}  // namespace
}  // namespace ingot::portable
