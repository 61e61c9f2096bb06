// Checks a memory plan: header only, for the tests that link the planner.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <span>

#include "compiler/plan/memory_plan.h"

namespace ingot::testing {

// Every pair that lives at the same time must be apart in memory, and everything must lie inside the arena.
inline void expect_no_overlap(std::span<const compiler::Lifetime> items, std::span<const size_t> offsets,
                              size_t arena) {
  ASSERT_EQ(items.size(), offsets.size());
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(offsets[i] % compiler::kPlanAlignment, 0u);
    EXPECT_LE(offsets[i] + items[i].bytes, arena);
    for (size_t j = 0; j < i; ++j) {
      const bool same_time = items[i].first <= items[j].last && items[j].first <= items[i].last;
      const bool same_place = offsets[i] < offsets[j] + items[j].bytes && offsets[j] < offsets[i] + items[i].bytes;
      EXPECT_FALSE(same_time && same_place) << "values " << i << " and " << j;
    }
  }
}

}  // namespace ingot::testing
