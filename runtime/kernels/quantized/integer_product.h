// The matrix product of 8-bit operators: C = A * B in integers, computed on tiles of floats (byte_rows.h says why that
// is exact). A and B are given by the caller a row and a panel at a time, zero points subtracted; sums stay in 32 bits
// until all of the depth is in, then a row of C goes to the caller. No allocation: about 45 KiB of stack. Threads take
// disjoint blocks of C.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/kernels/quantized/byte_rows.h"

namespace ingot::quantized {

inline constexpr size_t kTileRows = 6;       // rows of C in a tile
inline constexpr size_t kTileColumns = 8;    // columns of C in a tile
inline constexpr size_t kPanelColumns = 32;  // columns of B in a panel, a multiple of kTileColumns
// Rows of B in a panel: sums of so many products of 9 by 9 bits stay below 2^24.
inline constexpr size_t kPanelDepth = 192;

// sums[r][c], kPanelColumns apart, = or += the sum over k < depth of a[r * kPanelDepth + k] * panel[k * kPanelColumns +
// c] for r < rows <= kTileRows.
void multiply_tile(size_t rows, const float* a, const float* panel, size_t depth, bool first, int32_t* sums);

// Rows whose sums are kept at once. A panel is gathered anew for each so many rows, where the depth takes several.
inline constexpr size_t kChunkRows = 16 * kTileRows;

// Rows [row_begin, row_end) of C for at most kPanelColumns columns.
//   left(row, k_begin, k_end, float* to): a row of A.
//   fill(k_begin, k_end, float* panel): rows of B, each kPanelColumns apart; only `columns` of each are to be written.
//   store(row, const int32_t* sums): `columns` elements of C.
template <typename Left, typename Fill, typename Store>
void multiply_integers(size_t row_begin, size_t row_end, size_t depth, size_t columns, Left&& left, Fill&& fill,
                       Store&& store) {
  alignas(64) float panel[kPanelDepth * kPanelColumns];
  alignas(64) float rows_copy[kTileRows * kPanelDepth];
  alignas(64) int32_t sums[kChunkRows * kPanelColumns];
  // Columns beyond the last one are computed too, so they must hold numbers.
  if (columns % kTileColumns != 0) std::memset(panel, 0, sizeof panel);
  bool filled = false;  // does the panel hold all of the depth?
  for (size_t chunk = row_begin; chunk < row_end; chunk += kChunkRows) {
    const size_t chunk_end = std::min(row_end, chunk + kChunkRows);
    if (depth == 0) std::memset(sums, 0, sizeof sums);
    for (size_t k_begin = 0; k_begin < depth; k_begin += kPanelDepth) {
      const size_t k_end = std::min(depth, k_begin + kPanelDepth);
      if (!filled) fill(k_begin, k_end, panel);
      filled = depth <= kPanelDepth;
      for (size_t row = chunk; row < chunk_end; row += kTileRows) {
        const size_t rows = std::min(kTileRows, chunk_end - row);
        for (size_t r = 0; r < rows; ++r) left(row + r, k_begin, k_end, rows_copy + r * kPanelDepth);
        for (size_t column = 0; column < columns; column += kTileColumns) {
          multiply_tile(rows, rows_copy, panel + column, k_end - k_begin, k_begin == 0,
                        sums + (row - chunk) * kPanelColumns + column);
        }
      }
    }
    for (size_t row = chunk; row < chunk_end; ++row) store(row, sums + (row - chunk) * kPanelColumns);
  }
}

}  // namespace ingot::quantized
