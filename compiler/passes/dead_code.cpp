#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {

Result<bool> dead_code(Graph& graph, Target) {
  return remove_dead(graph);
}

}  // namespace ingot::compiler
