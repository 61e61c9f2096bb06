#include "runtime/kernels/portable/element_blocks.h"

#include <concepts>

#include "runtime/core/checked_math.h"
#include "runtime/core/half.h"

namespace ingot::portable {
namespace {

struct Bool {
  uint8_t byte;
};

template <typename C, typename T>
C widen(T x) {
  if constexpr (std::same_as<T, Float16> || std::same_as<T, BFloat16>) {
    return widen<C>(to_float(x));
  } else if constexpr (std::same_as<T, Bool>) {
    return static_cast<C>(x.byte != 0);
  } else if constexpr (std::floating_point<T> && std::integral<C>) {
    return saturate_cast<C>(x);
  } else {
    return static_cast<C>(x);
  }
}

template <typename T, typename C>
T narrow(C x) {
  if constexpr (std::same_as<T, Float16>) {
    return to_float16(static_cast<float>(x));
  } else if constexpr (std::same_as<T, BFloat16>) {
    return to_bfloat16(static_cast<float>(x));
  } else if constexpr (std::same_as<T, Bool>) {
    return {static_cast<uint8_t>(x != 0)};
  } else if constexpr (std::floating_point<C> && std::integral<T>) {
    return saturate_cast<T>(x);
  } else {
    return static_cast<T>(x);
  }
}

template <typename C, typename T>
void load(C* out, const void* src, int64_t stride, size_t n) {
  const T* from = static_cast<const T*>(src);
  if (stride == 1) {
    for (size_t i = 0; i < n; ++i) out[i] = widen<C>(from[i]);
  } else if (stride == 0) {
    const C value = n > 0 ? widen<C>(*from) : C{};
    for (size_t i = 0; i < n; ++i) out[i] = value;
  } else {
    for (size_t i = 0; i < n; ++i) out[i] = widen<C>(from[static_cast<int64_t>(i) * stride]);
  }
}

template <typename C, typename T>
void store(void* dst, int64_t stride, const C* in, size_t n) {
  T* to = static_cast<T*>(dst);
  if (stride == 1) {
    for (size_t i = 0; i < n; ++i) to[i] = narrow<T>(in[i]);
  } else {
    for (size_t i = 0; i < n; ++i) to[static_cast<int64_t>(i) * stride] = narrow<T>(in[i]);
  }
}

// f with a storage type of the dtype; a number that is no dtype acts as uint8 (files with such are refused at load).
template <typename F>
auto with_storage(DType dtype, F f) {
  switch (dtype) {
    case DType::uint8:
      break;
    case DType::int8:
      return f.template operator()<int8_t>();
    case DType::int16:
      return f.template operator()<int16_t>();
    case DType::int32:
      return f.template operator()<int32_t>();
    case DType::int64:
      return f.template operator()<int64_t>();
    case DType::float16:
      return f.template operator()<Float16>();
    case DType::float32:
      return f.template operator()<float>();
    case DType::float64:
      return f.template operator()<double>();
    case DType::boolean:
      return f.template operator()<Bool>();
    case DType::bfloat16:
      return f.template operator()<BFloat16>();
    case DType::uint16:
      return f.template operator()<uint16_t>();
    case DType::uint32:
      return f.template operator()<uint32_t>();
    case DType::uint64:
      return f.template operator()<uint64_t>();
  }
  return f.template operator()<uint8_t>();
}

}  // namespace

template <typename C>
LoadBlock<C> load_block(DType dtype) {
  return with_storage(dtype, []<typename T>() -> LoadBlock<C> { return load<C, T>; });
}

template <typename C>
StoreBlock<C> store_block(DType dtype) {
  return with_storage(dtype, []<typename T>() -> StoreBlock<C> { return store<C, T>; });
}

template LoadBlock<float> load_block<float>(DType);
template LoadBlock<double> load_block<double>(DType);
template LoadBlock<int64_t> load_block<int64_t>(DType);
template StoreBlock<float> store_block<float>(DType);
template StoreBlock<double> store_block<double>(DType);
template StoreBlock<int64_t> store_block<int64_t>(DType);

void store_scalar(DType dtype, Scalar number, void* element) {
  if (number.is_real()) {
    store_block<double>(dtype)(element, 1, &number.real, 1);
  } else {
    store_block<int64_t>(dtype)(element, 1, &number.integer, 1);
  }
}

}  // namespace ingot::portable
