// Runs a float graph over samples and collects what its values hold. Memory stays bounded: of the samples each thread
// holds one at a time, and of the values as many as fit a budget are exposed in one sweep; large graphs take several.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/histogram.h"
#include "compiler/quantize/sample_runner.h"
#include "compiler/quantize/samples.h"

namespace ingot::compiler {

// Runs the graph on every sample and shows what these float32 results of it hold (in any order of the values):
// concurrently for different lanes (run_samples()).
Result<void> for_each_sample(
    const Graph& graph, std::span<Value* const> results, SampleSource& samples, Lowering* lowering,
    const std::function<void(size_t lane, const Value* value, std::span<const float> numbers)>& see,
    const Progress& progress);

using Histograms = std::unordered_map<const Value*, Histogram>;

// Adds the histograms of these float32 values of the graph (inputs, constants or results), but for those known already.
Result<void> observe(const Graph& graph, std::span<Value* const> values, SampleSource& samples, Lowering* lowering,
                     const Progress& progress, Histograms& known);

}  // namespace ingot::compiler
