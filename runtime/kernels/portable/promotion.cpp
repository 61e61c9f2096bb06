#include "runtime/kernels/portable/promotion.h"

#include <algorithm>
#include <utility>

namespace ingot::portable {
namespace {

enum class Kind : uint8_t { boolean, integer, floating };

Kind kind_of(DType dtype) {
  if (dtype == DType::boolean) return Kind::boolean;
  return is_floating(dtype) ? Kind::floating : Kind::integer;
}

// Signed integers and uint8.
bool is_common_integer(DType dtype) {
  return dtype == DType::uint8 || dtype == DType::int8 || dtype == DType::int16 || dtype == DType::int32 ||
         dtype == DType::int64;
}

Result<void> include(std::optional<DType>& so_far, DType dtype) {
  so_far = so_far.has_value() ? INGOT_TRY(promote(*so_far, dtype)) : dtype;
  return {};
}

// `lower` counts only where it is of a higher kind.
Result<std::optional<DType>> combine(std::optional<DType> higher, std::optional<DType> lower) {
  if (!higher.has_value()) return lower;
  if (!lower.has_value() || kind_of(*lower) <= kind_of(*higher)) return higher;
  return INGOT_TRY(promote(*higher, *lower));
}

}  // namespace

Result<DType> promote(DType a, DType b) {
  if (a == b) return a;
  if (kind_of(a) > kind_of(b)) std::swap(a, b);
  if (kind_of(a) < kind_of(b)) return b;
  if (kind_of(a) == Kind::floating) {
    if (size_of(a) == size_of(b)) return DType::float32;  // float16 and bfloat16
    return size_of(a) > size_of(b) ? a : b;
  }
  if (!is_common_integer(a) || !is_common_integer(b)) {
    return fail(ErrorCode::not_supported, "%s and %s have no common dtype", to_string(a), to_string(b));
  }
  if (size_of(a) == size_of(b)) return DType::int16;  // int8 and uint8
  return size_of(a) > size_of(b) ? a : b;
}

bool can_store(DType from, DType to) {
  return kind_of(from) <= kind_of(to);
}

Result<void> CommonDType::add(const Tensor& tensor) {
  return include(tensor.rank() == 0 ? scalars_ : shaped_, tensor.dtype());
}

void CommonDType::add(Scalar number) {
  const DType dtype = number.is_real()                      ? DType::float32
                      : number.kind == Value::Kind::integer ? DType::int64
                                                            : DType::boolean;
  if (!numbers_.has_value() || kind_of(dtype) > kind_of(*numbers_)) numbers_ = dtype;
}

Result<DType> CommonDType::get() const {
  const std::optional<DType> lower = INGOT_TRY(combine(scalars_, numbers_));
  const std::optional<DType> common = INGOT_TRY(combine(shaped_, lower));
  return *common;
}

}  // namespace ingot::portable
