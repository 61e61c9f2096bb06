// One loop over several strided operands at once: dimensions are added one by one, then simplified (those of size 1 go,
// the rest are ordered by the first operand's strides, neighbours that run through memory together become one), so that
// dense data of any layout is a single row and broadcasting is a stride of 0. Plain values on the stack; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/portable/checks.h"

namespace ingot::portable {

struct StridedLoop {
  // repeat and the like split every dimension of a tensor in two.
  static constexpr size_t kMaxDims = 2 * kMaxRank + 2;
  static constexpr size_t kMaxOperands = 4;

  explicit StridedLoop(size_t operands) : operands(operands) {}

  // One stride an operand, in whatever unit the caller counts (elements, usually). At most kMaxDims calls.
  void add_dim(int64_t size, std::span<const int64_t> operand_strides);
  void add_dim(int64_t size, std::initializer_list<int64_t> operand_strides) {
    add_dim(size, std::span(operand_strides.begin(), operand_strides.size()));
  }
  // One of these is to be called after the last dimension and before iterating: there is at least one dimension then.
  // simplify() orders the dimensions by the first operand's strides; merge() leaves them in the order of add_dim, for
  // loops whose points must come in that order.
  void simplify();
  void merge();

  size_t operands;
  size_t rank = 0;
  size_t count = 1;  // product of the sizes, which must fit
  std::array<int64_t, kMaxDims> sizes;
  std::array<std::array<int64_t, kMaxOperands>, kMaxDims> strides;  // [dim][operand]
};

// Calls f(offsets, n) for the rows (innermost dimension) of [begin, end) of the loop's points: offsets[k] is where the
// row starts in operand k, n how many points of it there are. Points are numbered in the loop's simplified order, so
// ranges may be handed to threads.
template <typename F>
void for_each_row(const StridedLoop& loop, size_t begin, size_t end, F&& f) {
  if (begin >= end) return;
  std::array<int64_t, StridedLoop::kMaxDims> index;
  std::array<int64_t, StridedLoop::kMaxOperands> offsets{};
  size_t rest = begin;
  for (size_t d = loop.rank; d-- > 0;) {
    const size_t size = static_cast<size_t>(loop.sizes[d]);
    index[d] = static_cast<int64_t>(rest % size);
    rest /= size;
    for (size_t k = 0; k < loop.operands; ++k) offsets[k] += index[d] * loop.strides[d][k];
  }
  const size_t inner = loop.rank - 1;
  while (true) {
    const size_t left_in_row = static_cast<size_t>(loop.sizes[inner] - index[inner]);
    const size_t n = left_in_row < end - begin ? left_in_row : end - begin;
    f(offsets.data(), n);
    begin += n;
    if (begin >= end) return;
    // To the start of the next row; there is one, so the carry stops before dimension 0 runs over.
    for (size_t k = 0; k < loop.operands; ++k) offsets[k] -= index[inner] * loop.strides[inner][k];
    index[inner] = 0;
    for (size_t d = inner; d-- > 0;) {
      if (++index[d] < loop.sizes[d]) {
        for (size_t k = 0; k < loop.operands; ++k) offsets[k] += loop.strides[d][k];
        break;
      }
      for (size_t k = 0; k < loop.operands; ++k) offsets[k] -= (loop.sizes[d] - 1) * loop.strides[d][k];
      index[d] = 0;
    }
  }
}

// The sizes that tensors broadcast to, of their largest rank.
Result<Sizes> broadcast_sizes(std::span<const Tensor* const> tensors);

// The stride of `tensor` along dimension `dim` of sizes of rank `rank` that it broadcasts to.
int64_t broadcast_stride(const Tensor& tensor, size_t dim, size_t rank);

}  // namespace ingot::portable
