#include "runtime/kernels/portable/block_product.h"

#include <cstring>

namespace ingot::portable {
namespace {

// The compilers' portable vector type, as wide as a register: so every compiler keeps the sums of a tile in registers,
// which not all of them manage for a plain array of floats.
#ifdef __AVX__
inline constexpr size_t kLanes = 8;
#else
inline constexpr size_t kLanes = 4;
#endif
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline constexpr size_t kTileLanes = kTileColumns / kLanes;

template <size_t kRows>
void multiply_rows(const float* a, size_t a_stride, const float* panel, size_t depth, float* tile) {
  Lanes sum[kRows][kTileLanes] = {};
  for (size_t k = 0; k < depth; ++k) {
    Lanes b[kTileLanes];
    std::memcpy(&b, panel + k * kPanelColumns, sizeof b);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r) {
      const float factor = a[r * a_stride + k];
#pragma GCC unroll 8
      for (size_t i = 0; i < kTileLanes; ++i) sum[r][i] += factor * b[i];
    }
  }
  std::memcpy(tile, sum, sizeof sum);
}

}  // namespace

void multiply_tile(size_t rows, const float* a, size_t a_stride, const float* panel, size_t depth, Tile& tile) {
  switch (rows) {
    case 1:
      return multiply_rows<1>(a, a_stride, panel, depth, tile);
    case 2:
      return multiply_rows<2>(a, a_stride, panel, depth, tile);
    case 3:
      return multiply_rows<3>(a, a_stride, panel, depth, tile);
    case 4:
      return multiply_rows<4>(a, a_stride, panel, depth, tile);
    case 5:
      return multiply_rows<5>(a, a_stride, panel, depth, tile);
    default:
      return multiply_rows<6>(a, a_stride, panel, depth, tile);
  }
}

float dot(const float* a, const float* b, size_t depth) {
  constexpr size_t kSums = 16;
  float lanes[kSums] = {};
  size_t k = 0;
  for (; k + kSums <= depth; k += kSums) {
    for (size_t lane = 0; lane < kSums; ++lane) lanes[lane] += a[k + lane] * b[k + lane];
  }
  for (size_t lane = 0; k < depth; ++k, ++lane) lanes[lane] += a[k] * b[k];
  for (size_t half = kSums / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

RowShares share_rows(size_t threads, size_t blocks, size_t rows) {
  constexpr size_t kLeastRows = 4 * kTileRows;
  size_t count = 1;
  if (threads > 1 && blocks < 4 * threads) {
    count = std::min(4 * threads / std::max<size_t>(blocks, 1) + 1, (rows + kLeastRows - 1) / kLeastRows);
  }
  count = std::max<size_t>(count, 1);
  const size_t each = std::max<size_t>(((rows + count - 1) / count + kTileRows - 1) / kTileRows * kTileRows, 1);
  return {(rows + each - 1) / each, each};
}

}  // namespace ingot::portable
