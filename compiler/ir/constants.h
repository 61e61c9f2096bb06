// Reading and making constants as numbers, whatever their dtype. Plain functions; cost linear in the elements.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// The elements in order, of a constant of the graph.
std::vector<double> load_numbers(const Value& constant);
// A new constant with these elements, as many as the type has.
Value* add_numbers(Graph& graph, std::string_view name, const TensorType& type, const std::vector<double>& numbers);
// A new constant with the elements of another in runs of `run`, each run times a factor; the factors are taken in turn,
// over and over.
Value* add_scaled(Graph& graph, std::string_view name, const Value& constant, size_t run,
                  const std::vector<double>& factors);
// The number that every element of the constant equals (0 and -0 apart); nothing for other values, for NaN, and where
// there is no element.
std::optional<double> uniform_number(const Value* value);

}  // namespace ingot::compiler
