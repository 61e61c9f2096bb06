#include "compiler/ir/verify.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "compiler/ir/builder.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/shape_rules/shape_rule.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler {
namespace {

std::unexpected<Error> broken(const Value& value, const char* what) {
  return fail(ErrorCode::internal, "value '%s' of %s %s", value.name.c_str(), to_string(value.type).c_str(), what);
}

std::unexpected<Error> broken(const Node& node, const char* what) {
  return fail(ErrorCode::internal, "node '%s' (%s) %s", node.source().c_str(), node.op().full_name().c_str(), what);
}

bool same_types(const TensorType& a, const TensorType& b) {
  if (a.dtype != b.dtype || a.rank() != b.rank() || a.dim_order != b.dim_order) return false;
  for (size_t i = 0; i < a.rank(); ++i) {
    if (differ(a.shape[i], b.shape[i])) return false;
  }
  return true;
}

class Verifier {
 public:
  Verifier(const Graph& graph, Stage stage, Target target) : graph_(graph), stage_(stage), target_(target) {}

  Result<void> run() {
    INGOT_TRY_VOID(check_values());
    for (const auto& node : graph_.nodes()) INGOT_TRY_VOID(check_node(*node));
    for (const Value* output : graph_.outputs()) {
      if (output == nullptr || !defined_.contains(output)) {
        return fail(ErrorCode::internal, "an output of graph '%s' is not defined", graph_.name().c_str());
      }
    }
    if (!graph_.output_names.empty() && graph_.output_names.size() != graph_.outputs().size()) {
      return fail(ErrorCode::internal, "graph '%s' has %zu outputs and %zu names for them", graph_.name().c_str(),
                  graph_.outputs().size(), graph_.output_names.size());
    }
    return stage_ == Stage::canonical || stage_ == Stage::partitioned ? check_used() : Result<void>();
  }

 private:
  Result<void> check_type(const Value& value) {
    const TensorType& type = value.type;
    if (size_of(type.dtype) == 0) return broken(value, "has no dtype");
    if (type.rank() > kMaxRank) return broken(value, "has too many dimensions");
    for (const Dim& dim : type.shape) {
      if (dim.max() < 0 || dim.max() > INT32_MAX) return broken(value, "has a size outside [0, 2147483647]");
    }
    if (type.dim_order.empty()) return {};
    std::vector<uint8_t> order = type.dim_order;
    std::ranges::sort(order);
    bool permutation = order.size() == type.rank();
    for (size_t i = 0; permutation && i < order.size(); ++i) permutation = order[i] == i;
    if (!permutation) return broken(value, "has a dim_order that is no permutation of its dimensions");
    return {};
  }

  // Values by themselves; afterwards inputs and constants count as defined.
  Result<void> check_values() {
    std::unordered_set<std::string_view> names;
    std::unordered_set<const Value*> inputs(graph_.inputs().begin(), graph_.inputs().end());
    if (inputs.size() != graph_.inputs().size()) {
      return fail(ErrorCode::internal, "graph '%s' names an input twice", graph_.name().c_str());
    }
    size_t found_inputs = 0;
    for (const auto& value : graph_.values()) {
      if (value->name.empty() || !names.insert(value->name).second) return broken(*value, "has no name of its own");
      INGOT_TRY_VOID(check_type(*value));
      const bool is_input = value->kind == Value::Kind::input;
      if (is_input != inputs.contains(value.get())) return broken(*value, "is not among the inputs as its kind says");
      if (is_input) ++found_inputs;
      if ((value->kind == Value::Kind::result) != (value->producer != nullptr)) {
        return broken(*value, "has a producer that does not fit its kind");
      }
      if (value->is_constant()) {
        if (!is_static(value->type.shape)) return broken(*value, "is a constant of unknown size");
        if (value->data.size() != value->type.max_nbytes()) return broken(*value, "does not hold as many bytes");
      }
      if (value->kind != Value::Kind::result) defined_.insert(value.get());
    }
    if (found_inputs != inputs.size()) {
      return fail(ErrorCode::internal, "graph '%s' has an input that is not its own", graph_.name().c_str());
    }
    return {};
  }

  Result<void> check_node(const Node& node) {
    // Fits first: only then are the pointers inside the arguments known not to be null.
    if (auto fits = check_args(node.op(), node.args()); !fits) return broken(node, fits.error().message());
    for (const Value* input : node.inputs()) {
      if (!defined_.contains(input)) return broken(node, "uses a value that is not defined before it");
      used_.insert(input);
    }
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      const Value* output = node.output(i);
      if (output == nullptr || output->producer != &node || output->output_index != i) {
        return broken(node, "has an output that does not know it");
      }
      defined_.insert(output);
    }
    if (node.delegate_call() != nullptr || &node.op() == &delegate_call_schema()) return check_delegate_call(node);

    const Result<std::vector<TensorType>> types = infer_types(node.op(), node.args());
    if (!types) return broken(node, types.error().message());
    if (types->size() != node.outputs().size()) return broken(node, "has the wrong number of outputs");
    for (size_t i = 0; i < types->size(); ++i) {
      if (!same_types((*types)[i], node.output(i)->type)) {
        return fail(ErrorCode::internal, "node '%s' (%s): output %zu is %s, its shape rule says %s",
                    node.source().c_str(), node.op().full_name().c_str(), i, to_string(node.output(i)->type).c_str(),
                    to_string((*types)[i]).c_str());
      }
    }
    return stage_ == Stage::partitioned ? check_target(node) : Result<void>();
  }

  Result<void> check_delegate_call(const Node& node) const {
    if (stage_ < Stage::delegated) return broken(node, "stands in a graph that is not partitioned yet");
    if (node.delegate_call() == nullptr || &node.op() != &delegate_call_schema()) {
      return broken(node, "is only half a delegate call");
    }
    if (node.delegate_call()->backend_id.empty()) return broken(node, "does not name its delegate");
    return {};
  }

  Result<void> check_target(const Node& node) const {
    if (target_ == Target::executorch && !node.op().row().executorch) {
      return broken(node, "is not an operator that ExecuTorch registers");
    }
    if (target_ == Target::ingot && !has_kernel(node.op())) return broken(node, "has no kernel");
    return {};
  }

  Result<void> check_used() {
    used_.insert(graph_.outputs().begin(), graph_.outputs().end());
    for (const auto& node : graph_.nodes()) {
      const bool used = std::ranges::any_of(node->outputs(), [&](const Value* v) { return used_.contains(v); });
      if (!used) return broken(*node, "is dead: nothing uses its results");
    }
    for (const auto& value : graph_.values()) {
      if (value->is_constant() && !used_.contains(value.get())) return broken(*value, "is a constant without users");
    }
    return {};
  }

  const Graph& graph_;
  Stage stage_;
  Target target_;
  std::unordered_set<const Value*> defined_;
  std::unordered_set<const Value*> used_;
};

}  // namespace

Result<void> verify(const Graph& graph, Stage stage, Target target) {
  return Verifier(graph, stage, target).run();
}

}  // namespace ingot::compiler
