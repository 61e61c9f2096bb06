// Sizes that are open until the program runs, on their way through a model's shape arithmetic: what Shape gives,
// Gather, Concat, Add and their like work on, and Reshape, Expand, Slice and ConstantOfShape use. Lists whose elements
// turn out to be numbers become constants; the others are held here as Dims and no node of the graph ever reads them.
#pragma once

#include <span>
#include <unordered_map>

#include "compiler/frontend/onnx/conversion.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

class OpenSizes {
 public:
  // Is this value a list of open sizes?
  bool holds(const Value* value) const { return sizes_.contains(value); }
  // Has the node to do with them: does it read some, or ask for the shape of what has some?
  bool concerns(std::string_view operator_name, std::span<Value* const> inputs) const;
  // Converts such a node. not_supported where it does more with sizes than the operators above.
  Result<Outputs> convert(Conversion& c);

 private:
  Result<Shape> elements(const Conversion& c, size_t input, const char* what) const;
  // The list, or with `scalar` the one size, as a value.
  Value* value_of(Conversion& c, const Shape& sizes, bool scalar);
  Result<Value*> shape_of(Conversion& c);
  Result<Value*> gather(Conversion& c);
  Result<Value*> concat(Conversion& c);
  Result<Value*> slice_list(Conversion& c);
  Result<Value*> slice(Conversion& c);
  Result<Value*> binary(Conversion& c);
  Result<Value*> equal(Conversion& c);
  Result<Value*> where(Conversion& c);
  Result<Value*> use(Conversion& c);
  Result<Value*> compute(Conversion& c);

  Graph held_;  // owns the values that stand for lists
  std::unordered_map<const Value*, Shape> sizes_;
};

// movement.cpp. ONNX's Reshape (-1 for one size that follows, 0 for one that is kept unless allow_zero) and Expand.
Result<Value*> reshape_to(Conversion& c, Value* x, const Shape& target, bool allow_zero);
Result<Value*> expand_to(Conversion& c, Value* x, const Shape& target);
// resize.cpp. ONNX's Resize of opset 11 and later by these sizes.
Result<Outputs> resize_to(Conversion& c, const Shape& sizes);

}  // namespace ingot::compiler::onnx_import
