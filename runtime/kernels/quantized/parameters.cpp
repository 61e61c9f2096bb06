#include "runtime/kernels/quantized/parameters.h"

#include <cmath>
#include <limits>

#include "runtime/kernels/portable/element_blocks.h"

namespace ingot::quantized {

Bounds bounds_of(DType dtype) {
  switch (dtype) {
    case DType::uint8:
      return {0, 255};
    case DType::int8:
      return {-128, 127};
    case DType::int16:
      return {-32768, 32767};
    case DType::uint16:
      return {0, 65535};
    default:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  }
}

Result<Bounds> quantized_bounds(int64_t least, int64_t most, const Tensor& quantized, const char* what) {
  INGOT_TRY_VOID(portable::check_dtype_in(quantized, kQuantized, what));
  const Bounds bounds = bounds_of(quantized.dtype());
  if (least < bounds.least || most > bounds.most || least > most) {
    return fail(ErrorCode::invalid_argument, "quant_min and quant_max: expected a range within %s, found %lld to %lld",
                to_string(quantized.dtype()), static_cast<long long>(least), static_cast<long long>(most));
  }
  return Bounds{least, most};
}

Result<void> check_named_dtype(int64_t number, const Tensor& tensor, const char* what) {
  if (number == static_cast<int64_t>(tensor.dtype())) return {};
  return fail(ErrorCode::invalid_argument, "dtype: expected that of %s, %s (%d), found %lld", what,
              to_string(tensor.dtype()), static_cast<int>(tensor.dtype()), static_cast<long long>(number));
}

Result<Affine> make_affine(double scale, int64_t zero_point) {
  const float narrow = static_cast<float>(scale);
  if (!(narrow > 0) || !std::isfinite(narrow) || !std::isfinite(static_cast<float>(1 / scale))) {
    return fail(ErrorCode::invalid_argument, "scale: expected a positive number with a finite inverse, found %g",
                scale);
  }
  if (zero_point < std::numeric_limits<int32_t>::min() || zero_point > std::numeric_limits<int32_t>::max()) {
    return fail(ErrorCode::invalid_argument, "zero_point: expected 32 bits, found %lld",
                static_cast<long long>(zero_point));
  }
  return Affine{scale, zero_point};
}

namespace {

template <typename C>
Result<C> only_element(const Tensor& tensor, portable::DTypeSet dtypes, const char* what) {
  INGOT_TRY_VOID(portable::check_dtype_in(tensor, dtypes, what));
  if (tensor.numel() != 1) {
    return fail(ErrorCode::invalid_argument, "%s: expected one element, found %zu", what, tensor.numel());
  }
  INGOT_TRY_VOID(portable::check_data(tensor, what));
  C value;
  portable::load_block<C>(tensor.dtype())(&value, tensor.data(), 1, 1);
  return value;
}

}  // namespace

Result<double> only_real(const Tensor& tensor, const char* what) {
  return only_element<double>(tensor, portable::kFloats, what);
}

Result<int64_t> only_integer(const Tensor& tensor, const char* what) {
  return only_element<int64_t>(tensor, portable::kIntegers, what);
}

Result<ByteAffine> byte_affine(double scale, int64_t zero_point, DType dtype, const char* what) {
  const float narrow = static_cast<float>(scale);
  if (!std::isnormal(narrow) || narrow < 0 || !std::isfinite(1 / narrow)) {
    return fail(ErrorCode::invalid_argument, "scale of %s: expected a positive number with a finite inverse, found %g",
                what, scale);
  }
  const Bounds bounds = bounds_of(dtype);
  if (zero_point < bounds.least || zero_point > bounds.most) {
    return fail(ErrorCode::invalid_argument, "zero point of %s: expected one of %s, found %lld", what, to_string(dtype),
                static_cast<long long>(zero_point));
  }
  return ByteAffine{narrow, static_cast<int32_t>(zero_point)};
}

Result<OutputRange> output_range(int32_t zero_point, int64_t least, int64_t most, DType dtype) {
  const Bounds bounds = bounds_of(dtype);
  if (least < bounds.least || most > bounds.most || least > most) {
    return fail(ErrorCode::invalid_argument,
                "output_min and output_max: expected a range within %s, found %lld to %lld", to_string(dtype),
                static_cast<long long>(least), static_cast<long long>(most));
  }
  return OutputRange{zero_point, static_cast<int32_t>(least), static_cast<int32_t>(most)};
}

Result<void> check_bytes(const Tensor& self, const char* self_name, const Tensor& out) {
  INGOT_TRY_VOID(portable::check_dtype_in(self, kBytes, self_name));
  return portable::check_same_dtype(self, self_name, out, "out");
}

}  // namespace ingot::quantized
