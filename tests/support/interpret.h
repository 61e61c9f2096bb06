// Runs a Graph node by node with the runtime's portable kernels (compiler/ir/evaluate.h): what tests of the compiler hold
// against recorded answers. Header only, because the test support library knows nothing of the compiler.
#pragma once

#include <cstring>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/graph.h"
#include "runtime/npy/npy.h"

namespace ingot::testing {

// The outputs for these inputs, in order. Every shape must be static, every layout contiguous.
inline Result<std::vector<Array>> interpret(const compiler::Graph& graph, std::span<const Array> inputs) {
  using compiler::Value;
  if (inputs.size() != graph.inputs().size())
    return fail(ErrorCode::invalid_argument, "%zu inputs, expected %zu", inputs.size(), graph.inputs().size());
  // A constant for each value that is known by now; constants of the graph stand for themselves.
  std::deque<Value> constants;
  std::unordered_map<const Value*, Value*> known;
  const auto set = [&](const Value* value, compiler::Bytes data) {
    Value& constant = constants.emplace_back();
    constant.kind = Value::Kind::constant;
    constant.name = value->name;
    constant.type = value->type;
    constant.data = std::move(data);
    known[value] = &constant;
  };
  const auto get = [&](Value* value) { return value == nullptr || value->is_constant() ? value : known.at(value); };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value* value = graph.inputs()[i];
    const std::vector<int64_t> sizes(inputs[i].sizes.begin(), inputs[i].sizes.end());
    if (value->type.dtype != inputs[i].dtype || !(value->type.shape == compiler::to_shape(sizes)))
      return fail(ErrorCode::invalid_argument, "input %zu should be %s", i, to_string(value->type).c_str());
    set(value, compiler::Bytes::copy_of(inputs[i].data));
  }

  for (const auto& node : graph.nodes()) {
    std::vector<compiler::Argument> args(node->args().begin(), node->args().end());
    for (compiler::Argument& arg : args) {
      if (auto* value = std::get_if<Value*>(&arg)) *value = get(*value);
      if (auto* list = std::get_if<std::vector<Value*>>(&arg)) {
        for (Value*& value : *list) value = get(value);
      }
    }
    std::vector<compiler::TensorType> types;
    for (const Value* output : node->outputs()) types.push_back(output->type);
    auto results = compiler::evaluate(node->op(), args, types);
    if (!results) {
      results.error().add_context("node '%s' (%s)", node->source().c_str(), node->op().full_name().c_str());
      return std::unexpected(results.error());
    }
    for (size_t i = 0; i < types.size(); ++i) set(node->output(i), (*results)[i]);
  }

  std::vector<Array> outputs;
  for (Value* value : graph.outputs()) {
    const Value* constant = get(value);
    Array& array = outputs.emplace_back();
    array.dtype = constant->type.dtype;
    for (const int64_t size : compiler::static_sizes(constant->type.shape))
      array.sizes.push_back(static_cast<int32_t>(size));
    array.data.assign(constant->data.span().begin(), constant->data.span().end());
  }
  return outputs;
}

}  // namespace ingot::testing
