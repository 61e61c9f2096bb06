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

// A table of 256 bytes is 16 rows of 16, each of which a shuffle looks up by the lower half of a byte; the bits of the
// upper half then choose among the rows, two by two.
#if defined(__AVX512BW__)
struct TableRows {
  static constexpr size_t kBytes = 64;
  explicit TableRows(const uint8_t table[256]) {
    for (size_t row = 0; row < 16; ++row) {
      __m128i bytes;
      __builtin_memcpy(&bytes, table + 16 * row, sizeof bytes);
      rows[row] = _mm512_broadcast_i32x4(bytes);
    }
  }
  void look_up(const uint8_t* from, uint8_t* to) const {
    __m512i x;
    __builtin_memcpy(&x, from, sizeof x);
    const __m512i lower = _mm512_and_si512(x, _mm512_set1_epi8(15));
    __m512i found[16];
    for (size_t row = 0; row < 16; ++row) found[row] = _mm512_shuffle_epi8(rows[row], lower);
    size_t left = 16;
    for (int bit = 4; bit < 8; ++bit) {
      const __mmask64 upper = _mm512_test_epi8_mask(x, _mm512_set1_epi8(static_cast<char>(1 << bit)));
      left /= 2;
      for (size_t i = 0; i < left; ++i) found[i] = _mm512_mask_blend_epi8(upper, found[2 * i], found[2 * i + 1]);
    }
    __builtin_memcpy(to, &found[0], sizeof found[0]);
  }
  __m512i rows[16];
};
#elif defined(__AVX2__)
struct TableRows {
  static constexpr size_t kBytes = 32;
  explicit TableRows(const uint8_t bytes[256]) : table(bytes) {}
  void look_up(const uint8_t* from, uint8_t* to) const {
    __m256i x;
    __builtin_memcpy(&x, from, sizeof x);
    const __m256i lower = _mm256_and_si256(x, _mm256_set1_epi8(15));
    __m256i found[16];
    for (size_t row = 0; row < 16; ++row) {
      __m128i bytes;
      __builtin_memcpy(&bytes, table + 16 * row, sizeof bytes);
      found[row] = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), lower);
    }
    size_t left = 16;
    for (int bit = 4; bit < 8; ++bit) {
      const __m256i upper = _mm256_slli_epi16(x, 7 - bit);  // the bit on top of its byte; what is below does not matter
      left /= 2;
      for (size_t i = 0; i < left; ++i) found[i] = _mm256_blendv_epi8(found[2 * i], found[2 * i + 1], upper);
    }
    __builtin_memcpy(to, &found[0], sizeof found[0]);
  }
  const uint8_t* table;
};
#elif defined(__aarch64__)
struct TableRows {
  static constexpr size_t kBytes = 16;
  explicit TableRows(const uint8_t table[256])
      : quarters{vld1q_u8_x4(table), vld1q_u8_x4(table + 64), vld1q_u8_x4(table + 128), vld1q_u8_x4(table + 192)} {}
  void look_up(const uint8_t* from, uint8_t* to) const {
    const uint8x16_t x = vld1q_u8(from);
    uint8x16_t found = vqtbl4q_u8(quarters[0], x);  // 0 where x is beyond
    for (uint8_t q = 1; q < 4; ++q) {
      const uint8_t first = static_cast<uint8_t>(64 * q);
      found = vqtbx4q_u8(found, quarters[q], vsubq_u8(x, vdupq_n_u8(first)));
    }
    vst1q_u8(to, found);
  }
  uint8x16x4_t quarters[4];
};
#else
struct TableRows {
  static constexpr size_t kBytes = 1;
  explicit TableRows(const uint8_t bytes[256]) : table(bytes) {}
  void look_up(const uint8_t* from, uint8_t* to) const { *to = table[*from]; }
  const uint8_t* table;
};
#endif

void look_up(const uint8_t table[256], const uint8_t* from, size_t n, uint8_t* to) {
  const TableRows rows(table);
  size_t i = 0;
  for (; i + TableRows::kBytes <= n; i += TableRows::kBytes) rows.look_up(from + i, to + i);
  for (; i < n; ++i) to[i] = table[from[i]];
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
    look_up,
    {add<int8_t>, add<uint8_t>},
    {multiply<int8_t>, multiply<uint8_t>},
};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
