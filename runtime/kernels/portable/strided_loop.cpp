#include "runtime/kernels/portable/strided_loop.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ingot::portable {

void StridedLoop::add_dim(int64_t size, std::span<const int64_t> operand_strides) {
  count *= static_cast<size_t>(size);
  if (size == 1) return;
  sizes[rank] = size;
  std::copy_n(operand_strides.begin(), operands, strides[rank].begin());
  ++rank;
}

void StridedLoop::simplify() {
  // Insertion sort: ranks are small, and equal strides keep their order.
  for (size_t i = 1; i < rank; ++i) {
    for (size_t j = i; j > 0 && std::abs(strides[j - 1][0]) < std::abs(strides[j][0]); --j) {
      std::swap(strides[j - 1], strides[j]);
      std::swap(sizes[j - 1], sizes[j]);
    }
  }
  merge();
}

void StridedLoop::merge() {
  if (count == 0) rank = 0;
  size_t kept = 0;
  for (size_t i = 1; i < rank; ++i) {
    bool merges = true;
    for (size_t k = 0; k < operands; ++k) merges = merges && strides[kept][k] == strides[i][k] * sizes[i];
    if (merges) {
      sizes[kept] *= sizes[i];
    } else {
      sizes[++kept] = sizes[i];
    }
    strides[kept] = strides[i];
  }
  if (rank == 0) {
    sizes[0] = count == 0 ? 0 : 1;
    strides[0] = {};
  }
  rank = kept + 1;
}

Result<Sizes> broadcast_sizes(std::span<const Tensor* const> tensors) {
  Sizes result;
  for (const Tensor* tensor : tensors) result.rank = std::max(result.rank, tensor->rank());
  std::fill_n(result.sizes.begin(), result.rank, 1);
  for (const Tensor* tensor : tensors) {
    const size_t missing = result.rank - tensor->rank();
    for (size_t d = 0; d < tensor->rank(); ++d) {
      int32_t& size = result.sizes[missing + d];
      if (tensor->size(d) == size || tensor->size(d) == 1) continue;
      if (size != 1) {
        return fail(ErrorCode::invalid_argument, "shapes do not broadcast: dimension %zu has sizes %d and %d",
                    missing + d, size, tensor->size(d));
      }
      size = tensor->size(d);
    }
  }
  return result;
}

int64_t broadcast_stride(const Tensor& tensor, size_t dim, size_t rank) {
  const size_t missing = rank - tensor.rank();
  if (dim < missing || tensor.size(dim - missing) == 1) return 0;
  return tensor.strides()[dim - missing];
}

}  // namespace ingot::portable
