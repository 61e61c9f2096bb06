#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::portable {
namespace {

constexpr int64_t kBufferFloats = 8192;
constexpr int64_t kReadBeyond = 64;  // what the loops may read beyond the end of a run
constexpr int64_t kMaxTaps = 64;
// Within these a row of dozens of outputs always fits the buffer.
constexpr int64_t kMaxReach = 32;
constexpr int64_t kMaxStride = 4;

// How a tile of a plane is laid out in the buffer: with its padding, and split into stride x stride parts of every
// stride-th element of every stride-th row, so that what a tap reads for consecutive outputs is consecutive whatever
// the stride. All parts' rows are as long as the outputs' rows and a little more, so a whole tile of outputs is one run
// (of which the ends of rows are not wanted).
struct TileLayout {
  int64_t columns;   // of outputs
  int64_t out_rows;  // likewise
  int64_t pitch;     // floats of a row of a part
  int64_t rows;      // rows of a part
};

TileLayout plan_tile(const Convolution& c) {
  const ConvolutionAxis& h = c.axes[0];
  const ConvolutionAxis& w = c.axes[1];
  const int64_t more_rows = (h.kernel - 1) * h.dilation / h.stride;
  const int64_t more_columns = (w.kernel - 1) * w.dilation / w.stride;
  const int64_t part = kBufferFloats / (h.stride * w.stride);
  TileLayout layout;
  layout.columns = std::min(w.out, part / (more_rows + 1) - more_columns);
  layout.pitch = layout.columns + more_columns;
  layout.out_rows = std::min(h.out, part / layout.pitch - more_rows);
  layout.rows = layout.out_rows + more_rows;
  return layout;
}

// Computes one plane of the input after the other; the outputs of each may be several planes.
class PlaneLoop {
 public:
  PlaneLoop(const Convolution& convolution, const TileLayout& layout) : c_(convolution), layout_(layout) {
    for (int64_t y = 0; y < c_.axes[0].kernel; ++y) {
      for (int64_t x = 0; x < c_.axes[1].kernel; ++x) {
        offsets_[static_cast<size_t>(y * c_.axes[1].kernel + x)] = static_cast<int32_t>(offset_of_tap(y, x));
      }
    }
  }

  void convolve(int64_t image, int64_t group) {
    image_ = image;
    group_ = group;
    for (int64_t row = 0; row < c_.axes[0].out; row += layout_.out_rows) {
      for (int64_t column = 0; column < c_.axes[1].out; column += layout_.columns) {
        load_tile(row, column);
        for (int64_t multiple = 0; multiple < c_.out_channels; ++multiple) compute_tile(multiple, row, column);
      }
    }
  }

 private:
  int64_t offset_of_tap(int64_t y, int64_t x) const {
    const ConvolutionAxis& h = c_.axes[0];
    const ConvolutionAxis& w = c_.axes[1];
    const int64_t part = y * h.dilation % h.stride * w.stride + x * w.dilation % w.stride;
    return (part * layout_.rows + y * h.dilation / h.stride) * layout_.pitch + x * w.dilation / w.stride;
  }

  // Copies what the outputs from (row, column) on read, padding included, into the buffer.
  void load_tile(int64_t out_row, int64_t out_column) {
    const ConvolutionAxis& h = c_.axes[0];
    const ConvolutionAxis& w = c_.axes[1];
    const float* in = static_cast<const float*>(c_.in) + image_ * c_.in_strides[0] + group_ * c_.in_strides[1];
    in_end_ = in + (h.in - 1) * c_.in_strides[2] + (w.in - 1) * c_.in_strides[3] + 1;
    float* to = buffer_;
    for (int64_t part_h = 0; part_h < h.stride; ++part_h) {
      // The rows of this part that lie in the image; the others are zero.
      const int64_t y = out_row * h.stride + part_h - h.padding;
      const Range rows = range_inside(y, h.stride, layout_.rows, h.in);
      for (int64_t part_w = 0; part_w < w.stride; ++part_w, to += layout_.rows * layout_.pitch) {
        const int64_t x = out_column * w.stride + part_w - w.padding;
        const Range columns = range_inside(x, w.stride, layout_.pitch, w.in);
        if (rows.begin == rows.end || columns.begin == columns.end) {
          std::fill_n(to, layout_.rows * layout_.pitch, 0.0f);
          continue;
        }
        std::fill(to, to + rows.begin * layout_.pitch + columns.begin, 0.0f);
        const float* from =
            in + (y + rows.begin * h.stride) * c_.in_strides[2] + (x + columns.begin * w.stride) * c_.in_strides[3];
        load_rows(from, rows, columns, to + rows.begin * layout_.pitch + columns.begin);
        std::fill(to + rows.end * layout_.pitch, to + layout_.rows * layout_.pitch, 0.0f);
      }
    }
  }

  // The rows of one part from their first column inside the image on, and the zeros from there to the next row's.
  void load_rows(const float* from, const Range& rows, const Range& columns, float* to) {
    const int64_t row_step = c_.axes[0].stride * c_.in_strides[2], step = c_.axes[1].stride * c_.in_strides[3];
    const size_t count = static_cast<size_t>(columns.end - columns.begin);
    const size_t zeros = static_cast<size_t>(layout_.pitch) - count;
    const CopyLoops& copy_loops = *loops().copy;
    if (step == 1 && zeros == 0) {
      copy_loops.rows({from, row_step, in_end_, to, layout_.pitch, buffer_ + kBufferFloats,
                       static_cast<size_t>(rows.end - rows.begin), count});
      return;
    }
    for (int64_t row = rows.begin; row < rows.end; ++row, from += row_step, to += layout_.pitch) {
      if (step == 1) {
        copy_loops.rows({from, row_step, in_end_, to, layout_.pitch, buffer_ + kBufferFloats, 1, count});
      } else if (step == 2) {
        copy_loops.every_second(from, to, count);
      } else {
        for (size_t i = 0; i < count; ++i) to[i] = from[static_cast<int64_t>(i) * step];
      }
      const size_t after = row + 1 < rows.end ? zeros : zeros - static_cast<size_t>(columns.begin);
      for (size_t i = 0; i < after; ++i) to[count + i] = 0;
    }
  }

  void compute_tile(int64_t multiple, int64_t out_row, int64_t out_column) {
    const ConvolutionAxis& w = c_.axes[1];
    const int64_t rows = std::min(layout_.out_rows, c_.axes[0].out - out_row);
    const int64_t columns = std::min(layout_.columns, w.out - out_column);
    const float* weight =
        static_cast<const float*>(c_.weight) + group_ * c_.weight_group_stride + multiple * c_.weight_strides[0];
    std::array<float, kMaxTaps> weights;
    for (int64_t y = 0; y < c_.axes[0].kernel; ++y) {
      for (int64_t x = 0; x < w.kernel; ++x) {
        weights[static_cast<size_t>(y * w.kernel + x)] = weight[y * c_.weight_strides[2] + x * c_.weight_strides[3]];
      }
    }
    const int64_t channel = group_ * c_.out_channels + multiple;
    float* out = static_cast<float*>(c_.out) + image_ * c_.out_strides[0] + channel * c_.out_strides[1] +
                 out_row * c_.out_strides[2] + out_column * c_.out_strides[3];
    TapRun run{.in = buffer_,
               .offsets = offsets_.data(),
               .weights = weights.data(),
               .taps = static_cast<size_t>(c_.axes[0].kernel * w.kernel),
               .start = c_.bias != nullptr ? static_cast<const float*>(c_.bias)[channel] : 0.0f,
               .low = c_.low,
               .high = c_.high,
               .out = results_,
               .count = static_cast<size_t>((rows - 1) * layout_.pitch + columns)};
    const DepthwiseLoops& depthwise_loops = *loops().depthwise;
    if (layout_.pitch == columns && c_.out_strides[3] == 1 && c_.out_strides[2] == columns) {
      run.out = out;
      depthwise_loops.add_taps(run);
      return;
    }
    depthwise_loops.add_taps(run);
    if (c_.out_strides[3] == 1) {
      // Beyond a row lies the next one, whose turn is later, but only when whole rows are written.
      float* const end =
          columns == w.out && c_.out_strides[2] == w.out ? out + (rows - 1) * c_.out_strides[2] + columns : out;
      loops().copy->rows({results_, layout_.pitch, results_ + kBufferFloats, out, c_.out_strides[2], end,
                          static_cast<size_t>(rows), static_cast<size_t>(columns)});
      return;
    }
    for (int64_t row = 0; row < rows; ++row) {
      const float* from = results_ + row * layout_.pitch;
      float* to = out + row * c_.out_strides[2];
      for (int64_t x = 0; x < columns; ++x) to[x * c_.out_strides[3]] = from[x];
    }
  }

  const Convolution& c_;
  const TileLayout& layout_;
  const float* in_end_ = nullptr;  // of the plane
  int64_t image_ = 0;
  int64_t group_ = 0;
  std::array<int32_t, kMaxTaps> offsets_;
  alignas(64) float buffer_[kBufferFloats + kReadBeyond] = {};
  alignas(64) float results_[kBufferFloats];
};

}  // namespace

bool is_depthwise(const Convolution& c) {
  if (c.transposed || c.in_channels != 1 || c.axes[0].kernel * c.axes[1].kernel > kMaxTaps) return false;
  return std::ranges::all_of(c.axes, [](const ConvolutionAxis& a) {
    return a.stride <= kMaxStride && a.kernel <= kMaxReach && (a.kernel - 1) * a.dilation < kMaxReach;
  });
}

void convolve_depthwise(const Parallel& parallel, const Convolution& c) {
  const TileLayout layout = plan_tile(c);
  const size_t planes = static_cast<size_t>(c.batch * c.groups);
  // A loop's buffers are set up anew for each range, so these are long.
  const size_t grain = std::max<size_t>(1, planes / (4 * std::max<size_t>(parallel.threads, 1)));
  parallel_for(parallel, planes, grain, [&](size_t begin, size_t end) {
    PlaneLoop loop(c, layout);
    for (size_t i = begin; i < end; ++i) {
      loop.convolve(static_cast<int64_t>(i) / c.groups, static_cast<int64_t>(i) % c.groups);
    }
  });
}

}  // namespace ingot::portable
