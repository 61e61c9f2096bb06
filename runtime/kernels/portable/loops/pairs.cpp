// As in product.cpp a tile of C stays in registers while the depth is walked, and is requantized there.
#include "runtime/kernels/portable/loops/pairs.h"

#include "runtime/kernels/portable/loops/byte_vectors.h"
#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

inline constexpr size_t kTileRows = kManyRegisters ? 8 : 4;
inline constexpr size_t kTileVectors = kManyRegisters ? 3 : 2;
inline constexpr size_t kParts = kPackRows / kLanes;  // vectors of a column of packed rows
inline constexpr size_t kRowColumns = kManyRegisters ? 8 : 4;

inline Ints all_ints(int32_t x) {
  return Ints{} + x;
}

// sum + a's first * b's first + a's second * b's second
inline Ints add_pairs(Ints sum, Ints a, Ints b) {
#if defined(__AVX512VNNI__)
  return reinterpret_cast<Ints>(
      _mm512_dpwssd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX512BW__)
  return add_wrapping(
      sum, reinterpret_cast<Ints>(_mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b))));
#elif defined(__AVX2__) && !defined(__AVX512F__)
  return add_wrapping(
      sum, reinterpret_cast<Ints>(_mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b))));
#elif defined(__SSE2__) && !defined(__AVX__)
  return add_wrapping(
      sum, reinterpret_cast<Ints>(_mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b))));
#else
  return add_wrapping(sum, (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16));
#endif
}

// Puts `count` lanes of results where they belong. The dtype's values are in range, so their lowest byte is the result
// for int8 and uint8 alike.
inline void store_results(uint8_t* to, ptrdiff_t step, size_t count, Ints results) {
  if (step == 1 && count >= kLanes) return store_bytes(to, results);
  uint8_t bytes[kLanes];
  store_bytes(bytes, results);
  for (size_t i = 0; i < smaller(count, kLanes); ++i) to[static_cast<ptrdiff_t>(i) * step] = bytes[i];
}

template <size_t kVectors>
inline void multiply_tile(const PairProduct& p, const int32_t* a, size_t row, size_t column) {
  Ints sum[kTileRows][kVectors] = {};
  int32_t* sums = p.sums + row * kPanelPitch + column;
  if (!p.first) {
#pragma GCC unroll 8
    for (size_t r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 8
      for (size_t v = 0; v < kVectors; ++v) sum[r][v] = load_ints(sums + r * kPanelPitch + v * kLanes);
    }
  }
  const int32_t* b = p.b + column;
  for (size_t k = 0; k < p.pairs; ++k, a += kPackRows, b += kPanelPitch) {
    Ints x[kVectors];
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) x[v] = load_ints(b + v * kLanes);
#pragma GCC unroll 8
    for (size_t r = 0; r < kTileRows; ++r) {
      const Ints w = all_ints(a[r]);
#pragma GCC unroll 8
      for (size_t v = 0; v < kVectors; ++v) sum[r][v] = add_pairs(sum[r][v], w, x[v]);
    }
  }
  if (!p.last) {
#pragma GCC unroll 8
    for (size_t r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 8
      for (size_t v = 0; v < kVectors; ++v) store_ints(sums + r * kPanelPitch + v * kLanes, sum[r][v]);
    }
    return;
  }
  const Saturation saturation(*p.range);
  uint8_t* out = static_cast<uint8_t*>(p.out) + static_cast<ptrdiff_t>(row) * p.out_row + column;
#pragma GCC unroll 8
  for (size_t r = 0; r < kTileRows; ++r) {
    if (row + r >= p.rows) break;
    const Ints bias = all_ints(p.bias[row + r]);
    const Lanes scale = all(p.scale[row + r]);
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) {
      store_results(out + static_cast<ptrdiff_t>(r) * p.out_row + v * kLanes, 1, p.columns - column - v * kLanes,
                    saturation.requantize(add_wrapping(sum[r][v], bias), scale));
    }
  }
}

void multiply_tiles(const PairProduct& p, size_t row, size_t vectors) {
  const int32_t* a = p.a + row / kPackRows * p.a_group + row % kPackRows;
  size_t column = 0;
  for (; vectors >= kTileVectors; vectors -= kTileVectors, column += kTileVectors * kLanes) {
    multiply_tile<kTileVectors>(p, a, row, column);
  }
  if (kTileVectors > 2 && vectors == 2) multiply_tile<2>(p, a, row, column);
  if (vectors == 1) multiply_tile<1>(p, a, row, column);
}

// Here the vectors run along the rows, of kGroups groups at a time.
template <size_t kGroups, size_t kColumns>
inline void multiply_groups(const PairProduct& p, size_t group, size_t column) {
  Ints sum[kGroups][kParts][kColumns] = {};
  // Column after column, behind one another.
  const auto sums_of = [&p](size_t row, size_t c) { return p.sums + c * kPairRows + row; };
  if (!p.first) {
    for (size_t g = 0; g < kGroups; ++g) {
      for (size_t part = 0; part < kParts; ++part) {
        for (size_t c = 0; c < kColumns; ++c) {
          sum[g][part][c] = load_ints(sums_of((group + g) * kPackRows + part * kLanes, column + c));
        }
      }
    }
  }
  const int32_t* a = p.a + group * p.a_group;
  const int32_t* b = p.b + column * p.b_column;
  for (size_t k = 0; k < p.pairs; ++k, a += kPackRows, b += p.b_pair) {
    Ints w[kGroups][kParts];
#pragma GCC unroll 8
    for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
      for (size_t part = 0; part < kParts; ++part) w[g][part] = load_ints(a + g * p.a_group + part * kLanes);
    }
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      int32_t pair;  // of what may have been written as 16-bit integers
      __builtin_memcpy(&pair, b + c * p.b_column, sizeof pair);
      const Ints x = all_ints(pair);
#pragma GCC unroll 8
      for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
        for (size_t part = 0; part < kParts; ++part) sum[g][part][c] = add_pairs(sum[g][part][c], w[g][part], x);
      }
    }
  }
  const Saturation saturation(*p.range);
#pragma GCC unroll 8
  for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
    for (size_t part = 0; part < kParts; ++part) {
      const size_t row = (group + g) * kPackRows + part * kLanes;
      if (row >= p.rows) break;
#pragma GCC unroll 8
      for (size_t c = 0; c < kColumns; ++c) {
        if (!p.last) {
          store_ints(sums_of(row, column + c), sum[g][part][c]);
          continue;
        }
        const ptrdiff_t at =
            static_cast<ptrdiff_t>(row) * p.out_row + static_cast<ptrdiff_t>(column + c) * p.out_column;
        store_results(
            static_cast<uint8_t*>(p.out) + at, p.out_row, p.rows - row,
            saturation.requantize(add_wrapping(sum[g][part][c], load_ints(p.bias + row)), load(p.scale + row)));
      }
    }
  }
}

// How many groups of rows at once keep the sums of so many columns in registers, and the arithmetic units busy.
constexpr size_t groups_at_once(size_t columns) {
  const size_t vectors = (kManyRegisters ? 24 : 10) / (columns * kParts);
  return vectors >= 8 ? 8 : vectors >= 4 ? 4 : vectors >= 3 ? 3 : vectors >= 2 ? 2 : 1;
}

template <size_t kColumns>
void multiply_columns(const PairProduct& p, size_t column) {
  constexpr size_t kGroups = groups_at_once(kColumns);
  const size_t groups = (p.rows + kPackRows - 1) / kPackRows;
  size_t group = 0;
  for (; group + kGroups <= groups; group += kGroups) multiply_groups<kGroups, kColumns>(p, group, column);
  for (; group < groups; ++group) multiply_groups<1, kColumns>(p, group, column);
}

void multiply_rows_from(const PairProduct& p, size_t column) {
  if constexpr (kRowColumns >= 8) {
    for (; column + 8 <= p.columns; column += 8) multiply_columns<8>(p, column);
  }
  for (; column + 4 <= p.columns; column += 4) multiply_columns<4>(p, column);
  switch (p.columns - column) {
    case 1:
      return multiply_columns<1>(p, column);
    case 2:
      return multiply_columns<2>(p, column);
    case 3:
      return multiply_columns<3>(p, column);
  }
}

void multiply_rows(const PairProduct& p) {
  multiply_rows_from(p, 0);
}

// Vectors of columns, and the few columns beyond that fill none.
struct Split {
  explicit Split(size_t columns) : vectors(columns / kLanes), thin(columns % kLanes) {
    if (thin > kThinColumns) thin = 0, ++vectors;
  }
  size_t vectors;
  size_t thin;
};

void multiply_panel(const PairProduct& p) {
  const Split split(p.columns);
  for (size_t row = 0; split.vectors > 0 && row < p.rows; row += kTileRows) multiply_tiles(p, row, split.vectors);
  if (split.thin > 0) {
    PairProduct thin = p;
    const size_t column = split.vectors * kLanes;
    thin.sums = p.sums + kPairRows * (kPanelPitch - column);  // behind those of the tiles
    multiply_rows_from(thin, column);
  }
}

// Of two rows from `column` on; `high` is null where there is no second.
template <typename T>
inline void store_pairs(const T* low, const T* high, Ints zero, int32_t* to) {
  const Ints first = (load_bytes(low) - zero) & 0xffff;
  store_ints(to, high != nullptr ? first | (load_bytes(high) - zero) << 16 : first);
}

template <typename T>
void to_panel(const PairSource& source, int32_t* panel) {
  const T* from = static_cast<const T*>(source.from);
  const size_t depth = source.depth, columns = source.columns, full = columns / kLanes * kLanes;
  const ptrdiff_t row = source.row;
  const Ints zero = all_ints(source.zero_point);
  for (size_t k = 0; k < depth; k += 2, from += 2 * row, panel += kPanelPitch) {
    const bool both = k + 1 < depth;
    for (size_t column = 0; column < full && both; column += kLanes) {
      store_pairs(from + column, from + row + column, zero, panel + column);
    }
    for (size_t column = 0; column < full && !both; column += kLanes) {
      store_pairs<T>(from + column, nullptr, zero, panel + column);
    }
    if (full == columns) continue;
    T rest[2][kLanes] = {};
    for (size_t i = full; i < columns; ++i) {
      rest[0][i - full] = from[i];
      if (both) rest[1][i - full] = from[row + static_cast<ptrdiff_t>(i)];
    }
    store_pairs(rest[0], both ? rest[1] : nullptr, zero, panel + full);
  }
}

}  // namespace

constexpr PairLoops pair_loops = {multiply_panel, multiply_rows, {to_panel<int8_t>, to_panel<uint8_t>}};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
