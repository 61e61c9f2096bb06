#include "compiler/ir/rewrite.h"

#include <algorithm>
#include <unordered_set>

namespace ingot::compiler {

std::vector<Node*> node_list(const Graph& graph) {
  std::vector<Node*> nodes;
  nodes.reserve(graph.nodes().size());
  for (const auto& node : graph.nodes()) nodes.push_back(node.get());
  return nodes;
}

bool remove_dead(Graph& graph) {
  const size_t values_before = graph.values().size();
  std::unordered_set<const Value*> used(graph.outputs().begin(), graph.outputs().end());
  std::vector<Node*> dead;
  // Users come after what they use, so that one walk from the end finds all.
  const std::vector<Node*> nodes = node_list(graph);
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
    Node* node = *it;
    if (std::ranges::any_of(node->outputs(), [&](const Value* output) { return used.contains(output); })) {
      for (const Value* input : node->inputs()) used.insert(input);
    } else {
      dead.push_back(node);
    }
  }
  if (!dead.empty()) graph.erase(dead);
  graph.drop_unused_constants();
  return graph.values().size() != values_before || !dead.empty();
}

Builder Rewrite::before(const Node& node) const {
  Builder builder(graph_, &node);
  builder.set_source(node.source());
  return builder;
}

bool Rewrite::can_replace(const Value* old, const Value* value) const {
  for (auto next = replacements_.find(value); next != replacements_.end(); next = replacements_.find(value)) {
    value = next->second;
  }
  return value->kind == Value::Kind::result || uses_.as_output(old) == 0;
}

bool Rewrite::commit() {
  if (replacements_.empty()) return false;
  graph_.replace_uses(replacements_);
  replacements_.clear();
  remove_dead(graph_);
  return true;
}

}  // namespace ingot::compiler
