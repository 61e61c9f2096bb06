#include "runtime/kernels/portable/loops/copy.h"

#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

void rows(const RowCopy& copy) {
  const size_t whole = (copy.count + kLanes - 1) / kLanes * kLanes;
  const float* from = copy.from;
  float* to = copy.to;
  for (size_t row = 0; row < copy.rows; ++row, from += copy.from_row, to += copy.to_row) {
    if (copy.from_end - from >= static_cast<ptrdiff_t>(whole) && copy.to_end - to >= static_cast<ptrdiff_t>(whole)) {
      for (size_t i = 0; i < whole; i += kLanes) store(to + i, load(from + i));
    } else {
      for (size_t i = 0; i < copy.count; ++i) to[i] = from[i];
    }
  }
}

void every_second(const float* from, float* to, size_t n) {
#pragma GCC ivdep
  for (size_t i = 0; i < n; ++i) to[i] = from[2 * i];
}

}  // namespace

constexpr CopyLoops copy_loops = {rows, every_second};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
