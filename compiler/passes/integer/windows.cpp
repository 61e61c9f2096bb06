// Pooling, means, normalization, resizing.
#include <algorithm>

#include "compiler/passes/integer/integer_rewrite.h"

namespace ingot::compiler {
namespace {

// The input, where it has the result's dtype.
std::optional<Integers> input_of(const Node& node, const IntegerResult& result) {
  auto input = integers_of(node.tensor(0));
  if (input && input->quantization.dtype == result.quantization.dtype) return input;
  return std::nullopt;
}

void append_parameters(std::vector<Argument>& args, const Integers& input, const IntegerResult& result) {
  args.emplace_back(input.quantization.scale());
  args.emplace_back(input.quantization.zero_point());
  append_result(args, result);
}

// Same integers, other places; then the result's parameters.
Result<Value*> on_integers(const Node& node, const IntegerResult& result, std::string_view op, Builder& builder) {
  auto input = integers_of(node.tensor(0));
  if (!input) return nullptr;
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[0] = input->value;
  const Node* made = INGOT_TRY(builder.node(op, std::move(args)));
  input->value = made->output();
  return convert(*input, result, builder);
}

Result<Value*> on_same_operator(const Node& node, const IntegerResult& result, Builder& builder) {
  return on_integers(node, result, node.op().full_name(), builder);
}

Result<Value*> bilinear(const Node& node, const IntegerResult& result, Builder& builder) {
  return on_integers(node, result, "ingot::quantized_upsample_bilinear2d", builder);
}

bool averages_fit(const Integers& input, const IntegerResult& result) {
  return quantized::is_product_scale(input.scale() / result.scale());
}

Result<Value*> avg_pool(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = input_of(node, result);
  if (!input || !averages_fit(*input, result)) return nullptr;
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[0] = input->value;
  append_parameters(args, *input, result);
  return builder.call("ingot::quantized_avg_pool2d", std::move(args));
}

Result<Value*> mean_over(const Integers& input, Argument dims, bool keepdim, const IntegerResult& result,
                         Builder& builder) {
  std::vector<Argument> args = {input.value, std::move(dims), keepdim};
  append_parameters(args, input, result);
  return builder.call("ingot::quantized_mean", std::move(args));
}

Result<Value*> mean(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = input_of(node, result);
  if (!input || !averages_fit(*input, result) || node.output()->type.dtype != DType::float32) return nullptr;
  return mean_over(*input, node.arg("dim"), node.boolean("keepdim"), result, builder);
}

Result<Value*> adaptive_avg_pool(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = input_of(node, result);
  if (!input || !averages_fit(*input, result) || !is_static(node.output()->type.shape)) return nullptr;
  const Shape& shape = node.output()->type.shape;
  if (shape[shape.size() - 1] != Dim(1) || shape[shape.size() - 2] != Dim(1)) return nullptr;
  return mean_over(*input, std::vector<int64_t>{-2, -1}, true, result, builder);
}

Result<Value*> softmax(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = input_of(node, result);
  if (!input || node.boolean("half_to_float") || node.tensor(0)->type.rank() == 0) return nullptr;
  std::vector<Argument> args = {input->value, node.integer("dim"), input->quantization.scale()};
  append_result(args, result);
  return builder.call("ingot::quantized_softmax", std::move(args));
}

bool is_float32_constant(const Value* value) {
  return value == nullptr || (value->is_constant() && value->type.dtype == DType::float32);
}

// layer_norm and group_norm: the arguments are those of the float operator, then the parameters.
Result<Value*> normalization(const Node& node, const IntegerResult& result, std::string_view op, Builder& builder) {
  const auto input = input_of(node, result);
  if (!input || !is_float32_constant(node.tensor("weight")) || !is_float32_constant(node.tensor("bias"))) {
    return nullptr;
  }
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[0] = input->value;
  append_parameters(args, *input, result);
  return builder.call(op, std::move(args));
}

Result<Value*> layer_norm(const Node& node, const IntegerResult& result, Builder& builder) {
  return normalization(node, result, "ingot::quantized_layer_norm", builder);
}

Result<Value*> group_norm(const Node& node, const IntegerResult& result, Builder& builder) {
  return normalization(node, result, "ingot::quantized_group_norm", builder);
}

constexpr NamedIntegerRule kRules[] = {
    {"aten::max_pool2d_with_indices", on_same_operator},
    {"aten::amax", on_same_operator},
    {"aten::amin", on_same_operator},
    {"aten::upsample_nearest2d.vec", on_same_operator},
    {"aten::upsample_bilinear2d.vec", bilinear},
    {"aten::avg_pool2d", avg_pool},
    {"aten::mean.dim", mean},
    {"aten::_adaptive_avg_pool2d", adaptive_avg_pool},
    {"aten::_softmax", softmax},
    {"aten::native_layer_norm", layer_norm},
    {"aten::native_group_norm", group_norm},
};

}  // namespace

std::span<const NamedIntegerRule> window_rules() {
  return kRules;
}

}  // namespace ingot::compiler
