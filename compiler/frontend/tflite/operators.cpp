#include "compiler/frontend/tflite/operators.h"

#include <algorithm>

namespace ingot::compiler::tflite_import {
namespace {

using enum wire::BuiltinOperator;

// code, operands that must be there, operands at most, results at most, converter, ATen operator
constexpr OperatorRow kOperators[] = {
    // clang-format off
    {ABS, 1, 1, 1, convert_unary, "aten::abs"},
    {ADD, 2, 2, 1, convert_add},
    {ADD_N, 1, kAnyNumber, 1, convert_add_n},
    {ARG_MAX, 2, 2, 1, convert_arg_extreme, "aten::argmax"},
    {ARG_MIN, 2, 2, 1, convert_arg_extreme, "aten::argmin"},
    {ATAN2, 2, 2, 1, convert_binary, "aten::atan2"},
    {AVERAGE_POOL_2D, 1, 1, 1, convert_average_pool},
    {BATCH_MATMUL, 2, 2, 1, convert_batch_matmul},
    {BATCH_TO_SPACE_ND, 3, 3, 1, convert_batch_to_space},
    {BITWISE_XOR, 2, 2, 1, convert_binary, "aten::bitwise_xor.Tensor"},
    {BROADCAST_ARGS, 2, 2, 1, convert_broadcast_args},
    {BROADCAST_TO, 2, 2, 1, convert_broadcast_to},
    {CAST, 1, 1, 1, convert_cast},
    {CEIL, 1, 1, 1, convert_unary, "aten::ceil"},
    {CONCATENATION, 1, kAnyNumber, 1, convert_concatenation},
    {CONV_2D, 2, 3, 1, convert_conv_2d},
    {COS, 1, 1, 1, convert_unary, "aten::cos"},
    {CUMSUM, 2, 2, 1, convert_cumsum},
    {DEPTHWISE_CONV_2D, 2, 3, 1, convert_depthwise_conv_2d},
    {DEPTH_TO_SPACE, 1, 1, 1, convert_depth_to_space},
    {DEQUANTIZE, 1, 1, 1, convert_dequantize},
    {DIV, 2, 2, 1, convert_div},
    {ELU, 1, 1, 1, convert_unary, "aten::elu"},
    {EMBEDDING_LOOKUP, 2, 2, 1, convert_embedding_lookup},
    {EQUAL, 2, 2, 1, convert_binary, "aten::eq.Tensor"},
    {EXP, 1, 1, 1, convert_unary, "aten::exp"},
    {EXPAND_DIMS, 2, 2, 1, convert_expand_dims},
    {FAKE_QUANT, 1, 1, 1, convert_fake_quant},
    {FILL, 2, 2, 1, convert_fill},
    {FLOOR, 1, 1, 1, convert_unary, "aten::floor"},
    {FLOOR_DIV, 2, 2, 1, convert_floor_div},
    {FLOOR_MOD, 2, 2, 1, convert_binary, "aten::remainder.Tensor"},
    {FULLY_CONNECTED, 2, 3, 1, convert_fully_connected},
    {GATHER, 2, 2, 1, convert_gather},
    {GATHER_ND, 2, 2, 1, convert_gather_nd},
    {GELU, 1, 1, 1, convert_gelu},
    {GREATER, 2, 2, 1, convert_binary, "aten::gt.Tensor"},
    {GREATER_EQUAL, 2, 2, 1, convert_binary, "aten::ge.Tensor"},
    {HARD_SWISH, 1, 1, 1, convert_unary, "aten::hardswish"},
    {L2_NORMALIZATION, 1, 1, 1, convert_l2_normalization},
    {L2_POOL_2D, 1, 1, 1, convert_l2_pool},
    {LEAKY_RELU, 1, 1, 1, convert_leaky_relu},
    {LESS, 2, 2, 1, convert_binary, "aten::lt.Tensor"},
    {LESS_EQUAL, 2, 2, 1, convert_binary, "aten::le.Tensor"},
    {LOCAL_RESPONSE_NORMALIZATION, 1, 1, 1, convert_local_response_normalization},
    {LOG, 1, 1, 1, convert_unary, "aten::log"},
    {LOGICAL_AND, 2, 2, 1, convert_binary, "aten::logical_and"},
    {LOGICAL_NOT, 1, 1, 1, convert_unary, "aten::logical_not"},
    {LOGICAL_OR, 2, 2, 1, convert_binary, "aten::logical_or"},
    {LOGISTIC, 1, 1, 1, convert_unary, "aten::sigmoid"},
    {LOG_SOFTMAX, 1, 1, 1, convert_log_softmax},
    {MAXIMUM, 2, 2, 1, convert_binary, "aten::maximum"},
    {MAX_POOL_2D, 1, 1, 1, convert_max_pool},
    {MEAN, 2, 2, 1, convert_mean},
    {MINIMUM, 2, 2, 1, convert_binary, "aten::minimum"},
    {MIRROR_PAD, 2, 2, 1, convert_mirror_pad},
    {MUL, 2, 2, 1, convert_mul},
    {NEG, 1, 1, 1, convert_unary, "aten::neg"},
    {NOT_EQUAL, 2, 2, 1, convert_binary, "aten::ne.Tensor"},
    {ONE_HOT, 4, 4, 1, convert_one_hot},
    {PACK, 1, kAnyNumber, 1, convert_pack},
    {PAD, 2, 2, 1, convert_pad},
    {PADV2, 3, 3, 1, convert_pad},
    {POW, 2, 2, 1, convert_binary, "aten::pow.Tensor_Tensor"},
    {PRELU, 2, 2, 1, convert_prelu},
    {QUANTIZE, 1, 1, 1, convert_quantize},
    {RANGE, 3, 3, 1, convert_range},
    {RANK, 1, 1, 1, convert_rank},
    {REDUCE_ALL, 2, 2, 1, convert_any_all},
    {REDUCE_ANY, 2, 2, 1, convert_any_all},
    {REDUCE_MAX, 2, 2, 1, convert_extreme, "aten::amax"},
    {REDUCE_MIN, 2, 2, 1, convert_extreme, "aten::amin"},
    {REDUCE_PROD, 2, 2, 1, convert_product},
    {RELU, 1, 1, 1, convert_unary, "aten::relu"},
    {RELU6, 1, 1, 1, convert_relu6},
    {RELU_0_TO_1, 1, 1, 1, convert_relu_0_to_1},
    {RELU_N1_TO_1, 1, 1, 1, convert_relu_n1_to_1},
    {RESHAPE, 1, 2, 1, convert_reshape},
    {RESIZE_BILINEAR, 2, 2, 1, convert_resize_bilinear},
    {RESIZE_NEAREST_NEIGHBOR, 2, 2, 1, convert_resize_nearest},
    {REVERSE_V2, 2, 2, 1, convert_reverse},
    {RIGHT_SHIFT, 2, 2, 1, convert_binary, "aten::bitwise_right_shift.Tensor"},
    {ROUND, 1, 1, 1, convert_unary, "aten::round"},
    {RSQRT, 1, 1, 1, convert_unary, "aten::rsqrt"},
    {SELECT, 3, 3, 1, convert_select},
    {SELECT_V2, 3, 3, 1, convert_select},
    {SHAPE, 1, 1, 1, convert_shape},
    {SIGN, 1, 1, 1, convert_unary, "aten::sign"},
    {SIN, 1, 1, 1, convert_unary, "aten::sin"},
    {SLICE, 3, 3, 1, convert_slice},
    {SOFTMAX, 1, 1, 1, convert_softmax},
    {SPACE_TO_BATCH_ND, 3, 3, 1, convert_space_to_batch},
    {SPACE_TO_DEPTH, 1, 1, 1, convert_space_to_depth},
    {SPLIT, 2, 2, kAnyNumber, convert_split},
    {SPLIT_V, 3, 3, kAnyNumber, convert_split_v},
    {SQRT, 1, 1, 1, convert_unary, "aten::sqrt"},
    {SQUARE, 1, 1, 1, convert_square},
    {SQUARED_DIFFERENCE, 2, 2, 1, convert_squared_difference},
    {SQUEEZE, 1, 1, 1, convert_squeeze},
    {STRIDED_SLICE, 4, 4, 1, convert_strided_slice},
    {SUB, 2, 2, 1, convert_sub},
    {SUM, 2, 2, 1, convert_sum},
    {TANH, 1, 1, 1, convert_unary, "aten::tanh"},
    {TILE, 2, 2, 1, convert_tile},
    {TOPK_V2, 2, 2, 2, convert_top_k},
    {TRANSPOSE, 2, 2, 1, convert_transpose},
    {TRANSPOSE_CONV, 3, 4, 1, convert_transpose_conv},
    {UNPACK, 1, 1, kAnyNumber, convert_unpack},
    {ZEROS_LIKE, 1, 1, 1, convert_zeros_like},
    // clang-format on
};

struct CustomRow {
  std::string_view name;
  OperatorRow row;
};

constexpr CustomRow kCustomOperators[] = {
    // MediaPipe's
    {"Convolution2DTransposeBias", {CUSTOM, 3, 3, 1, convert_transpose_conv_bias}},
};

}  // namespace

const OperatorRow* find_operator(wire::BuiltinOperator code) {
  const auto* found = std::ranges::find(kOperators, code, &OperatorRow::code);
  return found == std::end(kOperators) ? nullptr : found;
}

const OperatorRow* find_custom_operator(std::string_view name) {
  const auto* found = std::ranges::find(kCustomOperators, name, &CustomRow::name);
  return found == std::end(kCustomOperators) ? nullptr : &found->row;
}

}  // namespace ingot::compiler::tflite_import
