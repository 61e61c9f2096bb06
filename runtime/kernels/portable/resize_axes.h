// Where the elements of a resized image come from, along one axis: shared by the kernels that resize floats and those
// that resize integers. Plain values; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"
#include "runtime/kernels/kernel_table.h"

namespace ingot::portable {

struct ResizeAxis {
  int64_t in;
  int64_t out;
  double factor;  // 0 where the output's size was given
};

// From a size or a factor for each axis, of which exactly one list is present.
Result<std::array<ResizeAxis, 2>> resize_axes(const KernelArgs& args, size_t sizes_at, size_t factors_at,
                                              const Tensor& input);

// Input elements an output element.
template <typename C>
C step_of(const ResizeAxis& a) {
  return a.factor > 0 ? static_cast<C>(1.0 / a.factor) : static_cast<C>(a.in) / static_cast<C>(a.out);
}

// The two inputs that an output lies between, and the share of the second.
template <typename C>
struct Between {
  int64_t low;
  int64_t high;
  C share;
};

template <typename C>
Between<C> between(const ResizeAxis& a, bool align_corners, int64_t position) {
  if (a.in == a.out) return {position, position, 0};
  C source;
  if (align_corners) {
    const C step = a.out > 1 ? static_cast<C>(a.in - 1) / static_cast<C>(a.out - 1) : C{0};
    source = step * static_cast<C>(position);
  } else {
    source = std::max(step_of<C>(a) * (static_cast<C>(position) + C{0.5}) - C{0.5}, C{0});
  }
  const int64_t low = std::min(static_cast<int64_t>(source), a.in - 1);
  return {low, std::min(low + 1, a.in - 1), std::clamp(source - static_cast<C>(low), C{0}, C{1})};
}

}  // namespace ingot::portable
