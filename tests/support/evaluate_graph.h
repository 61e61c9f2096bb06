// Runs a Graph node by node with the portable kernels: what a pass must not change. Slow, for small graphs in tests.
// (In a header alone, because only tests of the compiler link what it needs.)
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/number.h"

namespace ingot::testing {

// Numbers for every input: floats in [-2, 2), integers from 0 to 2. Equal seeds give equal numbers.
inline std::vector<compiler::Bytes> random_inputs(const compiler::Graph& graph, uint64_t seed) {
  std::vector<compiler::Bytes> inputs;
  uint64_t state = seed + 0x9E3779B97F4A7C15u;
  for (const compiler::Value* input : graph.inputs()) {
    std::byte* data = nullptr;
    inputs.push_back(compiler::Bytes::allocate(input->type.max_nbytes(), &data));
    const size_t size = size_of(input->type.dtype);
    for (size_t at = 0; at < input->type.max_nbytes(); at += size) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const double unit = static_cast<double>(state >> 40) / (1 << 24);
      const bool floating = is_floating(input->type.dtype);
      compiler::store_number(input->type.dtype, floating ? unit * 4 - 2 : unit * 3, data + at);
    }
  }
  return inputs;
}

// The outputs of a graph of static shapes without delegate calls.
inline Result<std::vector<compiler::Bytes>> evaluate_graph(const compiler::Graph& graph,
                                                           std::span<const compiler::Bytes> inputs) {
  using compiler::Value;
  compiler::Graph values;  // owns what the nodes computed, as constants
  std::unordered_map<const Value*, Value*> computed;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const Value* input = graph.inputs()[i];
    computed[input] = values.add_constant(input->name, input->type, inputs[i]);
  }
  for (const auto& value : graph.values()) {
    if (value->is_constant()) computed[value.get()] = values.add_constant(value->name, value->type, value->data);
  }
  for (const auto& node : graph.nodes()) {
    std::vector<compiler::Argument> args(node->args().begin(), node->args().end());
    for (compiler::Argument& arg : args) {
      if (auto* value = std::get_if<Value*>(&arg)) *value = computed.at(*value);
      if (auto* list = std::get_if<std::vector<Value*>>(&arg)) {
        for (Value*& value : *list) value = value == nullptr ? nullptr : computed.at(value);
      }
    }
    std::vector<compiler::TensorType> types;
    for (const Value* output : node->outputs()) types.push_back(output->type);
    const auto results = INGOT_TRY(compiler::evaluate(node->op(), args, types));
    for (size_t i = 0; i < types.size(); ++i) {
      computed[node->output(i)] = values.add_constant(node->output(i)->name, types[i], results[i]);
    }
  }
  std::vector<compiler::Bytes> outputs;
  for (const Value* output : graph.outputs()) outputs.push_back(computed.at(output)->data);
  return outputs;
}

}  // namespace ingot::testing
