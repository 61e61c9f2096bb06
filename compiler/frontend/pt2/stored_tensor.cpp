#include "compiler/frontend/pt2/stored_tensor.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "runtime/core/checked_math.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler::pt2 {
namespace {

// How many bytes a view may have more than its storage (a tensor expanded from a few elements).
constexpr uint64_t kMostMadeUpBytes = uint64_t{64} << 20;

std::unexpected<Error> beyond_storage(const StoredTensor& tensor, size_t bytes) {
  return fail(ErrorCode::invalid_file, "its sizes, strides and offset reach beyond the %zu bytes of '%.60s'", bytes,
              tensor.storage.c_str());
}

// Elements that the sizes count; an error where a size is no size or the bytes cannot be counted.
Result<uint64_t> count_elements(const StoredTensor& tensor) {
  if (tensor.sizes.size() > kMaxRank || tensor.sizes.size() != tensor.strides.size())
    return fail(ErrorCode::invalid_file, "%zu sizes and %zu strides, expected as many and at most %zu",
                tensor.sizes.size(), tensor.strides.size(), kMaxRank);
  uint64_t bytes = size_of(tensor.dtype);
  for (const int64_t size : tensor.sizes) {
    if (size < 0 || size > std::numeric_limits<int32_t>::max())
      return fail(ErrorCode::invalid_file, "a size of %lld", static_cast<long long>(size));
    if (!checked_mul(bytes, static_cast<uint64_t>(size), &bytes))
      return fail(ErrorCode::invalid_file, "more bytes than can be counted");
  }
  return bytes / size_of(tensor.dtype);
}

// The last element that a tensor with elements reads; false where it cannot be counted or comes before the first.
bool last_element(const StoredTensor& tensor, uint64_t* last) {
  if (tensor.offset < 0) return false;
  *last = static_cast<uint64_t>(tensor.offset);
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    if (tensor.strides[i] < 0) return false;
    uint64_t reach = 0;
    if (!checked_mul(static_cast<uint64_t>(tensor.sizes[i] - 1), static_cast<uint64_t>(tensor.strides[i]), &reach) ||
        !checked_add(*last, reach, last))
      return false;
  }
  return true;
}

bool is_contiguous(const StoredTensor& tensor) {
  int64_t expected = 1;
  for (size_t i = tensor.sizes.size(); i-- > 0;) {
    if (tensor.sizes[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.sizes[i];
  }
  return true;
}

// Row-major order, the last axis innermost.
void gather(const StoredTensor& tensor, const std::byte* storage, std::byte* out) {
  const size_t size = size_of(tensor.dtype);
  const size_t rank = tensor.sizes.size();
  std::vector<int64_t> index(rank, 0);
  int64_t at = tensor.offset;
  while (true) {
    std::memcpy(out, storage + static_cast<size_t>(at) * size, size);
    out += size;
    size_t axis = rank;
    while (axis > 0) {
      --axis;
      at += tensor.strides[axis];
      if (++index[axis] < tensor.sizes[axis]) break;
      at -= tensor.strides[axis] * tensor.sizes[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (rank == 0) return;
  }
}

// Kernels read a bool as 0 or 1.
bool holds_bools(const Bytes& bytes) {
  return std::ranges::all_of(bytes.span(), [](std::byte b) { return std::to_integer<int>(b) <= 1; });
}

}  // namespace

Result<std::pair<TensorType, Bytes>> elements_of(const StoredTensor& tensor, const Bytes& storage) {
  const uint64_t count = INGOT_TRY(count_elements(tensor));
  TensorType type{tensor.dtype, to_shape(tensor.sizes), {}};
  if (count == 0) return std::pair(std::move(type), Bytes());
  const size_t size = size_of(tensor.dtype);
  uint64_t last = 0;
  if (!last_element(tensor, &last) || last >= storage.size() / size) return beyond_storage(tensor, storage.size());
  if (count * size > storage.size() && count * size - storage.size() > kMostMadeUpBytes)
    return fail(ErrorCode::not_supported, "%llu elements made of %zu bytes", static_cast<unsigned long long>(count),
                storage.size());

  const std::byte* first = storage.span().data() + static_cast<size_t>(tensor.offset) * size;
  Bytes bytes(std::make_shared<Bytes>(storage), {first, static_cast<size_t>(count) * size});
  if (!is_contiguous(tensor) || reinterpret_cast<uintptr_t>(first) % size != 0) {
    std::byte* data = nullptr;
    bytes = Bytes::allocate(static_cast<size_t>(count) * size, &data);
    gather(tensor, storage.span().data(), data);
  }
  if (tensor.dtype == DType::boolean && !holds_bools(bytes))
    return fail(ErrorCode::invalid_file, "a bool that is neither 0 nor 1");
  return std::pair(std::move(type), std::move(bytes));
}

}  // namespace ingot::compiler::pt2
