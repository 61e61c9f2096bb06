#include "runtime/kernels/portable/loops/depthwise.h"

#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

inline constexpr size_t kVectors = 4;  // at once

template <size_t kTaps, size_t kCount>
inline void add_block(const TapRun& run, size_t at, size_t count) {
  Lanes sum[kCount];
  for (size_t v = 0; v < kCount; ++v) sum[v] = all(run.start);
  const size_t taps = kTaps == 0 ? run.taps : kTaps;
  const float* in = run.in + at;
#pragma GCC unroll 32
  for (size_t t = 0; t < taps; ++t) {
    const float* from = in + run.offsets[t];
#pragma GCC unroll 8
    for (size_t v = 0; v < kCount; ++v) sum[v] += run.weights[t] * load(from + v * kLanes);
  }
  const Lanes low = all(run.low), high = all(run.high);
  float* out = run.out + at;
#pragma GCC unroll 8
  for (size_t v = 0; v < kCount; ++v) {
    const Lanes result = bound(sum[v], low, high);
    if (count >= (v + 1) * kLanes) {
      store(out + v * kLanes, result);
      continue;
    }
    float values[kLanes];
    store(values, result);
    for (size_t i = v * kLanes; i < count; ++i) out[i] = values[i - v * kLanes];
    return;
  }
}

template <size_t kTaps>
void add_run(const TapRun& run) {
  size_t at = 0;
  for (; at + (kVectors - 1) * kLanes < run.count; at += kVectors * kLanes) {
    add_block<kTaps, kVectors>(run, at, run.count - at);
  }
  for (; at < run.count; at += kLanes) add_block<kTaps, 1>(run, at, run.count - at);
}

void add_taps(const TapRun& run) {
  switch (run.taps) {
    case 9:
      return add_run<9>(run);
    case 25:
      return add_run<25>(run);
    default:
      return add_run<0>(run);
  }
}

}  // namespace

constexpr DepthwiseLoops depthwise_loops = {add_taps};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
