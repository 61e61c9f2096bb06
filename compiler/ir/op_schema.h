// Operators as the compiler uses them: the rows of schema/operators.h with their schema text parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/operators.h"

namespace ingot::compiler {

struct ArgSpec {
  enum class Type : uint8_t {
    tensor,
    tensor_list,  // Tensor[] and Tensor?[]
    scalar,       // int64_t, double or bool, as written
    integer,      // int, SymInt (then a Dim serves too), and enums such as MemoryFormat
    real,
    boolean,
    string,
    dtype,
    int_list,  // int[], SymInt[] (then a Shape serves too)
    double_list,
    bool_list,
  };

  std::string name;
  Type type = Type::tensor;
  bool optional = false;           // may be none
  bool optional_elements = false;  // Tensor?[]
  bool symbolic = false;           // SymInt or SymInt[]
  bool keyword_only = false;
  size_t fixed_size = 0;                     // int[2]: a single int stands for all
  std::optional<std::string> default_value;  // as written
};

struct ReturnSpec {
  bool list = false;  // Tensor[]
};

class OpSchema {
 public:
  const schema::Operator& row() const { return *row_; }
  // "aten::add.Tensor"; without a dot where the overload is empty.
  const std::string& full_name() const { return full_name_; }
  const std::vector<ArgSpec>& args() const { return args_; }
  const std::vector<ReturnSpec>& returns() const { return returns_; }
  // Position of the argument of that name; the name must exist.
  size_t index_of(std::string_view name) const;
  // Does the name exist?
  bool has(std::string_view name) const;

 private:
  friend std::vector<OpSchema> parse_ops(std::span<const schema::Operator> rows);
  friend const OpSchema& delegate_call_schema();
  const schema::Operator* row_ = nullptr;
  std::string full_name_;
  std::vector<ArgSpec> args_;
  std::vector<ReturnSpec> returns_;
};

// The rows of a table (which outlives the result), parsed, in its order. A row that cannot be read is a mistake in this
// build and ends the program.
std::vector<OpSchema> parse_ops(std::span<const schema::Operator> rows);

// Every row of the table, parsed once, in the table's order.
const std::vector<OpSchema>& all_ops();
// Null where the table has no such operator.
const OpSchema* find_op(std::string_view full_name);
// The operator of delegate call nodes: executorch_call_delegate(Tensor[] inputs) -> Tensor[].
const OpSchema& delegate_call_schema();

}  // namespace ingot::compiler
