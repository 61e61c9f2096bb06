// Runs a Graph node by node with the portable kernels (compiler/ir/evaluate.h): a reference for what passes, lowerings
// and front ends make of it. Slow and simple; a value is freed after its last use.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"
#include "runtime/npy/npy.h"

namespace ingot::testing {

// Called with every result of a node.
using Observer = std::function<void(const compiler::Node& node, const Array& output)>;

// The outputs, in order. The inputs must have the types that the graph says (static shapes).
Result<std::vector<Array>> run_graph(const compiler::Graph& graph, std::span<const Array> inputs,
                                     const Observer& observer = nullptr);

// Numbers for every input of a graph of static shapes: floats in [-1, 1), integers from 0 to 2. Equal seeds give equal
// numbers.
std::vector<Array> random_inputs(const compiler::Graph& graph, uint32_t seed);

}  // namespace ingot::testing
