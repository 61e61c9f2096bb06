// Which nodes run together: a purely structural question, without delegates. Deterministic; linear in the graph's
// edges.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

inline constexpr size_t kNoRegion = static_cast<size_t>(-1);

// For each node, in execution order, the number of its region (from 0), or kNoRegion where `taken` is false. A region
// may be contracted into one call: no path leaves it and comes back. There are as few as the graph allows: as many as
// the largest number of runs of taken nodes that a path meets.
std::vector<size_t> find_regions(const Graph& graph, const std::vector<bool>& taken);

// The nodes in an execution order in which every region is contiguous; `regions` as find_regions gives it.
std::vector<Node*> contiguous_order(const Graph& graph, const std::vector<size_t>& regions);

}  // namespace ingot::compiler
