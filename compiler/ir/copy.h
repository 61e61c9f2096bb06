// Copies of graphs, or of parts of them, as graphs of their own. Constants' bytes are shared, not copied, so a copy
// costs as much as its nodes. For one thread.
#pragma once

#include <span>
#include <string>
#include <unordered_map>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

struct GraphCopy {
  Graph graph;
  // The copy of every Value that was copied.
  std::unordered_map<const Value*, Value*> values;
};

// `nodes`, in execution order and without delegate calls, as a graph: its inputs stand for `inputs`, its outputs for
// `outputs`. Whatever else the nodes read is constant.
GraphCopy copy_part(std::string name, std::span<const Node* const> nodes, std::span<Value* const> inputs,
                    std::span<Value* const> outputs);

// All of a graph without delegate calls.
GraphCopy copy_graph(const Graph& graph);

}  // namespace ingot::compiler
