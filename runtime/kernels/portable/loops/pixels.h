// The innermost loops of convolutions on images whose channels lie innermost (NHWC), where a pixel is a row of
// channels: vectors run along the channels of the output.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingot::portable {

inline constexpr size_t kLeastPixels = 8;
inline constexpr size_t kZeroFloats = 256;

// Output channels [0, channels) of some pixels: each is the product of the packed weight (block_product.h) and what the
// taps of the kernel read.
struct PixelProduct {
  const float* const* in;  // tap t of pixel p reads `depth` floats from in[t * in_row + p], or zeros where that is null
  size_t in_row;
  size_t taps;
  size_t depth;
  const float* zeros;    // kZeroFloats of them
  size_t pixels;         // at least kLeastPixels
  const float* weights;  // groups of kPackRows channels, each [taps][depth][kPackRows]
  size_t channels;
  const float* start;  // of each channel; null for 0
  float low, high;     // what sums are clamped to
  float* const* out;   // where each pixel's channels go
};

// Pixels of a row that read all the taps given, each channel by itself:
// out[p * out_pixel + c] = start[c] + sum over t of weights[t * channels + c] * in[p * in_pixel + offsets[t] + c]
struct PixelTaps {
  const float* in;
  ptrdiff_t in_pixel;
  const ptrdiff_t* offsets;
  const float* const* weights;  // of each tap
  size_t taps;
  size_t channels;
  size_t pixels;
  const float* start;  // null for 0
  float low, high;
  float* out;
  ptrdiff_t out_pixel;
};

struct PixelLoops {
  void (*multiply)(const PixelProduct& product);
  void (*add_taps)(const PixelTaps& taps);
};

}  // namespace ingot::portable
