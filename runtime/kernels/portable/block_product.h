// The matrix product of float32 that convolution and the mm family share: C = A * B. A's rows are packed beforehand
// (once, where they are weights); B is given a panel at a time by the caller, who may gather it from an image (so that
// a convolution never writes its columns out). Blocked so that a panel of B (36 KiB, on the stack) stays in the
// first-level cache or close by, and so that the innermost tile of C stays in registers (loops/product.cpp). No state,
// no allocation; threads take disjoint blocks of C. The order in which the products of an element are added depends on
// the depth alone, never on threads or on the block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "runtime/core/error.h"
#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::portable {

// A, packed: groups of kPackRows rows, one after the other, each [depth][kPackRows] with zeros for rows that are not
// there.
struct PackedRows {
  const float* data;
  size_t depth;

  const float* group(size_t row) const { return data + row / kPackRows * kPackRows * depth; }
};

// Floats that packed rows take, as bytes; an error where that is too much for this machine.
Result<size_t> packed_bytes(size_t rows, size_t depth, size_t matrices = 1);

// Packs groups [group_begin, group_end): value(row, k) gives A's elements.
template <typename GetValue>
void pack_rows(size_t rows, size_t depth, size_t group_begin, size_t group_end, float* packed, GetValue&& value) {
  float* to = packed + group_begin * kPackRows * depth;
  for (size_t group = group_begin; group < group_end; ++group, to += kPackRows * depth) {
    const size_t first = group * kPackRows;
    const size_t count = std::min(kPackRows, rows - first);
    for (size_t r = 0; r < kPackRows; ++r) {
      for (size_t k = 0; k < depth; ++k) to[k * kPackRows + r] = r < count ? value(first + r, k) : 0.0f;
    }
  }
}
inline size_t pack_groups(size_t rows) {
  return (rows + kPackRows - 1) / kPackRows;
}

// The columns of C in blocks, each of them a panel wide; the last takes a few more rather than leave a sliver.
struct ColumnBlocks {
  explicit ColumnBlocks(size_t columns)
      : columns(columns),
        count(columns / kPanelColumns + (columns % kPanelColumns > kThinColumns || columns < kPanelColumns ? 1 : 0)) {}
  size_t begin(size_t block) const { return block * kPanelColumns; }
  size_t size(size_t block) const { return block + 1 < count ? kPanelColumns : columns - begin(block); }

  size_t columns;
  size_t count;
};

// How rows are shared out among threads where the `blocks` of columns alone would not keep them busy: each share
// gathers its panels anew, so there are no more shares than that takes.
struct RowShares {
  size_t count;
  size_t rows;  // of each but the last; a multiple of kPackRows
};
RowShares share_rows(size_t threads, size_t blocks, size_t rows);

// Where a block of C goes. Rows that lie densely are written in place.
struct BlockTarget {
  float* c;            // of row 0, the block's first column; null: multiply_block calls scatter
  size_t stride;       // from one row to the next
  const float* start;  // what each row's elements begin with; null for 0
  float low = -std::numeric_limits<float>::infinity();  // what C is clamped to
  float high = std::numeric_limits<float>::infinity();
};

// Computes rows [row_begin, row_end) of a block of C; row_begin is a multiple of kPackRows.
//   fill(k_begin, k_end, float* panel): writes B's rows, each kPanelPitch apart.
//   scatter(row, rows, const float* sums, first, last): rows of sums, each kPanelPitch apart; `first` sets elements of
//   C
//     (the start is in the sums then), otherwise they are added to; the caller clamps after the `last`.
template <typename Fill, typename Scatter>
void multiply_block(const PackedRows& a, size_t row_begin, size_t row_end, size_t columns, const BlockTarget& target,
                    Fill&& fill, Scatter&& scatter) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr size_t kRead = 16;  // columns are read in multiples
  alignas(64) float panel[kPanelDepth * kPanelPitch];
  const ProductLoops& product_loops = *loops().product;
  const size_t padded = (columns + kRead - 1) / kRead * kRead;
  size_t k_begin = 0;
  do {  // once even for depth 0, so that C is set
    const size_t k_end = std::min(a.depth, k_begin + kPanelDepth);
    if (k_end > k_begin) fill(k_begin, k_end, panel);
    if (padded > columns) {
      for (size_t k = 0; k < k_end - k_begin; ++k) {
        std::fill(panel + k * kPanelPitch + columns, panel + k * kPanelPitch + padded, 0.0f);
      }
    }
    const bool first = k_begin == 0, last = k_end == a.depth;
    PanelProduct p{.a = a.group(row_begin) + k_begin * kPackRows,
                   .a_group = kPackRows * a.depth,
                   .b = panel,
                   .depth = k_end - k_begin,
                   .rows = row_end - row_begin,
                   .columns = columns,
                   .c = target.c,
                   .c_stride = target.stride,
                   .start = target.start != nullptr ? target.start + row_begin : nullptr,
                   .first = first,
                   .low = last ? target.low : -kInfinity,
                   .high = last ? target.high : kInfinity};
    if (target.c != nullptr) {
      p.c += row_begin * target.stride;
      product_loops.multiply_panel(p);
    } else {
      alignas(64) float sums[kPackRows * kPanelPitch];
      p.c = sums;
      p.c_stride = kPanelPitch;
      if (!first) p.start = nullptr;
      p.first = true;
      p.low = -kInfinity;
      p.high = kInfinity;
      for (size_t row = row_begin; row < row_end; row += kPackRows) {
        p.rows = std::min(kPackRows, row_end - row);
        product_loops.multiply_panel(p);
        scatter(row, p.rows, sums, first, last);
        p.a += p.a_group;
        if (p.start != nullptr) p.start += kPackRows;
      }
    }
    k_begin = k_end;
  } while (k_begin < a.depth);
}

}  // namespace ingot::portable
