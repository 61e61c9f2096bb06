// Reads TensorFlow Lite models (inference graphs of floats, of 8-bit integers, or of both) and gives them as Graphs of
// Core ATen operators. Quantized tensors become pairs of quantize and dequantize nodes around float operators
// (compiler/ir/quantization.h), constants keep their integers. The graph keeps the file's inputs and outputs: their
// order, names, dtypes and axes. Images are computed on as [N, C, H, W]; what is permuted for that, compiler/passes and
// delegates make vanish. Every node keeps the name of the tensor that it computes.
//
// Whatever the file holds, the answer is a Graph or an Error: nothing throws, crashes or allocates much more than the
// file is long. Safe from several threads at a time. Cost: one walk over the file, plus the folding of constants.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/import_report.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

struct TfliteImportOptions {
  // Sizes of inputs, by name; the model's own must agree where they are fixed. An empty name stands for the inputs in
  // their order: the first empty one is input 0, the second input 1, and so on. Open sizes that nobody fixes are what
  // the file proposes.
  std::vector<std::pair<std::string, std::vector<int64_t>>> input_shapes;
};

// Weights are used where `file` holds them. An error of code not_supported sums up report.unsupported; invalid_file
// says what is wrong with the file; invalid_argument is about the options.
Result<Graph> import_tflite(Bytes file, const TfliteImportOptions& options, ImportReport& report);

}  // namespace ingot::compiler
