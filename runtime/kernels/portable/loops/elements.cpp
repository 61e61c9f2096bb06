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

double sum_of(const float* x, size_t n) {
  using Floats [[gnu::vector_size(kSums / 2 * sizeof(float))]] = float;
  using Doubles [[gnu::vector_size(kSums / 2 * sizeof(double))]] = double;
  Doubles sums[2] = {};
  size_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    Floats values[2];
    __builtin_memcpy(values, x + i, sizeof values);
    sums[0] += __builtin_convertvector(values[0], Doubles);
    sums[1] += __builtin_convertvector(values[1], Doubles);
  }
  const Doubles both = sums[0] + sums[1];
  double sum = 0;
  for (size_t lane = 0; lane < kSums / 2; ++lane) sum += both[lane];
  for (; i < n; ++i) sum += static_cast<double>(x[i]);
  return sum;
}

float largest_of(const float* x, size_t n) {
  constexpr size_t kVectors = kSums / kLanes;
  Lanes best[kVectors];
#pragma GCC unroll 4
  for (size_t v = 0; v < kVectors; ++v) best[v] = all(-__builtin_inff());
  size_t i = 0;
  for (; i + kSums <= n; i += kSums) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      const Lanes value = load(x + i + v * kLanes);
      best[v] = ((value > best[v]) | (value != value)) ? value : best[v];
    }
  }
  float lanes[kSums];
#pragma GCC unroll 4
  for (size_t v = 0; v < kVectors; ++v) store(lanes + v * kLanes, best[v]);
  float largest = lanes[0];
  for (const float lane : lanes) largest = lane > largest || lane != lane ? lane : largest;
  for (; i < n; ++i) largest = x[i] > largest || x[i] != x[i] ? x[i] : largest;
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
    .sum = sum_of,
    .largest = largest_of,
};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
