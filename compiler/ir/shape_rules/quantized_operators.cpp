// Operators on quantized integers: ExecuTorch's own (quantized_decomposed), and ours, which compute in 8 bits (ingot).
#include <cstdint>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<void> require_bytes(const Call& call, const char* arg, const TensorType& type) {
  if (type.dtype == DType::int8 || type.dtype == DType::uint8) return {};
  return call.wrong(arg, "expected dtype int8 or uint8, found %s", to_string(type.dtype));
}

Result<void> require_rank(const Call& call, const char* arg, const TensorType& type, size_t rank) {
  if (type.rank() == rank) return {};
  return call.wrong(arg, "expected rank %zu, found %s", rank, to_string(type.shape).c_str());
}

Result<void> require_scale(const Call& call, const char* arg) {
  const double scale = call.real(arg);
  if (scale > 0 && scale * 0 == 0) return {};
  return call.wrong(arg, "expected a positive number, found %g", scale);
}

Result<void> require_integer_in(const Call& call, const char* arg, DType dtype) {
  const int64_t value = call.integer(arg);
  const int64_t least = dtype == DType::uint8 ? 0 : INT8_MIN, most = dtype == DType::uint8 ? UINT8_MAX : INT8_MAX;
  if (value >= least && value <= most) return {};
  return call.wrong(arg, "%lld is not in %s", static_cast<long long>(value), to_string(dtype));
}

// The scale, zero point and range of an output of that dtype.
Result<void> check_output(const Call& call, DType dtype) {
  INGOT_TRY_VOID(require_scale(call, "output_scale"));
  for (const char* arg : {"output_zero_point", "output_min", "output_max"}) {
    INGOT_TRY_VOID(require_integer_in(call, arg, dtype));
  }
  if (call.integer("output_min") <= call.integer("output_max")) return {};
  return call.wrong("output_min", "is above output_max");
}

// What operators with one operand and parameters of input and output share.
Result<void> check_parameters(const Call& call, const char* input) {
  const TensorType& type = call.tensor(input);
  INGOT_TRY_VOID(require_bytes(call, input, type));
  INGOT_TRY_VOID(require_scale(call, "input_scale"));
  if (call.op().has("input_zero_point")) INGOT_TRY_VOID(require_integer_in(call, "input_zero_point", type.dtype));
  return check_output(call, type.dtype);
}

Result<void> check_weight(const Call& call, const Dim& channels) {
  const TensorType& weight = call.tensor("weight");
  INGOT_TRY_VOID(check_parameters(call, "input"));
  INGOT_TRY_VOID(require_bytes(call, "weight", weight));
  INGOT_TRY_VOID(require_integer_in(call, "weight_zero_point", weight.dtype));
  if (const TensorType* bias = call.optional_tensor("bias")) {
    INGOT_TRY_VOID(require_dtype(call, "bias", *bias, DType::int32));
    if (bias->rank() != 1 || differ(bias->shape[0], channels)) {
      return call.wrong("bias", "expected shape [%s], found %s", channels.str().c_str(),
                        to_string(bias->shape).c_str());
    }
  }
  const TensorType& scales = call.tensor("weight_scales");
  INGOT_TRY_VOID(require_dtype(call, "weight_scales", scales, DType::float32));
  if (scales.rank() != 1 || (differ(scales.shape[0], 1) && differ(scales.shape[0], channels))) {
    return call.wrong("weight_scales", "expected 1 or %s values, found %s", channels.str().c_str(),
                      to_string(scales.shape).c_str());
  }
  return {};
}

Result<Types> convolution(const Call& call) {
  TensorType type = INGOT_TRY(convolved(call));
  INGOT_TRY_VOID(check_weight(call, type.shape[1]));
  return Types{std::move(type)};
}

Result<Types> linear(const Call& call) {
  TensorType type = call.tensor("input");
  const TensorType& weight = call.tensor("weight");
  INGOT_TRY_VOID(require_rank(call, "weight", weight, 2));
  if (type.rank() == 0 || differ(type.shape.back(), weight.shape[1])) {
    return call.wrong("input", "expected %s columns, found %s", weight.shape[1].str().c_str(),
                      to_string(type.shape).c_str());
  }
  INGOT_TRY_VOID(check_weight(call, weight.shape[0]));
  type.shape.back() = weight.shape[0];
  return Types{std::move(type)};
}

Result<void> check_operands(const Call& call) {
  const DType dtype = call.tensor("a").dtype;
  for (const char* arg : {"a", "b"}) INGOT_TRY_VOID(require_bytes(call, arg, call.tensor(arg)));
  for (const char* arg : {"a_scale", "b_scale"}) INGOT_TRY_VOID(require_scale(call, arg));
  INGOT_TRY_VOID(require_integer_in(call, "a_zero_point", dtype));
  INGOT_TRY_VOID(require_integer_in(call, "b_zero_point", call.tensor("b").dtype));
  return check_output(call, dtype);
}

Result<Types> bmm(const Call& call) {
  INGOT_TRY_VOID(check_operands(call));
  const TensorType& a = call.tensor("a");
  const TensorType& b = call.tensor("b");
  INGOT_TRY_VOID(require_rank(call, "a", a, 3));
  INGOT_TRY_VOID(require_rank(call, "b", b, 3));
  if (differ(a.shape[0], b.shape[0]) || differ(a.shape[2], b.shape[1])) {
    return call.wrong("b", "expected [%s, %s, ...], found %s", a.shape[0].str().c_str(), a.shape[2].str().c_str(),
                      to_string(b.shape).c_str());
  }
  return Types{{a.dtype, {a.shape[0], a.shape[1], b.shape[2]}, {}}};
}

Result<Types> binary(const Call& call) {
  INGOT_TRY_VOID(check_operands(call));
  const TensorType& a = call.tensor("a");
  const TensorType& b = call.tensor("b");
  INGOT_TRY_VOID(require_dtype(call, "b", b, a.dtype));
  TensorType type{a.dtype, INGOT_TRY(broadcast(call, "b", a.shape, b.shape)), {}};
  return Types{laid_out_as(std::move(type), a.rank() >= b.rank() ? a : b)};
}

Result<Types> table(const Call& call) {
  TensorType type = call.self();
  const TensorType& table = call.tensor("table");
  INGOT_TRY_VOID(require_bytes(call, "self", type));
  INGOT_TRY_VOID(require_bytes(call, "table", table));
  if (table.rank() != 1 || differ(table.shape[0], 256)) {
    return call.wrong("table", "expected 256 elements, found %s", to_string(table.shape).c_str());
  }
  type.dtype = table.dtype;
  return Types{std::move(type)};
}

Result<Types> avg_pool(const Call& call) {
  INGOT_TRY_VOID(check_parameters(call, "self"));
  return Types{INGOT_TRY(average_pooled(call))};
}

Result<Types> mean(const Call& call) {
  INGOT_TRY_VOID(check_parameters(call, "self"));
  return Types{INGOT_TRY(reduced_in_dtype(call))};
}

Result<Types> softmax(const Call& call) {
  INGOT_TRY_VOID(check_parameters(call, "self"));
  INGOT_TRY(call.axis("dim", call.self().rank()));
  if (call.self().rank() == 0) return call.wrong("self", "expected rank 1 or more");
  return Types{call.self()};
}

Result<void> require_parameters(const Call& call, const Dim& count) {
  for (const char* arg : {"weight", "bias"}) {
    const TensorType* type = call.optional_tensor(arg);
    if (type == nullptr) continue;
    INGOT_TRY_VOID(require_dtype(call, arg, *type, DType::float32));
    if (differ(numel(type->shape), count)) {
      return call.wrong(arg, "expected %s elements, found %s", count.str().c_str(), to_string(type->shape).c_str());
    }
  }
  return {};
}

Result<Types> layer_norm(const Call& call) {
  INGOT_TRY_VOID(check_parameters(call, "input"));
  const TensorType& input = call.tensor("input");
  const Shape shape = call.shape("normalized_shape");
  bool suffix = !shape.empty() && shape.size() <= input.rank();
  for (size_t i = 0; suffix && i < shape.size(); ++i) {
    suffix = !differ(shape[i], input.shape[input.rank() - shape.size() + i]);
  }
  if (!suffix) {
    return call.wrong("normalized_shape", "expected the last dimensions of %s, found %s",
                      to_string(input.shape).c_str(), to_string(shape).c_str());
  }
  INGOT_TRY_VOID(require_parameters(call, numel(shape)));
  return Types{{input.dtype, input.shape, {}}};
}

Result<Types> group_norm(const Call& call) {
  INGOT_TRY_VOID(check_parameters(call, "input"));
  const TensorType& input = call.tensor("input");
  const Dim channels = call.dim("C");
  const int64_t groups = call.integer("group");
  if (groups < 1 || (channels.is_static() && channels.value() % groups != 0)) {
    return call.wrong("group", "%lld does not divide %s channels", static_cast<long long>(groups),
                      channels.str().c_str());
  }
  if (input.rank() < 2 || differ(input.shape[0], call.dim("N")) || differ(input.shape[1], channels) ||
      differ(numel(input.shape), call.dim("N") * channels * call.dim("HxW"))) {
    return call.wrong("input", "expected N x C x HxW elements, found %s", to_string(input.shape).c_str());
  }
  INGOT_TRY_VOID(require_parameters(call, channels));
  return Types{{input.dtype, input.shape, {}}};
}

Result<Types> bilinear(const Call& call) {
  INGOT_TRY_VOID(require_bytes(call, "input", call.tensor("input")));
  return Types{INGOT_TRY(upsampled(call))};
}

Result<Types> float_addition(const Call& call) {
  const TensorType& a = call.tensor("a");
  const TensorType& b = call.tensor("b");
  INGOT_TRY_VOID(require_dtype(call, "b", b, a.dtype));
  if (is_floating(a.dtype)) return call.wrong("a", "expected integers, found %s", to_string(a.dtype));
  bool equal = a.rank() == b.rank();
  for (size_t i = 0; equal && i < a.rank(); ++i) equal = !differ(a.shape[i], b.shape[i]);
  if (!equal) {
    return call.wrong("b", "expected shape %s, found %s", to_string(a.shape).c_str(), to_string(b.shape).c_str());
  }
  return Types{a};
}

// Where the weight has the depth: dimension 0 of mixed_mm's, 1 of mixed_linear's.
Result<Types> mixed(const Call& call, size_t depth_dim) {
  const TensorType& input = call.tensor("input");
  const TensorType& weight = call.tensor("weight");
  const TensorType& scales = call.tensor("weight_scales");
  INGOT_TRY_VOID(require_rank(call, "input", input, 2));
  INGOT_TRY_VOID(require_rank(call, "weight", weight, 2));
  INGOT_TRY_VOID(require_floating(call, "input", input));
  INGOT_TRY_VOID(require_dtype(call, "weight", weight, DType::int8));
  INGOT_TRY_VOID(require_dtype(call, "weight_scales", scales, input.dtype));
  if (differ(input.shape[1], weight.shape[depth_dim])) {
    return call.wrong("weight", "expected a depth of %s, found %s", input.shape[1].str().c_str(),
                      to_string(weight.shape).c_str());
  }
  if (scales.rank() == 0 || differ(scales.shape[0], weight.shape[0])) {
    return call.wrong("weight_scales", "expected one for each row of %s, found %s", to_string(weight.shape).c_str(),
                      to_string(scales.shape).c_str());
  }
  return Types{{input.dtype, {input.shape[0], weight.shape[1 - depth_dim]}, {}}};
}

Result<Types> mixed_mm(const Call& call) {
  return mixed(call, 0);
}

Result<Types> mixed_linear(const Call& call) {
  Types types = INGOT_TRY(mixed(call, 1));
  types[0].dtype = call.dtype_or("dtype", types[0].dtype);
  return types;
}

// values_per_byte columns of the result for each of the weight's.
Result<Types> embedding(const Call& call, int64_t values_per_byte) {
  const TensorType& weight = call.tensor("weight");
  const TensorType& scales = call.tensor("weight_scales");
  const TensorType& indices = call.tensor("indices");
  INGOT_TRY_VOID(require_rank(call, "weight", weight, 2));
  INGOT_TRY_VOID(require_bytes(call, "weight", weight));
  if (values_per_byte > 1) INGOT_TRY_VOID(require_dtype(call, "weight", weight, DType::uint8));
  INGOT_TRY_VOID(require_floating(call, "weight_scales", scales));
  INGOT_TRY_VOID(require_index(call, "indices", indices));
  if (scales.rank() < 1 || scales.rank() > 2 || differ(scales.shape[0], weight.shape[0])) {
    return call.wrong("weight_scales", "expected one row for each of %s, found %s", to_string(weight.shape).c_str(),
                      to_string(scales.shape).c_str());
  }
  TensorType type{scales.dtype, indices.shape, {}};
  if (call.op().has("dtype")) type.dtype = call.dtype_or("dtype", type.dtype);
  type.shape.push_back(weight.shape[1] * Dim(values_per_byte));
  return Types{std::move(type)};
}

Result<Types> embedding_byte(const Call& call) {
  return embedding(call, 1);
}
Result<Types> embedding_4bit(const Call& call) {
  return embedding(call, 2);
}
Result<Types> embedding_2bit(const Call& call) {
  return embedding(call, 4);
}

constexpr NamedShapeRule kRules[] = {
    {"quantized_decomposed::add", float_addition},
    {"quantized_decomposed::mixed_mm", mixed_mm},
    {"quantized_decomposed::mixed_linear", mixed_linear},
    {"quantized_decomposed::embedding_byte", embedding_byte},
    {"quantized_decomposed::embedding_byte.dtype", embedding_byte},
    {"quantized_decomposed::embedding_4bit", embedding_4bit},
    {"quantized_decomposed::embedding_4bit.dtype", embedding_4bit},
    {"quantized_decomposed::embedding_2bit", embedding_2bit},
    {"quantized_decomposed::embedding_2bit.dtype", embedding_2bit},
    {"ingot::quantized_convolution", convolution},
    {"ingot::quantized_linear", linear},
    {"ingot::quantized_bmm", bmm},
    {"ingot::quantized_add", binary},
    {"ingot::quantized_sub", binary},
    {"ingot::quantized_mul", binary},
    {"ingot::quantized_table", table},
    {"ingot::quantized_avg_pool2d", avg_pool},
    {"ingot::quantized_mean", mean},
    {"ingot::quantized_softmax", softmax},
    {"ingot::quantized_layer_norm", layer_norm},
    {"ingot::quantized_group_norm", group_norm},
    {"ingot::quantized_upsample_bilinear2d", bilinear},
};

}  // namespace

std::span<const NamedShapeRule> quantized_operator_rules() {
  return kRules;
}

}  // namespace ingot::compiler
