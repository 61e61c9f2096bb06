// Sizes that are known only when the program runs, as instructions that compute them from the sizes of the inputs: what
// an operator takes as a symbolic integer becomes a value of the program. Each expression is computed once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/emit/values.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

class SizeEmitter {
 public:
  // Appends an instruction that calls a primitive operator; the last argument is its result.
  using Call = std::function<void(std::string_view operator_name, const std::vector<int32_t>& args)>;

  // All of these outlive it.
  SizeEmitter(const Graph& graph, ValueTable& values, Call call)
      : graph_(graph), values_(values), call_(std::move(call)) {}

  // The index of the value that holds the size. not_supported where a symbol is no input's size by itself.
  Result<int32_t> value_of(const Dim& dim);

 private:
  Result<int32_t> factor(const DimFactor& factor);
  Result<int32_t> input_size(const std::string& symbol);
  int32_t binary(std::string_view operator_name, int32_t a, int32_t b);

  const Graph& graph_;
  ValueTable& values_;
  Call call_;
  std::map<std::string, int32_t> known_;  // by the expression's text
};

}  // namespace ingot::compiler
