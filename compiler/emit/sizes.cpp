#include "compiler/emit/sizes.h"

#include <optional>

namespace ingot::compiler {

int32_t SizeEmitter::binary(std::string_view operator_name, int32_t a, int32_t b) {
  const int32_t result = values_.computed_integer();
  call_(operator_name, {a, b, result});
  return result;
}

Result<int32_t> SizeEmitter::input_size(const std::string& symbol) {
  for (const Value* input : graph_.inputs()) {
    for (size_t i = 0; i < input->type.rank(); ++i) {
      const Dim& dim = input->type.shape[i];
      if (dim.is_static() || dim.str() != symbol) continue;
      const auto [known, added] = known_.emplace(symbol, 0);
      const int32_t index = values_.integer(static_cast<int64_t>(i));
      if (added) known->second = binary("aten::sym_size.int", values_.tensor(input), index);
      return known->second;
    }
  }
  return fail(ErrorCode::not_supported, "the size %s is needed when the program runs, and no input has it",
              symbol.c_str());
}

Result<int32_t> SizeEmitter::factor(const DimFactor& factor) {
  if (factor.kind == DimFactor::Kind::symbol) return input_size(factor.symbol);
  const int32_t a = INGOT_TRY(value_of(factor.a));
  const int32_t b = INGOT_TRY(value_of(factor.b));
  switch (factor.kind) {
    case DimFactor::Kind::floor_div:
      return binary("executorch_prim::floordiv.Scalar", a, b);
    case DimFactor::Kind::max:
      return binary("executorch_prim::sym_max.Scalar", a, b);
    case DimFactor::Kind::min:
      return binary("executorch_prim::sym_min.Scalar", a, b);
    case DimFactor::Kind::product:
    case DimFactor::Kind::symbol:
      break;
  }
  return binary("executorch_prim::mul.Scalar", a, b);
}

Result<int32_t> SizeEmitter::value_of(const Dim& dim) {
  if (dim.is_static()) return values_.integer(dim.value());
  const std::string text = dim.str();
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  std::optional<int32_t> sum;
  for (const DimTerm& term : dim.terms()) {
    std::optional<int32_t> product;
    if (term.coefficient != 1 || term.factors.empty()) product = values_.integer(term.coefficient);
    for (const DimFactor& part : term.factors) {
      const int32_t next = INGOT_TRY(factor(part));
      product = product ? binary("executorch_prim::mul.Scalar", *product, next) : next;
    }
    sum = sum ? binary("executorch_prim::add.Scalar", *sum, *product) : *product;
  }
  known_.emplace(text, *sum);
  return *sum;
}

}  // namespace ingot::compiler
