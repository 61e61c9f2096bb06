// Shape rules: how an operator's arguments decide its outputs' dtypes and shapes. A rule is a function of a Call; the
// files beside this one hold a table of them each, a family of operators a file. Rules follow PyTorch's documented
// semantics, except that operands of elementwise operators must share their dtype (the compiler converts before).
// Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// A call whose arguments fit the operator's schema (check_args). Accessors take the schema's argument names.
class Call {
 public:
  Call(const OpSchema& op, std::span<const Argument> args) : op_(op), args_(args) {}

  const OpSchema& op() const { return op_; }
  const Argument& arg(std::string_view name) const { return args_[op_.index_of(name)]; }
  bool has(std::string_view name) const { return !std::holds_alternative<std::monostate>(arg(name)); }

  const TensorType& tensor(std::string_view name) const { return std::get<Value*>(arg(name))->type; }
  // Null where the argument is none.
  const TensorType* optional_tensor(std::string_view name) const { return has(name) ? &tensor(name) : nullptr; }
  // Null elements are absent ones.
  std::vector<const TensorType*> tensors(std::string_view name) const;
  // The type of the first argument, which must be a tensor.
  const TensorType& self() const { return std::get<Value*>(args_[0])->type; }

  int64_t integer(std::string_view name) const { return std::get<int64_t>(arg(name)); }
  bool boolean(std::string_view name) const { return std::get<bool>(arg(name)); }
  double real(std::string_view name) const;
  DType dtype_or(std::string_view name, DType otherwise) const;
  // Of a symbolic integer and of a list of them.
  Dim dim(std::string_view name) const;
  Shape shape(std::string_view name) const;
  // A list of plain integers; an error where it holds symbols.
  Result<std::vector<int64_t>> ints(std::string_view name) const;

  // An axis of a tensor of that rank, negative ones counted from the end; rank 0 counts as 1.
  Result<size_t> axis(std::string_view name, size_t rank) const { return axis(name, integer(name), rank); }
  Result<size_t> axis(std::string_view name, int64_t value, size_t rank) const;
  // A list of axes as a mask of `rank` flags, none twice. None and an empty list mean all where `empty_is_all` is set.
  Result<std::vector<bool>> axes(std::string_view name, size_t rank, bool empty_is_all) const;

  // "aten::cat: argument 'tensors': ..."
  [[gnu::format(printf, 3, 4)]] std::unexpected<Error> wrong(const char* arg, const char* format, ...) const;

 private:
  const OpSchema& op_;
  std::span<const Argument> args_;
};

using Types = std::vector<TensorType>;
using ShapeRule = Result<Types> (*)(const Call& call);

struct NamedShapeRule {
  std::string_view name;  // "aten::cat", "aten::slice_copy.Tensor"
  ShapeRule rule;
};

std::span<const NamedShapeRule> elementwise_rules();
std::span<const NamedShapeRule> matmul_rules();
std::span<const NamedShapeRule> pooling_rules();
std::span<const NamedShapeRule> resizing_rules();
std::span<const NamedShapeRule> normalization_rules();
std::span<const NamedShapeRule> reduction_rules();
std::span<const NamedShapeRule> movement_rules();
std::span<const NamedShapeRule> layout_rules();
std::span<const NamedShapeRule> padding_rules();
std::span<const NamedShapeRule> creation_rules();
std::span<const NamedShapeRule> indexing_rules();
std::span<const NamedShapeRule> quantize_rules();
std::span<const NamedShapeRule> distance_rules();
std::span<const NamedShapeRule> quantized_operator_rules();
// For an elementwise operator that has no rule of its own; null for other families.
ShapeRule family_rule(schema::Family family);

// Null where there is none.
ShapeRule find_shape_rule(const OpSchema& op);

// --- What rules share.

inline bool is_integral(DType dtype) {
  return !is_floating(dtype);
}  // bool included
// Are they certainly unequal, whatever the symbols are?
bool differ(const Dim& a, const Dim& b);
// Can the size be 1 for some symbols but not for all?
bool may_be_one(const Dim& dim);
// The shape that two broadcast to; an error names `arg`.
Result<Shape> broadcast(const Call& call, const char* arg, const Shape& a, const Shape& b);
// A Scalar argument as a double.
double real_of(const Argument& scalar);
// The layout that the call's 'memory_format' asks of its result (PyTorch's formats, by number), `type`'s own where it
// says nothing; and likewise its 'dim_order'. As in TensorType: empty where contiguous.
Result<std::vector<uint8_t>> dim_order_of_format(const Call& call, const TensorType& type);
Result<std::vector<uint8_t>> dim_order_argument(const Call& call, const TensorType& type);
// A size that shows only when the values are known: a symbol of its own for these arguments, of at most `max`.
Dim found_size(const Call& call, std::initializer_list<const char*> args, const Dim& max);
// `type` laid out as `like`, where that has the same rank and a dim_order.
TensorType laid_out_as(TensorType type, const TensorType& like);
// The dtype of a tensor combined with a Scalar argument: a float makes integers float32, an int makes bools int64.
DType promote(DType dtype, const Argument& scalar);
// Fails unless dtype is floating.
Result<void> require_floating(const Call& call, const char* arg, const TensorType& type);
Result<void> require_dtype(const Call& call, const char* arg, const TensorType& type, DType dtype);
// What operators of floats and of integers share, whatever the dtype: the output of a convolution, of average pooling,
// of resizing, of a reduction.
Result<TensorType> convolved(const Call& call);
Result<TensorType> average_pooled(const Call& call);
Result<TensorType> upsampled(const Call& call);
Result<TensorType> reduced_in_dtype(const Call& call);
// int32 or int64.
Result<void> require_index(const Call& call, const char* arg, const TensorType& type);

}  // namespace ingot::compiler
