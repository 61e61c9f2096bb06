#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

bool is_view(const Value* value) {
  return value->producer != nullptr && value->producer->is("aten::view_copy");
}

}  // namespace

Result<bool> merge_reshapes(Graph& graph, Target) {
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    if (!node->is("aten::view_copy") || !is_view(node->tensor(0))) continue;
    Value* first = node->tensor(0);
    while (is_view(first)) first = first->producer->tensor(0);
    const TensorType& type = node->output()->type;
    if (first->type == type) {
      if (rewrite.can_replace(node->output(), first)) rewrite.replace(node->output(), first);
      continue;
    }
    // The sizes that the node came to: an open one of the last view need not be open over the first input.
    Value* view = INGOT_TRY(rewrite.before(*node).call("aten::view_copy", {first, type.shape}));
    rewrite.replace(node->output(), view);
  }
  return rewrite.commit();
}

}  // namespace ingot::compiler
