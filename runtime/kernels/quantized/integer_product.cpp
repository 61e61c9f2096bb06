#include "runtime/kernels/quantized/integer_product.h"

namespace ingot::quantized {
namespace {

// The compilers' portable vector types: so the sums of a tile stay in registers.
inline constexpr size_t kLanes = 4;
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Integers [[gnu::vector_size(kLanes * sizeof(int32_t))]] = int32_t;
inline constexpr size_t kTileLanes = kTileColumns / kLanes;

template <size_t kRows>
void multiply_rows(const float* a, const float* panel, size_t depth, bool first, int32_t* sums) {
  Lanes sum[kRows][kTileLanes] = {};
  for (size_t k = 0; k < depth; ++k) {
    Lanes b[kTileLanes];
    std::memcpy(&b, panel + k * kPanelColumns, sizeof b);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r) {
      const float factor = a[r * kPanelDepth + k];
#pragma GCC unroll 8
      for (size_t i = 0; i < kTileLanes; ++i) sum[r][i] += factor * b[i];
    }
  }
  for (size_t r = 0; r < kRows; ++r, sums += kPanelColumns) {
    for (size_t i = 0; i < kTileLanes; ++i) {
      const Integers products = __builtin_convertvector(sum[r][i], Integers);
      for (size_t lane = 0; lane < kLanes; ++lane) {
        int32_t& to = sums[i * kLanes + lane];
        to = first ? products[lane] : wrapping_sum(to, products[lane]);
      }
    }
  }
}

}  // namespace

void multiply_tile(size_t rows, const float* a, const float* panel, size_t depth, bool first, int32_t* sums) {
  switch (rows) {
    case 1:
      return multiply_rows<1>(a, panel, depth, first, sums);
    case 2:
      return multiply_rows<2>(a, panel, depth, first, sums);
    case 3:
      return multiply_rows<3>(a, panel, depth, first, sums);
    case 4:
      return multiply_rows<4>(a, panel, depth, first, sums);
    case 5:
      return multiply_rows<5>(a, panel, depth, first, sums);
    default:
      return multiply_rows<6>(a, panel, depth, first, sums);
  }
}

}  // namespace ingot::quantized
