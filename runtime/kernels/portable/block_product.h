// The matrix product of float32 that convolution and the mm family share: C = A * B, where B is given a panel at a time
// by the caller, who may gather it from an image (so that a convolution never writes its columns out). Blocked so that
// a panel of B (24 KiB, on the stack) and a few rows of A stay in the first-level cache, and so that the innermost tile
// of C stays in registers. No state, no allocation; threads take disjoint blocks of C. The order in which the products
// of an element are added depends on the depth alone, never on threads or on the block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ingot::portable {

inline constexpr size_t kTileRows = 6;       // rows of C in a tile
inline constexpr size_t kTileColumns = 8;    // columns of C in a tile
inline constexpr size_t kPanelColumns = 32;  // columns of B in a panel, a multiple of kTileColumns
inline constexpr size_t kPanelDepth = 192;   // rows of B in a panel
inline constexpr size_t kThinColumns = 2;    // up to so many columns are done as dot products instead of tiles

// A tile of C, row after row.
using Tile = float[kTileRows * kTileColumns];

// tile[r][c] = sum over k < depth of a[r * a_stride + k] * panel[k * kPanelColumns + c] for r < rows <= kTileRows. Rows
// beyond are left alone.
void multiply_tile(size_t rows, const float* a, size_t a_stride, const float* panel, size_t depth, Tile& tile);

// sum over k < depth of a[k] * b[k], in a fixed order.
float dot(const float* a, const float* b, size_t depth);

// How rows are shared out among threads where the `blocks` of columns alone would not keep them busy: each share
// gathers its panels anew, so there are no more shares than that takes.
struct RowShares {
  size_t count;
  size_t rows;  // of each but the last
};
RowShares share_rows(size_t threads, size_t blocks, size_t rows);

// The left operand: rows of consecutive floats, or where they are not consecutive in memory, whatever `gather` copies.
template <typename Gather>
struct LeftRows {
  const float* data;  // row r begins at data + r * stride; null: gather(row, k_begin, k_end, float* to) is used
  size_t stride;
  Gather gather;
};

// Computes rows [row_begin, row_end) of C for at most kPanelColumns columns.
//   fill(k_begin, k_end, float* panel): writes B's rows, each kPanelColumns apart; columns beyond the last may hold
//     anything finite or not, their results are dropped.
//   store(row, rows, column, columns, const Tile&, first): `first` sets elements of C, otherwise they are added to.
template <typename Gather, typename Fill, typename Store>
void multiply_block(const LeftRows<Gather>& left, size_t row_begin, size_t row_end, size_t depth, size_t columns,
                    Fill&& fill, Store&& store) {
  alignas(64) float panel[kPanelDepth * kPanelColumns];
  alignas(64) float thin[kThinColumns * kPanelDepth];
  alignas(64) float rows_copy[kTileRows * kPanelDepth];
  size_t k_begin = 0;
  do {  // once even for depth 0, so that C is set
    const size_t k_end = std::min(depth, k_begin + kPanelDepth);
    if (k_end > k_begin) fill(k_begin, k_end, panel);
    if (columns <= kThinColumns) {
      for (size_t column = 0; column < columns; ++column) {
        for (size_t k = 0; k < k_end - k_begin; ++k) {
          thin[column * kPanelDepth + k] = panel[k * kPanelColumns + column];
        }
      }
    }
    for (size_t row = row_begin; row < row_end; row += kTileRows) {
      const size_t rows = std::min(kTileRows, row_end - row);
      const float* a = rows_copy;
      size_t a_stride = kPanelDepth;
      if (left.data != nullptr) {
        a = left.data + row * left.stride + k_begin;
        a_stride = left.stride;
      } else if (k_end > k_begin) {
        for (size_t r = 0; r < rows; ++r) left.gather(row + r, k_begin, k_end, rows_copy + r * kPanelDepth);
      }
      Tile tile;
      if (columns <= kThinColumns) {
        for (size_t r = 0; r < rows; ++r) {
          for (size_t column = 0; column < columns; ++column) {
            tile[r * kTileColumns + column] = dot(a + r * a_stride, thin + column * kPanelDepth, k_end - k_begin);
          }
        }
        store(row, rows, 0, columns, tile, k_begin == 0);
        continue;
      }
      for (size_t column = 0; column < columns; column += kTileColumns) {
        multiply_tile(rows, a, a_stride, panel + column, k_end - k_begin, tile);
        store(row, rows, column, std::min(kTileColumns, columns - column), tile, k_begin == 0);
      }
    }
    k_begin = k_end;
  } while (k_begin < depth);
}

}  // namespace ingot::portable
