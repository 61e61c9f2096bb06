// Copies of the rows of images.
#pragma once

#include <stddef.h>

namespace ingot::portable {

// `rows` rows of `count` floats. What lies beyond a row, up to the `*_end`s, may be read and, at the target,
// overwritten (rows are copied in order, so that what is wanted there can follow).
struct RowCopy {
  const float* from;
  ptrdiff_t from_row;
  const float* from_end;
  float* to;
  ptrdiff_t to_row;
  float* to_end;
  size_t rows;
  size_t count;
};

struct CopyLoops {
  void (*rows)(const RowCopy& copy);
  // to[i] = from[2 * i]
  void (*every_second)(const float* from, float* to, size_t n);
};

}  // namespace ingot::portable
