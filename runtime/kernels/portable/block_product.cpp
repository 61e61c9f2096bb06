#include "runtime/kernels/portable/block_product.h"

#include "runtime/core/checked_math.h"

namespace ingot::portable {

Result<size_t> packed_bytes(size_t rows, size_t depth, size_t matrices) {
  size_t bytes = 0;
  if (!checked_align_up(rows, kPackRows, &bytes) || !checked_mul(bytes, depth, &bytes) ||
      !checked_mul(bytes, matrices, &bytes) || !checked_mul(bytes, sizeof(float), &bytes)) {
    return fail(ErrorCode::out_of_memory, "packed rows would be larger than this machine's addresses");
  }
  return bytes;
}

RowShares share_rows(size_t threads, size_t blocks, size_t rows) {
  constexpr size_t kLeastRows = 2 * kPackRows;
  size_t count = 1;
  if (threads > 1 && blocks < 4 * threads) {
    count = std::min(4 * threads / std::max<size_t>(blocks, 1) + 1, (rows + kLeastRows - 1) / kLeastRows);
  }
  count = std::max<size_t>(count, 1);
  const size_t each = std::max<size_t>(((rows + count - 1) / count + kPackRows - 1) / kPackRows * kPackRows, kPackRows);
  return {(rows + each - 1) / each, each};
}

}  // namespace ingot::portable
