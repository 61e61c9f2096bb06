// The matrix product of 8-bit operators: C = A * B in integers, computed on the portable kernels' tiles of floats
// (runtime/kernels/portable/block_product.h; byte_rows.h says why that is exact). A's rows are packed beforehand as
// bytes (once, where they are weights) and become floats a panel's depth at a time; B is given a panel at a time by the
// caller, zero points subtracted. Sums stay in 32 bits until all of the depth is in, then a row of C goes to the
// caller. No allocation: about 80 KiB of stack. Threads take disjoint blocks of C.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/quantized/byte_rows.h"

namespace ingot::quantized {

using portable::kPackRows;
using portable::kPanelDepth;
using portable::kPanelPitch;

// Sums of a panel's depth of products of 9 by 9 bits are exact in floats.
static_assert(kPanelDepth * 255 * 255 < (size_t{1} << 24));

// A, packed: groups of kPackRows rows, one after the other, each [depth][kPackRows]; rows that are not there hold
// anything.
struct PackedBytes {
  const std::byte* data;
  size_t depth;
  LoadRow load;
  int32_t zero_point;

  const std::byte* group(size_t row) const { return data + row / kPackRows * kPackRows * depth; }
};

// An error where that is too much for this machine.
inline Result<size_t> packed_row_bytes(size_t rows, size_t depth, size_t matrices = 1) {
  return portable::packed_bytes(rows, depth, matrices).transform([](size_t bytes) { return bytes / sizeof(float); });
}

// Packs all rows: gather(row, std::byte* to) copies a row of `depth` bytes, of which `part` at a time are buffered.
//   gather(row, k_begin, k_end, std::byte* to)
template <typename Gather>
void pack_byte_rows(size_t rows, size_t depth, std::byte* packed, Gather&& gather) {
  constexpr size_t kPart = 512;
  std::byte buffer[kPart];
  for (size_t row = 0; row < rows; ++row) {
    std::byte* to = packed + row / kPackRows * kPackRows * depth + row % kPackRows;
    for (size_t k_begin = 0; k_begin < depth; k_begin += kPart) {
      const size_t k_end = std::min(depth, k_begin + kPart);
      gather(row, k_begin, k_end, buffer);
      for (size_t k = k_begin; k < k_end; ++k) to[k * kPackRows] = buffer[k - k_begin];
    }
  }
  for (size_t row = rows; row % kPackRows != 0; ++row) {
    std::byte* to = packed + row / kPackRows * kPackRows * depth + row % kPackRows;
    for (size_t k = 0; k < depth; ++k) to[k * kPackRows] = std::byte{0};
  }
}

// Rows whose sums are kept at once. A panel is gathered anew for each so many rows, where the depth takes several.
inline constexpr size_t kChunkRows = 4 * kPackRows;

// Rows [row_begin, row_end) of C, row_begin a multiple of kPackRows, for at most portable::kPanelMost columns.
//   fill(k_begin, k_end, float* panel): rows of B, each kPanelPitch apart; only `columns` of each are to be written.
//   store(row, sums): `columns` elements of C, as int32_t or as floats that are whole.
template <typename Fill, typename Store>
void multiply_integers(const PackedBytes& a, size_t row_begin, size_t row_end, size_t columns, Fill&& fill,
                       Store&& store) {
  constexpr size_t kRead = 16;  // columns are read in multiples
  alignas(64) float panel[kPanelDepth * kPanelPitch];
  alignas(64) float rows_of_a[kPanelDepth * kPackRows];
  alignas(64) float products[kPackRows * kPanelPitch];
  alignas(64) int32_t sums[kChunkRows * kPanelPitch];
  const portable::LoopLevel& level = portable::loops();
  const size_t padded = (columns + kRead - 1) / kRead * kRead;
  const bool one_panel = a.depth <= kPanelDepth;
  for (size_t chunk = row_begin; chunk < row_end; chunk += kChunkRows) {
    const size_t chunk_end = std::min(row_end, chunk + kChunkRows);
    size_t k_begin = 0;
    do {  // once even for depth 0, so that C is set
      const size_t k_end = std::min(a.depth, k_begin + kPanelDepth);
      if (!one_panel || chunk == row_begin) {
        if (k_end > k_begin) fill(k_begin, k_end, panel);
        for (size_t k = 0; k < k_end - k_begin && padded > columns; ++k) {
          std::fill(panel + k * kPanelPitch + columns, panel + k * kPanelPitch + padded, 0.0f);
        }
      }
      for (size_t row = chunk; row < chunk_end; row += kPackRows) {
        const size_t rows = std::min(kPackRows, chunk_end - row);
        a.load(a.group(row) + k_begin * kPackRows, 1, (k_end - k_begin) * kPackRows, a.zero_point, rows_of_a);
        level.product->multiply_panel({.a = rows_of_a,
                                       .a_group = 0,
                                       .b = panel,
                                       .depth = k_end - k_begin,
                                       .rows = rows,
                                       .columns = columns,
                                       .c = products,
                                       .c_stride = kPanelPitch,
                                       .start = nullptr,
                                       .first = true,
                                       .low = -std::numeric_limits<float>::infinity(),
                                       .high = std::numeric_limits<float>::infinity()});
        for (size_t r = 0; r < rows; ++r) {
          if (one_panel) {
            store(row + r, static_cast<const float*>(products + r * kPanelPitch));
          } else {
            level.bytes->add_products(products + r * kPanelPitch, columns, k_begin == 0,
                                      sums + (row - chunk + r) * kPanelPitch);
          }
        }
      }
      k_begin = k_end;
    } while (k_begin < a.depth);
    for (size_t row = chunk; row < chunk_end && !one_panel; ++row) {
      store(row, static_cast<const int32_t*>(sums + (row - chunk) * kPanelPitch));
    }
  }
}

}  // namespace ingot::quantized
