// One sweep of changes over a Graph: a pass looks at the nodes as they stood when the sweep began, adds nodes where it
// likes, and says which Values stand for which; commit() then replaces all uses at once and drops what nothing uses any
// more. A pass that may enable itself sweeps again until nothing changes. For one thread; a sweep costs time linear in
// the graph.
#pragma once

#include <unordered_map>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

// Erases nodes none of whose results is used, over and over, and constants without users. True where there were any.
bool remove_dead(Graph& graph);

// The nodes in their order, safe to walk while nodes are added.
std::vector<Node*> node_list(const Graph& graph);

class Rewrite {
 public:
  explicit Rewrite(Graph& graph) : graph_(graph), nodes_(node_list(graph)), uses_(graph) {}

  const std::vector<Node*>& nodes() const { return nodes_; }
  // As of the beginning of the sweep.
  const Uses& uses() const { return uses_; }
  // Adds nodes before `node`, under its source name.
  Builder before(const Node& node) const;

  // May `value` stand for `old`? Not where an output of the graph would become an input or a constant: those stay
  // copies.
  bool can_replace(const Value* old, const Value* value) const;
  // Everything that uses `old` uses `value` from commit() on, which must equal it.
  void replace(const Value* old, Value* value) { replacements_[old] = value; }
  bool changed() const { return !replacements_.empty(); }
  // True where something was replaced.
  bool commit();

 private:
  Graph& graph_;
  std::vector<Node*> nodes_;
  Uses uses_;
  std::unordered_map<const Value*, Value*> replacements_;
};

}  // namespace ingot::compiler
