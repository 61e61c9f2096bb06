#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/quantized/convolution.h"
#include "runtime/kernels/quantized/integer_product.h"

namespace ingot::quantized {
namespace {

using portable::Convolution;
using portable::pair_phases;
using portable::Phase;
using portable::PhasePair;
using portable::Range;

// An element of the depth: input channel, tap row, tap column, the last fastest.
struct DepthIndex {
  int64_t channel;
  int64_t h;
  int64_t w;
};

// One phase of one axis each: a set of output pixels that share their taps, seen as columns of a matrix; its rows are
// output channels of a group.
class PhaseProduct {
 public:
  PhaseProduct(const Convolution& shape, const Phase& h, const Phase& w);
  // The rows of all groups.
  void pack(LoadRow16 load, int32_t zero_point, int32_t* packed) const;
  void run(const Parallel& parallel, const QuantizedConvolution& convolution, const int32_t* packed);

 private:
  // Consecutive pixels of one output row.
  struct Run {
    size_t column;
    size_t count;
    int64_t row;
    int64_t first;
  };
  // Which pixels of which image and group, and where they go.
  struct Block {
    int64_t image;
    int64_t group;
    size_t columns;
    std::span<const Run> runs;
    const int64_t* offsets;  // of a column in a plane of the output
    bool consecutive;
  };

  DepthIndex depth_index(size_t k) const {
    if (k == 0) return {0, 0, 0};  // there may be no depth at all: phases without taps, no channels
    const int64_t i = static_cast<int64_t>(k);
    return {i / at_.w.taps / at_.h.taps, i / at_.w.taps % at_.h.taps, i % at_.w.taps};
  }
  void advance(DepthIndex* at) const {
    if (++at->w < at_.w.taps) return;
    at->w = 0;
    if (++at->h < at_.h.taps) return;
    at->h = 0;
    ++at->channel;
  }
  const std::byte* input(const Block& block) const {
    return static_cast<const std::byte*>(s_.in) + block.image * s_.in_strides[0] +
           block.group * s_.in_channels * s_.in_strides[1];
  }
  size_t depth() const { return static_cast<size_t>(s_.in_channels * at_.h.taps * at_.w.taps); }

  void compute(int64_t image, size_t column_begin, size_t columns, size_t row_begin, size_t row_end) const;
  void multiply(const Block& block, size_t row_begin, size_t row_end) const;
  void gather_weight(const std::byte* from, size_t k_begin, size_t k_end, std::byte* to) const;
  void fill(const Block& block, size_t k_begin, size_t k_end, int32_t* panel) const;
  void gather(const Block& block, size_t k_begin, size_t k_end, std::byte* to) const;
  size_t group_pairs() const {
    return portable::pack_groups(static_cast<size_t>(s_.out_channels)) * kPackRows * pairs_of(depth());
  }
  const std::byte* weight_row(int64_t group, size_t row) const {
    return static_cast<const std::byte*>(s_.weight) + group * s_.weight_group_stride +
           static_cast<int64_t>(row) * s_.weight_strides[0] + at_.h.kernel_first * s_.weight_strides[2] +
           at_.w.kernel_first * s_.weight_strides[3];
  }

  const Convolution& s_;
  const QuantizedConvolution* c_ = nullptr;  // while it runs
  const int32_t* packed_ = nullptr;
  const PhasePair at_;                  // where it reads and writes
  std::array<int64_t, 3> tap_strides_;  // of the weight: channel, tap row, tap column
};

PhaseProduct::PhaseProduct(const Convolution& shape, const Phase& h, const Phase& w)
    : s_(shape),
      at_(pair_phases(shape, h, w)),
      tap_strides_{s_.weight_strides[1], h.kernel_step * s_.weight_strides[2], w.kernel_step * s_.weight_strides[3]} {}

void PhaseProduct::pack(LoadRow16 load, int32_t zero_point, int32_t* packed) const {
  for (int64_t group = 0; group < s_.groups; ++group) {
    pack_pair_rows(static_cast<size_t>(s_.out_channels), depth(), load, zero_point,
                   packed + static_cast<size_t>(group) * group_pairs(),
                   [&](size_t row, size_t k_begin, size_t k_end, std::byte* to) {
                     gather_weight(weight_row(group, row), k_begin, k_end, to);
                   });
  }
}

void PhaseProduct::run(const Parallel& parallel, const QuantizedConvolution& convolution, const int32_t* packed) {
  c_ = &convolution;
  packed_ = packed;
  const size_t rows = static_cast<size_t>(s_.out_channels);
  const portable::ColumnBlocks blocks(static_cast<size_t>(at_.h.count * at_.w.count));
  if (blocks.columns == 0 || rows == 0) return;
  const size_t images = static_cast<size_t>(s_.batch * s_.groups);
  const portable::RowShares shares = portable::share_rows(parallel.threads, images * blocks.count, rows);
  parallel_for(parallel, images * blocks.count * shares.count, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t block = i / shares.count % blocks.count;
      compute(static_cast<int64_t>(i / shares.count / blocks.count), blocks.begin(block), blocks.size(block), row_begin,
              std::min(rows, row_begin + shares.rows));
    }
  });
}

// `image` counts groups of images.
void PhaseProduct::compute(int64_t image, size_t column_begin, size_t columns, size_t row_begin, size_t row_end) const {
  std::array<Run, portable::kPanelMost> runs;
  std::array<int64_t, portable::kPanelMost> offsets;
  size_t run_count = 0;
  bool consecutive = true;
  for (size_t column = 0; column < columns;) {
    const int64_t pixel = static_cast<int64_t>(column_begin + column);
    const int64_t row = pixel / at_.w.count;
    const int64_t first = pixel % at_.w.count;
    const size_t count = std::min(columns - column, static_cast<size_t>(at_.w.count - first));
    runs[run_count++] = {column, count, row, first};
    for (size_t i = 0; i < count; ++i) {
      offsets[column + i] = (at_.h.out_first + row * at_.h.out_step) * s_.out_strides[2] +
                            (at_.w.out_first + (first + static_cast<int64_t>(i)) * at_.w.out_step) * s_.out_strides[3];
      consecutive &= offsets[column + i] == offsets[0] + static_cast<int64_t>(column + i);
    }
    column += count;
  }
  const Block block{image / s_.groups, image % s_.groups, columns, std::span(runs).first(run_count),
                    offsets.data(),    consecutive};
  multiply(block, row_begin, row_end);
}

void PhaseProduct::multiply(const Block& block, size_t row_begin, size_t row_end) const {
  const PackedPairs a{packed_ + static_cast<size_t>(block.group) * group_pairs(), pairs_of(depth())};
  const int64_t first_channel = block.group * s_.out_channels;
  std::byte* out =
      static_cast<std::byte*>(s_.out) + block.image * s_.out_strides[0] + first_channel * s_.out_strides[1];
  const ByteTarget target{block.consecutive ? out + block.offsets[0] : nullptr, s_.out_strides[1], c_->out};
  multiply_integers(
      a, depth(), row_begin, row_end, block.columns, target,
      [&](size_t k_begin, size_t k_end, int32_t* panel) { fill(block, k_begin, k_end, panel); },
      [&](size_t row, int32_t* bias, float* scale) {
        *bias = c_->bias(first_channel + static_cast<int64_t>(row));
        *scale = c_->scale(first_channel + static_cast<int64_t>(row));
      },
      [&](size_t row, const std::byte* results) {
        std::byte* to = out + static_cast<int64_t>(row) * s_.out_strides[1];
        for (size_t i = 0; i < block.columns; ++i) to[block.offsets[i]] = results[i];
      });
}

void PhaseProduct::gather_weight(const std::byte* from, size_t k_begin, size_t k_end, std::byte* to) const {
  DepthIndex at = depth_index(k_begin);
  for (size_t k = k_begin; k < k_end; ++k, advance(&at)) {
    *to++ = from[at.channel * tap_strides_[0] + at.h * tap_strides_[1] + at.w * tap_strides_[2]];
  }
}

void PhaseProduct::fill(const Block& block, size_t k_begin, size_t k_end, int32_t* panel) const {
  const auto plain = [](const Phase& p) { return p.taps == 1 && p.in_first == 0; };
  // One run of a pointwise convolution lies in the input as it does in the panel.
  if (plain(at_.h) && plain(at_.w) && at_.w.in_step * s_.in_strides[3] == 1 && block.runs.size() == 1 &&
      block.runs[0].row * at_.h.in_step < at_.in_h &&
      block.runs[0].first + static_cast<int64_t>(block.columns) <= at_.in_w) {
    const std::byte* from = input(block) + static_cast<int64_t>(k_begin) * s_.in_strides[1] +
                            block.runs[0].row * at_.h.in_step * s_.in_strides[2] + block.runs[0].first;
    c_->load_panel({from, s_.in_strides[1], k_end - k_begin, block.columns, c_->in_zero_point}, panel);
    return;
  }
  alignas(64) std::byte rows[2 * kPanelPairs * kPanelPitch];
  gather(block, k_begin, k_end, rows);
  c_->load_panel({rows, static_cast<ptrdiff_t>(kPanelPitch), k_end - k_begin, block.columns, c_->in_zero_point}, panel);
}

// The bytes of a panel, padding included, rows kPanelPitch apart.
void PhaseProduct::gather(const Block& block, size_t k_begin, size_t k_end, std::byte* to) const {
  const std::byte* in = input(block);
  const std::byte zero = static_cast<std::byte>(c_->in_zero_point);
  const int64_t step = at_.w.in_step * s_.in_strides[3];
  DepthIndex at = depth_index(k_begin);
  for (size_t k = k_begin; k < k_end; ++k, advance(&at), to += kPanelPitch) {
    const std::byte* plane = in + at.channel * s_.in_strides[1];
    for (const Run& run : block.runs) {
      std::byte* row = to + run.column;
      const int64_t count = static_cast<int64_t>(run.count);
      const int64_t y = run.row * at_.h.in_step + at_.h.in_first + at.h * at_.h.in_tap;
      if (y < 0 || y >= at_.in_h) {
        std::fill_n(row, count, zero);
        continue;
      }
      const int64_t x = run.first * at_.w.in_step + at_.w.in_first + at.w * at_.w.in_tap;
      const Range inside = portable::range_inside(x, at_.w.in_step, count, at_.in_w);
      const std::byte* from = plane + y * s_.in_strides[2] + x * s_.in_strides[3];
      int64_t i = 0;
      for (; i < inside.begin; ++i) row[i] = zero;
      if (step == 1) {
        for (; i < inside.end; ++i) row[i] = from[i];
      } else if (step == 2) {
        for (; i < inside.end; ++i) row[i] = from[i * 2];
      } else {
        for (; i < inside.end; ++i) row[i] = from[i * step];
      }
      for (; i < count; ++i) row[i] = zero;
    }
  }
}

}  // namespace

Result<size_t> packed_integer_bytes(const Convolution& shape) {
  const size_t depth = static_cast<size_t>(shape.in_channels * shape.axes[0].kernel * shape.axes[1].kernel);
  return packed_pair_bytes(static_cast<size_t>(shape.out_channels), depth, static_cast<size_t>(shape.groups));
}

void pack_integer_weights(const Convolution& shape, LoadRow16 load, int32_t zero_point, int32_t* packed) {
  PhaseProduct(shape, portable::phase_of(shape, 0, 0), portable::phase_of(shape, 1, 0)).pack(load, zero_point, packed);
}

void convolve_blocks(const Parallel& parallel, const QuantizedConvolution& convolution, const int32_t* packed,
                     int32_t* scratch) {
  const Convolution& shape = convolution.shape;
  for (int64_t h = 0; h < portable::phase_count(shape, 0); ++h) {
    for (int64_t w = 0; w < portable::phase_count(shape, 1); ++w) {
      PhaseProduct product(shape, portable::phase_of(shape, 0, h), portable::phase_of(shape, 1, w));
      if (packed == nullptr) product.pack(convolution.load_weight_16, convolution.weight_zero_point, scratch);
      product.run(parallel, convolution, packed != nullptr ? packed : scratch);
    }
  }
}

}  // namespace ingot::quantized
