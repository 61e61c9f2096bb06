// The passes: functions from a Graph to an equal one that is easier to run, one a file. Each returns whether it changed
// something, and leaves a graph that verify() accepts. pass_list.cpp has their order and its reasons.
#pragma once

#include "compiler/ir/graph.h"
#include "compiler/ir/verify.h"

namespace ingot::compiler {

// Replaces nodes that read only constants by their results, computed with the portable kernels. What would become much
// larger than its inputs, and dequantized weights, stay nodes.
Result<bool> fold_constants(Graph& graph, Target target);
// Brings operators that say the same in several ways into one form: transposes as permute_copy, squeezing as view_copy,
// clamp from 0 as relu.
Result<bool> canonicalize(Graph& graph, Target target);
// Removes nodes that return their input bit by bit: views and permutes that move nothing, x * 1, pooling by 1.
Result<bool> remove_identities(Graph& graph, Target target);
// Makes a gelu of the products and the erf that exporters spell it with.
Result<bool> recognize_gelu(Graph& graph, Target target);
// Makes one view_copy of a chain of them.
Result<bool> merge_reshapes(Graph& graph, Target target);
// Moves symmetric padding by zeros into a convolution's own padding, and likewise for pooling.
Result<bool> fold_padding(Graph& graph, Target target);
// Folds batch normalization, and multiplication and addition of constants per channel, into the weights of a
// convolution or matrix product before them.
Result<bool> fold_batch_norm(Graph& graph, Target target);
// Merges permutes that follow each other, and moves them past elementwise operators, joins and reductions where that
// makes them fewer.
Result<bool> cancel_transposes(Graph& graph, Target target);
// Computes what is equal once; constants are compared by content.
Result<bool> common_subexpressions(Graph& graph, Target target);
// Drops nodes and constants that nothing uses.
Result<bool> dead_code(Graph& graph, Target target);
// For Target::ingot: makes operators on integers (ingot::quantized_*) of float operators between dequantize and
// quantize nodes. What has no such form stays as it is. Other targets run the floats.
Result<bool> integer_operators(Graph& graph, Target target);
// Writes operators that the target may not emit in terms of others. Fails, naming all of them, where some cannot be.
Result<bool> decompose_for_target(Graph& graph, Target target);
// Lays out images channels-last between the operators that portable kernels run faster so, where that outweighs copies
// at the borders. Inputs, outputs and delegate calls keep their layouts. Afterwards constants need not be contiguous.
Result<bool> choose_layouts(Graph& graph, Target target);

}  // namespace ingot::compiler
