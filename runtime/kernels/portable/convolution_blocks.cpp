#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/convolution.h"

namespace ingot::portable {
namespace {

// Where an element of the depth (input channel, tap row, tap column) lies in one operand.
struct Depth {
  int64_t channels;
  int64_t taps_h;
  int64_t taps_w;
  bool channels_innermost;  // else outermost

  int64_t size() const { return channels * taps_h * taps_w; }
};

struct DepthIndex {
  int64_t channel;
  int64_t h;
  int64_t w;
};

DepthIndex depth_index(const Depth& depth, int64_t k) {
  if (k == 0) return {0, 0, 0};  // there may be no depth at all: phases without taps, no channels
  if (depth.channels_innermost) {
    return {k % depth.channels, k / depth.channels / depth.taps_w, k / depth.channels % depth.taps_w};
  }
  return {k / depth.taps_w / depth.taps_h, k / depth.taps_w % depth.taps_h, k % depth.taps_w};
}

void advance(const Depth& depth, DepthIndex* at) {
  if (depth.channels_innermost) {
    if (++at->channel < depth.channels) return;
    at->channel = 0;
    if (++at->w < depth.taps_w) return;
    at->w = 0;
    ++at->h;
    return;
  }
  if (++at->w < depth.taps_w) return;
  at->w = 0;
  if (++at->h < depth.taps_h) return;
  at->h = 0;
  ++at->channel;
}

// The depth in the order in which one after the other lies closest in the input.
Depth depth_of(const Convolution& c, const Phase& h, const Phase& w) {
  return {c.in_channels, h.taps, w.taps, c.in_pixels};
}

// Packs the weights of one phase of all groups. Groups of rows are shared out among threads.
void pack_phase(const Parallel& parallel, const Convolution& c, const Phase& h, const Phase& w, const float* scale,
                float* packed) {
  const Depth depth = depth_of(c, h, w);
  const size_t rows = static_cast<size_t>(c.out_channels), columns = static_cast<size_t>(depth.size());
  const size_t row_groups = pack_groups(rows);
  const float* weight =
      static_cast<const float*>(c.weight) + h.kernel_first * c.weight_strides[2] + w.kernel_first * c.weight_strides[3];
  const int64_t step_h = h.kernel_step * c.weight_strides[2], step_w = w.kernel_step * c.weight_strides[3];
  parallel_for(parallel, static_cast<size_t>(c.groups) * row_groups, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t group = i / row_groups, row_group = i % row_groups;
      float* to = packed + i * kPackRows * columns;
      for (size_t r = 0; r < kPackRows; ++r) {
        const size_t row = row_group * kPackRows + r;
        if (row >= rows) {
          for (size_t k = 0; k < columns; ++k) to[k * kPackRows + r] = 0;
          continue;
        }
        const float* from = weight + static_cast<int64_t>(group) * c.weight_group_stride +
                            static_cast<int64_t>(row) * c.weight_strides[0];
        const float factor = scale != nullptr ? scale[group * rows + row] : 1.0f;
        DepthIndex at = depth_index(depth, 0);
        for (size_t k = 0; k < columns; ++k, advance(depth, &at)) {
          to[k * kPackRows + r] = factor * from[at.channel * c.weight_strides[1] + at.h * step_h + at.w * step_w];
        }
      }
    }
  });
}

// One phase of one axis each: a set of output pixels that share their taps, seen as columns of a matrix.
class PhaseProduct {
 public:
  // `packed`: what pack_phase made of the weights.
  PhaseProduct(const Convolution& convolution, const Phase& h, const Phase& w, const float* packed);
  void run(const Parallel& parallel) const;

 private:
  // Consecutive pixels of one output row.
  struct Run {
    size_t column;
    size_t count;
    int64_t row;
    int64_t first;
  };

  void compute(int64_t image, int64_t group, size_t column_begin, size_t columns, size_t row_begin,
               size_t row_end) const;
  void fill(const float* in, std::span<const Run> runs, size_t k_begin, size_t k_end, float* panel) const;

  const Convolution& c_;
  const float* packed_;
  const PhasePair at_;  // where it reads and writes
  Depth depth_;
};

PhaseProduct::PhaseProduct(const Convolution& convolution, const Phase& h, const Phase& w, const float* packed)
    : c_(convolution), packed_(packed), at_(pair_phases(convolution, h, w)), depth_(depth_of(convolution, h, w)) {}

void PhaseProduct::run(const Parallel& parallel) const {
  const size_t pixels = static_cast<size_t>(at_.h.count * at_.w.count);
  const size_t rows = static_cast<size_t>(c_.out_channels);
  if (pixels == 0 || rows == 0) return;
  const ColumnBlocks blocks(pixels);
  const size_t images = static_cast<size_t>(c_.batch * c_.groups);
  const RowShares shares = share_rows(parallel.threads, images * blocks.count, rows);
  parallel_for(parallel, images * blocks.count * shares.count, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t block = i / shares.count % blocks.count;
      const int64_t image = static_cast<int64_t>(i / shares.count / blocks.count);
      compute(image / c_.groups, image % c_.groups, blocks.begin(block), blocks.size(block), row_begin,
              std::min(rows, row_begin + shares.rows));
    }
  });
}

void PhaseProduct::compute(int64_t image, int64_t group, size_t column_begin, size_t columns, size_t row_begin,
                           size_t row_end) const {
  std::array<Run, kPanelMost> runs;
  std::array<int64_t, kPanelMost> offsets;  // of a column in a plane of the output
  size_t run_count = 0;
  bool consecutive = true;
  for (size_t column = 0; column < columns;) {
    const int64_t pixel = static_cast<int64_t>(column_begin + column);
    const int64_t row = pixel / at_.w.count;
    const int64_t first = pixel % at_.w.count;
    const size_t count = std::min(columns - column, static_cast<size_t>(at_.w.count - first));
    runs[run_count++] = {column, count, row, first};
    for (size_t i = 0; i < count; ++i) {
      offsets[column + i] = (at_.h.out_first + row * at_.h.out_step) * c_.out_strides[2] +
                            (at_.w.out_first + (first + static_cast<int64_t>(i)) * at_.w.out_step) * c_.out_strides[3];
      consecutive &= offsets[column + i] == offsets[0] + static_cast<int64_t>(column + i);
    }
    column += count;
  }

  const float* in =
      static_cast<const float*>(c_.in) + image * c_.in_strides[0] + group * c_.in_channels * c_.in_strides[1];
  const float* bias = static_cast<const float*>(c_.bias);
  if (bias != nullptr) bias += group * c_.out_channels;
  float* out = static_cast<float*>(c_.out) + image * c_.out_strides[0] + group * c_.out_channels * c_.out_strides[1];

  const size_t rows = static_cast<size_t>(c_.out_channels), depth = static_cast<size_t>(depth_.size());
  const PackedRows weights{packed_ + static_cast<size_t>(group) * pack_groups(rows) * kPackRows * depth, depth};
  const BlockTarget target{consecutive ? out + offsets[0] : nullptr, static_cast<size_t>(c_.out_strides[1]), bias,
                           c_.low, c_.high};
  const auto scatter = [&](size_t row, size_t count, const float* sums, bool first, bool last) {
    for (size_t column = 0; column < columns; ++column) {
      float* to = out + offsets[column] + static_cast<int64_t>(row) * c_.out_strides[1];
      for (size_t r = 0; r < count; ++r, to += c_.out_strides[1]) {
        float value = sums[r * kPanelPitch + column];
        if (!first) value += *to;
        *to = last ? clamp(value, c_.low, c_.high) : value;
      }
    }
  };
  multiply_block(
      weights, row_begin, row_end, columns, target,
      [&](size_t k_begin, size_t k_end, float* panel) {
        fill(in, std::span(runs).first(run_count), k_begin, k_end, panel);
      },
      scatter);
}

void PhaseProduct::fill(const float* in, std::span<const Run> runs, size_t k_begin, size_t k_end, float* panel) const {
  const int64_t step = at_.w.in_step * c_.in_strides[3];
  const ProductLoops& product_loops = *loops().product;
  const auto stays_inside = [](const Phase& p, int64_t in) {
    return p.taps == 1 && p.in_first == 0 && (p.count - 1) * p.in_step < in;
  };
  if (stays_inside(at_.h, at_.in_h) && stays_inside(at_.w, at_.in_w)) {
    for (const Run& run : runs) {
      const float* from = in + static_cast<int64_t>(k_begin) * c_.in_strides[1] +
                          run.row * at_.h.in_step * c_.in_strides[2] + run.first * step;
      product_loops.copy_to_panel({from, c_.in_strides[1], step, k_end - k_begin, run.count}, panel + run.column);
    }
    return;
  }
  DepthIndex at = depth_index(depth_, static_cast<int64_t>(k_begin));
  for (size_t k = k_begin; k < k_end; ++k, advance(depth_, &at), panel += kPanelPitch) {
    const float* plane = in + at.channel * c_.in_strides[1];
    for (const Run& run : runs) {
      float* to = panel + run.column;
      const int64_t y = run.row * at_.h.in_step + at_.h.in_first + at.h * at_.h.in_tap;
      if (y < 0 || y >= at_.in_h) {
        std::fill_n(to, run.count, 0.0f);
        continue;
      }
      const int64_t x = run.first * at_.w.in_step + at_.w.in_first + at.w * at_.w.in_tap;
      const Range inside = range_inside(x, at_.w.in_step, static_cast<int64_t>(run.count), at_.in_w);
      const int64_t base = y * c_.in_strides[2] + x * c_.in_strides[3];
      int64_t i = 0;
      for (; i < inside.begin; ++i) to[i] = 0;
      if (step == 1) {
        for (; i < inside.end; ++i) to[i] = plane[base + i];
      } else if (step == 2) {
        for (; i < inside.end; ++i) to[i] = plane[base + i * 2];
      } else {
        for (; i < inside.end; ++i) to[i] = plane[base + i * step];
      }
      for (; i < static_cast<int64_t>(run.count); ++i) to[i] = 0;
    }
  }
}

}  // namespace

Result<size_t> packed_weight_bytes(const Convolution& c) {
  const size_t depth = static_cast<size_t>(c.in_channels * c.axes[0].kernel * c.axes[1].kernel);
  return packed_bytes(static_cast<size_t>(c.out_channels), depth, static_cast<size_t>(c.groups));
}

void pack_weights(const Parallel& parallel, const Convolution& c, const float* scale, float* packed) {
  pack_phase(parallel, c, phase_of(c, 0, 0), phase_of(c, 1, 0), scale, packed);
}

void convolve_blocks(const Parallel& parallel, const Convolution& c, const float* packed, float* scratch) {
  if (reads_pixels(c)) {
    if (packed == nullptr) pack_weights(parallel, c, nullptr, scratch);
    return convolve_pixels(parallel, c, packed != nullptr ? packed : scratch);
  }
  for (int64_t i = 0; i < phase_count(c, 0); ++i) {
    for (int64_t j = 0; j < phase_count(c, 1); ++j) {
      const Phase h = phase_of(c, 0, i), w = phase_of(c, 1, j);
      if (packed == nullptr) pack_phase(parallel, c, h, w, nullptr, scratch);
      PhaseProduct(c, h, w, packed != nullptr ? packed : scratch).run(parallel);
    }
  }
}

}  // namespace ingot::portable
