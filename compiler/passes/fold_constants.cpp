#include <algorithm>
#include <unordered_map>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

bool is_foldable(const Graph& graph, const Node& node) {
  if (node.delegate_call() != nullptr) return false;
  // Weights stay small: delegates take the integers together with their scale.
  if (node.op().row().name.find("::dequantize_") != std::string_view::npos) return false;
  if (!std::ranges::all_of(node.inputs(), &Value::is_constant)) return false;
  std::vector<TensorType> types;
  for (const Value* output : node.outputs()) {
    if (!is_static(output->type.shape)) return false;
    // A result of the model stays computed.
    if (std::ranges::find(graph.outputs(), output) != graph.outputs().end()) return false;
    types.push_back(output->type);
  }
  return worth_folding(node.args(), types);
}

}  // namespace

Result<bool> fold_constants(Graph& graph, Target) {
  bool changed = false;
  for (Node* node : node_list(graph)) {
    if (!is_foldable(graph, *node)) continue;
    const Result<std::vector<Bytes>> results = evaluate(*node);
    // No kernel, or one that refuses these values: then the node says so when it is run, if ever.
    if (!results) continue;
    std::unordered_map<const Value*, Value*> constants;
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      const Value* output = node->output(i);
      constants[output] = graph.add_constant(output->name, output->type, (*results)[i]);
    }
    graph.replace_uses(constants);
    changed = true;
  }
  if (changed) remove_dead(graph);
  return changed;
}

}  // namespace ingot::compiler
