// Quantize and dequantize nodes in a payload. Dequantizing costs nothing: the result stands for the integers.
// Quantizing is a Convert node, or nothing where what computed the value gave these integers already.
#pragma once

#include "compiler/ir/graph.h"
#include "compiler/ir/quantization.h"
#include "compiler/partition/lowering.h"
#include "delegate/xnnpack/lower/node_lowering.h"

namespace ingot::xnnpack::lowering {

// Quantizing with parameters that are found when the graph runs takes three nodes: they choose the parameters, quantize
// and dequantize. XNNPACK does the first two in one, with a scale for each row; only matrix products and convolutions
// read the result.
bool chooses_parameters(const Node& node);
bool quantizes_rows(const Node& node);
bool dequantizes_rows(const Node& node);

// Is it one of the nodes that lower_quantization() takes?
bool is_between_numbers(const Node& node);
Lowered lower_quantization(TensorBuilder& build, Tensors& tensors, const Fusions& fusions, const Node& node);

// The element type for integers of 8 bits with one scale, which these must be.
ElementType activation_type(const compiler::Quantization& quantization, bool is_unsigned);
// The same as they lie in the graph's own tensors.
ElementType stored_type(const compiler::Quantization& quantization);
// Why such integers cannot be activations of XNNPACK; nothing where they can.
Lowered check_activation(const compiler::Quantization& quantization);

// Whether a region is better computed in unsigned integers: filters with a zero point of their own ask for it, and so
// do unsigned inputs and outputs where no filter has a scale for each channel. XNNPACK has more kernels for signed
// ones; the numbers are the same.
bool wants_unsigned(const compiler::Region& region);

}  // namespace ingot::xnnpack::lowering
