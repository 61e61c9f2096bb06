// Counts the multiply-adds of nodes: what reports call "the work".
#pragma once

#include <cstdint>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// One for each product that is summed, at the largest sizes: convolution (plain and transposed), mm, addmm and bmm; 0
// for other operators. Sticks at the largest number where it does not fit.
int64_t macs(const Node& node);

}  // namespace ingot::compiler
