// Between float and affine integers: q = round(x / scale) + zero_point, inside [quant_min, quant_max].
#include <cstdint>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

struct Range {
  int64_t min = 0;
  int64_t max = -1;  // below min: not a dtype for this
};

Range range_of(DType dtype) {
  switch (dtype) {
    case DType::uint8:
      return {0, UINT8_MAX};
    case DType::int8:
      return {INT8_MIN, INT8_MAX};
    case DType::uint16:
      return {0, UINT16_MAX};
    case DType::int16:
      return {INT16_MIN, INT16_MAX};
    case DType::int32:
      return {INT32_MIN, INT32_MAX};
    case DType::uint32:
    case DType::int64:
    case DType::uint64:
    case DType::float16:
    case DType::float32:
    case DType::float64:
    case DType::bfloat16:
    case DType::boolean:
      break;
  }
  return {};
}

Result<DType> quantized_dtype(const Call& call) {
  const DType dtype = std::get<DType>(call.arg("dtype"));
  const Range range = range_of(dtype);
  if (range.max < range.min) {
    return call.wrong("dtype", "%s does not hold quantized values", to_string(dtype));
  }
  const int64_t low = call.integer("quant_min");
  const int64_t high = call.integer("quant_max");
  if (low < range.min || high > range.max || low > high) {
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

constexpr NamedShapeRule kRules[] = {
    {"quantized_decomposed::quantize_per_tensor", quantize_per_tensor},
    {"quantized_decomposed::dequantize_per_tensor", dequantize_per_tensor},
    {"quantized_decomposed::quantize_per_channel", quantize_per_channel},
    {"quantized_decomposed::dequantize_per_channel", dequantize_per_channel},
};

}  // namespace

std::span<const NamedShapeRule> quantize_rules() {
  return kRules;
}

}  // namespace ingot::compiler
