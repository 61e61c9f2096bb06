#include "compiler/frontend/pt2/promotion.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ingot::compiler::pt2 {
namespace {

bool is_unsigned(DType dtype) {
  return dtype == DType::uint8 || dtype == DType::uint16 || dtype == DType::uint32 || dtype == DType::uint64;
}

// bool, integer, float
int kind_of(DType dtype) {
  return dtype == DType::boolean ? 0 : is_floating(dtype) ? 2 : 1;
}

DType promote_integers(DType a, DType b) {
  if (is_unsigned(a) == is_unsigned(b)) return size_of(a) > size_of(b) ? a : b;
  const DType with_sign = is_unsigned(a) ? b : a;
  const size_t wide = std::max(size_of(with_sign), 2 * size_of(is_unsigned(a) ? a : b));
  return wide <= 2 ? DType::int16 : wide == 4 ? DType::int32 : DType::int64;
}

// The lower one counts only where its kind is above the higher one's.
std::optional<DType> combine(std::optional<DType> higher, std::optional<DType> lower) {
  if (!higher) return lower;
  return lower && kind_of(*lower) > kind_of(*higher) ? lower : higher;
}

}  // namespace

DType promote_types(DType a, DType b) {
  if (a == b) return a;
  if (kind_of(a) != kind_of(b)) return kind_of(a) > kind_of(b) ? a : b;
  if (kind_of(a) == 1) return promote_integers(a, b);
  // float16 and bfloat16 hold neither each other's range nor precision.
  if (size_of(a) == size_of(b)) return DType::float32;
  return size_of(a) > size_of(b) ? a : b;
}

DType result_type(std::span<const Operand> operands) {
  std::optional<DType> by_weight[3];
  for (const Operand& operand : operands) {
    std::optional<DType>& found = by_weight[static_cast<size_t>(operand.weight)];
    found = found ? promote_types(*found, operand.dtype) : operand.dtype;
  }
  const auto number = by_weight[static_cast<size_t>(Operand::Weight::number)];
  const auto scalar = by_weight[static_cast<size_t>(Operand::Weight::scalar)];
  const auto tensor = by_weight[static_cast<size_t>(Operand::Weight::tensor)];
  return combine(tensor, combine(scalar, number)).value_or(DType::float32);
}

}  // namespace ingot::compiler::pt2
