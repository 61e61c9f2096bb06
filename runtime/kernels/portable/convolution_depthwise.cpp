#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/depthwise_tiles.h"
#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::portable {
namespace {

// Within these a row of dozens of outputs always fits the buffer.
constexpr int64_t kMaxReach = 32;
constexpr int64_t kMaxStride = 4;

struct Floats {
  const Convolution& c;

  void load_rows(const TileRows& r) const {
    const float* in = static_cast<const float*>(c.in);
    const float* from = in + r.from;
    const float* from_end = in + r.from_end;
    const CopyLoops& copy_loops = *loops().copy;
    if (r.step == 1 && static_cast<int64_t>(r.count) == r.pitch) {
      copy_loops.rows({from, r.from_row, from_end, r.to, r.pitch, r.buffer_end, r.rows, r.count});
      return;
    }
    float* to = r.to;
    for (size_t row = 0; row < r.rows; ++row, from += r.from_row, to += r.pitch) {
      if (r.step == 1) {
        copy_loops.rows({from, r.from_row, from_end, to, r.pitch, r.buffer_end, 1, r.count});
      } else if (r.step == 2) {
        copy_loops.every_second(from, to, r.count);
      } else {
        for (size_t i = 0; i < r.count; ++i) to[i] = from[static_cast<int64_t>(i) * r.step];
      }
      std::fill(to + r.count, std::min(to + r.pitch, r.to_end), 0.0f);
    }
  }

  void load_taps(int64_t group, int64_t multiple, float* to) const {
    const float* weight =
        static_cast<const float*>(c.weight) + group * c.weight_group_stride + multiple * c.weight_strides[0];
    for (int64_t y = 0; y < c.axes[0].kernel; ++y) {
      for (int64_t x = 0; x < c.axes[1].kernel; ++x) {
        *to++ = weight[y * c.weight_strides[2] + x * c.weight_strides[3]];
      }
    }
  }

  void compute(const OutputTile& tile, int64_t pitch, TapRun run) const {
    run.start = c.bias != nullptr ? static_cast<const float*>(c.bias)[tile.channel] : 0.0f;
    run.low = c.low;
    run.high = c.high;
    float* out = static_cast<float*>(c.out) + tile.image * c.out_strides[0] + tile.channel * c.out_strides[1] +
                 tile.row * c.out_strides[2] + tile.column * c.out_strides[3];
    const bool dense_rows = c.out_strides[3] == 1;
    if (dense_rows && pitch == tile.columns && c.out_strides[2] == tile.columns) {
      run.out = out;
      loops().depthwise->add_taps(run);
      return;
    }
    alignas(64) float results[kTileFloats];
    run.out = results;
    loops().depthwise->add_taps(run);
    if (dense_rows) {
      // Beyond a row lies the next one, whose turn is later, but only when whole rows are written.
      const bool whole = tile.columns == c.axes[1].out && c.out_strides[2] == tile.columns;
      float* const end = whole ? out + tile.rows * tile.columns : out;
      loops().copy->rows({results, pitch, results + kTileFloats, out, c.out_strides[2], end,
                          static_cast<size_t>(tile.rows), static_cast<size_t>(tile.columns)});
      return;
    }
    for (int64_t row = 0; row < tile.rows; ++row) {
      const float* from = results + row * pitch;
      float* to = out + row * c.out_strides[2];
      for (int64_t x = 0; x < tile.columns; ++x) to[x * c.out_strides[3]] = from[x];
    }
  }
};

}  // namespace

bool is_depthwise(const Convolution& c) {
  if (c.transposed || c.in_channels != 1 || c.axes[0].kernel * c.axes[1].kernel > kDepthwiseTaps) return false;
  return std::ranges::all_of(c.axes, [](const ConvolutionAxis& a) {
    return a.stride <= kMaxStride && a.kernel <= kMaxReach && (a.kernel - 1) * a.dilation < kMaxReach;
  });
}

void convolve_depthwise(const Parallel& parallel, const Convolution& c) {
  convolve_planes(parallel, c, Floats{c});
}

}  // namespace ingot::portable
