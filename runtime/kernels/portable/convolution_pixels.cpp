// Convolution of images whose channels lie innermost: what a tap of a pixel reads is a row of channels, used where it
// lies.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::portable {
namespace {

constexpr size_t kBlockPixels = 56;  // at once: with all of their taps' channels they stay in the second-level cache
constexpr int64_t kMostTaps = 64;
// Rows of so few channels are gathered, with all taps of a pixel one after the other.
constexpr int64_t kFewChannels = 8;
constexpr int64_t kGatheredFloats = 8192;

alignas(64) constexpr std::array<float, kZeroFloats> kZeros = {};

int64_t taps_of(const Convolution& c) {
  return c.axes[0].kernel * c.axes[1].kernel;
}

bool gathers(const Convolution& c) {
  return c.in_channels < kFewChannels &&
         c.in_channels * taps_of(c) * static_cast<int64_t>(kLeastPixels) * 2 <= kGatheredFloats;
}

// Output pixels, cut into blocks of about the same size.
struct PixelBlocks {
  explicit PixelBlocks(const Convolution& c) : pixels(static_cast<size_t>(c.axes[0].out * c.axes[1].out)) {
    size_t most = kBlockPixels;
    if (gathers(c)) most = std::min(most, static_cast<size_t>(kGatheredFloats / (c.in_channels * taps_of(c))));
    count = (pixels + most - 1) / most;
  }
  size_t begin(size_t block) const { return block * pixels / count; }

  size_t pixels;
  size_t count;
};

class PixelBlock {
 public:
  PixelBlock(const Convolution& c, const float* packed) : c_(c), packed_(packed) {}

  // Pixels [begin, end) and output channels [row_begin, row_end) of a group; row_begin is a multiple of kPackRows.
  void compute(int64_t image, int64_t group, size_t begin, size_t end, size_t row_begin, size_t row_end) {
    const float* in =
        static_cast<const float*>(c_.in) + image * c_.in_strides[0] + group * c_.in_channels * c_.in_strides[1];
    const size_t pixels = end - begin;
    const size_t taps = static_cast<size_t>(taps_of(c_)), channels = static_cast<size_t>(c_.in_channels);
    float* out = static_cast<float*>(c_.out) + image * c_.out_strides[0] +
                 (group * c_.out_channels + static_cast<int64_t>(row_begin)) * c_.out_strides[1];
    const bool gathered = gathers(c_);
    float* to = gathered_;
    int64_t y = static_cast<int64_t>(begin) / c_.axes[1].out, x = static_cast<int64_t>(begin) % c_.axes[1].out;
    for (size_t i = 0; i < pixels; ++i) {
      out_[i] = out + y * c_.out_strides[2] + x * c_.out_strides[3];
      if (gathered) {
        in_[i] = to;
        to = gather(in, y, x, to);
      } else {
        point(in, y, x, i);
      }
      if (++x == c_.axes[1].out) x = 0, ++y;
    }
    const size_t depth = taps * channels;
    const size_t groups = pack_groups(static_cast<size_t>(c_.out_channels));
    const float* bias = static_cast<const float*>(c_.bias);
    loops().pixels->multiply(
        {.in = in_.data(),
         .in_row = kBlockPixels,
         .taps = gathered ? 1 : taps,
         .depth = gathered ? depth : channels,
         .zeros = kZeros.data(),
         .pixels = pixels,
         .weights =
             PackedRows{packed_ + static_cast<size_t>(group) * groups * kPackRows * depth, depth}.group(row_begin),
         .channels = row_end - row_begin,
         .start = bias != nullptr ? bias + group * c_.out_channels + row_begin : nullptr,
         .low = c_.low,
         .high = c_.high,
         .out = out_.data()});
  }

 private:
  // Notes what the taps of an output pixel, the i-th of the block, read.
  void point(const float* in, int64_t y, int64_t x, size_t i) {
    const ConvolutionAxis& h = c_.axes[0];
    const ConvolutionAxis& w = c_.axes[1];
    const float** to = in_.data() + i;
    for (int64_t tap_y = 0; tap_y < h.kernel; ++tap_y) {
      const int64_t in_y = y * h.stride - h.padding + tap_y * h.dilation;
      const bool row_inside = in_y >= 0 && in_y < h.in;
      for (int64_t tap_x = 0; tap_x < w.kernel; ++tap_x, to += kBlockPixels) {
        const int64_t in_x = x * w.stride - w.padding + tap_x * w.dilation;
        const bool inside = row_inside && in_x >= 0 && in_x < w.in;
        *to = inside ? in + in_y * c_.in_strides[2] + in_x * c_.in_strides[3] : nullptr;
      }
    }
  }

  // Copies what the taps of an output pixel read, one after the other. Gives the end of it.
  float* gather(const float* in, int64_t y, int64_t x, float* to) const {
    const ConvolutionAxis& h = c_.axes[0];
    const ConvolutionAxis& w = c_.axes[1];
    const int64_t left = x * w.stride - w.padding, step = w.dilation * c_.in_strides[3], channels = c_.in_channels;
    const bool inside = left >= 0 && left + (w.kernel - 1) * w.dilation < w.in;
    for (int64_t tap_y = 0; tap_y < h.kernel; ++tap_y) {
      const int64_t in_y = y * h.stride - h.padding + tap_y * h.dilation;
      const float* from = in + in_y * c_.in_strides[2] + left * c_.in_strides[3];
      if (in_y < 0 || in_y >= h.in) {
        to = std::fill_n(to, w.kernel * channels, 0.0f);
      } else if (inside && step == channels) {
        for (int64_t i = 0; i < w.kernel * channels; ++i) to[i] = from[i];
        to += w.kernel * channels;
      } else {
        for (int64_t tap_x = 0; tap_x < w.kernel; ++tap_x, from += step) {
          const int64_t in_x = left + tap_x * w.dilation;
          for (int64_t i = 0; i < channels; ++i) *to++ = in_x >= 0 && in_x < w.in ? from[i] : 0.0f;
        }
      }
    }
    return to;
  }

  const Convolution& c_;
  const float* packed_;
  std::array<const float*, kBlockPixels * kMostTaps> in_;
  std::array<float*, kBlockPixels> out_;
  float gathered_[kGatheredFloats];
};

// The taps of a kernel that lie inside the image along one axis.
Range taps_inside(const ConvolutionAxis& a, int64_t position) {
  return range_inside(position * a.stride - a.padding, a.dilation, a.kernel, a.in);
}

class DepthwiseRow {
 public:
  // `weights`: what pack_taps made.
  DepthwiseRow(const Convolution& c, const float* weights) : c_(c), weights_(weights) {}

  void compute(int64_t image, int64_t y) {
    const ConvolutionAxis& w = c_.axes[1];
    const Range rows = taps_inside(c_.axes[0], y);
    for (int64_t x = 0; x < w.out;) {
      const Range columns = taps_inside(w, x);
      int64_t end = x + 1;
      if (columns.begin == 0 && columns.end == w.kernel) {  // as many as read within the image
        const int64_t last = (w.in - 1 - (w.kernel - 1) * w.dilation + w.padding) / w.stride;
        end = std::min(last + 1, w.out);
      }
      run(image, y, rows, x, end, columns);
      x = end;
    }
  }

 private:
  void run(int64_t image, int64_t y, const Range& rows, int64_t x, int64_t x_end, const Range& columns) {
    const ConvolutionAxis& h = c_.axes[0];
    const ConvolutionAxis& w = c_.axes[1];
    size_t taps = 0;
    for (int64_t tap_y = rows.begin; tap_y < rows.end; ++tap_y) {
      for (int64_t tap_x = columns.begin; tap_x < columns.end; ++tap_x, ++taps) {
        offsets_[taps] = (y * h.stride - h.padding + tap_y * h.dilation) * c_.in_strides[2] +
                         (x * w.stride - w.padding + tap_x * w.dilation) * c_.in_strides[3];
        taps_[taps] = weights_ + (tap_y * w.kernel + tap_x) * c_.groups;
      }
    }
    loops().pixels->add_taps(
        {.in = static_cast<const float*>(c_.in) + image * c_.in_strides[0],
         .in_pixel = w.stride * c_.in_strides[3],
         .offsets = offsets_.data(),
         .weights = taps_.data(),
         .taps = taps,
         .channels = static_cast<size_t>(c_.groups),
         .pixels = static_cast<size_t>(x_end - x),
         .start = static_cast<const float*>(c_.bias),
         .low = c_.low,
         .high = c_.high,
         .out = static_cast<float*>(c_.out) + image * c_.out_strides[0] + y * c_.out_strides[2] + x * c_.out_strides[3],
         .out_pixel = c_.out_strides[3]});
  }

  const Convolution& c_;
  const float* weights_;
  std::array<ptrdiff_t, kMostTaps> offsets_;
  std::array<const float*, kMostTaps> taps_;
};

}  // namespace

bool reads_pixels(const Convolution& c) {
  return c.in_pixels && c.out_pixels && !c.transposed && taps_of(c) <= kMostTaps &&
         c.axes[0].out * c.axes[1].out >= static_cast<int64_t>(kLeastPixels);
}

void convolve_pixels(const Parallel& parallel, const Convolution& c, const float* packed) {
  const PixelBlocks blocks(c);
  const size_t rows = static_cast<size_t>(c.out_channels);
  const size_t images = static_cast<size_t>(c.batch * c.groups);
  const RowShares shares = share_rows(parallel.threads, images * blocks.count, rows);
  parallel_for(parallel, images * blocks.count * shares.count, 1, [&](size_t begin, size_t end) {
    PixelBlock pixels(c, packed);
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t block = i / shares.count % blocks.count;
      const int64_t image = static_cast<int64_t>(i / shares.count / blocks.count);
      pixels.compute(image / c.groups, image % c.groups, blocks.begin(block), blocks.begin(block + 1), row_begin,
                     std::min(rows, row_begin + shares.rows));
    }
  });
}

bool is_depthwise_by_pixels(const Convolution& c) {
  return is_depthwise(c) && c.out_channels == 1 && c.in_pixels && c.out_pixels;
}

size_t packed_taps_bytes(const Convolution& c) {
  return static_cast<size_t>(taps_of(c) * c.groups) * sizeof(float);
}

void pack_taps(const Convolution& c, const float* scale, float* packed) {
  const float* weight = static_cast<const float*>(c.weight);
  for (int64_t y = 0; y < c.axes[0].kernel; ++y) {
    for (int64_t x = 0; x < c.axes[1].kernel; ++x) {
      const float* from = weight + y * c.weight_strides[2] + x * c.weight_strides[3];
      for (int64_t channel = 0; channel < c.groups; ++channel, from += c.weight_group_stride) {
        *packed++ = (scale != nullptr ? scale[channel] : 1.0f) * *from;
      }
    }
  }
}

void convolve_depthwise_pixels(const Parallel& parallel, const Convolution& c, const float* packed) {
  const size_t rows = static_cast<size_t>(c.batch * c.axes[0].out);
  parallel_for(parallel, rows, 1, [&](size_t begin, size_t end) {
    DepthwiseRow row(c, packed);
    for (size_t i = begin; i < end; ++i) {
      row.compute(static_cast<int64_t>(i) / c.axes[0].out, static_cast<int64_t>(i) % c.axes[0].out);
    }
  });
}

}  // namespace ingot::portable
