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

struct ByteLoops {
  // to[i] = from[i] - zero_point
  void (*to_floats[2])(const void* from, size_t n, int32_t zero_point, float* to);
  void (*to_shorts[2])(const void* from, size_t n, int32_t zero_point, int16_t* to);
  // sums[i] += products[i], or = where `first`; products are whole numbers below 2^24, sums wrap.
  void (*add_products)(const float* products, size_t n, bool first, int32_t* sums);
  // to[i] = requantize(sums[i] + bias, scale, out)
  void (*requantize[2])(const int32_t* sums, size_t n, int32_t bias, float scale, const quantized::OutputRange& out,
                        void* to);
  // The same of sums that are whole numbers below 2^24.
  void (*requantize_floats[2])(const float* sums, size_t n, int32_t bias, float scale,
                               const quantized::OutputRange& out, void* to);
  // to[i] = quantize_real(from[i], inverse_scale, out)
  void (*quantize[2])(const float* from, size_t n, float inverse_scale, const quantized::OutputRange& out, void* to);
  // The sum of a[i] * b[i], modulo 2^32; |a| and |b| < 256.
  int32_t (*dot)(const int16_t* a, const int16_t* b, size_t n);
  void (*add[2])(const ByteRows& rows, const quantized::Sum& sum);
  void (*multiply[2])(const ByteRows& rows, const quantized::Product& product);
};

}  // namespace ingot::portable
