// The innermost loops of the matrix product C = A * B, see runtime/kernels/portable/block_product.h.
#pragma once

#include <stddef.h>

namespace ingot::portable {

inline constexpr size_t kPackRows = 16;      // rows of A that are packed together: [depth][kPackRows]
inline constexpr size_t kPanelPitch = 64;    // floats from one row of a panel of B to the next
inline constexpr size_t kPanelColumns = 48;  // columns of a panel, a multiple of every level's tile...
inline constexpr size_t kThinColumns = 7;    // ... and so many more at most, done without tiles
inline constexpr size_t kPanelMost = kPanelColumns + kThinColumns;
inline constexpr size_t kPanelDepth = 192;  // rows of B in a panel
inline constexpr size_t kRowColumns = 128;  // of one row of C that is computed without packing

// Rows of C, as far as a panel of B gives them.
struct PanelProduct {
  const float* a;  // packed rows: at the first row's group, the panel's first depth
  size_t a_group;  // floats from one group of rows to the next
  const float* b;  // the panel, on a 64-byte boundary; columns up to a multiple of 16 are read, whatever they hold
  size_t depth;
  size_t rows;
  size_t columns;  // at most kPanelMost
  float* c;        // row r begins at c + r * c_stride
  size_t c_stride;
  const float* start;  // first only: what each row's elements begin with; null for 0
  bool first;          // sets C; else adds to it
  float low, high;     // what C is then clamped to
};

// What a panel is copied from: element (k, column) is from[k * row + column * column_step].
struct PanelSource {
  const float* from;
  ptrdiff_t row;
  ptrdiff_t column_step;
  size_t depth;
  size_t columns;  // copied to the start of each row of the panel; nothing is read or written beyond
};

// sums[i] = sum over k < depth of a[k * a_step] * b[k * b_row + i], i < columns.
struct RowProduct {
  const float* a;
  ptrdiff_t a_step;
  const float* b;
  ptrdiff_t b_row;
  size_t depth;
  size_t columns;  // at most kRowColumns
  float* sums;
};

struct ProductLoops {
  void (*multiply_panel)(const PanelProduct& product);
  void (*copy_to_panel)(const PanelSource& source, float* panel);
  void (*multiply_row)(const RowProduct& product);
};

}  // namespace ingot::portable
