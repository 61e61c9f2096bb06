// Moves what a delegate can run into delegate calls: asks the delegate about each node, groups the nodes it takes into
// as few calls as the graph allows, has every group built, and keeps the reason for each node that stays outside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"

namespace ingot::compiler {

struct PartitionReport {
  struct LeftOut {
    std::string node;  // its source name, or that of its first result where it has none
    std::string op;    // "aten::add.Tensor"
    std::string reason;
  };
  std::vector<LeftOut> left_out;  // in execution order
  // Nodes for which is_work() holds.
  int nodes_total = 0;
  int nodes_delegated = 0;
  int delegate_calls = 0;
  int64_t macs_total = 0;
  int64_t macs_delegated = 0;
};

// Is the node counted? Quantize and dequantize nodes are not, nor what prepares constants.
bool is_work(const Node& node);

// Edits `graph` in place. A delegate's refusal is never an error: the node stays outside, and the rest is grouped
// again.
Result<PartitionReport> partition(Graph& graph, Lowering& lowering);

}  // namespace ingot::compiler
