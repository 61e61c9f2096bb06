#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/depthwise_tiles.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/quantized/convolution.h"

namespace ingot::quantized {
namespace {

// Sums of all of a kernel's products of 9 by 9 bits are exact in floats.
static_assert(portable::kDepthwiseTaps * 255 * 255 < (int64_t{1} << 24));

struct Bytes {
  const QuantizedConvolution& c;
  const portable::Convolution& shape;

  void load_rows(const portable::TileRows& r) const {
    const std::byte* in = static_cast<const std::byte*>(shape.in);
    c.load_rows({in + r.from, r.from_row, r.step, in + r.from_end, r.to, static_cast<size_t>(r.pitch), r.to_end, r.rows,
                 r.count, c.in_zero_point});
  }

  void load_taps(int64_t group, int64_t multiple, float* to) const {
    const std::byte* weight = static_cast<const std::byte*>(shape.weight) + group * shape.weight_group_stride +
                              multiple * shape.weight_strides[0];
    const size_t columns = static_cast<size_t>(shape.axes[1].kernel);
    for (int64_t y = 0; y < shape.axes[0].kernel; ++y, to += columns) {
      c.load_weight(weight + y * shape.weight_strides[2], shape.weight_strides[3], columns, c.weight_zero_point, to);
    }
  }

  void compute(const portable::OutputTile& tile, int64_t pitch, const portable::TapRun& run) const {
    uint8_t* to = static_cast<uint8_t*>(shape.out) + tile.image * shape.out_strides[0] +
                  tile.channel * shape.out_strides[1] + tile.row * shape.out_strides[2] +
                  tile.column * shape.out_strides[3];
    // All rows at once, with what lies between their ends: rows may be short.
    alignas(64) uint8_t results[portable::kTileFloats + portable::kReadBeyond];
    portable::loops().depthwise->add_taps_to_bytes({run, c.bias(tile.channel), c.scale(tile.channel), &c.out, results});
    const bool dense = shape.out_strides[3] == 1 && shape.out_strides[2] == tile.columns;
    if (dense) {
      uint8_t* end = to + tile.rows * tile.columns;
      portable::loops().bytes->copy_rows(
          {results, pitch, to, tile.columns, end, static_cast<size_t>(tile.rows), static_cast<size_t>(tile.columns)});
      return;
    }
    for (int64_t row = 0; row < tile.rows; ++row, to += shape.out_strides[2]) {
      for (int64_t x = 0; x < tile.columns; ++x) to[x * shape.out_strides[3]] = results[row * pitch + x];
    }
  }
};

}  // namespace

void convolve_depthwise(const Parallel& parallel, const QuantizedConvolution& convolution) {
  portable::convolve_planes(parallel, convolution.shape, Bytes{convolution, convolution.shape});
}

}  // namespace ingot::quantized
