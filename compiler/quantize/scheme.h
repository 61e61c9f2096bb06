// What of a graph is computed in 8 bits: its units, and the values between them, in groups that share their parameters.
// A scheme only looks at the graph; it holds pointers into it, and is valid as long as the graph is not edited. For one
// thread; cost linear in the graph.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/quantize/recipes.h"

namespace ingot::compiler {

// One operator in 8 bits: it reads dequantized values, and its results are quantized.
struct Unit {
  Node* node = nullptr;
  Node* last = nullptr;  // the clamp that is part of it, or node itself
  const Recipe* recipe = nullptr;

  Value* result() const { return last->output(); }
  // Neither data movement nor a clamp of its own: what a report lists.
  bool is_layer() const { return recipe->kind == OpKind::product || recipe->kind == OpKind::compute; }
};

// Values whose integers mean the same: a number of the group's scale and zero point, times a factor for each value.
struct ValueGroup {
  struct Member {
    Value* value = nullptr;
    double factor = 1;  // the value's scale is the group's times this
  };
  std::vector<Member> members;
  // Those whose numbers decide the parameters: what is computed, given, or constant, not what is moved about.
  std::vector<Member> sources;
  // Set where every source is an operator with this rule: unit or signed_unit.
  std::optional<ResultRule> fixed;
};

struct FloatNode {
  const Node* node = nullptr;
  std::string reason;
};

struct Scheme {
  std::vector<Unit> units;  // in execution order
  std::vector<ValueGroup> groups;
  std::unordered_map<const Value*, size_t> group_of;
  // The last nodes of units, by result; and every node of a unit.
  std::unordered_set<const Node*> inside;
  // Float computations that stay so, in execution order.
  std::vector<FloatNode> left;

  // Is the value computed by a unit (so that everybody reads its integers)?
  bool is_computed(const Value* value) const {
    return value->producer != nullptr && inside.contains(value->producer) && group_of.contains(value);
  }
};

// What reports call a node: its source name, or that of its result where it has none.
const std::string& layer_name(const Node& node);

// Nodes that stay float, and why.
using KeptFloat = std::unordered_map<const Node*, std::string>;
Scheme make_scheme(const Graph& graph, const KeptFloat& kept);

}  // namespace ingot::compiler
