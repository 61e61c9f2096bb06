// Convolution and matrix products: weights are integers already, biases become integers of the sums' scale.
#include <algorithm>
#include <cmath>

#include "compiler/ir/constants.h"
#include "compiler/passes/integer/integer_rewrite.h"

namespace ingot::compiler {
namespace {

// A constant weight: integers with one scale, or one for each slice along an axis, and one zero point.
struct Weight {
  Value* value;
  std::vector<double> scales;
  int64_t zero_point;
  std::optional<size_t> axis;
};

std::optional<Weight> weight_of(const Value* value) {
  const Node* node = value != nullptr ? dequantize_of(*value) : nullptr;
  if (node == nullptr || !node->tensor("input")->is_constant()) return std::nullopt;
  auto q = quantization_of(*node);
  if (!q || (q->dtype != DType::int8 && q->dtype != DType::uint8)) return std::nullopt;
  const int64_t zero_point = q->zero_points.front();
  if (!std::ranges::all_of(q->zero_points, [&](int64_t x) { return x == zero_point; })) return std::nullopt;
  const int64_t least = q->dtype == DType::uint8 ? 0 : -128;
  if (zero_point < least || zero_point > least + 255) return std::nullopt;
  return Weight{node->tensor("input"), std::move(q->scales), zero_point, q->axis};
}

// The numbers of a constant, also of one that is dequantized.
std::optional<std::vector<double>> numbers_of(const Value* value) {
  if (value->is_constant()) return load_numbers(*value);
  const Node* node = dequantize_of(*value);
  if (node == nullptr || !node->tensor("input")->is_constant()) return std::nullopt;
  const auto q = quantization_of(*node);
  if (!q || (!q->is_per_tensor() && value->type.rank() != 1)) return std::nullopt;
  std::vector<double> numbers = load_numbers(*node->tensor("input"));
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t slice = q->is_per_tensor() ? 0 : i;
    numbers[i] = (numbers[i] - static_cast<double>(q->zero_points[slice])) * q->scales[slice];
  }
  return numbers;
}

bool scales_fit(const Weight& weight, const Integers& input, const IntegerResult& result) {
  return std::ranges::all_of(weight.scales, [&](double scale) {
    const float narrow = static_cast<float>(scale);
    return narrow > 0 && quantized::is_product_scale(quantized::product_scale(input.scale(), narrow, result.scale()));
  });
}

// Null (none) where there is no bias; nothing where it is not known.
std::optional<Argument> integer_bias(const Value* bias, const Weight& weight, const Integers& input, size_t channels,
                                     Builder& builder) {
  if (bias == nullptr) return Argument();
  const auto numbers = numbers_of(bias);
  if (!numbers || (numbers->size() != channels && numbers->size() != 1)) return std::nullopt;
  std::vector<double> integers(channels);
  for (size_t i = 0; i < channels; ++i) {
    const double scale = weight.scales[weight.scales.size() == 1 ? 0 : i];
    integers[i] = quantized::quantize_bias((*numbers)[numbers->size() == 1 ? 0 : i], input.quantization.scale(), scale);
  }
  const Shape shape = {static_cast<int64_t>(channels)};
  return Argument(add_numbers(builder.graph(), bias->name + "_q", {DType::int32, shape, {}}, integers));
}

void append_parameters(std::vector<Argument>& args, const Integers& input, const Weight& weight,
                       const IntegerResult& result, Builder& builder) {
  args.emplace_back(input.quantization.scale());
  args.emplace_back(input.quantization.zero_point());
  const Shape shape = {static_cast<int64_t>(weight.scales.size())};
  args.emplace_back(
      add_numbers(builder.graph(), weight.value->name + "_scales", {DType::float32, shape, {}}, weight.scales));
  args.emplace_back(weight.zero_point);
  append_result(args, result);
}

Result<Value*> convolution(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = integers_of(node.tensor("input"));
  auto weight = weight_of(node.tensor("weight"));
  if (!input || !weight || !is_static(weight->value->type.shape)) return nullptr;
  if (input->quantization.dtype != result.quantization.dtype || node.tensor("input")->type.rank() > 4) return nullptr;
  const std::vector<int64_t> sizes = static_sizes(weight->value->type.shape);
  const bool transposed = node.boolean("transposed");
  const int64_t groups = node.integer("groups");
  if (weight->axis && (*weight->axis != (transposed ? 1u : 0u) || (transposed && groups != 1))) return nullptr;
  const size_t channels = static_cast<size_t>(transposed ? sizes[1] * groups : sizes[0]);
  if (!scales_fit(*weight, *input, result)) return nullptr;
  const auto bias = integer_bias(node.tensor("bias"), *weight, *input, channels, builder);
  if (!bias) return nullptr;
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[0] = input->value;
  args[1] = weight->value;
  args[2] = *bias;
  append_parameters(args, *input, *weight, result, builder);
  return builder.call("ingot::quantized_convolution", std::move(args));
}

// Depth by channels as constants have it, or channels by depth under a transposition.
Result<Value*> linear_of(const Value* in, const Value* matrix, const Value* bias, const IntegerResult& result,
                         Builder& builder) {
  const auto input = integers_of(in);
  if (!input || input->quantization.dtype != result.quantization.dtype) return nullptr;
  const Node* transposition = matrix->producer;
  const bool transposed = transposition != nullptr && transposition->is("aten::permute_copy");
  auto weight = weight_of(transposed ? transposition->tensor(0) : matrix);
  const size_t channel_dim = transposed ? 0 : 1;
  if (!weight || !is_static(weight->value->type.shape) || weight->value->type.rank() != 2) return nullptr;
  if (weight->axis && *weight->axis != channel_dim) return nullptr;
  if (!scales_fit(*weight, *input, result)) return nullptr;
  const size_t channels = static_cast<size_t>(weight->value->type.shape[channel_dim].value());
  const auto integer = integer_bias(bias, *weight, *input, channels, builder);
  if (!integer) return nullptr;
  if (!transposed) {
    builder.set_folding(true);
    weight->value = INGOT_TRY(builder.call("aten::permute_copy", {weight->value, std::vector<int64_t>{1, 0}}));
    builder.set_folding(false);
  }
  std::vector<Argument> args = {input->value, weight->value, *integer};
  append_parameters(args, *input, *weight, result, builder);
  return builder.call("ingot::quantized_linear", std::move(args));
}

Result<Value*> mm(const Node& node, const IntegerResult& result, Builder& builder) {
  return linear_of(node.tensor("self"), node.tensor("mat2"), nullptr, result, builder);
}

Result<Value*> addmm(const Node& node, const IntegerResult& result, Builder& builder) {
  if (node.real("alpha") != 1 || node.real("beta") != 1) return nullptr;
  const Value* bias = node.tensor("self");
  if (bias->type.rank() > 1) return nullptr;
  return linear_of(node.tensor("mat1"), node.tensor("mat2"), bias, result, builder);
}

Result<Value*> bmm(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto a = integers_of(node.tensor("self")), b = integers_of(node.tensor("mat2"));
  if (!a || !b || a->quantization.dtype != result.quantization.dtype) return nullptr;
  if (!quantized::is_product_scale(quantized::product_scale(a->scale(), b->scale(), result.scale()))) return nullptr;
  std::vector<Argument> args;
  for (const Integers& side : {*a, *b}) {
    args.emplace_back(side.value);
    args.emplace_back(side.quantization.scale());
    args.emplace_back(side.quantization.zero_point());
  }
  append_result(args, result);
  return builder.call("ingot::quantized_bmm", std::move(args));
}

constexpr NamedIntegerRule kRules[] = {
    {"aten::convolution", convolution},
    {"aten::mm", mm},
    {"aten::addmm", addmm},
    {"aten::bmm", bmm},
};

}  // namespace

std::span<const NamedIntegerRule> product_rules() {
  return kRules;
}

}  // namespace ingot::compiler
