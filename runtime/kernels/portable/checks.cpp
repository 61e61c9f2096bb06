#include "runtime/kernels/portable/checks.h"

#include <algorithm>
#include <limits>

#include "runtime/kernels/selection.h"

namespace ingot::portable {

Result<void> check_dtype(const Tensor& tensor, DType expected, const char* what) {
  if (tensor.dtype() == expected) return {};
  return fail(ErrorCode::invalid_argument, "%s: expected dtype %s, found %s", what, to_string(expected),
              to_string(tensor.dtype()));
}

Result<void> check_dtype_in(const Tensor& tensor, DTypeSet allowed, const char* what) {
  if (contains(allowed & selection::kDTypes, tensor.dtype())) return {};
  return fail(ErrorCode::not_supported, "%s: the operator is not defined for dtype %s", what,
              to_string(tensor.dtype()));
}

Result<void> check_same_dtype(const Tensor& a, const char* a_name, const Tensor& b, const char* b_name) {
  if (a.dtype() == b.dtype()) return {};
  return fail(ErrorCode::invalid_argument, "%s and %s: expected one dtype, found %s and %s", a_name, b_name,
              to_string(a.dtype()), to_string(b.dtype()));
}

Result<void> check_rank(const Tensor& tensor, size_t rank, const char* what) {
  if (tensor.rank() == rank) return {};
  return fail(ErrorCode::invalid_argument, "%s: expected rank %zu, found %zu", what, rank, tensor.rank());
}

Result<void> check_rank_between(const Tensor& tensor, size_t least, size_t most, const char* what) {
  if (tensor.rank() >= least && tensor.rank() <= most) return {};
  return fail(ErrorCode::invalid_argument, "%s: expected a rank from %zu to %zu, found %zu", what, least, most,
              tensor.rank());
}

Result<void> check_data(const Tensor& tensor, const char* what) {
  if (tensor.data() != nullptr || tensor.numel() == 0) return {};
  return fail(ErrorCode::invalid_state, "%s: the tensor has no memory", what);
}

Result<size_t> normalize_axis(int64_t axis, size_t rank) {
  const int64_t axes = rank == 0 ? 1 : static_cast<int64_t>(rank);
  if (axis >= -axes && axis < axes) return static_cast<size_t>(axis < 0 ? axis + axes : axis);
  return fail(ErrorCode::invalid_argument, "axis: expected %lld to %lld, found %lld", static_cast<long long>(-axes),
              static_cast<long long>(axes - 1), static_cast<long long>(axis));
}

Result<uint32_t> normalize_axes(std::span<const int64_t> axes, size_t rank) {
  uint32_t mask = 0;
  for (const int64_t axis : axes) {
    const uint32_t bit = uint32_t{1} << INGOT_TRY(normalize_axis(axis, rank));
    if ((mask & bit) != 0) {
      return fail(ErrorCode::invalid_argument, "axis %lld is listed twice", static_cast<long long>(axis));
    }
    mask |= bit;
  }
  return mask;
}

Sizes::Sizes(std::span<const int32_t> from) : rank(from.size()) {
  std::copy_n(from.begin(), std::min(from.size(), kMaxRank), sizes.begin());
}

Result<void> Sizes::append(int64_t size) {
  if (rank == kMaxRank) return fail(ErrorCode::invalid_argument, "more than %zu dimensions", kMaxRank);
  sizes[rank] = INGOT_TRY(to_size(size, "size"));
  ++rank;
  return {};
}

Result<int32_t> to_size(int64_t x, const char* what) {
  if (x >= 0 && x <= std::numeric_limits<int32_t>::max()) return static_cast<int32_t>(x);
  return fail(ErrorCode::invalid_argument, "%s: %lld is not a size", what, static_cast<long long>(x));
}

}  // namespace ingot::portable
