// Rows of bytes to floats or 16-bit integers without their zero point, and sums to rows of bytes: the loops of
// runtime/kernels/portable/loops/bytes.h, also for rows that are not dense. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/kernels/portable/loops/pairs.h"
#include "runtime/kernels/quantized/arithmetic.h"

namespace ingot::quantized {

// to[i] = from[i * stride] - zero_point, i < n.
using LoadRow = void (*)(const void* from, int64_t stride, size_t n, int32_t zero_point, float* to);
using LoadRow16 = void (*)(const void* from, int64_t stride, size_t n, int32_t zero_point, int16_t* to);

// PairLoops::to_panel.
using LoadPanel = void (*)(const portable::PairSource& source, int32_t* panel);

// The dtype is int8 or uint8.
LoadRow load_row(DType dtype);
LoadRow16 load_row_16(DType dtype);
LoadPanel load_panel(DType dtype);

// to[i * stride] = requantize(sums[i] + bias, scale, out), i < n. The sum wraps.
using RowStore = void (*)(const int32_t* sums, size_t n, int32_t bias, float scale, const OutputRange& out, void* to,
                          int64_t stride);
RowStore store_row(DType dtype);

// sum over k < n of a[k] * b[k], |a| and |b| < 256; modulo 2^32.
int32_t dot_16(const int16_t* a, const int16_t* b, size_t n);

inline int32_t wrapping_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

}  // namespace ingot::quantized
