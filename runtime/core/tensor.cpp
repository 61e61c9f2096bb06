#include "runtime/core/tensor.h"

#include <algorithm>

#include "runtime/core/checked_math.h"

namespace ingot {

Tensor::Tensor(DType dtype, size_t rank, int32_t* sizes, uint8_t* dim_order, int64_t* strides, void* data,
               size_t capacity, bool resizable)
    : data_(data),
      capacity_(capacity),
      sizes_(sizes),
      dim_order_(dim_order),
      strides_(strides),
      rank_(static_cast<uint8_t>(rank)),
      dtype_(dtype),
      resizable_(resizable) {
  update_strides();
}

void Tensor::update_strides() {
  uint64_t stride = 1;  // beside a size of 0 it may wrap around: such a tensor's strides lead nowhere
  numel_ = 1;
  for (size_t i = rank_; i-- > 0;) {
    const size_t dim = dim_order_[i];
    strides_[dim] = static_cast<int64_t>(stride);
    stride *= static_cast<uint64_t>(std::max<int32_t>(sizes_[dim], 1));
    numel_ *= static_cast<size_t>(sizes_[dim]);
  }
}

bool Tensor::is_contiguous() const {
  if (numel_ == 0) return true;
  int64_t expected = 1;
  for (size_t dim = rank_; dim-- > 0;) {
    if (sizes_[dim] == 1) continue;
    if (strides_[dim] != expected) return false;
    expected *= sizes_[dim];
  }
  return true;
}

Result<void> Tensor::resize(std::span<const int32_t> sizes) {
  if (sizes.size() != rank_) {
    return fail(ErrorCode::invalid_argument, "expected a tensor of rank %zu, found rank %zu", size_t{rank_},
                sizes.size());
  }
  if (std::ranges::equal(sizes, this->sizes())) return {};
  const size_t bytes = INGOT_TRY(tensor_nbytes(dtype_, sizes));
  if (!resizable_ || bytes > capacity_) {
    for (size_t dim = 0; dim < rank_; ++dim) {
      if (sizes[dim] == sizes_[dim]) continue;
      return fail(ErrorCode::invalid_argument, "size of dimension %zu: expected %s%d, found %d", dim,
                  resizable_ ? "at most " : "", sizes_[dim], sizes[dim]);
    }
  }
  std::ranges::copy(sizes, sizes_);
  update_strides();
  return {};
}

Result<size_t> tensor_nbytes(DType dtype, std::span<const int32_t> sizes) {
  ptrdiff_t bytes = static_cast<ptrdiff_t>(size_of(dtype));
  bool empty = false;
  for (const int32_t size : sizes) {
    if (size < 0) return fail(ErrorCode::invalid_argument, "a dimension of size %d", size);
    empty = empty || size == 0;
    if (!checked_mul<ptrdiff_t>(bytes, std::max<int32_t>(size, 1), &bytes)) {
      return fail(ErrorCode::invalid_argument, "a tensor too large for this machine's addresses");
    }
  }
  return empty ? 0 : static_cast<size_t>(bytes);
}

}  // namespace ingot
