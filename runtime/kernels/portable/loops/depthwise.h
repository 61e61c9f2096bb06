// The innermost loops of depthwise convolution.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingot::quantized {
struct OutputRange;
}  // namespace ingot::quantized

namespace ingot::portable {

// A run of sums: out[i] = start + sum over t < taps of weights[t] * in[offsets[t] + i], clamped.
struct TapRun {
  const float* in;  // readable for 64 floats beyond the run
  const int32_t* offsets;
  const float* weights;
  size_t taps;
  float start;
  float low, high;
  float* out;
  size_t count;  // of out; nothing is written beyond
};

// Its sums, whole numbers, as bytes: out[i] = requantize(sum + bias, scale, range).
struct ByteTapRun {
  TapRun run;  // without start, limits and target
  int32_t bias;
  float scale;
  const quantized::OutputRange* range;
  uint8_t* out;  // run.count, and up to 15 more that may be overwritten
};

struct DepthwiseLoops {
  void (*add_taps)(const TapRun& run);
  void (*add_taps_to_bytes)(const ByteTapRun& run);
};

}  // namespace ingot::portable
