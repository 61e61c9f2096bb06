#include <string>
#include <string_view>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

// The value of the node's output, computed by other operators.
using Decomposition = Result<Value*> (*)(const Node& node, Builder& builder);

// x * clamp(x + 3, 0, 6) / 6
Result<Value*> hardswish(const Node& node, Builder& builder) {
  Value* x = node.tensor(0);
  Value* sum = INGOT_TRY(builder.call("aten::add.Scalar", {x, 3.0}));
  Value* bounded = INGOT_TRY(builder.call("aten::hardtanh", {sum, 0.0, 6.0}));
  Value* product = INGOT_TRY(builder.call("aten::mul.Tensor", {x, bounded}));
  return builder.call("aten::div.Scalar", {product, 6.0});
}

// where(x > 0, x, x * weight)
Result<Value*> prelu(const Node& node, Builder& builder) {
  Value* x = node.tensor(0);
  Value* positive = INGOT_TRY(builder.call("aten::gt.Scalar", {x, 0.0}));
  Value* scaled = INGOT_TRY(builder.call("aten::mul.Tensor", {x, node.tensor("weight")}));
  return builder.call("aten::where.self", {positive, x, scaled});
}

struct Rule {
  std::string_view op;
  Decomposition decompose;
};

constexpr Rule kRules[] = {
    {"aten::hardswish", hardswish},
    {"aten::_prelu_kernel", prelu},
};

bool may_be_emitted(const OpSchema& op, Target target) {
  return target == Target::executorch ? op.row().executorch : has_kernel(op);
}

Decomposition decomposition_of(const Node& node) {
  for (const Rule& rule : kRules) {
    if (node.is(rule.op)) return rule.decompose;
  }
  return nullptr;
}

}  // namespace

Result<bool> decompose_for_target(Graph& graph, Target target) {
  Rewrite rewrite(graph);
  std::string left;
  for (const Node* node : rewrite.nodes()) {
    if (node->delegate_call() != nullptr || may_be_emitted(node->op(), target)) continue;
    if (const Decomposition decompose = decomposition_of(*node)) {
      Builder builder = rewrite.before(*node);
      rewrite.replace(node->output(), INGOT_TRY(decompose(*node, builder)));
    } else {
      left += (left.empty() ? "" : ", ") + node->source() + " (" + node->op().full_name() + ")";
    }
  }
  if (!left.empty()) {
    return fail(ErrorCode::not_supported, "the target has no operator for %s", left.c_str());
  }
  return rewrite.commit();
}

}  // namespace ingot::compiler
