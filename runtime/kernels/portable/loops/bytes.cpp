#include "runtime/kernels/portable/loops/bytes.h"

#include "runtime/kernels/portable/loops/byte_vectors.h"
#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"
// Of this only functions that are always inlined are used here.
#include "runtime/kernels/quantized/arithmetic.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

using quantized::OutputRange;

// Calls f(i) for whole registers of n elements, the last one perhaps over some of the one before it. False where there
// are fewer than one holds.
template <typename F>
inline bool for_each_register(size_t n, const F& f) {
  if (n < kLanes) return false;
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(i);
  if (i < n) f(n - kLanes);
  return true;
}

template <typename T>
void to_floats(const void* from, size_t n, int32_t zero_point, float* to) {
  const T* x = static_cast<const T*>(from);
  const Ints zero = Ints{} + zero_point;
  if (for_each_register(n,
                        [=](size_t i) { store(to + i, __builtin_convertvector(load_bytes(x + i) - zero, Lanes)); })) {
    return;
  }
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(x[i] - zero_point);
}

template <typename T>
void to_shorts(const void* from, size_t n, int32_t zero_point, int16_t* to) {
  const T* x = static_cast<const T*>(from);
  const int16_t zero = static_cast<int16_t>(zero_point);
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<int16_t>(x[i] - zero);
}

// A register of elements `kStep` apart.
template <typename T, size_t kStep>
inline Ints load_elements(const T* from) {
  if constexpr (kStep == 1) return load_bytes(from);
  // Two at a time, the second of which leaves.
  Shorts pairs;
  __builtin_memcpy(&pairs, from, sizeof pairs);
  const Ints both = to_ints(pairs);
  return T(-1) > T(0) ? both & 0xff : both << 24 >> 24;
}

// From to[i] to the next row, or to the end.
inline void fill_zeros(const FloatRows& r, float* to, size_t i) {
  const size_t room = static_cast<size_t>(r.to_end - to);
  for (const size_t end = room < r.to_row ? room : r.to_row; i < end; ++i) to[i] = 0;
}

template <typename T, size_t kStep>
void to_float_rows_of(const FloatRows& r) {
  constexpr ptrdiff_t kRead = kLanes * kStep;
  const T* end = static_cast<const T*>(r.from_end);
  const T* from = static_cast<const T*>(r.from);
  float* to = r.to;
  const ptrdiff_t from_row = r.from_row;
  const size_t to_row = r.to_row, rows = r.rows, count = r.count, full = count / kLanes * kLanes;
  const Ints zero = Ints{} + r.zero_point;
  Ints lane;
  for (size_t i = 0; i < kLanes; ++i) lane[i] = static_cast<int32_t>(i);
  const Ints wanted = lane < static_cast<int32_t>(count - full);
  for (size_t row = 0; row < rows; ++row, from += from_row, to += to_row) {
    size_t i = 0;
    for (; i < full && end - from >= static_cast<ptrdiff_t>(i * kStep) + kRead; i += kLanes) {
      store(to + i, __builtin_convertvector(load_elements<T, kStep>(from + i * kStep) - zero, Lanes));
    }
    if (i == full && i < count && end - from >= static_cast<ptrdiff_t>(i * kStep) + kRead) {
      // The lanes beyond the row's end become zeros: 0 is the float of no bits.
      const Lanes floats = __builtin_convertvector(load_elements<T, kStep>(from + i * kStep) - zero, Lanes);
      store(to + i, reinterpret_cast<Lanes>(reinterpret_cast<Ints>(floats) & wanted));
      i += kLanes;
    }
    for (; i < count; ++i) to[i] = static_cast<float>(from[i * kStep] - r.zero_point);
    fill_zeros(r, to, i);
  }
}

template <typename T>
void to_float_rows(const FloatRows& r) {
  if (r.step == 1) return to_float_rows_of<T, 1>(r);
  if (r.step == 2) return to_float_rows_of<T, 2>(r);
  const T* from = static_cast<const T*>(r.from);
  float* to = r.to;
  for (size_t row = 0; row < r.rows; ++row, from += r.from_row, to += r.to_row) {
    for (size_t i = 0; i < r.count; ++i) {
      to[i] = static_cast<float>(from[static_cast<ptrdiff_t>(i) * r.step] - r.zero_point);
    }
    fill_zeros(r, to, r.count);
  }
}

void copy_rows(const ByteRowCopy& c) {
  constexpr ptrdiff_t kPart = 16;
  const uint8_t* from = c.from;
  uint8_t* to = c.to;
  const ptrdiff_t count = static_cast<ptrdiff_t>(c.count);
  for (size_t row = 0; row < c.rows; ++row, from += c.from_row, to += c.to_row) {
    ptrdiff_t i = 0;
    for (; i < count && c.to_end - to >= i + kPart; i += kPart) __builtin_memcpy(to + i, from + i, kPart);
    for (; i < count; ++i) to[i] = from[i];
  }
}

template <typename T>
void requantize_row(const int32_t* sums, size_t n, int32_t bias, float scale, const OutputRange& out, void* to) {
  T* y = static_cast<T*>(to);
  const OutputRange range = out;  // a copy: for all that the compiler knows, y might lie over it
  const Saturation saturation(out);
  const bool done = for_each_register(n, [=](size_t i) {
    const Ints sum = add_wrapping(load_ints(sums + i), Ints{} + bias);
    store_bytes(y + i, saturation.requantize(sum, all(scale)));
  });
  for (size_t i = 0; i < n && !done; ++i) {
    const uint32_t sum = static_cast<uint32_t>(sums[i]) + static_cast<uint32_t>(bias);
    y[i] = static_cast<T>(quantized::requantize(static_cast<int32_t>(sum), scale, range));
  }
}

template <typename T>
void quantize_row(const float* from, size_t n, float inverse_scale, const OutputRange& out, void* to) {
  T* y = static_cast<T*>(to);
  const OutputRange range = out;
  const Saturation saturation(out);
  const bool done = for_each_register(n, [=](size_t i) {
    Lanes x = load(from + i) * inverse_scale;
    // What is not a number becomes the least.
    x = x == x ? x : all(static_cast<float>(range.min - range.zero_point));
    store_bytes(y + i, saturation.apply(x));
  });
  for (size_t i = 0; i < n && !done; ++i) {
    y[i] = static_cast<T>(quantized::quantize_real(from[i], inverse_scale, range));
  }
}

int32_t dot(const int16_t* a, const int16_t* b, size_t n) {
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

template <typename T>
void add(const ByteRows& rows, const quantized::Sum& sum) {
  const quantized::Sum f = sum;  // in registers, not behind a pointer
  const T* a = static_cast<const T*>(rows.a);
  const T* b = static_cast<const T*>(rows.b);
  T* y = static_cast<T*>(rows.out);
  const size_t n = rows.count;
  if (rows.a_varies && rows.b_varies) {
    for (size_t i = 0; i < n; ++i) y[i] = static_cast<T>(f(a[i], b[i]));
  } else if (rows.a_varies) {
    const int32_t right = *b;
    for (size_t i = 0; i < n; ++i) y[i] = static_cast<T>(f(a[i], right));
  } else {
    const int32_t left = *a;
    for (size_t i = 0; i < n; ++i) y[i] = static_cast<T>(f(left, b[rows.b_varies ? i : 0]));
  }
}

// The same of products. Compilers leave their rounding and saturation to scalars, which take ten times as long.
template <typename T>
void multiply(const ByteRows& rows, const quantized::Product& product) {
  const quantized::Product p = product;
  const T* a = static_cast<const T*>(rows.a);
  const T* b = static_cast<const T*>(rows.b);
  T* y = static_cast<T*>(rows.out);
  const bool a_varies = rows.a_varies, b_varies = rows.b_varies;
  const Ints left = Ints{} + *a, right = Ints{} + *b;
  const Saturation saturation(p.out);
  size_t i = 0;
  for (; i + kLanes <= rows.count; i += kLanes) {
    const Ints x = (a_varies ? load_bytes(a + i) : left) - p.a_zero_point;
    store_bytes(y + i,
                saturation.requantize(x * ((b_varies ? load_bytes(b + i) : right) - p.b_zero_point), all(p.scale)));
  }
  for (; i < rows.count; ++i) y[i] = static_cast<T>(p(a[a_varies ? i : 0], b[b_varies ? i : 0]));
}

}  // namespace

constexpr ByteLoops byte_loops = {
    {to_floats<int8_t>, to_floats<uint8_t>},
    {to_shorts<int8_t>, to_shorts<uint8_t>},
    {to_float_rows<int8_t>, to_float_rows<uint8_t>},
    copy_rows,
    {requantize_row<int8_t>, requantize_row<uint8_t>},
    {quantize_row<int8_t>, quantize_row<uint8_t>},
    dot,
    {add<int8_t>, add<uint8_t>},
    {multiply<int8_t>, multiply<uint8_t>},
};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
