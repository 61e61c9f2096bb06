// Arguments of an archive's nodes as arguments of an operator: each is read as its place in the schema asks. For one
// thread.
#pragma once

#include <span>
#include <vector>

#include "compiler/frontend/pt2/conversion.h"
#include "compiler/frontend/pt2/program.h"
#include "compiler/frontend/pt2/scope.h"
#include "compiler/ir/builder.h"

namespace ingot::compiler::pt2 {

class ArgumentReader {
 public:
  // Numbers that stand where the schema asks for a tensor become constants, which are added to `numbers`.
  ArgumentReader(Scope& scope, Numbers& numbers, Builder& builder)
      : scope_(scope), numbers_(numbers), builder_(builder) {}

  // All arguments of a call in the schema's order, defaults filled in, each of the schema's type. not_supported for an
  // argument that the schema does not know.
  Result<std::vector<Argument>> read(const OpSchema& op, std::span<const NamedProgramArg> given);

  // A number: a literal, or what a symbolic one stands for.
  Result<SymbolicNumber> number(const ProgramArg& arg) const;

 private:
  Result<Argument> read_one(const ArgSpec& spec, const ProgramArg& arg);
  Result<Argument> tensor(const ProgramArg& arg);
  Result<Argument> tensor_list(const TensorListArg& list) const;
  Result<Argument> int_list(const IntListArg& list) const;

  Scope& scope_;
  Numbers& numbers_;
  Builder& builder_;
};

}  // namespace ingot::compiler::pt2
