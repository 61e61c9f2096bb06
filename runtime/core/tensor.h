// A tensor as kernels and delegates see it: a typed, shaped view of memory that somebody else owns. Its sizes,
// dim_order and strides live in arrays owned by the Method (or by whoever made it), so a Tensor is cheap to copy and
// never allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"

namespace ingot {

// The largest rank that a program may use.
inline constexpr size_t kMaxRank = 16;

class Tensor {
 public:
  Tensor() = default;
  // `sizes`, `dim_order` and `strides` have `rank` elements and outlive the Tensor; strides are computed here.
  // `capacity` is how many bytes `data` can hold (at least those of `sizes`). A resizable tensor may change its sizes
  // within it.
  Tensor(DType dtype, size_t rank, int32_t* sizes, uint8_t* dim_order, int64_t* strides, void* data, size_t capacity,
         bool resizable = false);

  DType dtype() const { return dtype_; }
  size_t rank() const { return rank_; }
  std::span<const int32_t> sizes() const { return {sizes_, rank_}; }
  int32_t size(size_t dim) const { return sizes_[dim]; }
  // Outermost to innermost; 0, 1, 2, ... for a contiguous tensor.
  std::span<const uint8_t> dim_order() const { return {dim_order_, rank_}; }
  // In elements, one a dimension (not in dim_order's order).
  std::span<const int64_t> strides() const { return {strides_, rank_}; }
  // Row-major in its sizes' own order (dimensions of size 1 do not matter)?
  bool is_contiguous() const;

  size_t numel() const { return numel_; }
  size_t nbytes() const { return numel_ * size_of(dtype_); }
  size_t capacity() const { return capacity_; }
  bool resizable() const { return resizable_; }
  // Must nobody write to data()? So for constants, which may lie in read-only pages, and for inputs in a caller's
  // memory.
  bool read_only() const { return read_only_; }
  void set_read_only() { read_only_ = true; }
  // Does data() hold the same elements as long as the method lives?
  bool is_constant() const { return constant_; }
  void set_constant() { read_only_ = constant_ = true; }

  void* data() const { return data_; }
  template <typename T>
  T* data_as() const {
    return static_cast<T*>(data_);
  }
  // Points the tensor at other memory of at least nbytes() bytes.
  void set_data(void* data, size_t capacity) {
    data_ = data;
    capacity_ = capacity;
  }

  // Gives the tensor new sizes (dim_order stays). Fails where rank differs, where a tensor that is not resizable would
  // change, or where the bytes exceed the capacity. Equal sizes always succeed.
  Result<void> resize(std::span<const int32_t> sizes);

 private:
  void update_strides();

  void* data_ = nullptr;
  size_t capacity_ = 0;
  size_t numel_ = 0;
  int32_t* sizes_ = nullptr;
  uint8_t* dim_order_ = nullptr;
  int64_t* strides_ = nullptr;
  uint8_t rank_ = 0;
  DType dtype_ = DType::float32;
  bool resizable_ = false;
  bool read_only_ = false;
  bool constant_ = false;
};

// Bytes of a tensor of these sizes; an error where a size is negative or where the product, zeros counted as ones (so
// that strides fit too), is beyond PTRDIFF_MAX.
Result<size_t> tensor_nbytes(DType dtype, std::span<const int32_t> sizes);

}  // namespace ingot
