// The innermost loops of pooling: elementwise folds of several runs of one array.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingot::portable {

// out[i] = the sum over t < taps of in[offsets[t] + i], or the largest of these. `out` does not overlap `in`.
struct WindowRun {
  const float* in;
  const ptrdiff_t* offsets;
  size_t taps;  // at least 1
  size_t count;
  float* out;
};

struct WindowLoops {
  void (*sum)(const WindowRun& run);
  // Also finds where the largest was, as the number of its tap: numbers[t], which rise. Of equals it is the first; NaN
  // is larger than all, and of several NaN it is the last.
  void (*max)(const WindowRun& run, const int32_t* numbers, int32_t* out_numbers);
  // The same, where each element comes with a number of its own, in_numbers[offsets[t] + i]: of equals it is that of
  // the lowest number, of several NaN that of the highest.
  void (*max_numbered)(const WindowRun& run, const int32_t* in_numbers, int32_t* out_numbers);
};

}  // namespace ingot::portable
