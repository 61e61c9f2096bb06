// The bytes of a constant with its dimensions in another order. Time linear in the elements.
#pragma once

#include "compiler/ir/graph.h"
#include "delegate/xnnpack/lower/layout.h"

namespace ingot::xnnpack::lowering {

// Elements of 1, 2, 4 or 8 bytes, of a tensor of these sizes; both orders name all of its dimensions, outermost first.
compiler::Bytes reordered(const compiler::Bytes& bytes, const Sizes& sizes, const Order& from, const Order& to);

}  // namespace ingot::xnnpack::lowering
