// One node of an exported program on its way into a Graph: its arguments by the operator's schema, and (as Calls) the
// operators that it becomes. Errors of code not_supported mean "well-formed, but beyond us" and are collected; all
// others end the import. A Conversion lives while its node is converted, on one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/frontend/aten/calls.h"
#include "compiler/frontend/pt2/promotion.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

// What a node gives, a Tensor[] as several values; null for one that is not available.
struct Outputs {
  Outputs(Value* value) : values{value} {}                        // NOLINT(google-explicit-constructor)
  Outputs(std::vector<Value*> list) : values(std::move(list)) {}  // NOLINT(google-explicit-constructor)
  std::vector<Value*> values;
};

using Numbers = std::unordered_set<const Value*>;

class Conversion : public Calls {
 public:
  // `args` fit the schema; `op` outlives the Conversion. `wanted` says which outputs somebody uses.
  // `numbers` are the constants that stand for Python's numbers, which promote otherwise than tensors do.
  Conversion(const OpSchema& op, std::vector<Argument> args, std::vector<bool> wanted, const Numbers& numbers,
             Builder& builder)
      : Calls(builder), op_(op), args_(std::move(args)), wanted_(std::move(wanted)), numbers_(numbers) {}

  const OpSchema& op() const { return op_; }
  const std::vector<Argument>& args() const { return args_; }
  bool wants_output(size_t i) const { return i < wanted_.size() && wanted_[i]; }

  // --- Arguments, by the schema's names. The schema must have them, of that type.
  const Argument& arg(std::string_view name) const { return args_[op_.index_of(name)]; }
  bool is_none(std::string_view name) const { return std::holds_alternative<std::monostate>(arg(name)); }
  // Null where it is none.
  Value* tensor(std::string_view name) const;
  // A tensor of floats.
  Result<Value*> floats(std::string_view name) const;
  const std::vector<Value*>& tensors(std::string_view name) const { return std::get<std::vector<Value*>>(arg(name)); }
  bool flag(std::string_view name) const { return std::get<bool>(arg(name)); }
  // Of a float, an int or a bool.
  double real(std::string_view name) const;
  const std::string& text(std::string_view name) const { return std::get<std::string>(arg(name)); }
  DType dtype_or(std::string_view name, DType otherwise) const;
  // Of a size, and of a list of sizes.
  Dim dim(std::string_view name) const;
  Shape shape(std::string_view name) const;
  // The same as numbers; not_supported where one is symbolic. A list of `count` may be written as one number.
  Result<int64_t> integer(std::string_view name) const;
  Result<std::vector<int64_t>> integers(std::string_view name) const;
  Result<std::vector<int64_t>> integers(std::string_view name, size_t count) const;
  // An axis of `x`, from the front.
  Result<size_t> axis_of(std::string_view name, const Value* x) const;
  // Those of a list of axes; all where it is none or empty.
  Result<std::vector<int64_t>> axes_of(std::string_view name, const Value* x) const;

  // Values of one dtype, the one that PyTorch computes in.
  Result<std::vector<Value*>> promoted(const std::vector<Value*>& operands);

 private:
  Operand operand_of(const Value* value) const;

  const OpSchema& op_;
  std::vector<Argument> args_;
  std::vector<bool> wanted_;
  const Numbers& numbers_;
};

}  // namespace ingot::compiler::pt2
