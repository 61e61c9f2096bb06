// The arithmetic of 8-bit operators, written down once: what the quantized kernels compute, what the compiler puts into
// tables and biases, and what tests hold the delegate against. An integer q stands for (q - zero_point) * scale. It is
// XNNPACK's arithmetic where XNNPACK has the operator, bit for bit, for int8 and uint8 alike; where not, it is said so.
// Pure functions; any thread; those that the inner loops use are always inlined, as these are compiled for several
// processors. Every product below is rounded to float before it is used (no fused multiply-add).
//
// Convolution, transposed convolution, linear, matrix products
//   sum    = sum of (x - x_zero_point) * (w - w_zero_point) + bias, 32 bits, modulo 2^32; padding adds nothing
//   scale  = x_scale * w_scale[channel] / y_scale, in float, from left to right
//   y      = requantize(sum, scale). The bias is an int32 of scale x_scale * w_scale[channel] (quantize_bias).
// Mean, global average pooling
//   sum as above with w = 1, scale = x_scale / (y_scale * count) (mean_scale), y = requantize(sum, scale).
// Average pooling (XNNPACK has none for 8 bits): the same, count being the divisor that ATen uses.
// Addition, subtraction: 22-bit multipliers and a shift (Sum). Halves are rounded up.
// Multiplication: sum = (a - a_zero_point) * (b - b_zero_point), scale = a_scale * b_scale / y_scale, requantize.
// Conversion to other parameters: a multiplier with 8 fractional bits (convert_parameters). Leaky ReLU: two of them.
// Other functions of one value: table_entry(f(dequantize(x))) for each of 256 x, f(x) being the float nearest to the
//   exact result. (XNNPACK's own f may be off in its last bit, which decides an entry in some ten thousand.)
// Clamping, max pooling, everything that only moves data: on the integers themselves.
// Bilinear interpolation: weights of 11 bits, halves rounded up (interpolate).
// Softmax, layer and group normalization (XNNPACK has none for 8 bits): float32 of the dequantized values, then
//   quantize_real; sums of integers are exact.
//
// What a quantized operator's output range (output_min, output_max) clamps is the integer, after the zero point was
// added: so an activation that clamps costs nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ingot::quantized {

// The integers that an output may take, and the one that means 0. min <= max; all three lie in the dtype's range.
struct OutputRange {
  int32_t zero_point = 0;
  int32_t min = 0;
  int32_t max = 0;
};

// To the nearest integer, halves to the even one, in the default rounding mode. |x| < 2^22. From 2^23 on floats have no
// fractions, so adding that much rounds, and leaves the integer in the low bits.
[[gnu::always_inline]] inline int32_t round_to_int(float x) {
  constexpr float kRound = 0x1.8p23f;
  return __builtin_bit_cast(int32_t, x + kRound) - __builtin_bit_cast(int32_t, kRound);
}

// A number in units of the output's scale, as an integer of the output. Never NaN.
[[gnu::always_inline]] inline int32_t saturate(float x, const OutputRange& out) {
  const float least = static_cast<float>(out.min - out.zero_point), most = static_cast<float>(out.max - out.zero_point);
  x = x < least ? least : x;
  x = x > most ? most : x;
  return round_to_int(x) + out.zero_point;
}

[[gnu::always_inline]] inline int32_t requantize(int32_t sum, float scale, const OutputRange& out) {
  return saturate(static_cast<float>(sum) * scale, out);
}

// A real number as an integer. NaN becomes the least.
[[gnu::always_inline]] inline int32_t quantize_real(float x, float inverse_scale, const OutputRange& out) {
  x = x * inverse_scale;
  return x == x ? saturate(x, out) : out.min;
}

// A function's result as an entry of a table: unlike above, the zero point is added before rounding, and halves go away
// from 0. NaN becomes the least.
inline int32_t table_entry(float y, float inverse_scale, const OutputRange& out) {
  // Each step is rounded to float.
  const float steps = static_cast<float>(static_cast<double>(y) * static_cast<double>(inverse_scale));
  const float rounded = std::round(steps + static_cast<float>(out.zero_point));
  if (!(rounded > static_cast<float>(out.min))) return out.min;
  return rounded < static_cast<float>(out.max) ? static_cast<int32_t>(rounded) : out.max;
}

template <typename T>
float dequantize(T x, float scale, int32_t zero_point) {
  return static_cast<float>(static_cast<int32_t>(x) - zero_point) * scale;
}

// The scale of a product's sum in units of the output.
inline float product_scale(float a_scale, float b_scale, float out_scale) {
  return a_scale * b_scale / out_scale;
}

inline float mean_scale(float in_scale, float out_scale, int64_t count) {
  return in_scale / (out_scale * static_cast<float>(count));
}

// A bias as an int32 of scale in_scale * weight_scale, which is a float: to the nearest, saturating; NaN becomes 0.
inline int32_t quantize_bias(double bias, double in_scale, double weight_scale) {
  const float scale = static_cast<float>(in_scale) * static_cast<float>(weight_scale);
  const double x = std::nearbyint(bias / static_cast<double>(scale));
  if (x != x) return 0;
  return static_cast<int32_t>(
      std::clamp<double>(x, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

// Scales that the operators take. XNNPACK refuses others; so do we.
inline bool is_product_scale(float scale) {
  return scale > 0 && scale < 256.0f;
}
inline bool is_sum_ratio(float a_scale, float b_scale, float out_scale) {
  const auto fits = [](float ratio) { return ratio >= 0x1p-10f && ratio < 256.0f; };
  return fits(a_scale / out_scale) && fits(b_scale / out_scale);
}
inline bool is_conversion_ratio(float in_scale, float out_scale) {
  const float ratio = in_scale / out_scale;
  return ratio >= 0x1p-8f && ratio <= 128.0f;
}

// a + b or a - b: the larger of the two scales, in units of the output's, becomes a multiplier of 21 bits, the other
// one with the same shift; then one shift with rounding.
struct Sum {
  int32_t a_multiplier = 0;
  int32_t b_multiplier = 0;
  int32_t bias = 0;
  int32_t shift = 0;
  OutputRange out;

  [[gnu::always_inline]] int32_t operator()(int32_t a, int32_t b) const {
    const int32_t sum = (bias + a * a_multiplier + b * b_multiplier) >> shift;
    const int32_t least = out.min - out.zero_point, most = out.max - out.zero_point;
    const int32_t above = sum < least ? least : sum;
    return (above > most ? most : above) + out.zero_point;
  }
};

struct Product {
  int32_t a_zero_point = 0;
  int32_t b_zero_point = 0;
  float scale = 1;
  OutputRange out;

  [[gnu::always_inline]] int32_t operator()(int32_t a, int32_t b) const {
    return requantize((a - a_zero_point) * (b - b_zero_point), scale, out);
  }
};

// is_sum_ratio holds for the scales.
inline Sum make_sum(float a_scale, int32_t a_zero_point, float b_scale, int32_t b_zero_point, bool subtract,
                    float out_scale, const OutputRange& out) {
  const float a_ratio = a_scale / out_scale, b_ratio = b_scale / out_scale;
  Sum sum;
  sum.shift = 20 - std::ilogb(std::max(a_ratio, b_ratio));
  const auto multiplier = [&](float ratio) { return static_cast<int32_t>(std::lrint(std::ldexp(ratio, sum.shift))); };
  sum.a_multiplier = multiplier(a_ratio);
  sum.b_multiplier = subtract ? -multiplier(b_ratio) : multiplier(b_ratio);
  sum.bias = (int32_t{1} << (sum.shift - 1)) - a_zero_point * sum.a_multiplier - b_zero_point * sum.b_multiplier;
  sum.out = out;
  return sum;
}

// One value to other parameters, by a multiplier in 1/256ths (of the ratio of the scales, or with a slope). Halves are
// rounded up.
inline int32_t conversion_multiplier(float ratio) {
  return static_cast<int32_t>(std::lrint(256.0f * ratio));
}
inline int32_t convert_parameters(int32_t x, int32_t zero_point, int32_t multiplier, const OutputRange& out) {
  const int32_t y = (((x - zero_point) * multiplier + 128) >> 8) + out.zero_point;
  return std::clamp(y, out.min, out.max);
}

// Between the corners of a square; horizontal and vertical are weights of the right and lower ones in 1/2048ths.
inline int32_t interpolate(int32_t top_left, int32_t top_right, int32_t bottom_left, int32_t bottom_right,
                           int32_t horizontal, int32_t vertical) {
  const int32_t top = top_left * 2048 + (top_right - top_left) * horizontal;
  const int32_t bottom = bottom_left * 2048 + (bottom_right - bottom_left) * horizontal;
  return (top * 2048 + (bottom - top) * vertical + (1 << 21)) >> 22;
}

}  // namespace ingot::quantized
