#include "runtime/kernels/portable/loops/depthwise.h"

#include "runtime/kernels/portable/loops/byte_vectors.h"
#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

inline constexpr size_t kVectors = 4;  // at once

// What becomes of the sums of a register.
struct FloatResults {
  explicit FloatResults(const TapRun& run) : low(all(run.low)), high(all(run.high)), out(run.out) {}

  void put(size_t at, size_t count, Lanes sum) const {
    const Lanes result = bound(sum, low, high);
    if (count >= kLanes) return store(out + at, result);
    float values[kLanes];
    store(values, result);
    for (size_t i = 0; i < count; ++i) out[at + i] = values[i];
  }

  Lanes low;
  Lanes high;
  float* out;
};

struct ByteResults {
  explicit ByteResults(const ByteTapRun& run)
      : saturation(*run.range), bias(Ints{} + run.bias), scale(all(run.scale)), out(run.out) {}

  void put(size_t at, size_t, Lanes sum) const {
    const Ints result = add_wrapping(__builtin_convertvector(sum, Ints), bias);
    store_bytes(out + at, saturation.requantize(result, scale));
  }

  Saturation saturation;
  Ints bias;
  Lanes scale;
  uint8_t* out;
};

template <size_t kTaps, size_t kCount, typename Results>
inline void add_block(const TapRun& run, const Results& results, size_t at, size_t count) {
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
#pragma GCC unroll 8
  for (size_t v = 0; v < kCount && v * kLanes < count; ++v) {
    results.put(at + v * kLanes, count - v * kLanes, sum[v]);
  }
}

template <size_t kTaps, typename Results>
void add_run(const TapRun& run, const Results& results) {
  size_t at = 0;
  for (; at + (kVectors - 1) * kLanes < run.count; at += kVectors * kLanes) {
    add_block<kTaps, kVectors>(run, results, at, run.count - at);
  }
  for (; at < run.count; at += kLanes) add_block<kTaps, 1>(run, results, at, run.count - at);
}

template <typename Results>
inline void add_all(const TapRun& run, const Results& results) {
  switch (run.taps) {
    case 9:
      return add_run<9>(run, results);
    case 25:
      return add_run<25>(run, results);
    default:
      return add_run<0>(run, results);
  }
}

void add_taps(const TapRun& run) {
  add_all(run, FloatResults(run));
}

void add_taps_to_bytes(const ByteTapRun& run) {
  add_all(run.run, ByteResults(run));
}

}  // namespace

constexpr DepthwiseLoops depthwise_loops = {add_taps, add_taps_to_bytes};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
