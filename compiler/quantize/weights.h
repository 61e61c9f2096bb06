// Layers whose weights alone are made smaller beforehand: rows of 8-bit integers whose parameters are found as they
// come, times weights of 8 or 4 bits; or floats times weights of 16-bit floats. Nothing has to be observed. What stands
// for a layer is other nodes of the same graph, in the form of compiler/ir/quantization.h. For one thread; cost linear
// in the weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

enum class WeightForm : uint8_t {
  rows_int8,  // int8, a scale for each output channel; matrix products and convolutions
  rows_int4,  // 4 bits, a bfloat16 scale for each group along the inputs of an output channel; matrix products
  float16,    // everything that has weights
};

struct WeightOptions {
  WeightForm form = WeightForm::rows_int8;
  size_t group_size = 32;  // of rows_int4; a multiple of 32
  // Are convolutions' weights to stay constants for whoever runs the file? ExecuTorch's delegate takes no others.
  bool constant_filters = false;
};

// Is it a node with weights, which the form is about or which is named as left out?
bool has_weights(const Node& node, WeightForm form);
// Why the node, which has weights, cannot take the form; nothing where it can.
std::optional<std::string> weight_obstacle(const Node& node, const Uses& uses, const WeightOptions& options);

class WeightQuantizer {
 public:
  WeightQuantizer(Graph& graph, const WeightOptions& options) : graph_(graph), options_(options) {}

  // What the node computes, in the form, by nodes added before `before` (null: at the end). Rows that several layers
  // read are quantized once, so layers are taken in execution order.
  Result<Value*> computed(const Node& node, const Node* before);

 private:
  Result<Value*> rounded(Value* value, const Node& reader, const Node* before);
  Result<Value*> weight_of_bytes(const Node& node, size_t arg, const Node* before);
  Result<Value*> weight_in_groups(const Node& node, size_t arg, const Node* before);
  Result<Value*> in_halves(const Node& node, const Node* before);

  Graph& graph_;
  WeightOptions options_;
  std::unordered_map<const Value*, Value*> rounded_;
};

}  // namespace ingot::compiler
