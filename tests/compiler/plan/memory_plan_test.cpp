#include "compiler/plan/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

#include "compiler/ir/text.h"
#include "tests/support/expect_no_overlap.h"

namespace ingot::compiler {
namespace {

using testing::expect_no_overlap;

TEST(MemoryPlanTest, ChainReusesTwoBuffers) {
  std::vector<Lifetime> chain;
  for (size_t i = 0; i < 10; ++i) chain.push_back({nullptr, 64, i, i + 1});
  size_t arena = 0;
  const auto offsets = place(chain, &arena);
  expect_no_overlap(chain, offsets, arena);
  EXPECT_EQ(arena, 128u);
  EXPECT_EQ(lower_bound(chain), 128u);
}

TEST(MemoryPlanTest, RandomLifetimesNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> items;
    for (int i = 0; i < 60; ++i) {
      const size_t first = random() % 40;
      items.push_back({nullptr, random() % 1000, first, first + random() % 8});
    }
    size_t arena = 0;
    const auto offsets = place(items, &arena);
    expect_no_overlap(items, offsets, arena);
    EXPECT_GE(arena, lower_bound(items));
    EXPECT_LE(arena, lower_bound(items) * 3 / 2);
  }
}

TEST(MemoryPlanTest, NothingToPlace) {
  size_t arena = 1;
  EXPECT_TRUE(place({}, &arena).empty());
  EXPECT_EQ(arena, 0u);
}

TEST(MemoryPlanTest, GraphLifetimes) {
  auto graph = parse(R"(
    graph forward(%x: float32[16]) {
      %a: float32[16] = aten::relu(%x)
      %b: float32[16] = aten::neg(%a)
      %c: float32[16] = aten::abs(%b)
      %d: float32[16] = aten::relu(%c)
      return %d
    })");
  ASSERT_TRUE(graph) << graph.error().message();
  const MemoryPlan plan = plan_memory(*graph);
  // x and d stay, and of a, b, c two live at a time (d may take the place of one that is gone).
  EXPECT_EQ(plan.lower_bound_bytes, 3u * 64);
  EXPECT_EQ(plan.arena_bytes, 3u * 64);
  EXPECT_EQ(plan.offsets.size(), 5u);
}

}  // namespace
}  // namespace ingot::compiler
