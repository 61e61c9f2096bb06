// Depthwise convolution tile by tile, whatever the elements are: those of a tile of the input become floats in a
// buffer, from which the loops make sums. Shared by the kernels of floats and of integers. No allocation: a PlaneLoop
// is 32 KiB on the stack of each thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::portable {

// At most, in a kernel: is_depthwise takes no more.
inline constexpr int64_t kDepthwiseTaps = 64;

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

inline constexpr int64_t kTileFloats = 8192;
inline constexpr int64_t kReadBeyond = 64;  // what the loops may read or write beyond the end of a run

inline TileLayout plan_tile(const Convolution& c) {
  const ConvolutionAxis& h = c.axes[0];
  const ConvolutionAxis& w = c.axes[1];
  const int64_t more_rows = (h.kernel - 1) * h.dilation / h.stride;
  const int64_t more_columns = (w.kernel - 1) * w.dilation / w.stride;
  const int64_t part = kTileFloats / (h.stride * w.stride);
  TileLayout layout;
  layout.columns = std::min(w.out, part / (more_rows + 1) - more_columns);
  layout.pitch = layout.columns + more_columns;
  layout.out_rows = std::min(h.out, part / layout.pitch - more_rows);
  layout.rows = layout.out_rows + more_rows;
  return layout;
}

// A tile of the output.
struct OutputTile {
  int64_t image;
  int64_t channel;
  int64_t row;
  int64_t column;
  int64_t rows;
  int64_t columns;
};

// Rows of a part of the input that become rows of the buffer: count elements each, and zeros from there to the next
// row's begin, after the last row to to_end. `from` and `from_end` count elements from the input's first one.
struct TileRows {
  int64_t from;
  int64_t from_row;
  int64_t step;
  int64_t from_end;  // what lies between the rows, up to here, may be read
  float* to;
  int64_t pitch;
  float* to_end;
  float* buffer_end;  // beyond to_end, up to here, may be overwritten; at least kReadBeyond
  size_t rows;
  size_t count;
};

// Computes one plane of the input after the other; the outputs of each may be several planes. Elements says what they
// are:
//   load_rows(rows): as TileRows says
//   load_taps(group, multiple, to): the weights of an output channel as floats
//   compute(tile, pitch, run): makes the sums of a run, whose rows are `pitch` apart, and stores them
template <typename Elements>
class PlaneLoop {
 public:
  PlaneLoop(const Convolution& convolution, const TileLayout& layout, const Elements& elements)
      : c_(convolution), layout_(layout), elements_(elements) {
    for (int64_t y = 0; y < c_.axes[0].kernel; ++y) {
      for (int64_t x = 0; x < c_.axes[1].kernel; ++x) {
        offsets_[static_cast<size_t>(y * c_.axes[1].kernel + x)] = static_cast<int32_t>(offset_of_tap(y, x));
      }
    }
  }

  void convolve(int64_t image, int64_t group) {
    for (int64_t row = 0; row < c_.axes[0].out; row += layout_.out_rows) {
      for (int64_t column = 0; column < c_.axes[1].out; column += layout_.columns) {
        load_tile(image, group, row, column);
        for (int64_t multiple = 0; multiple < c_.out_channels; ++multiple) {
          elements_.load_taps(group, multiple, taps_.data());
          compute_tile({image, group * c_.out_channels + multiple, row, column,
                        std::min(layout_.out_rows, c_.axes[0].out - row),
                        std::min(layout_.columns, c_.axes[1].out - column)});
        }
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
  void load_tile(int64_t image, int64_t group, int64_t out_row, int64_t out_column) {
    const ConvolutionAxis& h = c_.axes[0];
    const ConvolutionAxis& w = c_.axes[1];
    const int64_t plane = image * c_.in_strides[0] + group * c_.in_strides[1];
    const int64_t step = w.stride * c_.in_strides[3];
    const int64_t plane_end = plane + (h.in - 1) * c_.in_strides[2] + (w.in - 1) * c_.in_strides[3] + 1;
    const int64_t pitch = layout_.pitch;
    float* to = buffer_;
    for (int64_t part_h = 0; part_h < h.stride; ++part_h) {
      // The rows of this part that lie in the image; the others are zero.
      const int64_t y = out_row * h.stride + part_h - h.padding;
      const Range rows = range_inside(y, h.stride, layout_.rows, h.in);
      for (int64_t part_w = 0; part_w < w.stride; ++part_w, to += layout_.rows * pitch) {
        const int64_t x = out_column * w.stride + part_w - w.padding;
        const Range columns = range_inside(x, w.stride, pitch, w.in);
        if (rows.begin == rows.end || columns.begin == columns.end) {
          std::fill_n(to, layout_.rows * pitch, 0.0f);
          continue;
        }
        std::fill(to, to + rows.begin * pitch + columns.begin, 0.0f);
        const int64_t from =
            plane + (y + rows.begin * h.stride) * c_.in_strides[2] + (x + columns.begin * w.stride) * c_.in_strides[3];
        elements_.load_rows(TileRows{.from = from,
                                     .from_row = h.stride * c_.in_strides[2],
                                     .step = step,
                                     .from_end = plane_end,
                                     .to = to + rows.begin * pitch + columns.begin,
                                     .pitch = pitch,
                                     .to_end = to + rows.end * pitch,
                                     .buffer_end = buffer_ + kTileFloats + kReadBeyond,
                                     .rows = static_cast<size_t>(rows.end - rows.begin),
                                     .count = static_cast<size_t>(columns.end - columns.begin)});
        std::fill(to + rows.end * pitch, to + layout_.rows * pitch, 0.0f);
      }
    }
  }

  void compute_tile(const OutputTile& tile) {
    elements_.compute(tile, layout_.pitch,
                      {.in = buffer_,
                       .offsets = offsets_.data(),
                       .weights = taps_.data(),
                       .taps = static_cast<size_t>(c_.axes[0].kernel * c_.axes[1].kernel),
                       .start = 0,
                       .low = 0,
                       .high = 0,
                       .out = nullptr,
                       .count = static_cast<size_t>((tile.rows - 1) * layout_.pitch + tile.columns)});
  }

  const Convolution& c_;
  const TileLayout& layout_;
  const Elements& elements_;
  std::array<int32_t, kDepthwiseTaps> offsets_;
  std::array<float, kDepthwiseTaps> taps_;
  alignas(64) float buffer_[kTileFloats + kReadBeyond] = {};
};

// All planes.
template <typename Elements>
void convolve_planes(const Parallel& parallel, const Convolution& c, const Elements& elements) {
  const TileLayout layout = plan_tile(c);
  const size_t planes = static_cast<size_t>(c.batch * c.groups);
  // A loop's buffers are set up anew for each range, so these are long.
  const size_t grain = std::max<size_t>(1, planes / (4 * std::max<size_t>(parallel.threads, 1)));
  parallel_for(parallel, planes, grain, [&](size_t begin, size_t end) {
    PlaneLoop<Elements> loop(c, layout, elements);
    for (size_t i = begin; i < end; ++i) {
      loop.convolve(static_cast<int64_t>(i) / c.groups, static_cast<int64_t>(i) % c.groups);
    }
  });
}

}  // namespace ingot::portable
