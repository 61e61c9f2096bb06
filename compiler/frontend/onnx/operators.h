// The one table of ONNX operators that the importer knows: which function converts each. Adding an operator: write its
// converter in the file of its family, declare it here, add its row in operators.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/frontend/onnx/conversion.h"

namespace ingot::compiler::onnx_import {

using Converter = Result<Outputs> (*)(Conversion& c);

struct OperatorRow {
  std::string_view name;
  int8_t since;        // the first operator set that has it as the converter knows it
  int8_t until;        // the last one
  uint8_t min_inputs;  // these must be given
  uint8_t max_inputs;
  uint8_t max_outputs;
  Converter convert;
  std::string_view aten = {};  // the operator it becomes, for converters that serve several
};

// Any number of inputs.
inline constexpr uint8_t kAnyNumber = 255;

// Null where the importer does not know the operator.
const OperatorRow* find_operator(std::string_view name);

// activation.cpp
Result<Outputs> convert_relu(Conversion& c);
Result<Outputs> convert_clip(Conversion& c);
Result<Outputs> convert_leaky_relu(Conversion& c);
Result<Outputs> convert_prelu(Conversion& c);
Result<Outputs> convert_thresholded_relu(Conversion& c);
Result<Outputs> convert_elu(Conversion& c);
Result<Outputs> convert_selu(Conversion& c);
Result<Outputs> convert_celu(Conversion& c);
Result<Outputs> convert_gelu(Conversion& c);
Result<Outputs> convert_hard_sigmoid(Conversion& c);
Result<Outputs> convert_softplus(Conversion& c);
Result<Outputs> convert_softsign(Conversion& c);
Result<Outputs> convert_mish(Conversion& c);
Result<Outputs> convert_shrink(Conversion& c);
// attention.cpp
Result<Outputs> convert_attention(Conversion& c);
Result<Outputs> convert_multi_head_attention(Conversion& c);
Result<Outputs> convert_rotary_embedding(Conversion& c);
// block_weights.cpp
Result<Outputs> convert_mat_mul_n_bits(Conversion& c);
// softmax.cpp
Result<Outputs> convert_softmax(Conversion& c);
Result<Outputs> convert_hardmax(Conversion& c);
// constant.cpp
Result<Outputs> convert_constant(Conversion& c);
Result<Outputs> convert_constant_of_shape(Conversion& c);
Result<Outputs> convert_eye_like(Conversion& c);
Result<Outputs> convert_range(Conversion& c);
Result<Outputs> convert_shape(Conversion& c);
Result<Outputs> convert_size(Conversion& c);
// identity.cpp
Result<Outputs> convert_cast(Conversion& c);
Result<Outputs> convert_cast_like(Conversion& c);
Result<Outputs> convert_dropout(Conversion& c);
Result<Outputs> convert_identity(Conversion& c);
// convolution.cpp
Result<Outputs> convert_conv(Conversion& c);
Result<Outputs> convert_conv_transpose(Conversion& c);
// determinant.cpp
Result<Outputs> convert_det(Conversion& c);
// elementwise.cpp
Result<Outputs> convert_unary(Conversion& c);
Result<Outputs> convert_binary(Conversion& c);
Result<Outputs> convert_variadic(Conversion& c);
Result<Outputs> convert_mean(Conversion& c);
Result<Outputs> convert_div(Conversion& c);
Result<Outputs> convert_mod(Conversion& c);
Result<Outputs> convert_pow(Conversion& c);
Result<Outputs> convert_bit_shift(Conversion& c);
Result<Outputs> convert_is_inf(Conversion& c);
Result<Outputs> convert_where(Conversion& c);
// folding.cpp
Result<Outputs> convert_col2im(Conversion& c);
Result<Outputs> convert_max_unpool(Conversion& c);
// fused.cpp
Result<Outputs> convert_bias_gelu(Conversion& c);
Result<Outputs> convert_fused_conv(Conversion& c);
Result<Outputs> convert_fused_mat_mul(Conversion& c);
Result<Outputs> convert_quick_gelu(Conversion& c);
Result<Outputs> convert_simplified_layer_normalization(Conversion& c);
Result<Outputs> convert_skip_layer_normalization(Conversion& c);
Result<Outputs> convert_skip_simplified_layer_normalization(Conversion& c);
// indexing.cpp
Result<Outputs> convert_gather(Conversion& c);
Result<Outputs> convert_gather_elements(Conversion& c);
Result<Outputs> convert_gather_nd(Conversion& c);
Result<Outputs> convert_reverse_sequence(Conversion& c);
Result<Outputs> convert_scatter_elements(Conversion& c);
Result<Outputs> convert_scatter_nd(Conversion& c);
Result<Outputs> convert_one_hot(Conversion& c);
Result<Outputs> convert_top_k(Conversion& c);
Result<Outputs> convert_trilu(Conversion& c);
// matrix_product.cpp
Result<Outputs> convert_einsum(Conversion& c);
Result<Outputs> convert_gemm(Conversion& c);
Result<Outputs> convert_mat_mul(Conversion& c);
// movement.cpp
Result<Outputs> convert_concat(Conversion& c);
Result<Outputs> convert_depth_to_space(Conversion& c);
Result<Outputs> convert_expand(Conversion& c);
Result<Outputs> convert_flatten(Conversion& c);
Result<Outputs> convert_reshape(Conversion& c);
Result<Outputs> convert_slice(Conversion& c);
Result<Outputs> convert_space_to_depth(Conversion& c);
Result<Outputs> convert_split(Conversion& c);
Result<Outputs> convert_squeeze(Conversion& c);
Result<Outputs> convert_tile(Conversion& c);
Result<Outputs> convert_transpose(Conversion& c);
Result<Outputs> convert_unsqueeze(Conversion& c);
// ngrams.cpp
Result<Outputs> convert_tf_idf_vectorizer(Conversion& c);
// normalization.cpp
Result<Outputs> convert_batch_normalization(Conversion& c);
Result<Outputs> convert_group_normalization(Conversion& c);
Result<Outputs> convert_instance_normalization(Conversion& c);
Result<Outputs> convert_layer_normalization(Conversion& c);
Result<Outputs> convert_lp_normalization(Conversion& c);
Result<Outputs> convert_lrn(Conversion& c);
Result<Outputs> convert_mean_variance_normalization(Conversion& c);
// padding.cpp
Result<Outputs> convert_pad(Conversion& c);
// pooling.cpp
Result<Outputs> convert_average_pool(Conversion& c);
Result<Outputs> convert_global_average_pool(Conversion& c);
Result<Outputs> convert_global_lp_pool(Conversion& c);
Result<Outputs> convert_global_max_pool(Conversion& c);
Result<Outputs> convert_lp_pool(Conversion& c);
Result<Outputs> convert_max_pool(Conversion& c);
// quantization.cpp
// What the node's row converts it to, on the real numbers that integers stand for where it only moves them.
Result<Outputs> convert_on_meaning(Conversion& c);
Result<Outputs> convert_quantize_linear(Conversion& c);
Result<Outputs> convert_dequantize_linear(Conversion& c);
Result<Outputs> convert_dynamic_quantize_linear(Conversion& c);
Result<Outputs> convert_q_linear_conv(Conversion& c);
Result<Outputs> convert_q_linear_mat_mul(Conversion& c);
Result<Outputs> convert_q_linear_binary(Conversion& c);
Result<Outputs> convert_q_linear_unary(Conversion& c);
Result<Outputs> convert_q_linear_leaky_relu(Conversion& c);
Result<Outputs> convert_q_linear_average_pool(Conversion& c);
Result<Outputs> convert_q_linear_global_average_pool(Conversion& c);
Result<Outputs> convert_q_linear_concat(Conversion& c);
Result<Outputs> convert_mat_mul_integer(Conversion& c);
Result<Outputs> convert_conv_integer(Conversion& c);
// reduction.cpp
Result<Outputs> convert_reduce(Conversion& c);
Result<Outputs> convert_arg_extreme(Conversion& c);
Result<Outputs> convert_cum_sum(Conversion& c);
// regions.cpp
Result<Outputs> convert_affine_grid(Conversion& c);
Result<Outputs> convert_deform_conv(Conversion& c);
Result<Outputs> convert_grid_sample(Conversion& c);
Result<Outputs> convert_roi_align(Conversion& c);
// resize.cpp
Result<Outputs> convert_resize(Conversion& c);
Result<Outputs> convert_upsample(Conversion& c);
// spectral.cpp
Result<Outputs> convert_dft(Conversion& c);
Result<Outputs> convert_mel_weight_matrix(Conversion& c);
Result<Outputs> convert_stft(Conversion& c);

// unsigned.cpp
// The same, on integers of a dtype that kernels compute with.
Result<Outputs> convert_on_integers(Conversion& c);

}  // namespace ingot::compiler::onnx_import
