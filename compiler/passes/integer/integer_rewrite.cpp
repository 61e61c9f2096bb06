#include "compiler/passes/integer/integer_rewrite.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/ir/constants.h"

namespace ingot::compiler {

namespace {

int32_t least_of(DType dtype) {
  return dtype == DType::uint8 ? 0 : -128;
}

bool is_float_scale(double scale) {
  const float narrow = static_cast<float>(scale);
  return std::isnormal(narrow) && narrow > 0 && std::isfinite(1 / narrow);
}

}  // namespace

bool is_byte_quantization(const Quantization& q) {
  if ((q.dtype != DType::int8 && q.dtype != DType::uint8) || !q.is_per_tensor()) return false;
  const int64_t least = least_of(q.dtype), most = least + 255;
  return is_float_scale(q.scale()) && q.zero_point() >= least && q.zero_point() <= most && q.quant_min >= least &&
         q.quant_max <= most;
}

std::optional<Integers> integers_of(const Value* value) {
  if (value == nullptr || value->type.dtype != DType::float32) return std::nullopt;
  const Node* node = dequantize_of(*value);
  if (node == nullptr) return std::nullopt;
  auto quantization = quantization_of(*node);
  if (!quantization || !is_byte_quantization(*quantization)) return std::nullopt;
  return Integers{node->tensor("input"), std::move(*quantization)};
}

quantized::OutputRange clamped(const quantized::OutputRange& range, double low, double high, double scale) {
  const auto bound = [&](double x) {
    const double q = std::nearbyint(x / scale) + range.zero_point;
    return q == q ? static_cast<int32_t>(std::clamp<double>(q, range.min, range.max)) : range.min;
  };
  quantized::OutputRange result = range;
  result.min = bound(low);
  result.max = std::max(bound(high), result.min);
  return result;
}

std::optional<RealRange> clamp_range(const Node& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (node.is("aten::relu")) return RealRange{0, kInfinity};
  if (node.is("aten::hardtanh")) return RealRange{node.real("min_val"), node.real("max_val")};
  if (!node.is("aten::clamp")) return std::nullopt;
  return RealRange{node.is_none("min") ? -kInfinity : node.real("min"),
                   node.is_none("max") ? kInfinity : node.real("max")};
}

void append_result(std::vector<Argument>& args, const IntegerResult& result) {
  args.emplace_back(result.quantization.scale());
  args.emplace_back(result.quantization.zero_point());
  args.emplace_back(int64_t{result.range.min});
  args.emplace_back(int64_t{result.range.max});
}

Result<Value*> look_up(const Integers& from, DType dtype, const std::vector<int32_t>& table, Builder& builder) {
  const int32_t least = least_of(from.quantization.dtype);
  bool same = from.quantization.dtype == dtype;
  for (size_t i = 0; same && i < table.size(); ++i) same = table[i] == least + static_cast<int32_t>(i);
  if (same) return from.value;
  const std::vector<double> numbers(table.begin(), table.end());
  Value* constant = add_numbers(builder.graph(), from.value->name + "_table", {dtype, {256}, {}}, numbers);
  return builder.call("ingot::quantized_table", {from.value, constant});
}

Result<Value*> convert(const Integers& from, const IntegerResult& to, Builder& builder) {
  const Quantization& q = from.quantization;
  const bool same = q.dtype == to.quantization.dtype;
  const bool equal = same && q.scale() == to.quantization.scale() && q.zero_point() == to.quantization.zero_point();
  const int32_t multiplier = quantized::conversion_multiplier(from.scale() / to.scale());
  const bool fixed = same && quantized::is_conversion_ratio(from.scale(), to.scale());
  std::vector<int32_t> table(256);
  for (int32_t i = 0; i < 256; ++i) {
    const int32_t x = least_of(q.dtype) + i;
    if (equal) {
      table[i] = std::clamp(x, to.range.min, to.range.max);
    } else if (fixed) {
      table[i] = quantized::convert_parameters(x, from.zero_point(), multiplier, to.range);
    } else {
      const float real = quantized::dequantize(x, from.scale(), from.zero_point());
      table[i] = quantized::table_entry(real, 1 / to.scale(), to.range);
    }
  }
  // What lies outside the input's own range does not occur.
  if (equal && to.range.min <= q.quant_min && to.range.max >= q.quant_max) return from.value;
  return look_up(from, to.quantization.dtype, table, builder);
}

}  // namespace ingot::compiler
