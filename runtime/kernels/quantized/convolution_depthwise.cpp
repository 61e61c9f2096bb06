#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/core/parallel.h"
#include "runtime/kernels/quantized/convolution.h"
#include "runtime/kernels/quantized/depthwise_tiles.h"

namespace ingot::quantized {
namespace {

// Sums of all of a kernel's products of 9 by 9 bits are exact in floats.
static_assert(kDepthwiseTaps * 255 * 255 < (int64_t{1} << 24));

struct Bytes {
  const QuantizedConvolution& c;
  const Convolution& shape;

  void load(int64_t at, int64_t step, size_t n, float* to) const {
    c.load_in(static_cast<const std::byte*>(shape.in) + at, step, n, c.in_zero_point, to);
  }

  void load_taps(int64_t group, int64_t multiple, float* to) const {
    const std::byte* weight = static_cast<const std::byte*>(shape.weight) + group * shape.weight_group_stride +
                              multiple * shape.weight_strides[0];
    const size_t columns = static_cast<size_t>(shape.axes[1].kernel);
    for (int64_t y = 0; y < shape.axes[0].kernel; ++y, to += columns) {
      c.load_weight(weight + y * shape.weight_strides[2], shape.weight_strides[3], columns, c.weight_zero_point, to);
    }
  }

  bool run(const OutputTile&, int64_t, TapRun& run) const {
    run.low = -std::numeric_limits<float>::infinity();
    run.high = std::numeric_limits<float>::infinity();
    return false;
  }

  void store(const OutputTile& tile, const float* sums, int64_t pitch) const {
    std::byte* to = static_cast<std::byte*>(shape.out) + tile.image * shape.out_strides[0] +
                    tile.channel * shape.out_strides[1] + tile.row * shape.out_strides[2] +
                    tile.column * shape.out_strides[3];
    const float scale = c.scale(tile.channel);
    const int32_t bias = c.bias(tile.channel);
    // All rows at once, with what lies between their ends: rows may be short.
    const size_t count = static_cast<size_t>((tile.rows - 1) * pitch + tile.columns);
    std::array<std::byte, kTileFloats> results;
    const bool dense = pitch == tile.columns && shape.out_strides[3] == 1 && shape.out_strides[2] == tile.columns;
    c.store(sums, count, bias, scale, c.out, dense ? to : results.data(), 1);
    for (int64_t row = 0; row < tile.rows && !dense; ++row, to += shape.out_strides[2]) {
      const std::byte* from = results.data() + row * pitch;
      if (shape.out_strides[3] == 1) {
        std::copy_n(from, tile.columns, to);
      } else {
        for (int64_t x = 0; x < tile.columns; ++x) to[x * shape.out_strides[3]] = from[x];
      }
    }
  }
};

}  // namespace

void convolve_depthwise(const Parallel& parallel, const QuantizedConvolution& convolution) {
  convolve_planes(parallel, convolution.shape, Bytes{convolution, convolution.shape});
}

}  // namespace ingot::quantized
