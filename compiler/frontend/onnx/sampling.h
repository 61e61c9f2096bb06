// Reading tensors at positions between their elements, as GridSample, RoiAlign and DeformConv do: sums of what lies
// around each position, made of ATen's index and elementwise operators.
#pragma once

#include <vector>

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler::onnx_import {

// Where to read x [N, C, sizes...]. Values for the points broadcast against each other to [points...].
struct SamplePoints {
  Value* batch;                  // int64: which image
  std::vector<Value*> position;  // floats, one an axis of `sizes`: where, in elements
  bool zero_outside;             // elements that are not there count as zeros; else as the nearest that is
};

// The elements around each point, each times its weight: 2 ^ axes values of shape [points..., C], whose sum is the
// linear interpolation.
Result<std::vector<Value*>> weighted_neighbours(Calls& c, Value* x, const SamplePoints& points);

// The element at each point, rounded to even where it lies between two: [points..., C].
Result<Value*> nearest_elements(Calls& c, Value* x, const SamplePoints& points);

// The sum of values of one shape.
Result<Value*> sum_of(Calls& c, const std::vector<Value*>& values);

}  // namespace ingot::compiler::onnx_import
