// Plain loops, which the compiler makes vectors of.
#include "runtime/kernels/portable/loops/elements.h"

#include "runtime/kernels/portable/loops/float_functions.h"
#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

inline float sigmoid(float x) {
  return 1 / (1 + fast_exp(-x));
}
inline float hardswish(float x) {
  float gate = x + 3;
  gate = gate < 0 ? 0 : gate;
  gate = gate > 6 ? 6 : gate;
  return x * gate / 6;
}
inline float gelu_erf(float x) {
  return x * 0.5f * (1 + fast_erf(x * 0.70710678118654752440f));
}
inline float gelu_tanh(float x) {
  // sqrt(2 / pi)
  return x * 0.5f * (1 + fast_tanh(0.79788456080286535588f * (x + 0.044715f * x * x * x)));
}

template <float (*kFunction)(float)>
void each(const float* x, float* y, size_t n) {
#pragma GCC ivdep
  for (size_t i = 0; i < n; ++i) y[i] = kFunction(x[i]);
}

// Sums run in lanes of their own, always so many, whatever the level.
inline constexpr size_t kSums = 16;
// Elements whose powers are added up as float before they go into the total.
inline constexpr size_t kRun = 512;

float largest_of(const float* x, size_t n) {
  float lanes[kSums];
  for (float& lane : lanes) lane = -__builtin_inff();
  size_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    for (size_t lane = 0; lane < kSums; ++lane) {
      const float value = x[i + lane];
      lanes[lane] = value > lanes[lane] || value != value ? value : lanes[lane];
    }
  }
  for (size_t lane = 0; i < n; ++i, ++lane) lanes[lane] = x[i] > lanes[lane] || x[i] != x[i] ? x[i] : lanes[lane];
  float largest = lanes[0];
  for (const float lane : lanes) largest = lane > largest || lane != lane ? lane : largest;
  return largest;
}

void softmax(const float* x, float* y, size_t n, double (*log_sum)(double)) {
  const float largest = largest_of(x, n);
  double sum = 0;
  for (size_t begin = 0; begin < n; begin += kRun) {
    const size_t end = smaller(n, begin + kRun);
    float lanes[kSums] = {};
    size_t i = begin;
    for (; i + kSums <= end; i += kSums) {
      for (size_t lane = 0; lane < kSums; ++lane) {
        const float power = fast_exp(x[i + lane] - largest);
        lanes[lane] += power;
        if (log_sum == nullptr) y[i + lane] = power;
      }
    }
    for (size_t lane = 0; i < end; ++i, ++lane) {
      const float power = fast_exp(x[i] - largest);
      lanes[lane] += power;
      if (log_sum == nullptr) y[i] = power;
    }
    for (const float lane : lanes) sum += lane;
  }
  if (log_sum != nullptr) {
    const float shift = static_cast<float>(log_sum(sum));
    for (size_t i = 0; i < n; ++i) y[i] = x[i] - largest - shift;
  } else {
    const float factor = static_cast<float>(1 / sum);
    for (size_t i = 0; i < n; ++i) y[i] *= factor;
  }
}

}  // namespace

constexpr ElementLoops element_loops = {
    .exp = each<fast_exp>,
    .expm1 = each<fast_expm1>,
    .tanh = each<fast_tanh>,
    .erf = each<fast_erf>,
    .sigmoid = each<sigmoid>,
    .hardswish = each<hardswish>,
    .gelu_erf = each<gelu_erf>,
    .gelu_tanh = each<gelu_tanh>,
    .softmax = softmax,
};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
