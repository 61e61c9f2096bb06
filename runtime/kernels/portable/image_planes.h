// A tensor of rank 3 or 4 seen as planes (an image and a channel each), for kernels that work on the last two
// dimensions. A view; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/portable/checks.h"

namespace ingot::portable {

class ImagePlanes {
 public:
  explicit ImagePlanes(const Tensor& tensor)
      : data_(tensor.data_as<std::byte>()),
        element_(static_cast<int64_t>(size_of(tensor.dtype()))),
        channels_(static_cast<size_t>(tensor.size(tensor.rank() - 3))),
        count_(channels_ * (tensor.rank() == 4 ? static_cast<size_t>(tensor.size(0)) : 1)) {
    const std::span<const int64_t> s = tensor.strides();
    image_stride_ = s.size() == 4 ? s[0] : 0;
    channel_stride_ = s[s.size() - 3];
    row_stride_ = s[s.size() - 2];
    column_stride_ = s[s.size() - 1];
  }

  size_t count() const { return count_; }
  // Where an element of a plane lies.
  std::byte* at(size_t plane, int64_t y, int64_t x) const {
    const int64_t image = static_cast<int64_t>(plane / channels_), channel = static_cast<int64_t>(plane % channels_);
    return data_ +
           (image * image_stride_ + channel * channel_stride_ + y * row_stride_ + x * column_stride_) * element_;
  }
  int64_t row_stride() const { return row_stride_; }
  int64_t column_stride() const { return column_stride_; }

 private:
  std::byte* data_;
  int64_t element_;
  size_t channels_;
  size_t count_;
  int64_t image_stride_;
  int64_t channel_stride_;
  int64_t row_stride_;
  int64_t column_stride_;
};

// Rank 3 or 4, one of the dtypes, at least one channel, and memory.
Result<void> check_image(const Tensor& tensor, DTypeSet dtypes, const char* what);
// out takes self's sizes but for these last two, and has its dtype and memory.
Result<void> resize_image(const Tensor& self, int64_t height, int64_t width, Tensor& out, const char* what);

}  // namespace ingot::portable
