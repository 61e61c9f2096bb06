// The innermost loops of depthwise convolution.
#pragma once

#include <stddef.h>
#include <stdint.h>

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

struct DepthwiseLoops {
  void (*add_taps)(const TapRun& run);
};

}  // namespace ingot::portable
