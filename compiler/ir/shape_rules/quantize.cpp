// Between float and affine integers: q = round(x / scale) + zero_point, inside [quant_min, quant_max].
#include <cstdint>

#include "compiler/ir/quantization.h"
#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<DType> quantized_dtype(const Call& call) {
  const DType dtype = std::get<DType>(call.arg("dtype"));
  const auto range = integer_range(dtype);
  if (!range) return call.wrong("dtype", "%s does not hold quantized values", to_string(dtype));
  const int64_t low = call.integer("quant_min");
  const int64_t high = call.integer("quant_max");
  if (low < range->min || high > range->max || low > high) {
    return call.wrong("quant_min", "[%lld, %lld] is no range of %s", static_cast<long long>(low),
                      static_cast<long long>(high), to_string(dtype));
  }
  return dtype;
}

Result<void> check_scale(const Call& call) {
  const double scale = call.real("scale");
  if (scale > 0 && scale * 0 == 0) return {};
  return call.wrong("scale", "expected a positive number, found %g", scale);
}

// A scale and a zero point for each slice along `axis`.
Result<void> check_channels(const Call& call) {
  const TensorType& input = call.tensor("input");
  const size_t axis = INGOT_TRY(call.axis("axis", input.rank()));
  for (const char* arg : {"scales", "zero_points"}) {
    const TensorType* type = call.optional_tensor(arg);
    if (type == nullptr) continue;
    if (input.rank() == 0 || type->rank() != 1 || differ(type->shape[0], input.shape[axis])) {
      return call.wrong(arg, "expected one value for each of dimension %zu of %s, found %s", axis,
                        to_string(input.shape).c_str(), to_string(type->shape).c_str());
    }
  }
  INGOT_TRY_VOID(require_floating(call, "scales", call.tensor("scales")));
  if (const TensorType* zero_points = call.optional_tensor("zero_points")) {
    if (is_floating(zero_points->dtype) || zero_points->dtype == DType::boolean) {
      return call.wrong("zero_points", "expected an integer dtype, found %s", to_string(zero_points->dtype));
    }
  }
  return {};
}

Result<Types> quantize(const Call& call) {
  TensorType type = call.tensor("input");
  INGOT_TRY_VOID(require_floating(call, "input", type));
  type.dtype = INGOT_TRY(quantized_dtype(call));
  return Types{std::move(type)};
}

Result<Types> dequantize(const Call& call) {
  TensorType type = call.tensor("input");
  INGOT_TRY_VOID(require_dtype(call, "input", type, INGOT_TRY(quantized_dtype(call))));
  type.dtype = call.dtype_or("out_dtype", DType::float32);
  if (!is_floating(type.dtype)) {
    return call.wrong("out_dtype", "expected a floating dtype, found %s", to_string(type.dtype));
  }
  return Types{std::move(type)};
}

Result<Types> quantize_per_tensor(const Call& call) {
  INGOT_TRY_VOID(check_scale(call));
  return quantize(call);
}

Result<Types> dequantize_per_tensor(const Call& call) {
  INGOT_TRY_VOID(check_scale(call));
  return dequantize(call);
}

Result<Types> quantize_per_channel(const Call& call) {
  INGOT_TRY_VOID(check_channels(call));
  return quantize(call);
}

Result<Types> dequantize_per_channel(const Call& call) {
  INGOT_TRY_VOID(check_channels(call));
  return dequantize(call);
}

// A scale and a zero point that the graph computes: one element each.
Result<void> check_computed(const Call& call) {
  for (const char* arg : {"scale", "zero_point"}) {
    const TensorType& type = call.tensor(arg);
    if (differ(numel(type.shape), Dim(1))) {
      return call.wrong(arg, "expected one element, found %s", to_string(type.shape).c_str());
    }
  }
  INGOT_TRY_VOID(require_floating(call, "scale", call.tensor("scale")));
  const DType zero_point = call.tensor("zero_point").dtype;
  if (!is_floating(zero_point) && zero_point != DType::boolean) return {};
  return call.wrong("zero_point", "expected an integer dtype, found %s", to_string(zero_point));
}

Result<Types> quantize_computed(const Call& call) {
  INGOT_TRY_VOID(check_computed(call));
  return quantize(call);
}

Result<Types> dequantize_computed(const Call& call) {
  INGOT_TRY_VOID(check_computed(call));
  return dequantize(call);
}

// One scale and one zero point for each run along the last dimension, in their order.
Result<void> check_tokens(const Call& call) {
  const TensorType& input = call.tensor("input");
  if (input.rank() == 0) return call.wrong("input", "expected rank 1 or more");
  Shape tokens = input.shape;
  tokens.pop_back();
  for (const char* arg : {"scales", "zero_points"}) {
    if (differ(numel(call.tensor(arg).shape), numel(tokens))) {
      return call.wrong(arg, "expected one value for each token of %s, found %s", to_string(input.shape).c_str(),
                        to_string(call.tensor(arg).shape).c_str());
    }
  }
  return require_floating(call, "scales", call.tensor("scales"));
}

Result<Types> quantize_per_token(const Call& call) {
  INGOT_TRY_VOID(check_tokens(call));
  return quantize(call);
}

Result<Types> dequantize_per_token(const Call& call) {
  INGOT_TRY_VOID(check_tokens(call));
  TensorType type = call.tensor("input");
  INGOT_TRY_VOID(require_dtype(call, "input", type, INGOT_TRY(quantized_dtype(call))));
  type.dtype = std::get<DType>(call.arg("output_dtype"));
  if (!is_floating(type.dtype)) {
    return call.wrong("output_dtype", "expected a floating dtype, found %s", to_string(type.dtype));
  }
  return Types{std::move(type)};
}

Result<Types> choose(const Call& call) {
  INGOT_TRY_VOID(require_dtype(call, "input", call.tensor("input"), DType::float32));
  INGOT_TRY_VOID(quantized_dtype(call));
  return Types{{DType::float64, {1}, {}}, {DType::int64, {1}, {}}};
}

Result<Types> choose_per_token(const Call& call) {
  const TensorType& input = call.tensor("input");
  INGOT_TRY_VOID(require_floating(call, "input", input));
  if (std::get<DType>(call.arg("dtype")) != DType::int8) return call.wrong("dtype", "expected int8");
  if (input.rank() == 0 || input.shape.back().max() < 1) {
    return call.wrong("input", "expected tokens that are not empty, found %s", to_string(input.shape).c_str());
  }
  Shape shape = input.shape;
  shape.back() = 1;
  return Types{{DType::float64, shape, {}}, {DType::int64, shape, {}}};
}

constexpr NamedShapeRule kRules[] = {
    {"quantized_decomposed::quantize_per_tensor", quantize_per_tensor},
    {"quantized_decomposed::dequantize_per_tensor", dequantize_per_tensor},
    {"quantized_decomposed::quantize_per_tensor.tensor", quantize_computed},
    {"quantized_decomposed::dequantize_per_tensor.tensor", dequantize_computed},
    {"quantized_decomposed::quantize_per_token", quantize_per_token},
    {"quantized_decomposed::dequantize_per_token", dequantize_per_token},
    {"quantized_decomposed::choose_qparams.tensor", choose},
    {"quantized_decomposed::choose_qparams_per_token_asymmetric", choose_per_token},
    {"quantized_decomposed::quantize_per_channel", quantize_per_channel},
    {"quantized_decomposed::dequantize_per_channel", dequantize_per_channel},
};

}  // namespace

std::span<const NamedShapeRule> quantize_rules() {
  return kRules;
}

}  // namespace ingot::compiler
