// The matrix product of 8-bit operators: C = A * B in integers, 32 bits modulo 2^32, requantized to bytes. Both sides
// become pairs of 16-bit integers without their zero points (runtime/kernels/portable/loops/pairs.h): A's rows
// beforehand (once, where they are weights), B a panel at a time by the caller. No allocation: about 150 KiB of stack.
// Threads take disjoint blocks of C.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/error.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/quantized/byte_rows.h"

namespace ingot::quantized {

using portable::kPackRows;
using portable::kPairRows;
using portable::kPanelPairs;
using portable::kPanelPitch;
using portable::PairProduct;

constexpr size_t pairs_of(size_t depth) {
  return depth / 2 + depth % 2;
}

// A, packed: groups of kPackRows rows, one after the other, each [pairs][kPackRows], with zeros for rows that are not
// there and behind an odd depth.
struct PackedPairs {
  const int32_t* data;
  size_t pairs;

  const int32_t* group(size_t row) const { return data + row / kPackRows * kPackRows * pairs; }
  size_t group_stride() const { return kPackRows * pairs; }
};

// Bytes that packed pairs take; an error where that is too much for this machine.
inline Result<size_t> packed_pair_bytes(size_t rows, size_t depth, size_t matrices = 1) {
  return portable::packed_bytes(rows, pairs_of(depth), matrices);  // a pair is as large as a float
}

// Packs all rows.
//   gather(row, k_begin, k_end, std::byte* to): that part of a row's bytes
template <typename Gather>
void pack_pair_rows(size_t rows, size_t depth, LoadRow16 load, int32_t zero_point, int32_t* packed, Gather&& gather) {
  constexpr size_t kPart = 512;
  std::byte bytes[kPart];
  int16_t shorts[kPart];
  const size_t pairs = pairs_of(depth);
  for (size_t row = 0; row < rows; ++row) {
    int32_t* to = packed + row / kPackRows * kPackRows * pairs + row % kPackRows;
    for (size_t k_begin = 0; k_begin < depth; k_begin += kPart) {
      const size_t count = std::min(depth - k_begin, kPart);
      gather(row, k_begin, k_begin + count, bytes);
      load(bytes, 1, count, zero_point, shorts);
      if (count % 2 != 0) shorts[count] = 0;
      for (size_t k = 0; k < count; k += 2, to += kPackRows) *to = portable::pair_of(shorts[k], shorts[k + 1]);
    }
  }
  for (size_t row = rows; row % kPackRows != 0; ++row) {
    int32_t* to = packed + row / kPackRows * kPackRows * pairs + row % kPackRows;
    for (size_t k = 0; k < pairs; ++k) to[k * kPackRows] = 0;
  }
}

// Some rows' arguments of requantization.
struct RowParameters {
  alignas(64) std::array<int32_t, kPairRows> bias;
  alignas(64) std::array<float, kPairRows> scale;

  // get(row, int32_t* bias, float* scale)
  template <typename Get>
  void set(size_t row_begin, size_t rows, Get&& get) {
    for (size_t r = 0; r < rows; ++r) get(row_begin + r, &bias[r], &scale[r]);
    for (size_t r = rows; r % kPackRows != 0; ++r) bias[r] = 0, scale[r] = 0;
  }
};

// Where a block of C goes.
struct ByteTarget {
  std::byte* c;   // row 0, the block's first column; null: see scatter below
  ptrdiff_t row;  // from one row to the next; columns are consecutive
  OutputRange range;
};

// Rows [row_begin, row_end) of C, row_begin a multiple of kPackRows, for at most portable::kPanelMost columns.
//   fill(k_begin, k_end, int32_t* panel): rows of B as pairs (PairLoops::to_panel)
//   parameters(row, int32_t* bias, float* scale)
//   scatter(row, const std::byte* results): `columns` elements of C, where the target has no address
template <typename Fill, typename Parameters, typename Scatter>
void multiply_integers(const PackedPairs& a, size_t depth, size_t row_begin, size_t row_end, size_t columns,
                       const ByteTarget& target, Fill&& fill, Parameters&& parameters, Scatter&& scatter) {
  alignas(64) int32_t panel[kPanelPairs * kPanelPitch];
  alignas(64) int32_t sums[portable::kPairSums];
  alignas(64) std::byte results[kPairRows * kPanelPitch];
  RowParameters of_rows;
  const portable::PairLoops& loops = *portable::loops().pairs;
  const bool one_panel = a.pairs <= kPanelPairs;
  for (size_t begin = row_begin; begin < row_end; begin += kPairRows) {
    const size_t rows = std::min(kPairRows, row_end - begin);
    of_rows.set(begin, rows, parameters);
    PairProduct product{.a = a.group(begin),
                        .a_group = a.group_stride(),
                        .b = panel,
                        .b_pair = kPanelPitch,
                        .b_column = 1,
                        .pairs = 0,
                        .rows = rows,
                        .columns = columns,
                        .first = true,
                        .last = false,
                        .sums = sums,
                        .bias = of_rows.bias.data(),
                        .scale = of_rows.scale.data(),
                        .range = &target.range,
                        .out = results,
                        .out_row = static_cast<ptrdiff_t>(kPanelPitch),
                        .out_column = 1};
    if (target.c != nullptr) {
      product.out = target.c + static_cast<ptrdiff_t>(begin) * target.row;
      product.out_row = target.row;
    }
    size_t pair = 0;
    do {  // once even for depth 0, so that C is set
      product.pairs = std::min(kPanelPairs, a.pairs - pair);
      if (product.pairs > 0 && (!one_panel || begin == row_begin)) {
        fill(2 * pair, std::min(depth, 2 * (pair + product.pairs)), panel);
      }
      product.first = pair == 0;
      product.last = pair + product.pairs == a.pairs;
      loops.multiply_panel(product);
      product.a += product.pairs * kPackRows;
      pair += product.pairs;
    } while (pair < a.pairs);
    for (size_t r = 0; r < rows && target.c == nullptr; ++r) scatter(begin + r, results + r * kPanelPitch);
  }
}

}  // namespace ingot::quantized
