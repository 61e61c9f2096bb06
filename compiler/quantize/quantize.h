// The quantize stage: a float graph in, the same graph with pairs of quantize and dequantize nodes out, and what that
// costs in accuracy. Post-training and static: what values hold is observed on samples beforehand. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/calibrate.h"
#include "compiler/quantize/parameters.h"

namespace ingot::compiler {

struct QuantizeOptions {
  // Runs the graph for calibration; null for portable kernels. Not owned.
  Lowering* lowering = nullptr;
  uint64_t seed = 0;
  Observer observer = Observer::least_squares;
  // Source names of nodes that stay float.
  std::vector<std::string> keep_float;
  Progress progress;
};

struct QuantizeReport {
  struct Layer {
    std::string name;
    std::string op;
    std::string dtype;   // "int8" or "float32"
    std::string reason;  // why it is float32
    double low = 0;      // the range of its result's integers
    double high = 0;
  };
  std::vector<Layer> layers;  // in execution order
  int done = 0;
  int total = 0;
  size_t samples = 0;
  bool random_inputs = false;
};

// Edits the graph in place. On failure the graph may be partly edited.
Result<QuantizeReport> quantize(Graph& graph, const QuantizeOptions& options);

}  // namespace ingot::compiler
