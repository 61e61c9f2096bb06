#include "runtime/kernels/quantized/byte_rows.h"

namespace ingot::quantized {
namespace {

template <typename T, typename To>
void load(const void* from, int64_t stride, size_t n, int32_t zero_point, To* to) {
  const T* x = static_cast<const T*>(from);
  const int16_t zero = static_cast<int16_t>(zero_point);
  if (stride == 1) {
    for (size_t i = 0; i < n; ++i) to[i] = static_cast<To>(static_cast<int16_t>(x[i] - zero));
  } else {
    for (size_t i = 0; i < n; ++i) to[i] = static_cast<To>(x[static_cast<int64_t>(i) * stride] - zero);
  }
}

template <typename T>
void store(const int32_t* sums, size_t n, int32_t bias, float scale, const OutputRange& out, void* to, int64_t stride) {
  T* y = static_cast<T*>(to);
  const OutputRange range = out;  // a copy: for all that the compiler knows, y might lie over it
  if (stride == 1) {
    for (size_t i = 0; i < n; ++i) y[i] = static_cast<T>(requantize(wrapping_sum(sums[i], bias), scale, range));
  } else {
    for (size_t i = 0; i < n; ++i) {
      y[static_cast<int64_t>(i) * stride] = static_cast<T>(requantize(wrapping_sum(sums[i], bias), scale, range));
    }
  }
}

}  // namespace

LoadRow load_row(DType dtype) {
  return dtype == DType::int8 ? load<int8_t, float> : load<uint8_t, float>;
}

LoadRow16 load_row_16(DType dtype) {
  return dtype == DType::int8 ? load<int8_t, int16_t> : load<uint8_t, int16_t>;
}

StoreRow store_row(DType dtype) {
  return dtype == DType::int8 ? store<int8_t> : store<uint8_t>;
}

int32_t dot_16(const int16_t* a, const int16_t* b, size_t n) {
  // Within int32 for 2^15 products of 16 bits, so the blocks' sums do not overflow; those of blocks wrap.
  constexpr size_t kBlock = 16384;
  uint32_t total = 0;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t end = n - begin < kBlock ? n : begin + kBlock;
    int32_t sum = 0;
    for (size_t k = begin; k < end; ++k) sum += static_cast<int32_t>(a[k]) * static_cast<int32_t>(b[k]);
    total += static_cast<uint32_t>(sum);
  }
  return static_cast<int32_t>(total);
}

}  // namespace ingot::quantized
