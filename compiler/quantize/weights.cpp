#include "compiler/quantize/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/quantize/apply.h"
#include "compiler/quantize/recipes.h"
#include "runtime/core/half.h"

namespace ingot::compiler {
namespace {

constexpr int64_t kMost = 127;               // of int8 weights
constexpr int64_t kLeast4 = -8, kMost4 = 7;  // of 4 bits
constexpr double kLeastScale = 0x1p-100;     // normal also as a bfloat16, and times a row's scale
constexpr float kHalfMost = 65504;

bool is_table(const Node& node) {
  return node.is("aten::embedding");
}

bool is_depthwise(const Node& convolution) {
  const int64_t groups = convolution.integer("groups");
  return groups > 1 && convolution.tensor("input")->type.shape[1] == Dim(groups);
}

// Of a constant matrix [inputs, outputs], the row of weights of an output.
void copy_column(std::span<const float> matrix, size_t columns, size_t column, std::vector<float>& to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = matrix[i * columns + column];
}

// The scale with the least squared error for numbers in 4 bits.
float scale_of_group(std::span<const float> numbers) {
  double most = 0;
  for (const float x : numbers) most = std::max(most, std::abs(static_cast<double>(x)));
  if (most == 0) return 1;
  // How many steps reach the largest number: from where it fits either way to where it is cut off.
  constexpr std::array<double, 9> kSteps = {7, 7.25, 7.5, 7.75, 8, 8.5, 9, 9.5, 10};
  float best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const double steps : kSteps) {
    const float scale = to_float(to_bfloat16(static_cast<float>(std::max(most / steps, kLeastScale))));
    double error = 0;
    for (const float x : numbers) {
      const float q = std::clamp(std::nearbyint(x / scale), static_cast<float>(kLeast4), static_cast<float>(kMost4));
      const double d = static_cast<double>(x) - static_cast<double>(q) * static_cast<double>(scale);
      error += d * d;
    }
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

Value* add_floats(Graph& graph, const std::string& name, const std::vector<float>& numbers) {
  return graph.add_constant(name, {DType::float32, {static_cast<int64_t>(numbers.size())}, {}},
                            Bytes::copy_of(std::as_bytes(std::span(numbers))));
}

Value* add_zeros(Graph& graph, const std::string& name, size_t count) {
  const std::vector<int64_t> zeros(count, 0);
  return graph.add_constant(name, {DType::int64, {static_cast<int64_t>(count)}, {}},
                            Bytes::copy_of(std::as_bytes(std::span(zeros))));
}

std::optional<std::string> convolution_obstacle(const Node& node, const WeightOptions& options) {
  if (options.form == WeightForm::rows_int4) return "4-bit weights are for matrix products";
  if (options.form == WeightForm::float16) {
    if (!options.constant_filters) return std::nullopt;
    return "ExecuTorch's delegate takes a convolution's weights in float32 only (--target ingot has them in 16 bits)";
  }
  if (node.tensor("input")->type.rank() != 4) return "it convolves along one dimension, rows of integers go with two";
  if (is_depthwise(node)) return "it is depthwise, and those take no rows of integers";
  if (node.boolean("transposed") && node.integer("groups") > 1) return "it is transposed and grouped";
  return std::nullopt;
}

std::optional<std::string> product_obstacle(const Node& node, const WeightOptions& options) {
  if (options.form == WeightForm::float16) return std::nullopt;
  if (node.is("aten::bmm")) return "it multiplies a batch of matrices, each with weights of its own";
  const Shape& weight = node.tensor(weight_of(node)->arg)->type.shape;
  if (options.form == WeightForm::rows_int4 && weight[0].value() % static_cast<int64_t>(options.group_size) != 0) {
    return std::format("its {} inputs are no multiple of a group's {}", weight[0].value(), options.group_size);
  }
  return std::nullopt;
}

std::optional<std::string> table_obstacle(const Node& node) {
  const Value& table = *node.tensor("weight");
  if (!table.is_constant() || table.type.dtype != DType::float32) return "its table is no constant of float32";
  return std::nullopt;
}

bool fits_halves(const Value& weight) {
  return std::ranges::all_of(weight.data.as<float>(), [](float x) { return std::abs(x) <= kHalfMost; });
}

}  // namespace

bool has_weights(const Node& node, WeightForm form) {
  if (node.delegate_call() != nullptr) return false;
  if (is_table(node)) return form == WeightForm::float16;
  const Recipe* recipe = find_recipe(node);
  return recipe != nullptr && recipe->kind == OpKind::product;
}

std::optional<std::string> weight_obstacle(const Node& node, const Uses& uses, const WeightOptions& options) {
  if (is_table(node)) {
    if (auto reason = table_obstacle(node)) return reason;
    return fits_halves(*node.tensor("weight")) ? std::nullopt : std::optional("its table has numbers beyond 65504");
  }
  if (const char* reason = obstacle(node, uses)) return reason;
  const auto weight = weight_of(node);
  if (!weight || !node.tensor(weight->arg)->is_constant()) return "its weight is computed by the graph";
  if (auto reason =
          node.is("aten::convolution") ? convolution_obstacle(node, options) : product_obstacle(node, options)) {
    return reason;
  }
  if (options.form == WeightForm::float16 && !fits_halves(*node.tensor(weight->arg))) {
    return "its weights have numbers beyond 65504, more than 16 bits can say";
  }
  return std::nullopt;
}

Result<Value*> WeightQuantizer::computed(const Node& node, const Node* before) {
  if (options_.form == WeightForm::float16) return in_halves(node, before);
  const size_t weight = weight_of(node)->arg;
  std::vector<Argument> args(node.args().begin(), node.args().end());
  const size_t input = node.is("aten::addmm") ? 1 : 0;
  args[input] = INGOT_TRY(rounded(node.tensor(input), node, before));
  args[weight] = options_.form == WeightForm::rows_int4 ? INGOT_TRY(weight_in_groups(node, weight, before))
                                                        : INGOT_TRY(weight_of_bytes(node, weight, before));
  Builder builder(graph_, before);
  builder.set_source(node.source());
  return builder.call(node.op().full_name(), std::move(args));
}

// To integers and back: rows of a matrix, or an image as a whole.
Result<Value*> WeightQuantizer::rounded(Value* value, const Node& reader, const Node* before) {
  if (const auto found = rounded_.find(value); found != rounded_.end()) return found->second;
  Builder builder(graph_, before);
  builder.set_source(reader.source());
  constexpr int64_t kLow = -128, kHigh = 127;
  Value* result = nullptr;
  if (reader.is("aten::convolution")) {
    constexpr double kEpsilon = 1.1920928955078125e-07;  // the least scale
    const Node* chosen = INGOT_TRY(
        builder.node("quantized_decomposed::choose_qparams.tensor", {value, kLow, kHigh, kEpsilon, DType::int8}));
    Value* integers = INGOT_TRY(builder.call("quantized_decomposed::quantize_per_tensor.tensor",
                                             {value, chosen->output(0), chosen->output(1), kLow, kHigh, DType::int8}));
    result = INGOT_TRY(builder.call("quantized_decomposed::dequantize_per_tensor.tensor",
                                    {integers, chosen->output(0), chosen->output(1), kLow, kHigh, DType::int8}));
  } else {
    const Node* chosen =
        INGOT_TRY(builder.node("quantized_decomposed::choose_qparams_per_token_asymmetric", {value, DType::int8}));
    Value* integers = INGOT_TRY(builder.call("quantized_decomposed::quantize_per_token",
                                             {value, chosen->output(0), chosen->output(1), kLow, kHigh, DType::int8}));
    result = INGOT_TRY(
        builder.call("quantized_decomposed::dequantize_per_token",
                     {integers, chosen->output(0), chosen->output(1), kLow, kHigh, DType::int8, DType::float32}));
  }
  graph_.rename(result, value->name + "_dq");
  return rounded_[value] = result;
}

Result<Value*> WeightQuantizer::weight_of_bytes(const Node& node, size_t arg, const Node* before) {
  const Value& weight = *node.tensor(arg);
  const auto axis = weight_of(node)->axis;
  std::vector<double> scales = largest_magnitudes(weight, axis);
  for (double& scale : scales) {
    scale = scale == 0 ? 1 : static_cast<double>(static_cast<float>(std::max(scale / kMost, kLeastScale)));
  }
  return dequantized_constant(graph_, weight, axis, scales, node.source(), before);
}

// [inputs, outputs] as [outputs * groups, group], and turned back.
Result<Value*> WeightQuantizer::weight_in_groups(const Node& node, size_t arg, const Node* before) {
  const Value& weight = *node.tensor(arg);
  const auto matrix = weight.data.as<float>();
  const auto inputs = static_cast<size_t>(weight.type.shape[0].value());
  const auto outputs = static_cast<size_t>(weight.type.shape[1].value());
  std::vector<float> scales, row(inputs);
  std::byte* writable = nullptr;
  Bytes bytes = Bytes::allocate(matrix.size(), &writable);
  auto* codes = reinterpret_cast<int8_t*>(writable);
  for (size_t o = 0; o < outputs; ++o) {
    copy_column(matrix, outputs, o, row);
    for (size_t begin = 0; begin < inputs; begin += options_.group_size) {
      const auto group = std::span(row).subspan(begin, options_.group_size);
      scales.push_back(scale_of_group(group));
      for (const float x : group) {
        const float q = std::nearbyint(x / scales.back());
        *codes++ = static_cast<int8_t>(std::clamp(q, static_cast<float>(kLeast4), static_cast<float>(kMost4)));
      }
    }
  }
  const auto count = static_cast<int64_t>(scales.size());
  Builder builder(graph_, before);
  builder.set_source(node.source());
  Value* integers = graph_.add_constant(
      weight.name + "_q", {DType::int8, {count, static_cast<int64_t>(options_.group_size)}, {}}, std::move(bytes));
  Value* zeros = add_zeros(graph_, weight.name + "_zero_points", scales.size());
  Value* groups = INGOT_TRY(builder.call("quantized_decomposed::dequantize_per_channel",
                                         {integers, add_floats(graph_, weight.name + "_scales", scales), zeros,
                                          int64_t{0}, kLeast4, kMost4, DType::int8}));
  const std::vector<int64_t> sizes = {static_cast<int64_t>(outputs), static_cast<int64_t>(inputs)};
  Value* rows = INGOT_TRY(builder.call("aten::view_copy", {groups, sizes}));
  Value* result = INGOT_TRY(builder.call("aten::permute_copy", {rows, std::vector<int64_t>{1, 0}}));
  graph_.rename(result, weight.name + "_dq");
  return result;
}

Result<Value*> WeightQuantizer::in_halves(const Node& node, const Node* before) {
  const size_t arg = is_table(node) ? node.op().index_of("weight") : weight_of(node)->arg;
  const Value& weight = *node.tensor(arg);
  std::byte* writable = nullptr;
  const auto numbers = weight.data.as<float>();
  Bytes bytes = Bytes::allocate(numbers.size() * sizeof(Float16), &writable);
  std::ranges::transform(numbers, reinterpret_cast<Float16*>(writable), to_float16);
  Value* halves = graph_.add_constant(weight.name + "_f16", {DType::float16, weight.type.shape, weight.type.dim_order},
                                      std::move(bytes));
  Builder builder(graph_, before);
  builder.set_source(node.source());
  std::vector<Argument> args(node.args().begin(), node.args().end());
  const auto widened = [&builder](Value* value) {
    return builder.call("dim_order_ops::_to_dim_order_copy", {value, false, std::monostate(), DType::float32});
  };
  if (is_table(node)) {  // what is looked up is widened, not the table
    args[arg] = halves;
    return widened(INGOT_TRY(builder.call(node.op().full_name(), std::move(args))));
  }
  args[arg] = INGOT_TRY(widened(halves));
  return builder.call(node.op().full_name(), std::move(args));
}

}  // namespace ingot::compiler
