// The one table of TensorFlow Lite's operators that the importer knows: which function converts each. Adding an
// operator: write its converter in the file of its family, declare it here, add its row in operators.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/frontend/tflite/conversion.h"

namespace ingot::compiler::tflite_import {

using Converter = Result<void> (*)(Conversion& c);

struct OperatorRow {
  wire::BuiltinOperator code;
  uint8_t min_inputs;  // these must be given
  uint8_t max_inputs;
  uint8_t max_outputs;
  Converter convert;
  std::string_view aten = {};  // the operator it becomes, for converters that serve several
};

// Any number of operands or results, none of which may be left out.
inline constexpr uint8_t kAnyNumber = 255;

// Null where the importer does not know the operator.
const OperatorRow* find_operator(wire::BuiltinOperator code);
// The same for operators that are not TensorFlow Lite's own.
const OperatorRow* find_custom_operator(std::string_view name);

// activation.cpp
Result<void> convert_relu6(Conversion& c);
Result<void> convert_relu_n1_to_1(Conversion& c);
Result<void> convert_relu_0_to_1(Conversion& c);
Result<void> convert_leaky_relu(Conversion& c);
Result<void> convert_prelu(Conversion& c);
Result<void> convert_gelu(Conversion& c);
Result<void> convert_softmax(Conversion& c);
Result<void> convert_log_softmax(Conversion& c);
// convolution.cpp
Result<void> convert_conv_2d(Conversion& c);
Result<void> convert_depthwise_conv_2d(Conversion& c);
Result<void> convert_transpose_conv(Conversion& c);
Result<void> convert_transpose_conv_bias(Conversion& c);
// elementwise.cpp
Result<void> convert_unary(Conversion& c);
Result<void> convert_binary(Conversion& c);
Result<void> convert_add(Conversion& c);
Result<void> convert_sub(Conversion& c);
Result<void> convert_mul(Conversion& c);
Result<void> convert_div(Conversion& c);
Result<void> convert_add_n(Conversion& c);
Result<void> convert_square(Conversion& c);
Result<void> convert_squared_difference(Conversion& c);
Result<void> convert_floor_div(Conversion& c);
Result<void> convert_select(Conversion& c);
Result<void> convert_cast(Conversion& c);
// indexing.cpp
Result<void> convert_gather(Conversion& c);
Result<void> convert_gather_nd(Conversion& c);
Result<void> convert_embedding_lookup(Conversion& c);
Result<void> convert_one_hot(Conversion& c);
Result<void> convert_top_k(Conversion& c);
// joining.cpp
Result<void> convert_concatenation(Conversion& c);
Result<void> convert_pack(Conversion& c);
Result<void> convert_unpack(Conversion& c);
Result<void> convert_split(Conversion& c);
Result<void> convert_split_v(Conversion& c);
// matrix_product.cpp
Result<void> convert_fully_connected(Conversion& c);
Result<void> convert_batch_matmul(Conversion& c);
// movement.cpp
Result<void> convert_reshape(Conversion& c);
Result<void> convert_squeeze(Conversion& c);
Result<void> convert_expand_dims(Conversion& c);
Result<void> convert_transpose(Conversion& c);
Result<void> convert_tile(Conversion& c);
Result<void> convert_broadcast_to(Conversion& c);
Result<void> convert_reverse(Conversion& c);
// normalization.cpp
Result<void> convert_l2_normalization(Conversion& c);
Result<void> convert_local_response_normalization(Conversion& c);
// padding.cpp
Result<void> convert_pad(Conversion& c);
Result<void> convert_mirror_pad(Conversion& c);
// pooling.cpp
Result<void> convert_max_pool(Conversion& c);
Result<void> convert_average_pool(Conversion& c);
Result<void> convert_l2_pool(Conversion& c);
// quantization.cpp
Result<void> convert_quantize(Conversion& c);
Result<void> convert_dequantize(Conversion& c);
Result<void> convert_fake_quant(Conversion& c);
// reduction.cpp
Result<void> convert_mean(Conversion& c);
Result<void> convert_sum(Conversion& c);
Result<void> convert_extreme(Conversion& c);
Result<void> convert_product(Conversion& c);
Result<void> convert_any_all(Conversion& c);
Result<void> convert_arg_extreme(Conversion& c);
Result<void> convert_cumsum(Conversion& c);
// resize.cpp
Result<void> convert_resize_bilinear(Conversion& c);
Result<void> convert_resize_nearest(Conversion& c);
// shape.cpp
Result<void> convert_shape(Conversion& c);
Result<void> convert_rank(Conversion& c);
Result<void> convert_fill(Conversion& c);
Result<void> convert_zeros_like(Conversion& c);
Result<void> convert_range(Conversion& c);
Result<void> convert_broadcast_args(Conversion& c);
// slicing.cpp
Result<void> convert_slice(Conversion& c);
Result<void> convert_strided_slice(Conversion& c);
// space.cpp
Result<void> convert_space_to_depth(Conversion& c);
Result<void> convert_depth_to_space(Conversion& c);
Result<void> convert_space_to_batch(Conversion& c);
Result<void> convert_batch_to_space(Conversion& c);

}  // namespace ingot::compiler::tflite_import
