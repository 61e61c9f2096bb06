// What kernels ask of their arguments before they touch a byte: ranks, axes, dtypes, sizes. Each check is an Error that
// names the argument, what was expected and what was found. Any thread; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"
#include "runtime/core/tensor.h"

namespace ingot::portable {

// A set of dtypes, a bit for each number of the file format.
using DTypeSet = uint32_t;

constexpr DTypeSet dtype_set(std::initializer_list<DType> dtypes) {
  DTypeSet set = 0;
  for (const DType dtype : dtypes) set |= DTypeSet{1} << static_cast<unsigned>(dtype);
  return set;
}
constexpr bool contains(DTypeSet set, DType dtype) {
  return (set >> static_cast<unsigned>(dtype) & 1) != 0;
}

inline constexpr DTypeSet kFloats = dtype_set({DType::float16, DType::bfloat16, DType::float32, DType::float64});
// The integers that one computes with; uint16 and wider unsigned ones are only moved and converted, as in PyTorch.
inline constexpr DTypeSet kIntegers = dtype_set({DType::uint8, DType::int8, DType::int16, DType::int32, DType::int64});
inline constexpr DTypeSet kBool = dtype_set({DType::boolean});
inline constexpr DTypeSet kNumbers = kFloats | kIntegers;
inline constexpr DTypeSet kComputable = kNumbers | kBool;

// `what` is the argument's name in the operator's schema.
Result<void> check_dtype(const Tensor& tensor, DType expected, const char* what);
Result<void> check_dtype_in(const Tensor& tensor, DTypeSet allowed, const char* what);
Result<void> check_same_dtype(const Tensor& a, const char* a_name, const Tensor& b, const char* b_name);
Result<void> check_rank(const Tensor& tensor, size_t rank, const char* what);
Result<void> check_rank_between(const Tensor& tensor, size_t least, size_t most, const char* what);
// Is there memory behind the tensor (or nothing to read)?
Result<void> check_data(const Tensor& tensor, const char* what);

// An axis of a tensor of that rank, negative ones counted from the end; a tensor of rank 0 has the axes 0 and -1.
Result<size_t> normalize_axis(int64_t axis, size_t rank);
// The axes as a mask, bit by bit; an axis that comes twice is an error.
Result<uint32_t> normalize_axes(std::span<const int64_t> axes, size_t rank);

// The sizes of a tensor that is being worked out.
struct Sizes {
  Sizes() = default;
  explicit Sizes(std::span<const int32_t> from);
  // At most kMaxRank of them: fails beyond.
  Result<void> append(int64_t size);
  std::span<const int32_t> span() const { return std::span(sizes).first(rank); }

  std::array<int32_t, kMaxRank> sizes;
  size_t rank = 0;
};

// Fails where x does not fit a tensor's size (0 to INT32_MAX).
Result<int32_t> to_size(int64_t x, const char* what);

}  // namespace ingot::portable
