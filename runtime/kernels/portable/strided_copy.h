// Copies elements between strided arrays of one element size, whatever their dtype: every operator that only moves data
// is some choice of offsets and strides. Rows that are dense on both sides are memcpy; transpositions go tile by tile
// so that both sides use whole cache lines. Runs on the context's threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/kernel_table.h"
#include "runtime/kernels/portable/strided_loop.h"

namespace ingot::portable {

// One side of a copy: strides in elements, which may be 0 (source only) or negative.
class StridedView {
 public:
  StridedView() = default;
  // The whole tensor.
  explicit StridedView(const Tensor& tensor);

  size_t rank() const { return rank_; }
  int64_t size(size_t dim) const { return sizes_[dim]; }
  int64_t stride(size_t dim) const { return strides_[dim]; }
  std::byte* data() const { return data_; }
  size_t element() const { return element_; }

  // At most StridedLoop::kMaxDims dimensions.
  void append_dim(int64_t size, int64_t stride);
  void set_dim(size_t dim, int64_t size, int64_t stride) {
    sizes_[dim] = size;
    strides_[dim] = stride;
  }
  // Moves the start by so many elements.
  void move(int64_t elements) { data_ += elements * static_cast<int64_t>(element_); }
  // Keeps `size` elements of a dimension, from `start` on, every `step`th. In range, or with size 0.
  void narrow(size_t dim, int64_t start, int64_t size, int64_t step = 1);
  void remove_dim(size_t dim);
  // Without dimensions, at the same place.
  StridedView point() const;
  // The same sizes, every element the one at `value`: the source of a fill.
  StridedView all_from(const void* value) const;
  // Is some size 0?
  bool empty() const;

 private:
  std::byte* data_ = nullptr;
  size_t element_ = 1;
  size_t rank_ = 0;
  std::array<int64_t, StridedLoop::kMaxDims> sizes_;
  std::array<int64_t, StridedLoop::kMaxDims> strides_;
};

// to = from. Both have the same rank, sizes and element size (1, 2, 4 or 8), and do not overlap.
void strided_copy(KernelContext& context, const StridedView& to, const StridedView& from);
// Every element of `to` becomes the one at `value` (to's element size).
void strided_fill(KernelContext& context, const StridedView& to, const void* value);

}  // namespace ingot::portable
