#include "compiler/ir/copy.h"

#include <utility>
#include <vector>

namespace ingot::compiler {

GraphCopy copy_part(std::string name, std::span<const Node* const> nodes, std::span<Value* const> inputs,
                    std::span<Value* const> outputs) {
  GraphCopy copy{Graph(std::move(name)), {}};
  Graph& graph = copy.graph;
  for (const Value* input : inputs) copy.values[input] = graph.add_input(input->name, input->type);
  const auto copy_of = [&](Value* value) -> Value* {
    if (value == nullptr) return nullptr;
    Value*& found = copy.values[value];
    if (found == nullptr) found = graph.add_constant(value->name, value->type, value->data);
    return found;
  };
  for (const Node* node : nodes) {
    std::vector<Argument> args(node->args().begin(), node->args().end());
    for (Argument& arg : args) {
      if (Value** value = std::get_if<Value*>(&arg)) {
        *value = copy_of(*value);
      } else if (auto* list = std::get_if<std::vector<Value*>>(&arg)) {
        for (Value*& value_in_list : *list) value_in_list = copy_of(value_in_list);
      }
    }
    std::vector<TensorType> types;
    for (const Value* output : node->outputs()) types.push_back(output->type);
    const Node* copied = graph.add_node(node->op(), std::move(args), types, node->source());
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      copy.values[node->output(i)] = copied->output(i);
      graph.rename(copied->output(i), node->output(i)->name);
    }
  }
  for (Value* output : outputs) graph.outputs().push_back(copy_of(output));
  return copy;
}

GraphCopy copy_graph(const Graph& graph) {
  std::vector<const Node*> nodes;
  nodes.reserve(graph.nodes().size());
  for (const auto& node : graph.nodes()) nodes.push_back(node.get());
  GraphCopy copy = copy_part(graph.name(), nodes, graph.inputs(), graph.outputs());
  copy.graph.output_names = graph.output_names;
  return copy;
}

}  // namespace ingot::compiler
