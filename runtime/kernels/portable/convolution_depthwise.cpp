#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/convolution.h"

namespace ingot::portable {
namespace {

// Outputs are computed so many at a time; a row's last block may run over into padding of the buffer.
constexpr size_t kColumns = 8;
using Lanes [[gnu::vector_size(4 * sizeof(float))]] = float;
constexpr size_t kBlockLanes = kColumns / 4;

constexpr int64_t kBufferFloats = 8192;
constexpr int64_t kMaxTaps = 64;
constexpr int64_t kMaxStride = 4;

// How a plane is laid out in the buffer: rows with their padding, each split into `stride` parts of every stride-th
// element, so that what a tap reads for consecutive outputs is consecutive whatever the stride.
struct BandLayout {
  int64_t part;      // floats of a part of a row
  int64_t row;       // floats of a row
  int64_t rows;      // rows of the buffer for one band
  int64_t out_rows;  // output rows that a band gives
};

// False where not even one output row's inputs fit.
bool plan_band(const Convolution& c, BandLayout* layout) {
  const ConvolutionAxis& h = c.axes[0];
  const ConvolutionAxis& w = c.axes[1];
  if (h.kernel > kMaxTaps || w.kernel > kMaxTaps || h.kernel * w.kernel > kMaxTaps || w.stride > kMaxStride)
    return false;
  const int64_t reach_h = (h.kernel - 1) * h.dilation + 1;
  const int64_t columns =
      (w.out + static_cast<int64_t>(kColumns) - 1) / static_cast<int64_t>(kColumns) * static_cast<int64_t>(kColumns);
  layout->part = columns + (w.kernel - 1) * w.dilation / w.stride + 1;
  layout->row = layout->part * w.stride;
  if (reach_h > kBufferFloats || layout->row > kBufferFloats / reach_h) return false;
  layout->out_rows = std::min(h.out, (kBufferFloats / layout->row - reach_h) / h.stride + 1);
  layout->rows = (layout->out_rows - 1) * h.stride + reach_h;
  return true;
}

// One plane of the input, one of the output.
class Plane {
 public:
  Plane(const Convolution& convolution, const BandLayout& layout, int64_t image, int64_t group)
      : c_(convolution), layout_(layout) {
    in_ = static_cast<const float*>(c_.in) + image * c_.in_strides[0] + group * c_.in_strides[1];
  }

  // Copies the input rows that begin at `first` (which may lie in the padding) into the buffer.
  void load_band(int64_t first, int64_t rows) {
    const ConvolutionAxis& w = c_.axes[1];
    const int64_t in_stride = c_.in_strides[3];
    for (int64_t r = 0; r < rows; ++r) {
      float* to = buffer_ + r * layout_.row;
      const int64_t y = first + r;
      if (y < 0 || y >= c_.axes[0].in) {
        std::fill_n(to, layout_.row, 0.0f);
        continue;
      }
      for (int64_t p = 0; p < w.stride; ++p, to += layout_.part) {
        const int64_t x = p - w.padding;
        const Range inside = range_inside(x, w.stride, layout_.part, w.in);
        const float* from = in_ + y * c_.in_strides[2] + x * in_stride;
        int64_t i = 0;
        for (; i < inside.begin; ++i) to[i] = 0;
        if (in_stride == 1 && w.stride == 1) {
          for (; i < inside.end; ++i) to[i] = from[i];
        } else {
          for (; i < inside.end; ++i) to[i] = from[i * w.stride * in_stride];
        }
        for (; i < layout_.part; ++i) to[i] = 0;
      }
    }
  }

  // One output row from the band's row `row`.
  void compute_row(int64_t row, const float* taps, const int64_t* offsets, float bias, float* out,
                   int64_t out_stride) const {
    const size_t count = static_cast<size_t>(c_.axes[1].out);
    const size_t tap_count = static_cast<size_t>(c_.axes[0].kernel * c_.axes[1].kernel);
    const float* base = buffer_ + row * layout_.row;
    for (size_t column = 0; column < count; column += kColumns) {
      Lanes sum[kBlockLanes];
      for (Lanes& lanes : sum) lanes = Lanes{} + bias;
      for (size_t t = 0; t < tap_count; ++t) {
        Lanes x[kBlockLanes];
        std::memcpy(&x, base + offsets[t] + column, sizeof x);
        for (size_t i = 0; i < kBlockLanes; ++i) sum[i] += taps[t] * x[i];
      }
      if (out_stride == 1 && column + kColumns <= count) {
        std::memcpy(out + column, &sum, sizeof sum);
        continue;
      }
      float results[kColumns];
      std::memcpy(results, &sum, sizeof sum);
      for (size_t i = 0; i < std::min(kColumns, count - column); ++i) {
        out[static_cast<int64_t>(column + i) * out_stride] = results[i];
      }
    }
  }

 private:
  const Convolution& c_;
  const BandLayout& layout_;
  const float* in_;
  alignas(64) float buffer_[kBufferFloats];
};

void convolve_plane(const Convolution& c, const BandLayout& layout, int64_t image, int64_t group) {
  const ConvolutionAxis& h = c.axes[0];
  const ConvolutionAxis& w = c.axes[1];
  Plane plane(c, layout, image, group);
  std::array<int64_t, kMaxTaps> offsets;
  for (int64_t y = 0; y < h.kernel; ++y) {
    for (int64_t x = 0; x < w.kernel; ++x) {
      offsets[y * w.kernel + x] =
          y * h.dilation * layout.row + x * w.dilation % w.stride * layout.part + x * w.dilation / w.stride;
    }
  }
  for (int64_t first = 0; first < h.out; first += layout.out_rows) {
    const int64_t rows = std::min(layout.out_rows, h.out - first);
    plane.load_band(first * h.stride - h.padding, (rows - 1) * h.stride + (h.kernel - 1) * h.dilation + 1);
    for (int64_t multiple = 0; multiple < c.out_channels; ++multiple) {
      const float* weight =
          static_cast<const float*>(c.weight) + group * c.weight_group_stride + multiple * c.weight_strides[0];
      std::array<float, kMaxTaps> taps;
      for (int64_t y = 0; y < h.kernel; ++y) {
        for (int64_t x = 0; x < w.kernel; ++x) {
          taps[y * w.kernel + x] = weight[y * c.weight_strides[2] + x * c.weight_strides[3]];
        }
      }
      const int64_t channel = group * c.out_channels + multiple;
      const float bias = c.bias != nullptr ? static_cast<const float*>(c.bias)[channel] : 0.0f;
      float* out = static_cast<float*>(c.out) + image * c.out_strides[0] + channel * c.out_strides[1];
      for (int64_t row = 0; row < rows; ++row) {
        plane.compute_row(row * h.stride, taps.data(), offsets.data(), bias, out + (first + row) * c.out_strides[2],
                          c.out_strides[3]);
      }
    }
  }
}

}  // namespace

bool convolve_depthwise(const Parallel& parallel, const Convolution& c) {
  BandLayout layout;
  if (c.transposed || c.in_channels != 1 || !plan_band(c, &layout)) return false;
  parallel_for(parallel, static_cast<size_t>(c.batch * c.groups), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      convolve_plane(c, layout, static_cast<int64_t>(i) / c.groups, static_cast<int64_t>(i) % c.groups);
    }
  });
  return true;
}

}  // namespace ingot::portable
