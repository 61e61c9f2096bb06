// A tile of C stays in registers while the depth is walked: kTileRows x kTileVectors vectors of sums, a vector of B for
// each column of them, and one element of A at a time for all of its row.
#include "runtime/kernels/portable/loops/product.h"

#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

inline constexpr size_t kTileRows = kManyRegisters ? 8 : 4;
inline constexpr size_t kTileVectors = kManyRegisters || kLanes == 8 ? 3 : 2;
inline constexpr size_t kParts = kPackRows / kLanes;  // vectors of a column of packed rows
static_assert(kPanelColumns % (kTileVectors * kLanes) == 0 && kPackRows % kTileRows == 0);

// Puts one vector of results where it belongs; `columns` of its lanes count.
inline void store_sums(const PanelProduct& p, size_t row, size_t column, size_t columns, Lanes sums) {
  float* to = p.c + row * p.c_stride + column;
  const Lanes low = all(p.low), high = all(p.high);
  if (columns >= kLanes) {
    const Lanes before = !p.first ? load(to) : all(p.start != nullptr ? p.start[row] : 0.0f);
    store(to, bound(before + sums, low, high));
    return;
  }
  float values[kLanes];
  store(values, sums);
  for (size_t i = 0; i < columns; ++i) {
    const float before = !p.first ? to[i] : p.start != nullptr ? p.start[row] : 0.0f;
    to[i] = bound(before + values[i], p.low, p.high);
  }
}

template <size_t kVectors>
inline void multiply_tile(const PanelProduct& p, const float* a, size_t row, size_t column) {
  Lanes sum[kTileRows][kVectors] = {};
  const float* b = p.b + column;
  for (size_t k = 0; k < p.depth; ++k, a += kPackRows, b += kPanelPitch) {
    Lanes x[kVectors];
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) x[v] = load(b + v * kLanes);
#pragma GCC unroll 8
    for (size_t r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 8
      for (size_t v = 0; v < kVectors; ++v) sum[r][v] += a[r] * x[v];
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < kTileRows; ++r) {
    if (row + r >= p.rows) break;
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) {
      const size_t at = column + v * kLanes;
      store_sums(p, row + r, at, p.columns - at, sum[r][v]);
    }
  }
}

// The few columns that fill no vector: here the vectors run along the rows, of kGroups groups at a time.
template <size_t kGroups, size_t kColumns>
inline void multiply_thin(const PanelProduct& p, size_t group, size_t column) {
  Lanes sum[kGroups][kParts][kColumns] = {};
  const float* a = p.a + group * p.a_group;
  const float* b = p.b + column;
  for (size_t k = 0; k < p.depth; ++k, a += kPackRows, b += kPanelPitch) {
#pragma GCC unroll 8
    for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
      for (size_t part = 0; part < kParts; ++part) {
        const Lanes x = load(a + g * p.a_group + part * kLanes);
#pragma GCC unroll 8
        for (size_t c = 0; c < kColumns; ++c) sum[g][part][c] += x * b[c];
      }
    }
  }
#pragma GCC unroll 8
  for (size_t g = 0; g < kGroups; ++g) {
    float values[kColumns][kPackRows];
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
#pragma GCC unroll 8
      for (size_t part = 0; part < kParts; ++part) store(values[c] + part * kLanes, sum[g][part][c]);
    }
    const size_t row = (group + g) * kPackRows;
    for (size_t r = 0; r < smaller(kPackRows, p.rows - row); ++r) {
      float* to = p.c + (row + r) * p.c_stride + column;
      for (size_t c = 0; c < kColumns; ++c) {
        const float before = !p.first ? to[c] : p.start != nullptr ? p.start[row + r] : 0.0f;
        to[c] = bound(before + values[c][r], p.low, p.high);
      }
    }
  }
}

// How many groups of rows at once keep the sums of so many columns in registers, and the arithmetic units busy.
constexpr size_t thin_groups(size_t columns) {
  const size_t vectors = (kManyRegisters ? 28 : 12) / (columns * kParts);
  return vectors >= 8 ? 8 : vectors >= 4 ? 4 : vectors >= 2 ? 2 : 1;
}

template <size_t kColumns>
inline void multiply_thin_groups(const PanelProduct& p, size_t begin, size_t end, size_t column) {
  constexpr size_t kGroups = thin_groups(kColumns);
  size_t group = begin;
  for (; group + kGroups <= end; group += kGroups) multiply_thin<kGroups, kColumns>(p, group, column);
  for (; group < end; ++group) multiply_thin<1, kColumns>(p, group, column);
}

void multiply_thin_columns(const PanelProduct& p, size_t begin, size_t end, size_t column, size_t columns) {
  switch (columns) {
    case 1:
      return multiply_thin_groups<1>(p, begin, end, column);
    case 2:
      return multiply_thin_groups<2>(p, begin, end, column);
    case 3:
      return multiply_thin_groups<3>(p, begin, end, column);
    case 4:
      return multiply_thin_groups<4>(p, begin, end, column);
    case 5:
      return multiply_thin_groups<5>(p, begin, end, column);
    case 6:
      return multiply_thin_groups<6>(p, begin, end, column);
    case 7:
      return multiply_thin_groups<7>(p, begin, end, column);
  }
}

void multiply_tiles(const PanelProduct& p, const float* a, size_t row, size_t vectors) {
  size_t column = 0;
  for (; vectors >= kTileVectors; vectors -= kTileVectors, column += kTileVectors * kLanes) {
    multiply_tile<kTileVectors>(p, a, row, column);
  }
  if (vectors == 2) multiply_tile<2>(p, a, row, column);
  if (vectors == 1) multiply_tile<1>(p, a, row, column);
}

void multiply_panel(const PanelProduct& p) {
  size_t vectors = p.columns / kLanes;
  size_t thin = p.columns % kLanes;
  if (thin > kThinColumns) thin = 0, ++vectors;
  constexpr size_t kGroupsAtOnce = 8;  // of packed rows, so that they stay in the cache for their thin columns
  const size_t groups = (p.rows + kPackRows - 1) / kPackRows;
  for (size_t begin = 0; begin < groups; begin += kGroupsAtOnce) {
    const size_t end = smaller(groups, begin + kGroupsAtOnce);
    for (size_t row = begin * kPackRows; vectors > 0 && row < smaller(end * kPackRows, p.rows); row += kTileRows) {
      multiply_tiles(p, p.a + row / kPackRows * p.a_group + row % kPackRows, row, vectors);
    }
    if (thin > 0) multiply_thin_columns(p, begin, end, vectors * kLanes, thin);
  }
}

// Rows of known length are a few registers each.
template <size_t kColumns>
void copy_rows(const PanelSource& source, float* panel) {
  const float* from = source.from;
  for (size_t k = 0; k < source.depth; ++k, from += source.row, panel += kPanelPitch) {
    __builtin_memcpy(panel, from, kColumns * sizeof(float));
  }
}

void copy_to_panel(const PanelSource& source, float* panel) {
  const float* from = source.from;
  if (source.column_step == 1 && source.columns == kPanelColumns) return copy_rows<kPanelColumns>(source, panel);
  if (source.column_step == 1) {
    for (size_t k = 0; k < source.depth; ++k, from += source.row, panel += kPanelPitch) {
      size_t i = 0;
      for (; i + kLanes <= source.columns; i += kLanes) store(panel + i, load(from + i));
      for (; i < source.columns; ++i) panel[i] = from[i];
    }
  } else if (source.row == 1) {  // transposed: along the rows of the source
    for (size_t i = 0; i < source.columns; ++i, from += source.column_step) {
      for (size_t k = 0; k < source.depth; ++k) panel[k * kPanelPitch + i] = from[k];
    }
  } else {
    for (size_t k = 0; k < source.depth; ++k, from += source.row, panel += kPanelPitch) {
      for (size_t i = 0; i < source.columns; ++i) panel[i] = from[static_cast<ptrdiff_t>(i) * source.column_step];
    }
  }
}

template <size_t kVectors>
inline void multiply_row_part(const RowProduct& p, size_t column) {
  Lanes sum[kVectors] = {};
  const float* a = p.a;
  const float* b = p.b + column;
  for (size_t k = 0; k < p.depth; ++k, a += p.a_step, b += p.b_row) {
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) sum[v] += *a * load(b + v * kLanes);
  }
#pragma GCC unroll 8
  for (size_t v = 0; v < kVectors; ++v) store(p.sums + column + v * kLanes, sum[v]);
}

void multiply_row(const RowProduct& p) {
  size_t column = 0;
  for (; column + 8 * kLanes <= p.columns; column += 8 * kLanes) multiply_row_part<8>(p, column);
  for (; column + 2 * kLanes <= p.columns; column += 2 * kLanes) multiply_row_part<2>(p, column);
  for (; column + kLanes <= p.columns; column += kLanes) multiply_row_part<1>(p, column);
  for (; column < p.columns; ++column) {
    float sum = 0;
    for (size_t k = 0; k < p.depth; ++k) {
      const ptrdiff_t i = static_cast<ptrdiff_t>(k);
      sum += p.a[i * p.a_step] * p.b[i * p.b_row + static_cast<ptrdiff_t>(column)];
    }
    p.sums[column] = sum;
  }
}

}  // namespace

constexpr ProductLoops product_loops = {multiply_panel, copy_to_panel, multiply_row};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
