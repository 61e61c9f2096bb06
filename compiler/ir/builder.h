// Adds nodes to a Graph: fills in default arguments, checks them against the operator's schema and infers the outputs'
// types by its shape rule. Calls whose inputs are all constants are evaluated on the spot when folding is on, so that
// shape arithmetic never reaches the graph.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// The types of a call's outputs, or an error that says which argument is wrong. Source of the rules: PyTorch's
// documented operator semantics. A rule is found by the operator's name, else by its family (compiler/ir/shape_rules/).
Result<std::vector<TensorType>> infer_types(const OpSchema& op, std::span<const Argument> args);

// `args` completed by the schema's defaults and converted to the types that it asks for (an int where a Scalar or float
// is wanted, a single int for int[2], static Dims for ints), or an error that names the argument.
Result<std::vector<Argument>> complete_args(const OpSchema& op, std::vector<Argument> args);

// What an argument is that a call leaves off: its default, or none where it is optional; nothing where it must be
// given.
std::optional<Argument> default_argument(const ArgSpec& spec);

// Are these arguments as complete_args leaves them: as many as the schema has, each of its type?
Result<void> check_args(const OpSchema& op, std::span<const Argument> args);

class Builder {
 public:
  // Nodes are appended, or inserted before `before`.
  explicit Builder(Graph& graph, const Node* before = nullptr) : graph_(graph), before_(before) {}

  Graph& graph() { return graph_; }
  // The source name that new nodes get.
  void set_source(std::string source) { source_ = std::move(source); }
  void set_before(const Node* before) { before_ = before; }
  // With folding, call() gives a constant where every tensor that it reads is one, a kernel is there, and the result is
  // not much larger than what it was made from.
  void set_folding(bool folding) { folding_ = folding; }

  // A call of `op` ("aten::add.Tensor"). Positional arguments in schema order, keyword-only ones after them; trailing
  // ones may be left off where they have defaults.
  Result<Node*> node(std::string_view op, std::vector<Argument> args);
  // The same for operators with one output.
  Result<Value*> call(std::string_view op, std::vector<Argument> args);

  // Constants. Scalars have shape [] unless said.
  Value* constant(std::string_view name, TensorType type, Bytes data);
  Value* constant_f32(std::string_view name, const std::vector<int64_t>& sizes, const std::vector<float>& values);
  Value* constant_i64(std::string_view name, const std::vector<int64_t>& sizes, const std::vector<int64_t>& values);
  // A scalar of the given dtype (the value converted to it).
  Value* scalar(std::string_view name, DType dtype, double value);

 private:
  Graph& graph_;
  const Node* before_;
  std::string source_;
  bool folding_ = false;
};

}  // namespace ingot::compiler
