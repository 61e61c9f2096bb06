#include "compiler/quantize/shadow_graph.h"

#include <numeric>
#include <utility>
#include <vector>

#include "compiler/ir/builder.h"

namespace ingot::compiler {

Result<void> add_energies(Graph& graph, Value* expected, Value* found, const Node* before) {
  Builder builder(graph, before);
  Value* difference = INGOT_TRY(builder.call("aten::sub.Tensor", {expected, found}));
  for (Value* value : {expected, difference}) {
    Value* square = INGOT_TRY(builder.call("aten::mul.Tensor", {value, value}));
    std::vector<int64_t> dims(value->type.rank());
    std::iota(dims.begin(), dims.end(), 0);
    graph.outputs().push_back(INGOT_TRY(builder.call("aten::mean.dim", {square, std::move(dims), true})));
  }
  return {};
}

ShadowGraph::ShadowGraph(const Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters)
    : scheme_(scheme), parameters_(parameters), copy_(copy_graph(graph)) {
  copy_.graph.outputs().clear();
  copy_.graph.output_names.clear();
  const auto& nodes = copy_.graph.nodes();
  for (size_t i = 0; i + 1 < nodes.size(); ++i) next_[nodes[i].get()] = nodes[i + 1].get();
}

Result<void> ShadowGraph::add_energies(const Unit& unit) {
  const Node* before = after(unit);
  Value* result = INGOT_TRY(shadow(unit, before));
  return compiler::add_energies(graph(), copy_.values.at(unit.result()), result, before);
}

Result<void> ShadowGraph::add_mean_error(const Unit& unit) {
  const Node* before = after(unit);
  Value* result = INGOT_TRY(computed(unit, before));
  Builder builder(graph(), before);
  Value* difference = INGOT_TRY(builder.call("aten::sub.Tensor", {copy_.values.at(unit.node->output()), result}));
  std::vector<int64_t> dims = {0};
  for (size_t i = 2; i < difference->type.rank(); ++i) dims.push_back(static_cast<int64_t>(i));
  graph().outputs().push_back(INGOT_TRY(builder.call("aten::mean.dim", {difference, std::move(dims), true})));
  return {};
}

// The node that follows the unit in the copy.
const Node* ShadowGraph::after(const Unit& unit) const {
  const auto found = next_.find(copy_.values.at(unit.result())->producer);
  return found == next_.end() ? nullptr : found->second;
}

Result<Value*> ShadowGraph::operand(const Value* value, const Node* before) {
  Value*& found = operands_[value];
  if (found == nullptr) found = INGOT_TRY(add_pair(graph(), copy_.values.at(value), parameters(value), before));
  return found;
}

Result<Value*> ShadowGraph::computed(const Unit& unit, const Node* before) {
  const Node& node = *copy_.values.at(unit.node->output())->producer;
  std::vector<Argument> args(node.args().begin(), node.args().end());
  std::unordered_map<const Value*, Value*> replaced;
  for (const Value* value : operands_of(*unit.node)) {
    replaced[copy_.values.at(value)] = INGOT_TRY(operand(value, before));
  }
  const auto weight = weight_of(node);
  for (size_t i = 0; i < args.size(); ++i) {
    if (weight && i == weight->arg && node.tensor(i)->is_constant()) {
      const Value* input = operands_of(*unit.node).front();
      args[i] = INGOT_TRY(dequantized_weight(graph(), node, *weight, parameters(input), before));
    } else if (auto* value = std::get_if<Value*>(&args[i])) {
      const auto found = replaced.find(*value);
      if (found != replaced.end() && *value != bias_of(node)) *value = found->second;
    } else if (auto* list = std::get_if<std::vector<Value*>>(&args[i])) {
      for (Value*& value : *list) value = replaced.contains(value) ? replaced.at(value) : value;
    }
  }
  Builder builder(graph(), before);
  return INGOT_TRY(builder.node(node.op().full_name(), std::move(args)))->output();
}

Result<Value*> ShadowGraph::shadow(const Unit& unit, const Node* before) {
  Value* result = INGOT_TRY(computed(unit, before));
  if (unit.last != unit.node) {
    Builder builder(graph(), before);
    std::vector<Argument> clamp(unit.last->args().begin(), unit.last->args().end());
    clamp[0] = result;
    result = INGOT_TRY(builder.call(unit.last->op().full_name(), std::move(clamp)));
  }
  return add_pair(graph(), result, parameters(unit.result()), before);
}

}  // namespace ingot::compiler
