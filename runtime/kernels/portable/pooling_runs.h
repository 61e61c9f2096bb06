// Pooling of whole runs of elements, along rows or, where channels lie innermost, along these. A plane's windows are
// folded over their rows first, then over their columns. No state, no allocation: some 60 KiB on the stack of each
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/portable/pooling.h"

namespace ingot::portable {

// Neighbouring outputs.
struct PoolRun {
  size_t plane;  // of the first: image * channels + channel
  int64_t y;
  int64_t x;
  size_t count;
  bool along_channels;  // else along x
  std::byte* to;        // the first one's place in the output, and from there to the next one, in elements
  int64_t step;
  const float* values;     // sums, or the largest
  const int32_t* numbers;  // where the largest are: y * width + x
  size_t taps;             // how many elements each sum has, padding along x included
};

struct PoolJob {
  const Tensor* in;  // of rank 3 or 4, elements that float32 holds exactly
  const Tensor* out;
  std::array<PoolAxis, 2> axes;
  bool largest = false;  // else the sum
  float padding = 0;     // what elements beyond the image count as in sums
  void (*finish)(const void* context, const PoolRun& run) = nullptr;
  const void* context = nullptr;
};

// Can its windows be pooled so? They must not be too large, and none may lie in the padding altogether.
bool pools_runs(DType dtype, const std::array<PoolAxis, 2>& axes);

// Calls job.finish for runs that cover the output, on the threads.
void pool_runs(const Parallel& parallel, const PoolJob& job);

}  // namespace ingot::portable
