// Memory for packed weights: pieces in large blocks, of which only those that are kept stay.
#include "delegate/xnnpack/run/weight_memory.h"

#include <gtest/gtest.h>
#include <xnnpack.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace ingot::xnnpack {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

bool is_filled(const std::byte* piece, size_t size, std::byte with) {
  return std::all_of(piece, piece + size, [with](std::byte byte) { return byte == with; });
}

TEST(WeightMemory, PiecesAreZeroedAndAlignedAndStay) {
  for (const uint64_t expected : {uint64_t{0}, uint64_t{5} * kMegabyte, uint64_t{50} * kMegabyte}) {
    WeightMemory memory(expected);
    std::vector<std::pair<std::byte*, size_t>> kept;
    size_t size = 1;
    for (int i = 1; i < 24; ++i, size = size * 2 % (3 * kMegabyte) + 7) {
      std::byte* piece = memory.reserve(size);
      ASSERT_NE(piece, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % WeightMemory::kAlignment, 0u);
      ASSERT_TRUE(is_filled(piece, size + XNN_EXTRA_BYTES, std::byte{0})) << "piece " << i << " of " << size;
      std::memset(piece, i, size);
      if (i % 3 == 0) continue;  // lost, to be zeroed again
      memory.keep();
      kept.emplace_back(piece, size);
    }
    memory.trim();
    for (size_t i = 0; i < kept.size(); ++i) {
      EXPECT_TRUE(is_filled(kept[i].first, kept[i].second, *kept[i].first)) << "piece " << i;
      EXPECT_TRUE(i == 0 || *kept[i].first != *kept[i - 1].first);
    }
  }
}

TEST(WeightMemory, GoesOnAfterTrimming) {
  WeightMemory memory(3 * kMegabyte);
  std::memset(memory.reserve(kMegabyte), 1, kMegabyte);
  memory.trim();  // nothing was kept
  std::byte* first = memory.reserve(100);
  ASSERT_NE(first, nullptr);
  ASSERT_TRUE(is_filled(first, 100, std::byte{0}));
  std::memset(first, 1, 100);
  memory.keep();
  memory.trim();
  std::byte* second = memory.reserve(10000);
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(is_filled(second, 10000, std::byte{0}));
  EXPECT_TRUE(is_filled(first, 100, std::byte{1}));
}

TEST(WeightMemory, WhatDoesNotExistIsRefused) {
  WeightMemory memory(UINT64_MAX);
  EXPECT_EQ(memory.reserve(SIZE_MAX), nullptr);
  EXPECT_EQ(memory.reserve(SIZE_MAX / 2), nullptr);
  EXPECT_NE(memory.reserve(1), nullptr);
}

}  // namespace
}  // namespace ingot::xnnpack
