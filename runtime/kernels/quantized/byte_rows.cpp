#include "runtime/kernels/quantized/byte_rows.h"

#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::quantized {
namespace {

using portable::ByteLoops;

const ByteLoops& byte_loops() {
  return *portable::loops().bytes;
}

template <typename T>
constexpr size_t kIndex = static_cast<size_t>(T(-1) > T(0));  // uint8 comes second

template <typename T>
void load_floats(const void* from, int64_t stride, size_t n, int32_t zero_point, float* to) {
  if (stride == 1) return byte_loops().to_floats[kIndex<T>](from, n, zero_point, to);
  const T* x = static_cast<const T*>(from);
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(x[static_cast<int64_t>(i) * stride] - zero_point);
}

template <typename T>
void load_shorts(const void* from, int64_t stride, size_t n, int32_t zero_point, int16_t* to) {
  if (stride == 1) return byte_loops().to_shorts[kIndex<T>](from, n, zero_point, to);
  const T* x = static_cast<const T*>(from);
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<int16_t>(x[static_cast<int64_t>(i) * stride] - zero_point);
}

template <typename T>
void store(const int32_t* sums, size_t n, int32_t bias, float scale, const OutputRange& out, void* to, int64_t stride) {
  constexpr size_t kBlock = 128;
  T buffer[kBlock];
  T* y = static_cast<T*>(to);
  for (size_t begin = 0; begin < n; begin += stride == 1 ? n : kBlock) {
    const size_t count = stride == 1 || n - begin < kBlock ? n - begin : kBlock;
    T* row = stride == 1 ? y : buffer;
    byte_loops().requantize[kIndex<T>](sums + begin, count, bias, scale, out, row);
    if (stride == 1) return;
    for (size_t i = 0; i < count; ++i) y[static_cast<int64_t>(begin + i) * stride] = buffer[i];
  }
}

}  // namespace

LoadRow load_row(DType dtype) {
  return dtype == DType::int8 ? load_floats<int8_t> : load_floats<uint8_t>;
}

LoadRow16 load_row_16(DType dtype) {
  return dtype == DType::int8 ? load_shorts<int8_t> : load_shorts<uint8_t>;
}

LoadPanel load_panel(DType dtype) {
  return portable::loops().pairs->to_panel[dtype == DType::int8 ? 0 : 1];
}

RowStore store_row(DType dtype) {
  return dtype == DType::int8 ? store<int8_t> : store<uint8_t>;
}

int32_t dot_16(const int16_t* a, const int16_t* b, size_t n) {
  return byte_loops().dot(a, b, n);
}

}  // namespace ingot::quantized
