// exp, tanh, erf, expm1 and rounding for either floating type: for float32 in plain arithmetic
// (loops/float_functions.h), for double the mathematical library's.
#pragma once

#include <cmath>

#include "runtime/kernels/portable/loops/float_functions.h"

namespace ingot::portable {
namespace {  // where the others are, so that either is found

inline double fast_exp(double x) {
  return std::exp(x);
}
inline double fast_tanh(double x) {
  return std::tanh(x);
}
inline double fast_erf(double x) {
  return std::erf(x);
}
inline double fast_expm1(double x) {
  return std::expm1(x);
}

// To the nearest integer, ties to even, in the default rounding mode: there are no fractions from 2^23 (2^52) on, so
// adding that much rounds.
inline float round_even(float x) {
  const float big = std::copysign(0x1p23f, x);
  return std::abs(x) < 0x1p23f ? std::copysign((x + big) - big, x) : x;
}
inline double round_even(double x) {
  const double big = std::copysign(0x1p52, x);
  return std::abs(x) < 0x1p52 ? std::copysign((x + big) - big, x) : x;
}

}  // namespace
}  // namespace ingot::portable
