// How affine integers stand for real numbers in a graph: real = (q - zero_point) * scale. A quantized graph is a float
// graph whose values pass through pairs of quantize and dequantize nodes (quantized_decomposed); an operator that reads
// only dequantized values, and whose result is only quantized, can be computed in integers. Whoever does that (the
// delegate's lowering, the pass that makes ingot:: integer operators) reads the parameters here. Biases stay float.
//
// Parameters that are found when the graph runs take a node more, which chooses them (choose_qparams for a tensor,
// choose_qparams_per_token_asymmetric for its rows). Weights with a scale for each group of a row are dequantized as
// [rows * groups, group], with a scale for each of those rows, and viewed as what they are; integers of 4 bits lie in
// int8. Weights of 16-bit floats are widened by a _to_dim_order_copy node.
// Plain functions over a Graph; cost linear in the channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// What a quantize or dequantize node says about its integers.
struct Quantization {
  DType dtype = DType::int8;
  int64_t quant_min = 0;
  int64_t quant_max = 0;
  // One of each, or, with an axis, one for each slice along it. Scales are positive and finite.
  std::vector<double> scales;
  std::vector<int64_t> zero_points;
  std::optional<size_t> axis;

  bool is_per_tensor() const { return !axis.has_value(); }
  double scale() const { return scales.front(); }
  int64_t zero_point() const { return zero_points.front(); }
  friend bool operator==(const Quantization&, const Quantization&) = default;
};

// All integers of a dtype that may stand for real numbers; nothing for other dtypes.
struct IntegerRange {
  int64_t min = 0;
  int64_t max = 0;
};
std::optional<IntegerRange> integer_range(DType dtype);

// Is it one of quantized_decomposed::quantize_per_tensor and quantize_per_channel?
bool is_quantize(const Node& node);
// Is it one of quantized_decomposed::dequantize_per_tensor and dequantize_per_channel?
bool is_dequantize(const Node& node);

// The parameters of such a node. Nothing for other nodes, and where scales or zero points are computed by the graph.
std::optional<Quantization> quantization_of(const Node& node);

// Is it a copy from float16 to float32?
bool widens_halves(const Node& node);

// The dequantize node that makes this value, or null.
const Node* dequantize_of(const Value& value);
// The quantize node that is the one user of this value, or null: where others use it too, or the graph returns it, its
// real values are needed.
const Node* sole_quantize(const Value& value, const Uses& uses);

}  // namespace ingot::compiler
