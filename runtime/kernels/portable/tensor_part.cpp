#include "runtime/kernels/portable/tensor_part.h"

#include <algorithm>
#include <numeric>

namespace ingot::portable {

TensorPart::TensorPart(const Tensor& whole, size_t dim, int64_t start, int32_t size) {
  std::ranges::copy(whole.sizes(), sizes_.begin());
  std::ranges::copy(whole.strides(), strides_.begin());
  sizes_[dim] = size;
  const size_t skipped = size == 0 ? 0 : static_cast<size_t>(start * whole.strides()[dim]) * size_of(whole.dtype());
  std::byte* const data = whole.data() == nullptr ? nullptr : whole.data_as<std::byte>() + skipped;
  make(whole.dtype(), whole.rank(), data, whole.nbytes() - std::min(skipped, whole.nbytes()));
}

void TensorPart::drop_dim(size_t dim) {
  const size_t rank = tensor_.rank() - 1;
  for (size_t d = dim; d < rank; ++d) {
    sizes_[d] = sizes_[d + 1];
    strides_[d] = strides_[d + 1];
  }
  make(tensor_.dtype(), rank, tensor_.data_as<std::byte>(), tensor_.capacity());
}

// The constructor of Tensor computes the strides of dense data: they are put back after it.
void TensorPart::make(DType dtype, size_t rank, std::byte* data, size_t capacity) {
  const std::array<int64_t, kMaxRank> strides = strides_;
  std::iota(dim_order_.begin(), dim_order_.end(), uint8_t{0});
  tensor_ = Tensor(dtype, rank, sizes_.data(), dim_order_.data(), strides_.data(), data, capacity);
  std::copy_n(strides.begin(), rank, strides_.begin());
}

}  // namespace ingot::portable
