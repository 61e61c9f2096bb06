// The windows of pooling, worked out and checked from the operators' arguments: shared by the kernels that pool floats
// and those that pool integers. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"

namespace ingot::portable {

struct PoolAxis {
  int64_t in;
  int64_t out;
  int64_t kernel;
  int64_t stride;
  int64_t padding;
  int64_t dilation;
};

struct PoolLists {
  std::span<const int64_t> kernel, stride, padding, dilation;
  bool ceil_mode;
};

// Spatial axis 0 or 1 of an image.
Result<PoolAxis> pool_axis(const Tensor& self, size_t axis, const PoolLists& lists);

// The part of the image that an output element averages along one axis, and what it is divided by.
struct PoolWindow {
  int64_t begin;
  int64_t end;
  int64_t divisor;
};
PoolWindow average_window(const PoolAxis& axis, int64_t position, bool include_padding);

}  // namespace ingot::portable
