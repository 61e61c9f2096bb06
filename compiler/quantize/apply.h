// Writes a scheme into a graph: pairs of quantize and dequantize nodes around units, integer weights (the canonical
// form of compiler/ir/quantization.h). Biases stay float constants. Cost linear in the graph and its weights.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/quantize/parameters.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {

// `parameters` has an entry for each group of the scheme, which was made from this graph and is void afterwards.
Result<void> apply_scheme(Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters);

// Reads integers as real numbers: a node of this source name before that node (null: at the end).
Result<Value*> dequantized(Graph& graph, Value* integers, const AffineParameters& parameters, const std::string& source,
                           const Node* before);
// Quantizes the value and dequantizes it again, before that node (null: at the end); gives the result.
Result<Value*> add_pair(Graph& graph, Value* value, const AffineParameters& parameters, const Node* before);

// The parameters of one value.
AffineParameters parameters_of(const Value* value, const Scheme& scheme, std::span<const AffineParameters> parameters);

// The weight of a product as a dequantized int8 constant, added before that node (null: at the end).
Result<Value*> dequantized_weight(Graph& graph, const Node& product, const WeightArg& weight,
                                  const AffineParameters& input, const Node* before);

// The largest magnitude of a float32 constant, for each slice along the axis, or of all.
std::vector<double> largest_magnitudes(const Value& constant, std::optional<size_t> axis);
// A float32 constant as an int8 one from -127 to 127, dequantized before that node: a scale for each slice along the
// axis, or one.
Result<Value*> dequantized_constant(Graph& graph, const Value& constant, std::optional<size_t> axis,
                                    const std::vector<double>& scales, const std::string& source, const Node* before);

}  // namespace ingot::compiler
