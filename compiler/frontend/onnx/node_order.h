// The order in which the nodes of an ONNX graph, and of the graphs that its nodes hold, are converted, and the checks
// on their names.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/frontend/onnx/onnx_proto.h"
#include "runtime/core/error.h"

namespace ingot::compiler::onnx_import {

// What to call a node towards the user: its name, or its operator and first output where it has none.
std::string node_label(const onnx::NodeProto& node);

// The graphs that a node holds: bodies of loops, branches.
std::vector<const onnx::GraphProto*> graphs_of(const onnx::NodeProto& node);

// A name that a graph reads of the graphs around it.
struct OuterRead {
  std::string_view name;
  const onnx::NodeProto* reader = nullptr;  // null where an output of the graph is that name
};

struct GraphOrder {
  // In an order in which every value is defined before its use: the file's own where that serves.
  std::vector<const onnx::NodeProto*> nodes;
  std::vector<OuterRead> outer_reads;  // each name once
};

// Of a graph and of all graphs inside it.
using GraphOrders = std::unordered_map<const onnx::GraphProto*, GraphOrder>;

// invalid_file where a name is defined twice in one graph or nowhere, or where nodes form a cycle; not_supported where
// graphs are nested too deeply. Views point into the graph.
Result<GraphOrders> order_nodes(const onnx::GraphProto& graph);

// The same for the graphs that a node holds which stands in no graph, as those of functions do. What they read of the
// graphs around them is for the caller to check.
Result<void> order_graphs_of(const onnx::NodeProto& node, GraphOrders* orders);

}  // namespace ingot::compiler::onnx_import
