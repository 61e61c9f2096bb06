// If. Programs have no branches: where the condition is known it becomes its branch, else both branches and a choice
// between their results.
#include <string>
#include <vector>

#include "compiler/frontend/onnx/graph_import.h"
#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/selection.h"

namespace ingot::compiler::onnx_import {
namespace {

using Values = std::vector<Value*>;

// One branch whose results count where `condition` is true.
Result<Values> run_branch(Conversion& c, const onnx::GraphProto& branch, Value* condition) {
  const size_t first = c.builder().graph().nodes().size();
  Values results = INGOT_TRY(c.importer().run(branch, {}, c.num_outputs()));
  INGOT_TRY_VOID(guard_nodes(c, first, condition));
  return results;
}

}  // namespace

Result<Outputs> convert_if(Conversion& c) {
  const onnx::GraphProto* then_branch = INGOT_TRY(c.graph("then_branch"));
  const onnx::GraphProto* else_branch = INGOT_TRY(c.graph("else_branch"));
  if (c.input(0)->is_constant()) {
    const bool taken = INGOT_TRY(known_condition(c.input(0)));
    return c.importer().run(taken ? *then_branch : *else_branch, {}, c.num_outputs());
  }
  Value* condition = INGOT_TRY(scalar_condition(c, c.input(0)));
  Value* opposite = INGOT_TRY(c.call("aten::logical_not", {condition}));
  // Both, before either is refused: what is not supported in them is reported at once.
  const Result<Values> then_values = run_branch(c, *then_branch, condition);
  const Result<Values> else_values = run_branch(c, *else_branch, opposite);
  INGOT_TRY_VOID(then_values);
  INGOT_TRY_VOID(else_values);
  Values results;
  for (size_t i = 0; i < c.num_outputs(); ++i) {
    const std::string what = "its output " + std::to_string(i);
    results.push_back(
        INGOT_TRY(select(c, c.importer(), condition, (*then_values)[i], (*else_values)[i], what.c_str())));
  }
  return results;
}

}  // namespace ingot::compiler::onnx_import
