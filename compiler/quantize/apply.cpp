#include "compiler/quantize/apply.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>

#include "compiler/ir/builder.h"
#include "compiler/ir/constants.h"
#include "compiler/ir/rewrite.h"

namespace ingot::compiler {
namespace {

constexpr int64_t kMin = -128, kMax = 127;
constexpr int64_t kWeightMax = 127;

Builder builder_before(Graph& graph, const Node* node, const std::string& source) {
  Builder builder(graph, node);
  builder.set_source(source);
  return builder;
}

std::vector<Argument> with_parameters(Value* value, const AffineParameters& p) {
  return {value, p.scale, p.zero_point, kMin, kMax, DType::int8};
}

// A float32 constant as int8.
Value* quantized_constant(Graph& graph, const Value& constant, const AffineParameters& p) {
  std::vector<double> numbers = load_numbers(constant);
  for (double& x : numbers) {
    x = std::clamp<double>(std::nearbyint(x / p.scale) + static_cast<double>(p.zero_point), kMin, kMax);
  }
  return add_numbers(graph, constant.name + "_q", {DType::int8, constant.type.shape, {}}, numbers);
}

void redirect(Node* node, const std::unordered_map<const Value*, Value*>& dequantized) {
  const auto redirected = [&](Value* value) {
    const auto found = dequantized.find(value);
    return found == dequantized.end() ? value : found->second;
  };
  for (size_t i = 0; i < node->args().size(); ++i) {
    if (const auto* value = std::get_if<Value*>(&node->arg(i))) {
      node->set_arg(i, redirected(*value));
    } else if (const auto* list = std::get_if<std::vector<Value*>>(&node->arg(i))) {
      std::vector<Value*> values = *list;
      std::ranges::transform(values, values.begin(), redirected);
      node->set_arg(i, std::move(values));
    }
  }
}

// Only operands: weights and biases are constants that must not be taken for others of the same value.
void redirect_operands(Node* node, const std::unordered_map<const Value*, Value*>& dequantized) {
  std::unordered_map<const Value*, Value*> own;
  for (const Value* operand : operands_of(*node)) {
    const auto found = dequantized.find(operand);
    if (found != dequantized.end()) own.insert(*found);
  }
  redirect(node, own);
}

size_t elements_after(const Shape& shape, size_t axis) {
  size_t count = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i) count *= static_cast<size_t>(shape[i].value());
  return count;
}

// The bias of each slice: a number a channel, or the largest for all.
std::vector<double> bias_by_slice(const Node& node, size_t slices) {
  const Value* bias = bias_of(node);
  if (bias == nullptr) return std::vector<double>(slices, 0);
  std::vector<double> numbers = load_numbers(*bias);
  if (numbers.size() == slices) return numbers;
  double largest = 0;
  for (const double x : numbers) largest = std::max(largest, std::abs(x));
  return std::vector<double>(slices, largest);
}

}  // namespace

Result<Value*> dequantized(Graph& graph, Value* integers, const AffineParameters& p, const std::string& source,
                           const Node* before) {
  Builder builder = builder_before(graph, before, source);
  return builder.call("quantized_decomposed::dequantize_per_tensor", with_parameters(integers, p));
}

Result<Value*> add_pair(Graph& graph, Value* value, const AffineParameters& p, const Node* before) {
  const std::string source = value->producer != nullptr ? value->producer->source() : std::string();
  Builder builder = builder_before(graph, before, source);
  Value* quantized = nullptr;
  if (value->is_constant()) {
    quantized = quantized_constant(graph, *value, p);
  } else {
    quantized = INGOT_TRY(builder.call("quantized_decomposed::quantize_per_tensor", with_parameters(value, p)));
    graph.rename(quantized, value->name + "_q");
  }
  Value* result = INGOT_TRY(dequantized(graph, quantized, p, source, before));
  graph.rename(result, value->name + "_dq");
  return result;
}

AffineParameters parameters_of(const Value* value, const Scheme& scheme, std::span<const AffineParameters> parameters) {
  const size_t group = scheme.group_of.at(value);
  AffineParameters result = parameters[group];
  const auto& members = scheme.groups[group].members;
  result.scale *= std::ranges::find(members, value, &ValueGroup::Member::value)->factor;
  return result;
}

std::vector<double> largest_magnitudes(const Value& constant, std::optional<size_t> axis) {
  const auto numbers = constant.data.as<float>();
  const size_t slices = axis ? static_cast<size_t>(constant.type.shape[*axis].value()) : 1;
  const size_t inner = axis ? elements_after(constant.type.shape, *axis) : numbers.size();
  std::vector<double> largest(slices, 0);
  for (size_t i = 0; i < numbers.size(); ++i) {
    double& found = largest[i / inner % slices];
    found = std::max(found, static_cast<double>(std::abs(numbers[i])));
  }
  return largest;
}

Result<Value*> dequantized_constant(Graph& graph, const Value& constant, std::optional<size_t> axis,
                                    const std::vector<double>& scales, const std::string& source, const Node* before) {
  const auto numbers = constant.data.as<float>();
  const size_t inner = axis ? elements_after(constant.type.shape, *axis) : numbers.size();
  std::byte* writable = nullptr;
  Bytes bytes = Bytes::allocate(numbers.size(), &writable);
  auto* integers = reinterpret_cast<int8_t*>(writable);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double q = std::nearbyint(numbers[i] / scales[i / inner % scales.size()]);
    integers[i] = static_cast<int8_t>(std::clamp<double>(q, -kWeightMax, kWeightMax));
  }
  Value* quantized = graph.add_constant(constant.name + "_q", {DType::int8, constant.type.shape, {}}, std::move(bytes));
  Builder builder = builder_before(graph, before, source);
  Value* result = nullptr;
  if (!axis) {
    result = INGOT_TRY(builder.call("quantized_decomposed::dequantize_per_tensor",
                                    {quantized, scales[0], int64_t{0}, -kWeightMax, kWeightMax, DType::int8}));
  } else {
    const Shape channels = {static_cast<int64_t>(scales.size())};
    Value* scale = add_numbers(graph, constant.name + "_scales", {DType::float32, channels, {}}, scales);
    Value* zeros = add_numbers(graph, constant.name + "_zero_points", {DType::int64, channels, {}},
                               std::vector<double>(scales.size(), 0));
    result = INGOT_TRY(
        builder.call("quantized_decomposed::dequantize_per_channel",
                     {quantized, scale, zeros, static_cast<int64_t>(*axis), -kWeightMax, kWeightMax, DType::int8}));
  }
  graph.rename(result, constant.name + "_dq");
  return result;
}

Result<Value*> dequantized_weight(Graph& graph, const Node& product, const WeightArg& weight,
                                  const AffineParameters& input, const Node* before) {
  const Value& constant = *product.tensor(weight.arg);
  std::vector<double> scales = largest_magnitudes(constant, weight.axis);
  const std::vector<double> biases = bias_by_slice(product, scales.size());
  for (size_t i = 0; i < scales.size(); ++i) scales[i] = weight_scale(scales[i], biases[i], input.scale);
  return dequantized_constant(graph, constant, weight.axis, scales, product.source(), before);
}

Result<void> apply_scheme(Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters) {
  const std::vector<Node*> nodes = node_list(graph);
  std::unordered_map<const Node*, const Node*> next;
  for (size_t i = 0; i + 1 < nodes.size(); ++i) next[nodes[i]] = nodes[i + 1];

  for (const Unit& unit : scheme.units) {
    const auto weight = weight_of(*unit.node);
    if (!weight || !unit.node->tensor(weight->arg)->is_constant()) continue;
    const Value* input = operands_of(*unit.node).front();
    Value* dequantized =
        INGOT_TRY(dequantized_weight(graph, *unit.node, *weight, parameters_of(input, scheme, parameters), unit.node));
    unit.node->set_arg(weight->arg, dequantized);
  }

  std::unordered_map<const Value*, Value*> for_units, for_all;
  for (size_t g = 0; g < scheme.groups.size(); ++g) {
    for (const ValueGroup::Member& member : scheme.groups[g].members) {
      Value* value = member.value;
      const Node* before = nodes.empty() ? nullptr : nodes.front();
      if (value->producer != nullptr) before = next.contains(value->producer) ? next.at(value->producer) : nullptr;
      AffineParameters p = parameters[g];
      p.scale *= member.factor;
      Value* dequantized = INGOT_TRY(add_pair(graph, value, p, before));
      for_units[value] = dequantized;
      if (scheme.is_computed(value)) for_all[value] = dequantized;
    }
  }
  for (Node* node : nodes) {
    if (scheme.inside.contains(node)) {
      redirect_operands(node, for_units);
    } else {
      redirect(node, for_all);
    }
  }
  for (Value*& output : graph.outputs()) {
    const auto found = for_all.find(output);
    if (found != for_all.end()) output = found->second;
  }
  remove_dead(graph);
  return {};
}

}  // namespace ingot::compiler
