#include "compiler/quantize/scheme.h"

#include <algorithm>
#include <utility>

namespace ingot::compiler {
namespace {

// Union-find over values. Each knows its scale over its parent's.
class Groups {
 public:
  struct Root {
    size_t index = 0;
    double factor = 1;
  };

  size_t index_of(Value* value) {
    const auto [found, is_new] = indices_.emplace(value, parents_.size());
    if (is_new) {
      parents_.push_back({found->second, 1});
      values_.push_back(value);
    }
    return found->second;
  }

  Root find(size_t index) const {
    double factor = 1;
    while (parents_[index].index != index) {
      factor *= parents_[index].factor;
      index = parents_[index].index;
    }
    return {index, factor};
  }

  // scale(b) = factor * scale(a). False where the two are related otherwise already.
  bool unite(Value* a, Value* b, double factor) {
    const Root root_a = find(index_of(a)), root_b = find(index_of(b));
    if (root_a.index == root_b.index) return root_b.factor == root_a.factor * factor;
    // Towards what came first, so that most factors are 1.
    if (root_a.index < root_b.index) {
      parents_[root_b.index] = {root_a.index, root_a.factor * factor / root_b.factor};
    } else {
      parents_[root_a.index] = {root_b.index, root_b.factor / (root_a.factor * factor)};
    }
    return true;
  }

  const std::vector<Value*>& values() const { return values_; }

 private:
  std::vector<Root> parents_;
  std::vector<Value*> values_;
  std::unordered_map<const Value*, size_t> indices_;
};

bool computes_floats(const Node& node) {
  const auto is_float = [](const Value* value) { return value->type.dtype == DType::float32; };
  return node.op().row().family != schema::Family::creation && std::ranges::any_of(node.outputs(), is_float);
}

// Probabilities that leave the graph: in steps of 1/256 there would be many equals among them.
bool is_final_softmax(const Node& node, const Uses& uses) {
  return node.is("aten::_softmax") && uses.of(node.output()).empty();
}

class SchemeMaker {
 public:
  SchemeMaker(const Graph& graph, const KeptFloat& kept) : graph_(graph), kept_(kept), uses_(graph) {}

  Scheme make() && {
    find_candidates();
    join_moves();
    fuse_clamps();
    list_units();
    group_values();
    return std::move(scheme_);
  }

 private:
  // Does it bound what an operator computes in float for it alone? Its own results then get all of the integers' range,
  // where those of the operator would leave it only a part.
  bool bounds_floats(const Node& clamp) const {
    const Node* producer = clamp.tensor(0)->producer;
    if (producer == nullptr || !reasons_.contains(producer) || !uses_.single(clamp.tensor(0))) return false;
    const Recipe* recipe = find_recipe(*producer);
    return recipe != nullptr && recipe->takes_bounds;
  }

  void leave(const Node& node, std::string reason) { reasons_[&node] = std::move(reason); }

  void find_candidates() {
    for (const auto& node : graph_.nodes()) {
      if (!computes_floats(*node)) continue;
      const Recipe* recipe = find_recipe(*node);
      if (recipe == nullptr) {
        leave(*node, "there is no 8-bit form of it");
      } else if (const auto kept = kept_.find(node.get()); kept != kept_.end()) {
        leave(*node, kept->second);
      } else if (const char* reason = obstacle(*node, uses_)) {
        leave(*node, reason);
      } else if (is_final_softmax(*node, uses_)) {
        leave(*node, "its probabilities leave the graph");
      } else if (recipe->kind == OpKind::clamp && bounds_floats(*node)) {
        continue;  // part of an operator that has been left
      } else {
        candidates_.emplace(node.get(), recipe);
        if (recipe->kind == OpKind::product || recipe->kind == OpKind::compute) scheme_.inside.insert(node.get());
      }
    }
  }

  // Data movement and clamps join where what they read is 8-bit already, or all that reads their results is.
  void join_moves() {
    const auto is_inside = [this](const Node* node) { return scheme_.inside.contains(node); };
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& [node, recipe] : candidates_) {
        if (is_inside(node)) continue;
        const std::vector<Value*> inputs = node->inputs();
        bool joins = std::ranges::any_of(
            inputs, [&](const Value* input) { return input->producer != nullptr && is_inside(input->producer); });
        if (!joins) {
          size_t users = 0;
          joins = true;
          for (const Value* output : node->outputs()) {
            const auto of = uses_.of(output);
            users += of.size();
            joins = joins && std::ranges::all_of(of, is_inside) && uses_.as_output(output) == 0;
          }
          joins = joins && users > 0;
        }
        if (joins) changed = scheme_.inside.insert(node).second || changed;
      }
    }
    for (const auto& [node, recipe] : candidates_) {
      if (!is_inside(node)) leave(*node, "nothing beside it is 8-bit");
    }
  }

  void fuse_clamps() {
    for (const auto& node : graph_.nodes()) {
      if (!scheme_.inside.contains(node.get()) || !candidates_.at(node.get())->takes_bounds) continue;
      if (!uses_.single(node->output())) continue;
      Node* user = uses_.of(node->output()).front();
      if (scheme_.inside.contains(user) && candidates_.at(user)->kind == OpKind::clamp) clamp_of_[node.get()] = user;
    }
    for (const auto& [node, clamp] : clamp_of_) fused_.insert(clamp);
  }

  void list_units() {
    for (const auto& node : graph_.nodes()) {
      if (const auto reason = reasons_.find(node.get()); reason != reasons_.end()) {
        scheme_.left.push_back({node.get(), reason->second});
      }
      if (!scheme_.inside.contains(node.get()) || fused_.contains(node.get())) continue;
      const auto clamp = clamp_of_.find(node.get());
      scheme_.units.push_back(
          {node.get(), clamp == clamp_of_.end() ? node.get() : clamp->second, candidates_.at(node.get())});
    }
  }

  static ResultRule rule_of(const Unit& unit) {
    const ResultRule rule = unit.recipe->result;
    if (rule == ResultRule::equal) return rule;
    if (unit.last != unit.node) return ResultRule::own;
    if (rule == ResultRule::scaled && !scale_factor(*unit.node)) return ResultRule::own;
    return rule;
  }

  static std::vector<Value*> results_of(const Unit& unit) {
    const bool is_list = !unit.node->op().returns().empty() && unit.node->op().returns()[0].list;
    if (!is_list) return {unit.result()};
    return {unit.node->outputs().begin(), unit.node->outputs().end()};
  }

  void group_values() {
    std::unordered_map<const Value*, ResultRule> rules;  // of what units compute
    for (const Unit& unit : scheme_.units) {
      for (Value* value : operands_of(*unit.node)) groups_.index_of(value);
      for (Value* value : results_of(unit)) {
        groups_.index_of(value);
        rules[value] = rule_of(unit);
      }
    }
    for (const Unit& unit : scheme_.units) {
      if (rule_of(unit) != ResultRule::equal) continue;
      for (Value* result : results_of(unit)) {
        for (Value* operand : operands_of(*unit.node)) groups_.unite(operand, result, 1);
      }
    }
    for (const Unit& unit : scheme_.units) {
      if (rule_of(unit) != ResultRule::scaled) continue;
      const bool united = groups_.unite(unit.node->tensor(0), unit.result(), *scale_factor(*unit.node));
      if (!united) rules[unit.result()] = ResultRule::own;
    }
    std::unordered_map<size_t, size_t> numbers;  // root -> group
    for (Value* value : groups_.values()) {
      const auto root = groups_.find(groups_.index_of(value));
      const auto [number, is_new] = numbers.emplace(root.index, scheme_.groups.size());
      if (is_new) scheme_.groups.emplace_back();
      ValueGroup& group = scheme_.groups[number->second];
      scheme_.group_of[value] = number->second;
      group.members.push_back({value, root.factor});
      const auto rule = rules.find(value);
      if (rule != rules.end() && (rule->second == ResultRule::equal || rule->second == ResultRule::scaled)) continue;
      const ResultRule source = rule == rules.end() ? ResultRule::own : rule->second;
      if (group.sources.empty()) group.fixed = source;
      if (group.fixed != source || root.factor != 1) group.fixed = ResultRule::own;
      group.sources.push_back(group.members.back());
    }
    for (ValueGroup& group : scheme_.groups) {
      if (group.fixed == ResultRule::own) group.fixed.reset();
    }
  }

  const Graph& graph_;
  const KeptFloat& kept_;
  Uses uses_;
  Scheme scheme_;
  std::unordered_map<const Node*, const Recipe*> candidates_;
  std::unordered_map<const Node*, std::string> reasons_;
  std::unordered_map<const Node*, Node*> clamp_of_;
  std::unordered_set<const Node*> fused_;
  Groups groups_;
};

}  // namespace

const std::string& layer_name(const Node& node) {
  return node.source().empty() ? node.output()->name : node.source();
}

Scheme make_scheme(const Graph& graph, const KeptFloat& kept) {
  return SchemeMaker(graph, kept).make();
}

}  // namespace ingot::compiler
