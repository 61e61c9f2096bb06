// The quantize stage: a float graph in, the same graph with smaller numbers out, between quantize and dequantize nodes,
// and what that costs in accuracy. Post-training: nothing is trained. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/ir/verify.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/accuracy.h"
#include "compiler/quantize/calibrate.h"
#include "compiler/quantize/parameters.h"
#include "compiler/quantize/preprocess.h"

namespace ingot::compiler {

// What becomes of a graph.
enum class QuantizeMode : uint8_t {
  integers,  // 8 bits from end to end; what values hold is observed on samples beforehand
  dynamic,   // products with 8-bit weights; the parameters of what they read are found when they run
  int4,      // likewise, with 4-bit weights in groups
  fp16,      // weights of 16-bit floats, computed with in float32
};

struct QuantizeOptions {
  QuantizeMode mode = QuantizeMode::integers;
  // Of int4: how many weights share a scale; a multiple of 32.
  size_t group_size = 32;
  // Whose operators and delegate the file is for: what compile() is told.
  Target operators = Target::executorch;
  // Runs the float graph; null for portable kernels. Not owned.
  Lowering* lowering = nullptr;
  // Runs the quantized graph where it is measured: as the file will be compiled. Not owned.
  Lowering* target = nullptr;
  // What open_samples() takes; empty for random inputs from the seed.
  std::string calibration_data;
  Preprocess preprocess = kTorchvision;
  uint64_t seed = 0;
  // Samples to compare the float and the quantized graph on, as open_samples() takes them; empty for no comparison.
  std::string evaluation_data;
  Observer observer = Observer::least_squares;
  // Scale channels against each other before their ranges are chosen (compiler/quantize/equalize.h)?
  bool equalize = false;
  // Let biases take back what rounding shifts (compiler/quantize/bias_correction.h)?
  bool correct_biases = true;
  // Layers that stay float, by name; and those whose own result would have less than so many decibels.
  std::vector<std::string> keep_float;
  std::optional<double> keep_float_below_db;
  // Of integers: leave in float what this machine computes faster so (compiler/quantize/tune.h)? The result then
  // depends on the machine.
  bool tune = false;
  Progress progress;
};

struct QuantizeReport {
  struct Layer {
    std::string name;
    std::string op;
    std::string dtype;   // of its weights or result: "int8", "int4", "float16" or "float32"
    std::string reason;  // why it is float32
    // What its result's integers can say; none where they are found when it runs.
    std::optional<std::pair<double, double>> range;
    double sqnr_db = 0;  // of this layer alone
  };
  QuantizeMode mode = QuantizeMode::integers;
  std::vector<Layer> layers;  // in execution order
  int done = 0;
  int total = 0;
  size_t samples = 0;
  bool random_inputs = false;
  size_t float_weights_bytes = 0;  // constants before
  std::optional<Accuracy> accuracy;
};

// Edits the graph in place. On failure the graph may be partly edited.
Result<QuantizeReport> quantize(Graph& graph, const QuantizeOptions& options);

}  // namespace ingot::compiler
