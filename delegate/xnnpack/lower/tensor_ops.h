// XNNPACK's operators on Tensors with logical dimensions, of floats or of integers: each picks the layout that costs
// the fewest transposes, writes its nodes, and returns the result. The vocabulary in which the lowering of ATen's
// operators is written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "delegate/xnnpack/lower/tensor_builder.h"

namespace ingot::xnnpack::lowering {

// Element by element, with one input (Sigmoid, Abs, ...; Clamp takes bounds).
Tensor& unary(TensorBuilder& build, wire::NodeUnion type, Tensor& x, const Bounds& bounds = std::nullopt);
Tensor& clamp(TensorBuilder& build, Tensor& x, float min, float max);
// x bounded as the activation says, or x itself where there is none: for nodes that cannot carry bounds.
Tensor& bounded(TensorBuilder& build, Tensor& x, const Bounds& bounds);
Tensor& leaky_relu(TensorBuilder& build, Tensor& x, float negative_slope);
Tensor& elu(TensorBuilder& build, Tensor& x, float alpha);

// The constant in 8 bits, as an operand of such a node beside one of this affine type.
Tensor& in_integers(TensorBuilder& build, Tensor& constant, wire::NodeUnion type, const ElementType& beside);
// Element by element with broadcasting, by NumPy's rule (Add, Subtract, Multiply, Div, Maximum, Minimum, PReLU). Only
// the first four may have bounds.
Tensor& binary(TensorBuilder& build, wire::NodeUnion type, Tensor& a, Tensor& b, const Bounds& bounds = std::nullopt);
Sizes broadcast_sizes(const Sizes& a, const Sizes& b);
// Repeats dimensions of size 1; `sizes` has at least the tensor's rank. A constant of as many elements as there are
// repetitions is written: kMostRepetitions is what rules should allow.
inline constexpr int64_t kMostRepetitions = int64_t{1} << 16;
Tensor& expand(TensorBuilder& build, Tensor& x, const Sizes& sizes);

Tensor& softmax(TensorBuilder& build, Tensor& x, size_t dim);
// The mean over these dimensions, each of which is kept with size 1.
Tensor& mean(TensorBuilder& build, Tensor& x, const std::vector<size_t>& dims);
// The largest element over these dimensions, each of which is kept with size 1.
Tensor& amax(TensorBuilder& build, Tensor& x, const std::vector<size_t>& dims);

// [.., K] times a constant [K, N], plus a constant [N] or nothing.
Tensor& fully_connected(TensorBuilder& build, Tensor& x, Tensor& weight, Tensor* bias, const Bounds& bounds);
// [B, M, K] times [B, K, N].
Tensor& batch_matmul(TensorBuilder& build, Tensor& a, Tensor& b);

Tensor& concatenate(TensorBuilder& build, std::span<Tensor* const> parts, size_t dim);
Tensor& slice(TensorBuilder& build, Tensor& x, const Sizes& offsets, const Sizes& sizes);
// The part [offset, offset + size) of one dimension.
Tensor& slice(TensorBuilder& build, Tensor& x, size_t dim, int64_t offset, int64_t size);
// Paddings may be negative, then elements are cut off.
Tensor& pad(TensorBuilder& build, Tensor& x, const Sizes& before, const Sizes& after, float value);
// Each pixel of [N, C, H, W] becomes a block of pixels.
Tensor& upsample_nearest(TensorBuilder& build, Tensor& x, int64_t factor_height, int64_t factor_width);

}  // namespace ingot::xnnpack::lowering
