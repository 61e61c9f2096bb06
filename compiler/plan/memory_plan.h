// Memory planning: where in one arena every tensor of a method lives. A pure function of the graph; deterministic.
//
// A value lives from the instruction that makes it to the last that reads it; inputs and outputs of the method live
// throughout (so a method can be executed again without setting its inputs again). Two values that live at the same
// time never overlap. Finding the smallest arena is NP-hard (dynamic storage allocation); the planner tries several
// orders of best-fit placement and keeps the smallest result, which on networks of practice mostly meets the lower
// bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// One tensor to place. `first` and `last` are positions in execution order, both inclusive.
struct Lifetime {
  const Value* value = nullptr;  // null in tests
  size_t bytes = 0;
  size_t first = 0;
  size_t last = 0;
};

struct MemoryPlan {
  std::unordered_map<const Value*, size_t> offsets;  // bytes from the start of the arena; a multiple of kPlanAlignment
  size_t arena_bytes = 0;
  // The largest sum of bytes (each rounded up to the alignment) that live at one time: no plan can be smaller.
  size_t lower_bound_bytes = 0;
};

inline constexpr size_t kPlanAlignment = 16;

// Lifetimes of the inputs and node results of a graph, at the largest sizes. Constants are not planned.
std::vector<Lifetime> lifetimes(const Graph& graph);

// Offsets for each lifetime, in order. `arena_bytes` receives the end of the last byte.
std::vector<size_t> place(std::span<const Lifetime> lifetimes, size_t* arena_bytes);

// The largest sum of live bytes.
size_t lower_bound(std::span<const Lifetime> lifetimes);

MemoryPlan plan_memory(const Graph& graph);

}  // namespace ingot::compiler
