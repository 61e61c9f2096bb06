// The geometry that convolutions and pools share: kernels that slide over the spatial axes.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/frontend/onnx/conversion.h"

namespace ingot::compiler::onnx_import {

// One entry a spatial axis.
struct Window {
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> before;  // padding
  std::vector<int64_t> after;

  size_t axes() const { return kernel.size(); }
  // Size of the dilated kernel.
  int64_t extent(size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
  bool symmetric() const { return before == after; }
};

// The attributes strides, dilations, pads and auto_pad of a node that slides `kernel` over x [N, C, spatial...].
Result<Window> read_window(Conversion& c, const Value* x, std::vector<int64_t> kernel);

// An attribute with `count` positive entries, or all 1.
Result<std::vector<int64_t>> positive_list(Conversion& c, std::string_view name, size_t count);

// `before` and `after` for the axes of x, with none for batch and channels.
std::vector<int64_t> with_leading_axes(const std::vector<int64_t>& spatial);

}  // namespace ingot::compiler::onnx_import
