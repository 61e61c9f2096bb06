#include "compiler/ir/quantization.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "compiler/ir/constants.h"

namespace ingot::compiler {
namespace {

bool is_scale(double scale) {
  return std::isfinite(scale) && scale > 0;
}

std::optional<Quantization> per_channel(const Node& node, Quantization quantization) {
  const Value& input = *node.tensor("input");
  const Value& scales = *node.tensor("scales");
  const Value* zero_points = node.tensor("zero_points");
  if (!scales.is_constant() || (zero_points != nullptr && !zero_points->is_constant())) return std::nullopt;
  const int64_t axis = node.integer("axis");
  quantization.axis = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(input.type.rank()) : axis);
  quantization.scales = load_numbers(scales);
  if (!std::ranges::all_of(quantization.scales, is_scale)) return std::nullopt;
  quantization.zero_points.assign(quantization.scales.size(), 0);
  if (zero_points != nullptr) {
    std::ranges::transform(load_numbers(*zero_points), quantization.zero_points.begin(),
                           [](double number) { return static_cast<int64_t>(number); });
  }
  return quantization;
}

}  // namespace

std::optional<IntegerRange> integer_range(DType dtype) {
  switch (dtype) {
    case DType::uint8:
      return IntegerRange{0, UINT8_MAX};
    case DType::int8:
      return IntegerRange{INT8_MIN, INT8_MAX};
    case DType::uint16:
      return IntegerRange{0, UINT16_MAX};
    case DType::int16:
      return IntegerRange{INT16_MIN, INT16_MAX};
    case DType::int32:
      return IntegerRange{INT32_MIN, INT32_MAX};
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
  return std::nullopt;
}

bool is_quantize(const Node& node) {
  return node.is("quantized_decomposed::quantize_per_tensor") || node.is("quantized_decomposed::quantize_per_channel");
}

bool is_dequantize(const Node& node) {
  return node.is("quantized_decomposed::dequantize_per_tensor") ||
         node.is("quantized_decomposed::dequantize_per_channel");
}

std::optional<Quantization> quantization_of(const Node& node) {
  if (!is_quantize(node) && !is_dequantize(node)) return std::nullopt;
  Quantization quantization;
  quantization.dtype = is_quantize(node) ? node.output()->type.dtype : node.tensor("input")->type.dtype;
  quantization.quant_min = node.integer("quant_min");
  quantization.quant_max = node.integer("quant_max");
  if (!node.op().has("scale")) return per_channel(node, std::move(quantization));
  quantization.scales = {node.real("scale")};
  quantization.zero_points = {node.integer("zero_point")};
  return quantization;
}

bool widens_halves(const Node& node) {
  if (!node.is("dim_order_ops::_to_dim_order_copy") && !node.is("aten::_to_copy")) return false;
  return node.tensor("self")->type.dtype == DType::float16 && node.output()->type.dtype == DType::float32;
}

const Node* dequantize_of(const Value& value) {
  return value.producer != nullptr && is_dequantize(*value.producer) ? value.producer : nullptr;
}

const Node* sole_quantize(const Value& value, const Uses& uses) {
  if (!uses.single(&value)) return nullptr;
  const Node* user = uses.of(&value).front();
  return is_quantize(*user) ? user : nullptr;
}

}  // namespace ingot::compiler
