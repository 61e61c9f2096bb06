// Elementwise operators: sums and products of two, bounds, and tables for any function of one value.
#include <algorithm>
#include <cmath>

#include "compiler/ir/constants.h"
#include "compiler/ir/evaluate.h"
#include "compiler/passes/integer/integer_rewrite.h"

namespace ingot::compiler {
namespace {

Result<Value*> binary(const Node& node, const IntegerResult& result, std::string_view op, bool is_sum,
                      Builder& builder) {
  const auto a = integers_of(node.tensor(0)), b = integers_of(node.tensor(1));
  if (!a || !b || a->quantization.dtype != result.quantization.dtype ||
      b->quantization.dtype != result.quantization.dtype) {
    return nullptr;
  }
  const bool fits = is_sum
                        ? quantized::is_sum_ratio(a->scale(), b->scale(), result.scale())
                        : quantized::is_product_scale(quantized::product_scale(a->scale(), b->scale(), result.scale()));
  if (!fits) return nullptr;
  std::vector<Argument> args;
  for (const Integers& side : {*a, *b}) {
    args.emplace_back(side.value);
    args.emplace_back(side.quantization.scale());
    args.emplace_back(side.quantization.zero_point());
  }
  append_result(args, result);
  return builder.call(op, std::move(args));
}

Result<Value*> add(const Node& node, const IntegerResult& result, Builder& builder) {
  if (node.real("alpha") != 1) return nullptr;
  return binary(node, result, "ingot::quantized_add", true, builder);
}

Result<Value*> sub(const Node& node, const IntegerResult& result, Builder& builder) {
  if (node.real("alpha") != 1) return nullptr;
  return binary(node, result, "ingot::quantized_sub", true, builder);
}

Result<Value*> mul(const Node& node, const IntegerResult& result, Builder& builder) {
  return binary(node, result, "ingot::quantized_mul", false, builder);
}

// The larger or smaller of two: on the integers, brought to the result's parameters first.
Result<Value*> extremum(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto a = integers_of(node.tensor(0)), b = integers_of(node.tensor(1));
  if (!a || !b) return nullptr;
  Value* left = INGOT_TRY(convert(*a, result, builder));
  Value* right = INGOT_TRY(convert(*b, result, builder));
  return builder.call(node.op().full_name(), {left, right});
}

// Same parameters: bounds on the integers. Others are brought there, bounds included, by a table.
Result<Value*> clamp(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = integers_of(node.tensor(0));
  const auto reals = clamp_range(node);
  if (!input || !reals) return nullptr;
  IntegerResult bounded = result;
  bounded.range = clamped(result.range, reals->low, reals->high, result.quantization.scale());
  const Quantization& q = input->quantization;
  if (q.dtype != result.quantization.dtype || q.scale() != result.quantization.scale() ||
      q.zero_point() != result.quantization.zero_point()) {
    return convert(*input, bounded, builder);
  }
  if (bounded.range.min <= q.quant_min && bounded.range.max >= q.quant_max) return input->value;
  return builder.call("aten::clamp", {input->value, int64_t{bounded.range.min}, int64_t{bounded.range.max}});
}

// f(x) for every x that 8 bits can mean, by the operator's own kernel in double precision; empty where it has none.
Result<std::vector<int32_t>> table_of(const Node& node, const Integers& input, const IntegerResult& result) {
  const int32_t least = input.quantization.dtype == DType::uint8 ? 0 : -128;
  std::vector<double> reals(256);
  for (int32_t i = 0; i < 256; ++i) reals[i] = quantized::dequantize(least + i, input.scale(), input.zero_point());
  Graph graph;
  Value* x = add_numbers(graph, "x", {DType::float64, {256}, {}}, reals);
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[node.op().index_of(node.op().args()[0].type == ArgSpec::Type::tensor ? node.op().args()[0].name
                                                                            : node.op().args()[1].name)] = x;
  const auto types = infer_types(node.op(), args);
  if (!types || types->size() != 1 || (*types)[0].dtype != DType::float64) return std::vector<int32_t>();
  const auto results = evaluate(node.op(), args, *types);
  if (!results) return std::vector<int32_t>();
  std::vector<int32_t> table(256);
  for (size_t i = 0; i < table.size(); ++i) {
    const float y = static_cast<float>((*results)[0].as<double>()[i]);
    table[i] = quantized::table_entry(y, 1 / result.scale(), result.range);
  }
  return table;
}

// Any operator of one tensor and numbers.
Result<Value*> function(const Node& node, const IntegerResult& result, Builder& builder) {
  if (node.inputs().size() != 1) return nullptr;
  const auto input = integers_of(node.inputs()[0]);
  if (!input) return nullptr;
  const std::vector<int32_t> table = INGOT_TRY(table_of(node, *input, result));
  if (table.empty()) return nullptr;
  return look_up(*input, result.quantization.dtype, table, builder);
}

// Two multipliers, one for each sign, where they fit.
Result<Value*> leaky_relu(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = integers_of(node.tensor(0));
  if (!input) return nullptr;
  const float ratio = input->scale() / result.scale();
  const float slope = ratio * static_cast<float>(node.real("negative_slope"));
  const bool fits = quantized::is_conversion_ratio(input->scale(), result.scale()) && std::abs(slope) >= 0x1p-8f &&
                    slope <= 128.0f && slope >= -127.99609375f;
  if (!fits || input->quantization.dtype != result.quantization.dtype) return function(node, result, builder);
  const int32_t least = input->quantization.dtype == DType::uint8 ? 0 : -128;
  std::vector<int32_t> table(256);
  for (int32_t i = 0; i < 256; ++i) {
    const int32_t x = least + i;
    const int32_t multiplier = quantized::conversion_multiplier(x < input->zero_point() ? slope : ratio);
    table[i] = quantized::convert_parameters(x, input->zero_point(), multiplier, result.range);
  }
  return look_up(*input, result.quantization.dtype, table, builder);
}

constexpr NamedIntegerRule kRules[] = {
    {"aten::add.Tensor", add},      {"aten::sub.Tensor", sub},      {"aten::mul.Tensor", mul},
    {"aten::maximum", extremum},    {"aten::minimum", extremum},    {"aten::relu", clamp},
    {"aten::hardtanh", clamp},      {"aten::clamp", clamp},         {"aten::leaky_relu", leaky_relu},
    {"aten::add.Scalar", function}, {"aten::sub.Scalar", function}, {"aten::rsub.Scalar", function},
    {"aten::mul.Scalar", function}, {"aten::div.Scalar", function}, {"aten::pow.Tensor_Scalar", function},
    {"aten::pow.Scalar", function}, {"aten::hardswish", function},  {"aten::gelu", function},
    {"aten::elu", function},        {"aten::sigmoid", function},    {"aten::tanh", function},
    {"aten::abs", function},        {"aten::neg", function},        {"aten::exp", function},
    {"aten::expm1", function},      {"aten::log", function},        {"aten::log1p", function},
    {"aten::sqrt", function},       {"aten::rsqrt", function},      {"aten::reciprocal", function},
    {"aten::erf", function},        {"aten::sin", function},        {"aten::cos", function},
    {"aten::round", function},      {"aten::ceil", function},       {"aten::floor", function},
    {"aten::trunc", function},      {"aten::sign", function},
};

}  // namespace

std::span<const NamedIntegerRule> elementwise_integer_rules() {
  return kRules;
}

}  // namespace ingot::compiler
