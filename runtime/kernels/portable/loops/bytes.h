// The innermost loops over 8-bit integers, see runtime/kernels/quantized/. The first of each pair of functions is for
// int8, the second for uint8.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingot::quantized {
struct OutputRange;
struct Product;
struct Sum;
}  // namespace ingot::quantized

namespace ingot::portable {

// A row of a binary operator. Where `_varies` is not set, one element serves for all.
struct ByteRows {
  const void* a;
  const void* b;
  bool a_varies;
  bool b_varies;
  void* out;
  size_t count;
};

// Rows of bytes that become rows of floats: to[i] = from[i * step] - zero_point for i < count, and zeros from there to
// the next row, after the last one to to_end. Up to 15 more floats than these may be overwritten.
struct FloatRows {
  const void* from;
  ptrdiff_t from_row;
  ptrdiff_t step;
  const void* from_end;  // what lies between the rows, up to here, may be read
  float* to;
  size_t to_row;  // at least `count`
  float* to_end;
  size_t rows;
  size_t count;
  int32_t zero_point;
};

// Rows of bytes that move closer together. What lies beyond a row, up to the ends, may be read and overwritten (rows
// are copied in order).
struct ByteRowCopy {
  const uint8_t* from;  // readable for 15 bytes more
  ptrdiff_t from_row;
  uint8_t* to;
  ptrdiff_t to_row;  // at least `count`
  uint8_t* to_end;
  size_t rows;
  size_t count;
};

struct ByteLoops {
  // to[i] = from[i] - zero_point
  void (*to_floats[2])(const void* from, size_t n, int32_t zero_point, float* to);
  void (*to_shorts[2])(const void* from, size_t n, int32_t zero_point, int16_t* to);
  void (*to_float_rows[2])(const FloatRows& rows);
  void (*copy_rows)(const ByteRowCopy& copy);
  // to[i] = requantize(sums[i] + bias, scale, out)
  void (*requantize[2])(const int32_t* sums, size_t n, int32_t bias, float scale, const quantized::OutputRange& out,
                        void* to);
  // to[i] = quantize_real(from[i], inverse_scale, out)
  void (*quantize[2])(const float* from, size_t n, float inverse_scale, const quantized::OutputRange& out, void* to);
  // The sum of a[i] * b[i], modulo 2^32; |a| and |b| < 256.
  int32_t (*dot)(const int16_t* a, const int16_t* b, size_t n);
  // to[i] = table[from[i]]; `to` may be `from`.
  void (*look_up)(const uint8_t table[256], const uint8_t* from, size_t n, uint8_t* to);
  void (*add[2])(const ByteRows& rows, const quantized::Sum& sum);
  void (*multiply[2])(const ByteRows& rows, const quantized::Product& product);
};

}  // namespace ingot::portable
