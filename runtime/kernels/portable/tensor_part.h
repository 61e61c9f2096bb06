// A part of a tensor along one dimension, as a tensor with the whole one's strides: what lets loops over tensors work
// on a half, or on one slice. It refers to the whole tensor's memory, which must outlive it. Any thread; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/tensor.h"

namespace ingot::portable {

class TensorPart {
 public:
  // `size` indices of the dimension from `start` on, which lie within it.
  TensorPart(const Tensor& whole, size_t dim, int64_t start, int32_t size);
  TensorPart(const TensorPart&) = delete;
  TensorPart& operator=(const TensorPart&) = delete;

  // Takes the dimension away, whose size must be 1.
  void drop_dim(size_t dim);

  Tensor& tensor() { return tensor_; }
  const Tensor& tensor() const { return tensor_; }

 private:
  void make(DType dtype, size_t rank, std::byte* data, size_t capacity);

  std::array<int32_t, kMaxRank> sizes_;
  std::array<uint8_t, kMaxRank> dim_order_;
  std::array<int64_t, kMaxRank> strides_;
  Tensor tensor_;
};

}  // namespace ingot::portable
