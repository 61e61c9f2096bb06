// Rounding weights and inputs shifts a product's results a little, by another amount in each channel; the bias takes
// that back. After Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019), with
// the shifts measured: each layer by itself, on the float graph's own values.
#pragma once

#include <span>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/calibrate.h"
#include "compiler/quantize/parameters.h"
#include "compiler/quantize/samples.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {

// Gives products of the scheme new biases, from the first `count` samples. The nodes stay, and so does the scheme; what
// the graph computes in float is shifted by as much as 8 bits will shift it back.
Result<void> correct_biases(Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters,
                            SampleSource& samples, size_t count, Lowering* lowering, const Progress& progress);

}  // namespace ingot::compiler
