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

// One phase of one axis each: a set of output pixels that share their taps, seen as columns of a matrix.
class PhaseProduct {
 public:
  PhaseProduct(const Convolution& convolution, const Phase& h, const Phase& w);
  void run(const Parallel& parallel) const;

 private:
  // Consecutive pixels of one output row.
  struct Run {
    size_t column;
    size_t count;
    int64_t row;
    int64_t first;
  };

  bool weight_is_flat(bool channels_innermost) const;
  void merge_rows();
  void compute(int64_t image, int64_t group, size_t column_begin, size_t columns, size_t row_begin,
               size_t row_end) const;
  void fill(const float* in, std::span<const Run> runs, size_t k_begin, size_t k_end, float* panel) const;

  const Convolution& c_;
  Phase h_;
  Phase w_;
  int64_t in_h_;
  int64_t in_w_;
  std::array<int64_t, 3> tap_strides_;  // of the weight: channel, tap row, tap column
  Depth depth_;
  bool flat_;  // is a row of the weight consecutive in the depth's order?
};

PhaseProduct::PhaseProduct(const Convolution& convolution, const Phase& h, const Phase& w)
    : c_(convolution),
      h_(h),
      w_(w),
      in_h_(convolution.axes[0].in),
      in_w_(convolution.axes[1].in),
      tap_strides_{convolution.weight_strides[1], h.kernel_step * convolution.weight_strides[2],
                   w.kernel_step * convolution.weight_strides[3]},
      depth_{convolution.in_channels, h.taps, w.taps, false} {
  flat_ = weight_is_flat(false);
  if (!flat_ && weight_is_flat(true)) {
    depth_.channels_innermost = true;
    flat_ = true;
  }
  merge_rows();
}

bool PhaseProduct::weight_is_flat(bool channels_innermost) const {
  const std::array<std::array<int64_t, 2>, 3> outer_to_inner =
      channels_innermost
          ? std::array<std::array<int64_t, 2>, 3>{{{h_.taps, tap_strides_[1]},
                                                   {w_.taps, tap_strides_[2]},
                                                   {c_.in_channels, tap_strides_[0]}}}
          : std::array<std::array<int64_t, 2>, 3>{
                {{c_.in_channels, tap_strides_[0]}, {h_.taps, tap_strides_[1]}, {w_.taps, tap_strides_[2]}}};
  int64_t expected = 1;
  for (size_t i = 3; i-- > 0;) {
    const auto [size, stride] = outer_to_inner[i];
    if (size != 1 && stride != expected) return false;
    expected *= size;
  }
  return true;
}

// A pointwise convolution of whole rows treats the image as one row, so that panels are copied in long runs.
void PhaseProduct::merge_rows() {
  const auto plain = [](const Phase& p, int64_t in) {
    return p.taps == 1 && p.in_step == 1 && p.in_first == 0 && p.out_step == 1 && p.out_first == 0 && p.count == in;
  };
  if (!plain(h_, in_h_) || !plain(w_, in_w_)) return;
  if (c_.in_strides[2] != in_w_ * c_.in_strides[3] || c_.out_strides[2] != in_w_ * c_.out_strides[3]) return;
  w_.count *= h_.count;
  in_w_ *= in_h_;
  h_.count = 1;
  in_h_ = 1;
}

void PhaseProduct::run(const Parallel& parallel) const {
  const size_t pixels = static_cast<size_t>(h_.count * w_.count);
  const size_t rows = static_cast<size_t>(c_.out_channels);
  if (pixels == 0 || rows == 0) return;
  const size_t blocks = (pixels + kPanelColumns - 1) / kPanelColumns;
  const size_t images = static_cast<size_t>(c_.batch * c_.groups);
  const RowShares shares = share_rows(parallel.threads, images * blocks, rows);
  parallel_for(parallel, images * blocks * shares.count, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t column_begin = i / shares.count % blocks * kPanelColumns;
      const int64_t image = static_cast<int64_t>(i / shares.count / blocks);
      compute(image / c_.groups, image % c_.groups, column_begin, std::min(kPanelColumns, pixels - column_begin),
              row_begin, std::min(rows, row_begin + shares.rows));
    }
  });
}

void PhaseProduct::compute(int64_t image, int64_t group, size_t column_begin, size_t columns, size_t row_begin,
                           size_t row_end) const {
  std::array<Run, kPanelColumns> runs;
  std::array<int64_t, kPanelColumns> offsets;  // of a column in a plane of the output
  size_t run_count = 0;
  bool consecutive = true;
  for (size_t column = 0; column < columns;) {
    const int64_t pixel = static_cast<int64_t>(column_begin + column);
    const int64_t row = pixel / w_.count;
    const int64_t first = pixel % w_.count;
    const size_t count = std::min(columns - column, static_cast<size_t>(w_.count - first));
    runs[run_count++] = {column, count, row, first};
    for (size_t i = 0; i < count; ++i) {
      offsets[column + i] = (h_.out_first + row * h_.out_step) * c_.out_strides[2] +
                            (w_.out_first + (first + static_cast<int64_t>(i)) * w_.out_step) * c_.out_strides[3];
      consecutive &= offsets[column + i] == offsets[0] + static_cast<int64_t>(column + i);
    }
    column += count;
  }

  const float* in =
      static_cast<const float*>(c_.in) + image * c_.in_strides[0] + group * c_.in_channels * c_.in_strides[1];
  const float* weight = static_cast<const float*>(c_.weight) + group * c_.weight_group_stride +
                        h_.kernel_first * c_.weight_strides[2] + w_.kernel_first * c_.weight_strides[3];
  const float* bias = static_cast<const float*>(c_.bias);
  if (bias != nullptr) bias += group * c_.out_channels;
  float* out = static_cast<float*>(c_.out) + image * c_.out_strides[0] + group * c_.out_channels * c_.out_strides[1];

  const auto gather = [&](size_t row, size_t k_begin, size_t k_end, float* to) {
    DepthIndex at = depth_index(depth_, static_cast<int64_t>(k_begin));
    const float* from = weight + static_cast<int64_t>(row) * c_.weight_strides[0];
    for (size_t k = k_begin; k < k_end; ++k, advance(depth_, &at)) {
      *to++ = from[at.channel * tap_strides_[0] + at.h * tap_strides_[1] + at.w * tap_strides_[2]];
    }
  };
  const LeftRows<decltype(gather)> left{flat_ ? weight : nullptr, static_cast<size_t>(c_.weight_strides[0]), gather};
  const auto store = [&](size_t row, size_t rows, size_t column, size_t count, const Tile& tile, bool first) {
    for (size_t r = 0; r < rows; ++r) {
      float* to = out + static_cast<int64_t>(row + r) * c_.out_strides[1];
      const float* sums = tile + r * kTileColumns;
      const float start = bias != nullptr ? bias[row + r] : 0.0f;
      if (consecutive) {
        float* run = to + offsets[column];
        for (size_t i = 0; i < count; ++i) run[i] = (first ? start : run[i]) + sums[i];
      } else {
        for (size_t i = 0; i < count; ++i) {
          float& element = to[offsets[column + i]];
          element = (first ? start : element) + sums[i];
        }
      }
    }
  };
  multiply_block(
      left, row_begin, row_end, static_cast<size_t>(depth_.size()), columns,
      [&](size_t k_begin, size_t k_end, float* panel) {
        fill(in, std::span(runs).first(run_count), k_begin, k_end, panel);
      },
      store);
}

void PhaseProduct::fill(const float* in, std::span<const Run> runs, size_t k_begin, size_t k_end, float* panel) const {
  const int64_t step = w_.in_step * c_.in_strides[3];
  DepthIndex at = depth_index(depth_, static_cast<int64_t>(k_begin));
  for (size_t k = k_begin; k < k_end; ++k, advance(depth_, &at), panel += kPanelColumns) {
    const float* plane = in + at.channel * c_.in_strides[1];
    for (const Run& run : runs) {
      float* to = panel + run.column;
      const int64_t y = run.row * h_.in_step + h_.in_first + at.h * h_.in_tap;
      if (y < 0 || y >= in_h_) {
        std::fill_n(to, run.count, 0.0f);
        continue;
      }
      const int64_t x = run.first * w_.in_step + w_.in_first + at.w * w_.in_tap;
      const Range inside = range_inside(x, w_.in_step, static_cast<int64_t>(run.count), in_w_);
      const int64_t base = y * c_.in_strides[2] + x * c_.in_strides[3];
      int64_t i = 0;
      for (; i < inside.begin; ++i) to[i] = 0;
      if (step == 1) {
        for (; i < inside.end; ++i) to[i] = plane[base + i];
      } else {
        for (; i < inside.end; ++i) to[i] = plane[base + i * step];
      }
      for (; i < static_cast<int64_t>(run.count); ++i) to[i] = 0;
    }
  }
}

}  // namespace

void convolve_blocks(const Parallel& parallel, const Convolution& convolution) {
  for (int64_t h = 0; h < phase_count(convolution, 0); ++h) {
    for (int64_t w = 0; w < phase_count(convolution, 1); ++w) {
      PhaseProduct(convolution, phase_of(convolution, 0, h), phase_of(convolution, 1, w)).run(parallel);
    }
  }
}

}  // namespace ingot::portable
