// Nodes that only prepare constants for others: dequantized weights, those kept in 16 bits, and what rearranges them.
// They are no work, since a delegate takes integers with their scales and packs them as it likes; so they belong to no
// region of their own but go with every node that reads them. Plain functions; cost linear in the nodes on the way.
#pragma once

#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

bool prepares_constant(const Node& node);

// The node, and before it those that prepare its constants, in execution order.
void add_with_constant_parts(const Node& node, std::vector<const Node*>* nodes);

}  // namespace ingot::compiler
