// Symbolic numbers of an exported program: expressions over the sizes of its inputs, and the arithmetic that its graph
// does on them. Sizes become Dims; floats and bools must be known when the program is compiled. Plain functions.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "compiler/ir/dim.h"
#include "runtime/core/error.h"

namespace ingot::compiler::pt2 {

// Symbol to size.
using Symbols = std::map<std::string, Dim, std::less<>>;
// What a symbolic argument stands for.
using SymbolicNumber = std::variant<Dim, double, bool>;

// The name where the expression is a symbol alone, else empty: "Symbol('s77', positive=True, integer=True)" is "s77".
std::string symbol_name(std::string_view expression);
// For people: "s77", "2*s0 + 1" as the archive spells it, shortened.
std::string readable(std::string_view expression);

// An expression of sums, products, quotients, ... in SymPy's words; not_supported where it has a symbol that `symbols`
// does not, or a function that sizes have no use for.
Result<Dim> evaluate(std::string_view expression, const Symbols& symbols);

// Does a call of this target ("_operator.mul", "torch.sym_max") compute with symbolic numbers alone?
bool is_symbolic_function(std::string_view target);
// Its result. not_supported where it depends on sizes that are known only when the program runs in a way that a size
// cannot say.
Result<SymbolicNumber> call_symbolic(std::string_view target, std::span<const SymbolicNumber> args);

}  // namespace ingot::compiler::pt2
