// Calls of ATen operators that front ends have in common: each gives a Value in the graph, or the operand itself where
// nothing would change. Errors of code not_supported mean "well-formed, but beyond us". Lives while a node of the
// source model is converted, on one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

// Sizes of a tensor as a file gives them: none negative, none over int32, and their bytes fit.
Result<TensorType> checked_type(DType dtype, const std::vector<int64_t>& sizes);

class Calls {
 public:
  explicit Calls(Builder& builder) : builder_(builder) {}

  Builder& builder() { return builder_; }
  Result<Value*> call(std::string_view op, std::vector<Argument> args);
  // The first output of an operator that has several.
  Result<Value*> first_of(std::string_view op, std::vector<Argument> args);

  // Each gives `x` itself where nothing would change.
  Result<Value*> view(Value* x, const Shape& shape);
  Result<Value*> permute(Value* x, const std::vector<int64_t>& order);
  Result<Value*> expand(Value* x, const Shape& shape);
  Result<Value*> cast(Value* x, DType dtype);
  // Elements start, start + step, ... below end along an axis.
  Result<Value*> slice(Value* x, size_t axis, const Dim& start, const Dim& end, int64_t step = 1);
  // Pads (or, where negative, crops) each axis by before[i] and after[i] with a value.
  Result<Value*> pad(Value* x, const std::vector<int64_t>& before, const std::vector<int64_t>& after, Argument value);
  // Binary operators with a scalar constant of x's dtype.
  Result<Value*> add(Value* x, double scalar);
  Result<Value*> multiply(Value* x, double scalar);
  // A constant of shape [] and that dtype.
  Value* scalar(DType dtype, double value) { return builder_.scalar("scalar", dtype, value); }

  // Fails where a constant of that many elements, made up during the import, would be unreasonably large.
  static Result<void> check_made_up(int64_t elements);
  // `axis` counted from the front; an error where it is not in [-rank, rank).
  static Result<size_t> axis(int64_t axis, size_t rank);
  // Those of a list; an error where one comes twice.
  static Result<std::vector<size_t>> axes(const std::vector<int64_t>& axes, size_t rank);
  // The size of x along an axis as a number; not_supported where it is symbolic, invalid_file where there is none.
  static Result<int64_t> size(const Value* x, size_t axis);

 private:
  Builder& builder_;
};

}  // namespace ingot::compiler
