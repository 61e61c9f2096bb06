// The innermost loops of the matrix product of 8-bit integers, see runtime/kernels/quantized/integer_product.h. An
// int32 holds two 16-bit integers that follow each other in the depth, the first in the lower half: processors multiply
// such pairs and add both products at once. Sums are exact modulo 2^32.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/kernels/portable/loops/product.h"

namespace ingot::quantized {
struct OutputRange;
}  // namespace ingot::quantized

namespace ingot::portable {

inline constexpr size_t kPanelPairs = 192;  // rows of a panel of pairs, each kPanelPitch long
inline constexpr size_t kPairRows = 256;    // rows of C that are summed at once

constexpr int32_t pair_of(int16_t first, int16_t second) {
  return static_cast<int32_t>(static_cast<uint32_t>(second) << 16 | static_cast<uint16_t>(first));
}

// Sums that are kept where the depth takes several parts.
inline constexpr size_t kPairSums = kPairRows * (kPanelPitch + kThinColumns);

// Rows of C, which is A * B, as far as a part of the depth gives them.
struct PairProduct {
  const int32_t* a;  // groups of kPackRows rows, [pairs][kPackRows], at the part's first pair
  size_t a_group;    // from one group of rows to the next
  const int32_t* b;  // element (pair, column) is b[pair * b_pair + column * b_column]
  size_t b_pair;
  size_t b_column;
  size_t pairs;
  size_t rows;  // at most kPairRows
  size_t columns;
  bool first;     // sums begin with 0; else with what is in `sums`
  bool last;      // sums go to `out`; else to `sums`
  int32_t* sums;  // kPairSums. Which is where is the loops' own affair
  // Of each row, readable up to a multiple of kPackRows: out = requantize(sum + bias, scale, range)
  const int32_t* bias;
  const float* scale;
  const quantized::OutputRange* range;
  void* out;  // bytes: element (row, column) is out[row * out_row + column * out_column]
  ptrdiff_t out_row;
  ptrdiff_t out_column;
};

// Rows of bytes, consecutive in the depth.
struct PairSource {
  const void* from;
  ptrdiff_t row;  // from one to the next
  size_t depth;
  size_t columns;
  int32_t zero_point;
};

// The first of two functions is for int8, the second for uint8.
struct PairLoops {
  // B is a panel: b_column is 1, b_pair kPanelPitch; at most kPanelMost columns, readable up to a multiple of 16.
  // out_column is 1.
  void (*multiply_panel)(const PairProduct& product);
  // Any B, of at most kPanelPitch columns.
  void (*multiply_rows)(const PairProduct& product);
  // Fills a panel's pairs with the bytes less their zero point, as many columns as multiply_panel reads.
  void (*to_panel[2])(const PairSource& source, int32_t* panel);
};

}  // namespace ingot::portable
