// The geometry that convolutions and pools share: windows that slide over height and width. What TensorFlow Lite calls
// SAME gives as many windows as there are positions of the first by the stride; the odd element of padding goes behind.
// Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/frontend/tflite/tflite_generated.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::tflite_import {

namespace wire = ingot::tflite;

// One axis, before it is laid over an input.
struct Slide {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;

  int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

// Two entries each: rows, columns.
struct Windows {
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> before;  // padding
  std::vector<int64_t> after;
  std::vector<int64_t> inputs;
  std::vector<int64_t> outputs;

  bool symmetric() const { return before == after; }
};

// Lays windows over an image [N, C, H, W] of known sizes.
Result<Windows> lay_windows(const Value* images, const Slide& rows, const Slide& columns, wire::Padding padding);
// Kernel, stride and dilation must be positive, and small enough for the numbers above.
Result<void> check_slide(const Slide& slide);
// `spatial` for all four axes of an image, none for the first two.
std::vector<int64_t> for_images(const std::vector<int64_t>& spatial);

}  // namespace ingot::compiler::tflite_import
