#include "delegate/xnnpack/lower/reorder.h"

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <vector>

namespace ingot::xnnpack::lowering {

using compiler::Bytes;

namespace {

// Elements in order `from` brought to order `to`.
template <typename T>
void reorder(const T* source, T* out, const Sizes& sizes, const Order& from, const Order& to) {
  struct Axis {
    int64_t size;
    int64_t distance;  // how far apart neighbours along it lie in the source
    int64_t index = 0;
  };
  std::vector<Axis> axes;  // outermost first in `to`
  for (const uint8_t dim : to) {
    int64_t distance = 1;
    for (size_t i = position_of(from, dim) + 1; i < from.size(); ++i) distance *= sizes[from[i]];
    axes.push_back({sizes[dim], distance});
  }
  const Axis inner = axes.back();
  axes.pop_back();
  const int64_t count = numel(sizes);
  for (int64_t written = 0; written < count; written += inner.size) {
    for (int64_t i = 0; i < inner.size; ++i) *out++ = source[i * inner.distance];
    for (Axis& axis : axes | std::views::reverse) {
      source += axis.distance;
      if (++axis.index < axis.size) break;
      source -= axis.distance * axis.index;
      axis.index = 0;
    }
  }
}

template <typename T>
Bytes reordered_as(const Bytes& bytes, const Sizes& sizes, const Order& from, const Order& to) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.span().data()) % sizeof(T) == 0;
  const Bytes source = aligned ? bytes : Bytes::copy_of(bytes.span());
  std::byte* out = nullptr;
  Bytes result = Bytes::allocate(bytes.size(), &out);
  reorder(source.as<T>().data(), reinterpret_cast<T*>(out), sizes, from, to);
  return result;
}

}  // namespace

Bytes reordered(const Bytes& bytes, const Sizes& sizes, const Order& from, const Order& to) {
  if (sizes.empty()) return bytes;
  switch (bytes.size() / static_cast<size_t>(numel(sizes))) {
    case sizeof(uint8_t):
      return reordered_as<uint8_t>(bytes, sizes, from, to);
    case sizeof(uint16_t):
      return reordered_as<uint16_t>(bytes, sizes, from, to);
    case sizeof(uint32_t):
      return reordered_as<uint32_t>(bytes, sizes, from, to);
    default:
      return reordered_as<uint64_t>(bytes, sizes, from, to);
  }
}

}  // namespace ingot::xnnpack::lowering
