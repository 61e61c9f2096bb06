// The float graph and, beside it, units once more in 8 bits on the float graph's own values: what measuring layers and
// correcting biases run. For one thread; costs a copy of the nodes, and integer weights for each shadow.
#pragma once

#include <span>
#include <unordered_map>

#include "compiler/ir/copy.h"
#include "compiler/ir/graph.h"
#include "compiler/quantize/apply.h"
#include "compiler/quantize/parameters.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {

// Two more outputs of the graph, by nodes before that one (null: at the end): the mean square of `expected`, and that
// of its difference from `found`.
Result<void> add_energies(Graph& graph, Value* expected, Value* found, const Node* before);

class ShadowGraph {
 public:
  // The graph and what was decided about it outlive this.
  ShadowGraph(const Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters);

  // Without outputs but those that are added below, in their order.
  Graph& graph() { return copy_.graph; }

  // Two more outputs: the mean square of the unit's float result, and of its difference from the shadow's.
  Result<void> add_energies(const Unit& unit);
  // One more output: how much a product's float result, before its activation, exceeds the shadow's, on average for
  // each channel (dimension 1).
  Result<void> add_mean_error(const Unit& unit);

 private:
  const Node* after(const Unit& unit) const;
  AffineParameters parameters(const Value* value) const { return parameters_of(value, scheme_, parameters_); }
  Result<Value*> operand(const Value* value, const Node* before);
  // The unit's operator on 8-bit operands, its own result not rounded yet.
  Result<Value*> computed(const Unit& unit, const Node* before);
  // The unit's result in 8 bits, dequantized.
  Result<Value*> shadow(const Unit& unit, const Node* before);

  const Scheme& scheme_;
  std::span<const AffineParameters> parameters_;
  GraphCopy copy_;
  std::unordered_map<const Node*, const Node*> next_;
  std::unordered_map<const Value*, Value*> operands_;  // by the original value
};

}  // namespace ingot::compiler
