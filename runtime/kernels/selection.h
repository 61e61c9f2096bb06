// Building only what some programs need. A build that is given .pte files (INGOT_KERNELS_FOR) compiles with the list of
// their operators and dtypes that `pte select` makes; rows that no program calls are left out of the kernel tables, and
// loops over dtypes that no tensor has out of the rows, so that the linker drops their code. Such a dtype is then one
// that the operator is not defined for: an error, as for any other. All of it happens at compile time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/kernels/kernel_table.h"
#ifdef INGOT_KERNEL_SELECTION
#include INGOT_KERNEL_SELECTION
#endif

namespace ingot {

namespace selection {
#ifdef INGOT_KERNEL_SELECTION
inline constexpr bool kEverything = false;
#else
inline constexpr bool kEverything = true;
inline constexpr std::array<std::string_view, 0> kOperators;
inline constexpr uint32_t kDTypes = UINT32_MAX;  // a bit for each number of the file format
#endif

constexpr bool has_operator(std::string_view name) {
  return kEverything || std::ranges::find(kOperators, name) != std::ranges::end(kOperators);
}
// Any operator that runtime/kernels/quantized has a kernel for?
constexpr bool has_quantized_operators() {
  return kEverything || std::ranges::any_of(kOperators, [](std::string_view name) {
           return name.starts_with("ingot::quantized_") || name.starts_with("quantized_decomposed::");
         });
}
constexpr bool has_dtype(DType dtype) {
  return (kDTypes >> static_cast<unsigned>(dtype) & 1) != 0;
}
}  // namespace selection

// Is there a tensor whose elements are computed in C (float, double or int64_t)?
template <typename C>
inline constexpr bool kIsSelected =
    selection::has_dtype(DType::uint8) || selection::has_dtype(DType::int8) || selection::has_dtype(DType::int16) ||
    selection::has_dtype(DType::int32) || selection::has_dtype(DType::int64) || selection::has_dtype(DType::boolean);
template <>
inline constexpr bool kIsSelected<float> =
    selection::has_dtype(DType::float32) || selection::has_dtype(DType::float16) ||
    selection::has_dtype(DType::bfloat16);
template <>
inline constexpr bool kIsSelected<double> = selection::has_dtype(DType::float64);

namespace selection {
template <const auto& kRows>
constexpr auto kept_rows() {
  constexpr size_t kCount =
      static_cast<size_t>(std::ranges::count_if(kRows, [](const Kernel& row) { return has_operator(row.name); }));
  std::array<Kernel, kCount> kept{};
  std::ranges::copy_if(kRows, kept.begin(), [](const Kernel& row) { return has_operator(row.name); });
  return kept;
}
}  // namespace selection

// The rows of a constexpr table that some program calls: all of them in an ordinary build. Tables of several files have
// the same name in an unnamed namespace, which g++ 14 takes for one when it instantiates this: Caller tells them apart.
template <const auto& kRows, typename Caller = decltype([] {})>
constexpr std::span<const Kernel> selected() {
  if constexpr (selection::kEverything) {
    return kRows;
  } else {
    static constexpr auto kKept = selection::kept_rows<kRows>();
    return kKept;
  }
}

}  // namespace ingot
