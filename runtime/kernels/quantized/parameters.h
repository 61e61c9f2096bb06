// What quantized kernels ask of the numbers in their arguments before they compute: scales, zero points, ranges. Each
// check is an Error that names the argument. Any thread; no allocation.
#pragma once

#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/quantized/arithmetic.h"

namespace ingot::quantized {

inline constexpr portable::DTypeSet kBytes = portable::dtype_set({DType::int8, DType::uint8});
// What quantized values may be stored as.
inline constexpr portable::DTypeSet kQuantized =
    portable::dtype_set({DType::uint8, DType::int8, DType::int16, DType::uint16, DType::int32});

struct Bounds {
  int64_t least;
  int64_t most;
};
// Of the integers that a dtype of kQuantized holds.
Bounds bounds_of(DType dtype);

// quant_min and quant_max within the dtype of `quantized`, which is one of kQuantized.
Result<Bounds> quantized_bounds(int64_t least, int64_t most, const Tensor& quantized, const char* what);

// The dtype that an argument names (by its number) against the one the tensor has.
Result<void> check_named_dtype(int64_t number, const Tensor& tensor, const char* what);

// Of a whole tensor or of one channel.
struct Affine {
  double scale;
  int64_t zero_point;
};
// Division by scale is multiplication by its inverse, as in PyTorch, so the inverse must be finite as a float.
Result<Affine> make_affine(double scale, int64_t zero_point);

// The only element of a tensor of one, as a number.
Result<double> only_real(const Tensor& tensor, const char* what);
Result<int64_t> only_integer(const Tensor& tensor, const char* what);

// A scale and a zero point of an 8-bit tensor: the zero point lies in its dtype.
struct ByteAffine {
  float scale = 1;
  int32_t zero_point = 0;
};
Result<ByteAffine> byte_affine(double scale, int64_t zero_point, DType dtype, const char* what);

// The range that an 8-bit output is clamped to, within its dtype.
Result<OutputRange> output_range(int32_t zero_point, int64_t least, int64_t most, DType dtype);

// self is int8 or uint8, and out has its dtype.
Result<void> check_bytes(const Tensor& self, const char* self_name, const Tensor& out);

}  // namespace ingot::quantized
