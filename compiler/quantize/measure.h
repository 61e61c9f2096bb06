// What quantizing costs each layer by itself: the float graph and, beside it, every unit once more in 8 bits on the
// float graph's own values, in one program; its outputs are energies, so that memory does not grow with the graph.
#pragma once

#include <span>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/calibrate.h"
#include "compiler/quantize/parameters.h"
#include "compiler/quantize/samples.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {

// For each unit of the scheme, in decibels: the energy of its float result over that of the difference which 8-bit
// operands, weights and results make. Over the first `count` samples; 200 where there is no difference.
Result<std::vector<double>> measure_layers(const Graph& graph, const Scheme& scheme,
                                           std::span<const AffineParameters> parameters, SampleSource& samples,
                                           size_t count, Lowering* lowering, const Progress& progress);

// The same of a graph whose outputs are pairs of energies (add_energies()), as many as `pairs`.
Result<std::vector<double>> measure_energies(const Graph& shadows, size_t pairs, SampleSource& samples, size_t count,
                                             Lowering* lowering, const Progress& progress);

}  // namespace ingot::compiler
