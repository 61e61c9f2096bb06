// FullyConnected, BatchMatrixMultiply, and attention built from them.

#include <algorithm>
#include <limits>

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

Result<void> check_float(const Operand& operand, const char* role) {
  if (operand.datatype() == wire::DataType::fp32 || operand.datatype() == wire::DataType::fp16) return {};
  return fail(ErrorCode::not_supported, "its %s is %s, expected fp32 or fp16", role, to_string(operand.datatype()));
}

// XNNPACK of 2024-11 scales the bias of a product of floats with a filter of integers as if it were a product too: such
// a bias is added afterwards.
bool adds_bias_separately(wire::DataType input, const Value& filter, uint32_t bias_id) {
  return input == wire::DataType::fp32 && filter.per_channel != nullptr && bias_id != kNoId;
}

// [..., M, K] times [..., K, N], or [..., N, K] with `transposed`.
Result<Shape> product_shape(const Shape& a, const Shape& b, bool transposed) {
  if (a.rank < 3 || b.rank != a.rank) {
    return fail(ErrorCode::not_supported, "its inputs are %s and %s, expected the same rank, at least 3",
                ShapeText(a).text, ShapeText(b).text);
  }
  const size_t r = a.rank;
  const size_t k = transposed ? b[r - 1] : b[r - 2], n = transposed ? b[r - 2] : b[r - 1];
  if (a[r - 1] != k || !std::equal(a.dims, a.dims + r - 2, b.dims)) {
    return fail(ErrorCode::not_supported, "its inputs are %s and %s%s, which do not match", ShapeText(a).text,
                ShapeText(b).text, transposed ? " (transposed)" : "");
  }
  Shape out = a;
  out.dims[r - 1] = n;
  return out;
}

}  // namespace

Result<void> check_fully_connected(NodeCheck& check) {
  const auto& fc = *check.node.xnode_union_as_FullyConnected();
  INGOT_TRY_VOID(check.flags(fc.flags(), XNN_FLAG_TRANSPOSE_WEIGHTS | XNN_FLAG_TENSORFLOW_RESHAPE_2D));
  const bool transposed = (fc.flags() & XNN_FLAG_TRANSPOSE_WEIGHTS) != 0;
  const Operand input = INGOT_TRY(check.input(fc.input1_id(), "input"));
  const Operand filter = INGOT_TRY(check.input(fc.filter_id(), "filter", 2));
  if (input.rank() == 0) return fail(ErrorCode::not_supported, "its input is a scalar");
  const size_t in = filter.dim(transposed ? 0 : 1), out = filter.dim(transposed ? 1 : 0);
  if (filter.value->constant == 0) INGOT_TRY_VOID(check_float(filter, "filter, which is not constant,"));
  INGOT_TRY_VOID(check_filter_quantization(filter, transposed ? 1 : 0));
  INGOT_TRY_VOID(check_dynamic_input(input, 1));
  INGOT_TRY_VOID(check_bias(check, fc.bias_id(), out));
  if (adds_bias_separately(input.datatype(), *filter.value, fc.bias_id())) {
    check.reads_when_run(INGOT_TRY(check.input(fc.bias_id(), "bias")));
  }
  Shape shape = *input.shape;
  if ((fc.flags() & XNN_FLAG_TENSORFLOW_RESHAPE_2D) != 0) {
    const uint64_t numel = INGOT_TRY(shape_numel(shape));
    if (numel % in != 0) {
      return fail(ErrorCode::invalid_argument, "its input has %llu elements, expected a multiple of %zu",
                  static_cast<unsigned long long>(numel), in);
    }
    shape = Shape{2, {numel / in, out}};
  } else {
    if (input.last(0) != in) {
      return fail(ErrorCode::invalid_argument, "its input is %s, expected %zu columns", ShapeText(shape).text, in);
    }
    shape.dims[shape.rank - 1] = out;
  }
  return check.output(fc.output_id(), shape);
}

namespace {

// With a filter that is the sum of two.
Result<void> define_sum_of_products(const NodeDefine& define, const wire::NodeFullyConnected& fc, uint32_t rest) {
  const wire::DataType input = define.value(fc.input1_id()).datatype;
  if (input != wire::DataType::qdint8) {
    return fail(ErrorCode::not_supported, "its filter of groups goes with a qdint8 input, found %s", to_string(input));
  }
  uint32_t products[2];
  const uint32_t filters[2] = {define.id(fc.filter_id()), rest};
  const uint32_t biases[2] = {define.id(fc.bias_id()), XNN_INVALID_VALUE_ID};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < 2; ++i) {
    products[i] = INGOT_TRY(
        define_internal(define.subgraph, define.value(fc.output_id()).datatype, define.shape(fc.output_id())));
    INGOT_TRY_VOID(
        answered(xnn_define_fully_connected(define.subgraph, -kInfinity, kInfinity, define.id(fc.input1_id()),
                                            filters[i], biases[i], products[i], fc.flags())));
  }
  const xnn_binary_params params = {define.bounds.min, define.bounds.max};
  return answered(xnn_define_binary(define.subgraph, xnn_binary_add, define.bounds.finite() ? &params : nullptr,
                                    products[0], products[1], define.id(fc.output_id()), 0));
}

Result<void> define_with_separate_bias(const NodeDefine& define, const wire::NodeFullyConnected& fc) {
  const uint32_t product =
      INGOT_TRY(define_internal(define.subgraph, define.value(fc.output_id()).datatype, define.shape(fc.output_id())));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  INGOT_TRY_VOID(
      answered(xnn_define_fully_connected(define.subgraph, -kInfinity, kInfinity, define.id(fc.input1_id()),
                                          define.id(fc.filter_id()), XNN_INVALID_VALUE_ID, product, fc.flags())));
  const xnn_binary_params params = {define.bounds.min, define.bounds.max};
  return answered(xnn_define_binary(define.subgraph, xnn_binary_add, define.bounds.finite() ? &params : nullptr,
                                    product, define.id(fc.bias_id()), define.id(fc.output_id()), 0));
}

}  // namespace

Result<void> define_fully_connected(const NodeDefine& define) {
  const auto& fc = *define.node.xnode_union_as_FullyConnected();
  if (adds_bias_separately(define.value(fc.input1_id()).datatype, define.value(fc.filter_id()), fc.bias_id())) {
    return define_with_separate_bias(define, fc);
  }
  INGOT_TRY_VOID(check_requantization(define, fc.input1_id(), fc.filter_id(), fc.output_id()));
  const auto& rests = define.storage.rests;
  if (const auto rest = rests.find(define.id(fc.filter_id())); rest != rests.end()) {
    return define_sum_of_products(define, fc, rest->second);
  }
  return answered(xnn_define_fully_connected(define.subgraph, define.bounds.min, define.bounds.max,
                                             define.id(fc.input1_id()), define.id(fc.filter_id()),
                                             define.id(fc.bias_id()), define.id(fc.output_id()), fc.flags()));
}

Result<void> check_batch_matrix_multiply(NodeCheck& check) {
  const auto& bmm = *check.node.xnode_union_as_BatchMatrixMultiply();
  INGOT_TRY_VOID(check.flags(bmm.flags(), XNN_FLAG_TRANSPOSE_B));
  const Operand a = INGOT_TRY(check.input(bmm.input1_id(), "first input"));
  const Operand b = INGOT_TRY(check.input(bmm.input2_id(), "second input"));
  INGOT_TRY_VOID(check_float(a, "first input"));
  INGOT_TRY_VOID(check_float(b, "second input"));
  const Shape out = INGOT_TRY(product_shape(*a.shape, *b.shape, (bmm.flags() & XNN_FLAG_TRANSPOSE_B) != 0));
  return check.output(bmm.output_id(), out);
}

Result<void> define_batch_matrix_multiply(const NodeDefine& define) {
  const auto& bmm = *define.node.xnode_union_as_BatchMatrixMultiply();
  return answered(xnn_define_batch_matrix_multiply(define.subgraph, define.id(bmm.input1_id()),
                                                   define.id(bmm.input2_id()), define.id(bmm.output_id()),
                                                   bmm.flags()));
}

// softmax((query * scale) key^T + mask) value, with query [..., T, C], key [..., U, C], value [..., U, D], scale [C]
// and mask [T, U].
Result<void> check_attention(NodeCheck& check) {
  const auto& attention = *check.node.xnode_union_as_ScaledDotProductAttention();
  INGOT_TRY_VOID(check.flags(attention.flags()));
  const Operand query = INGOT_TRY(check.input(attention.query_id(), "query"));
  const Operand key = INGOT_TRY(check.input(attention.key_id(), "key"));
  const Operand value = INGOT_TRY(check.input(attention.value_id(), "value"));
  const Operand scale = INGOT_TRY(check.input(attention.scale_id(), "scale", 1));
  const Operand mask = INGOT_TRY(check.input(attention.mask_id(), "mask", 2));
  INGOT_TRY_VOID(check_float(query, "query"));
  for (const Operand* operand : {&key, &value, &scale, &mask}) {
    if (operand->datatype() != query.datatype()) {
      return fail(ErrorCode::not_supported, "an input is %s and its query %s, expected the same",
                  to_string(operand->datatype()), to_string(query.datatype()));
    }
  }
  const Shape logits = INGOT_TRY(product_shape(*query.shape, *key.shape, true));
  if (scale.dim(0) != query.last(0)) {
    return fail(ErrorCode::invalid_argument, "its scale has %zu elements, expected %zu", scale.dim(0), query.last(0));
  }
  if (mask.dim(0) != logits[logits.rank - 2] || mask.dim(1) != logits[logits.rank - 1]) {
    return fail(ErrorCode::invalid_argument, "its mask is %s, expected [%zu, %zu]", ShapeText(*mask.shape).text,
                logits[logits.rank - 2], logits[logits.rank - 1]);
  }
  INGOT_TRY(shape_bytes(query.datatype(), logits));
  const Shape out = INGOT_TRY(product_shape(logits, *value.shape, false));
  return check.output(attention.output_id(), out);
}

Result<void> define_attention(const NodeDefine& define) {
  const auto& attention = *define.node.xnode_union_as_ScaledDotProductAttention();
  const auto datatype = define.value(attention.query_id()).datatype;
  const Shape& query_shape = define.shape(attention.query_id());
  const Shape logits_shape = INGOT_TRY(product_shape(query_shape, define.shape(attention.key_id()), true));
  const uint32_t scaled = INGOT_TRY(define_internal(define.subgraph, datatype, query_shape));
  const uint32_t logits = INGOT_TRY(define_internal(define.subgraph, datatype, logits_shape));
  const uint32_t masked = INGOT_TRY(define_internal(define.subgraph, datatype, logits_shape));
  const uint32_t weights = INGOT_TRY(define_internal(define.subgraph, datatype, logits_shape));
  INGOT_TRY_VOID(
      answered(xnn_define_binary(define.subgraph, xnn_binary_multiply, nullptr, define.id(attention.query_id()),
                                 define.id(attention.scale_id()), scaled, 0)));
  INGOT_TRY_VOID(answered(xnn_define_batch_matrix_multiply(define.subgraph, scaled, define.id(attention.key_id()),
                                                           logits, XNN_FLAG_TRANSPOSE_B)));
  INGOT_TRY_VOID(answered(
      xnn_define_binary(define.subgraph, xnn_binary_add, nullptr, logits, define.id(attention.mask_id()), masked, 0)));
  INGOT_TRY_VOID(answered(xnn_define_softmax(define.subgraph, masked, weights, 0)));
  return answered(xnn_define_batch_matrix_multiply(define.subgraph, weights, define.id(attention.value_id()),
                                                   define.id(attention.output_id()), 0));
}

}  // namespace ingot::xnnpack
