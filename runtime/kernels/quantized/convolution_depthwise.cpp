#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/core/parallel.h"
#include "runtime/kernels/quantized/convolution.h"

namespace ingot::quantized {
namespace {

using portable::Convolution;
using portable::ConvolutionAxis;
using portable::Range;

// Outputs are computed so many at a time; a row's last block may run over into padding of the buffer.
constexpr int64_t kColumns = 8;
using Lanes [[gnu::vector_size(4 * sizeof(float))]] = float;
constexpr size_t kBlockLanes = kColumns / 4;

constexpr int64_t kBufferFloats = 8192;
constexpr int64_t kRowSums = 256;  // a multiple of kColumns
// So many products of 9 by 9 bits have a sum that is exact in a float.
constexpr int64_t kMaxTaps = 128;
constexpr int64_t kMaxStride = 4;

// How a plane is laid out in the buffer: rows with their padding, each split into `stride` parts of every stride-th
// element, so that what a tap reads for consecutive outputs is consecutive whatever the stride.
struct BandLayout {
  int64_t part;      // floats of a part of a row
  int64_t row;       // floats of a row
  int64_t out_rows;  // output rows that fit the buffer at once
};

// False where not even one output row's inputs fit.
bool plan_band(const Convolution& c, BandLayout* layout) {
  const ConvolutionAxis& h = c.axes[0];
  const ConvolutionAxis& w = c.axes[1];
  if (h.kernel > kMaxTaps || w.kernel > kMaxTaps || h.kernel * w.kernel > kMaxTaps || w.stride > kMaxStride)
    return false;
  const int64_t reach = (h.kernel - 1) * h.dilation + 1;
  layout->part = (w.out + kColumns - 1) / kColumns * kColumns + (w.kernel - 1) * w.dilation / w.stride + 1;
  layout->row = layout->part * w.stride;
  if (reach > kBufferFloats || layout->row > kBufferFloats / reach) return false;
  layout->out_rows = std::min(h.out, (kBufferFloats / layout->row - reach) / h.stride + 1);
  return true;
}

// One plane of the input, and those of the output that are computed from it.
class Plane {
 public:
  Plane(const QuantizedConvolution& convolution, const BandLayout& layout, int64_t image, int64_t group)
      : c_(convolution), s_(convolution.shape), layout_(layout), image_(image), group_(group) {
    const ConvolutionAxis& w = s_.axes[1];
    for (int64_t y = 0; y < s_.axes[0].kernel; ++y) {
      for (int64_t x = 0; x < w.kernel; ++x) {
        offsets_[y * w.kernel + x] =
            y * s_.axes[0].dilation * layout.row + x * w.dilation % w.stride * layout.part + x * w.dilation / w.stride;
      }
    }
  }

  void run() {
    const ConvolutionAxis& h = s_.axes[0];
    for (int64_t first = 0; first < h.out; first += layout_.out_rows) {
      const int64_t rows = std::min(layout_.out_rows, h.out - first);
      load_band(first * h.stride - h.padding, (rows - 1) * h.stride + (h.kernel - 1) * h.dilation + 1);
      for (int64_t multiple = 0; multiple < s_.out_channels; ++multiple) {
        load_taps(multiple);
        for (int64_t row = 0; row < rows; ++row) compute_row(multiple, row * h.stride, first + row);
      }
    }
  }

 private:
  // Copies the input rows that begin at `first` (which may lie in the padding) into the buffer.
  void load_band(int64_t first, int64_t rows) {
    const ConvolutionAxis& w = s_.axes[1];
    const int64_t step = w.stride * s_.in_strides[3];
    const std::byte* in = static_cast<const std::byte*>(s_.in) + image_ * s_.in_strides[0] + group_ * s_.in_strides[1];
    for (int64_t r = 0; r < rows; ++r) {
      float* to = buffer_ + r * layout_.row;
      const int64_t y = first + r;
      if (y < 0 || y >= s_.axes[0].in) {
        std::fill_n(to, layout_.row, 0.0f);
        continue;
      }
      for (int64_t p = 0; p < w.stride; ++p, to += layout_.part) {
        const int64_t x = p - w.padding;
        const Range inside = portable::range_inside(x, w.stride, layout_.part, w.in);
        std::fill(to, to + inside.begin, 0.0f);
        if (inside.end > inside.begin) {
          c_.load_in(in + y * s_.in_strides[2] + x * s_.in_strides[3] + inside.begin * step, step,
                     static_cast<size_t>(inside.end - inside.begin), c_.in_zero_point, to + inside.begin);
        }
        std::fill(to + inside.end, to + layout_.part, 0.0f);
      }
    }
  }

  void load_taps(int64_t multiple) {
    const std::byte* weight =
        static_cast<const std::byte*>(s_.weight) + group_ * s_.weight_group_stride + multiple * s_.weight_strides[0];
    const size_t columns = static_cast<size_t>(s_.axes[1].kernel);
    for (int64_t y = 0; y < s_.axes[0].kernel; ++y) {
      c_.load_weight(weight + y * s_.weight_strides[2], s_.weight_strides[3], columns, c_.weight_zero_point,
                     &taps_[static_cast<size_t>(y) * columns]);
    }
  }

  // Output row `out_row` of a channel from the band's row `row`.
  void compute_row(int64_t multiple, int64_t row, int64_t out_row) const {
    const int64_t channel = group_ * s_.out_channels + multiple;
    const float scale = c_.scale(channel);
    const int32_t bias = c_.bias(channel);
    std::byte* out = static_cast<std::byte*>(s_.out) + image_ * s_.out_strides[0] + channel * s_.out_strides[1] +
                     out_row * s_.out_strides[2];
    const int64_t count = s_.axes[1].out;
    const size_t tap_count = static_cast<size_t>(s_.axes[0].kernel * s_.axes[1].kernel);
    const float* base = buffer_ + row * layout_.row;
    alignas(64) int32_t sums[kRowSums];
    for (int64_t begin = 0; begin < count; begin += kRowSums) {
      const int64_t n = std::min(kRowSums, count - begin);
      for (int64_t column = 0; column < n; column += kColumns) {
        Lanes sum[kBlockLanes] = {};
        for (size_t t = 0; t < tap_count; ++t) {
          Lanes x[kBlockLanes];
          std::memcpy(&x, base + offsets_[t] + begin + column, sizeof x);
          for (size_t i = 0; i < kBlockLanes; ++i) sum[i] += taps_[t] * x[i];
        }
        float results[kColumns];
        std::memcpy(results, &sum, sizeof sum);
        for (int64_t i = 0; i < kColumns; ++i) sums[column + i] = static_cast<int32_t>(results[i]);
      }
      c_.store(sums, static_cast<size_t>(n), bias, scale, c_.out, out + begin * s_.out_strides[3], s_.out_strides[3]);
    }
  }

  const QuantizedConvolution& c_;
  const Convolution& s_;
  const BandLayout& layout_;
  int64_t image_;
  int64_t group_;
  std::array<int64_t, kMaxTaps> offsets_;
  std::array<float, kMaxTaps> taps_;
  alignas(64) float buffer_[kBufferFloats];
};

}  // namespace

bool convolve_depthwise(const Parallel& parallel, const QuantizedConvolution& convolution) {
  const Convolution& shape = convolution.shape;
  BandLayout layout;
  if (shape.transposed || shape.in_channels != 1 || !plan_band(shape, &layout)) return false;
  parallel_for(parallel, static_cast<size_t>(shape.batch * shape.groups), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      Plane(convolution, layout, static_cast<int64_t>(i) / shape.groups, static_cast<int64_t>(i) % shape.groups).run();
    }
  });
  return true;
}

}  // namespace ingot::quantized
