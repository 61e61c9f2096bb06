#include "compiler/quantize/channels.h"

#include <algorithm>
#include <string_view>

#include "compiler/quantize/recipes.h"

namespace ingot::compiler {
namespace {

// They map each channel to itself, and a multiple of it to the same multiple. (Bounds around 0 do so up to the bound.)
constexpr std::string_view kKeepChannels[] = {
    "aten::relu",
    "aten::hardtanh",
    "aten::clamp",
    "aten::leaky_relu",
    "aten::add.Tensor",
    "aten::sub.Tensor",
    "aten::mul.Scalar",
    "aten::div.Scalar",
    "aten::max_pool2d_with_indices",
    "aten::avg_pool2d",
    "aten::_adaptive_avg_pool2d",
    "aten::mean.dim",
    "aten::constant_pad_nd",
    "aten::upsample_bilinear2d.vec",
    "aten::upsample_nearest2d.vec",
};

bool is_float(const Value* value) {
  return value->type.dtype == DType::float32;
}

size_t size(const Value* value, size_t dim) {
  return static_cast<size_t>(value->type.shape[dim].value());
}

// Its own conditions, besides equal channel counts.
bool keeps_channels(const Node& node) {
  if (std::ranges::find(kKeepChannels, node.op().full_name()) == std::end(kKeepChannels)) return false;
  if (const auto bounds = clamp_bounds(node)) return bounds->low <= 0 && bounds->high >= 0;
  if (node.is("aten::constant_pad_nd")) {
    return node.real("value") == 0 && node.ints("pad").size() <= 2 * (node.output()->type.rank() - 2);
  }
  if (node.is("aten::mean.dim")) {
    if (node.is_none(1)) return false;
    const auto rank = static_cast<int64_t>(node.tensor(0)->type.rank());
    return std::ranges::all_of(node.ints(1), [&](int64_t dim) { return (dim < 0 ? dim + rank : dim) >= 2; });
  }
  // Broadcasting would tie channels of one to all of the other.
  return std::ranges::all_of(node.inputs(), [&](const Value* input) {
    return !input->is_constant() && (node.inputs().size() == 1 || input->type.shape == node.output()->type.shape);
  });
}

}  // namespace

Channels::Channels(const Graph& graph) {
  for (const Value* input : graph.inputs()) hold(input);
  for (const auto& node : graph.nodes()) {
    if (add_product(node.get()) || add_tie(*node) || add_view(*node) || add_concatenation(*node)) continue;
    for (const Value* value : node->inputs()) hold(value);
    for (const Value* value : node->outputs()) hold(value);
  }
  for (const Value* output : graph.outputs()) hold(output);
}

size_t Channels::count(const Value* value) const {
  const TensorType& type = value->type;
  const bool fits = is_float(value) && type.rank() >= 2 && type.dim_order.empty() && is_static(type.shape);
  return fits && !value->is_constant() ? size(value, 1) : 0;
}

size_t Channels::first(const Value* value) {
  const auto [found, is_new] = firsts_.emplace(value, parents_.size());
  for (size_t i = 0; is_new && i < count(value); ++i) {
    parents_.push_back(parents_.size());
    held_.push_back(false);
  }
  return found->second;
}

size_t Channels::find(size_t index) const {
  while (parents_[index] != index) index = parents_[index] = parents_[parents_[index]];
  return index;
}

void Channels::unite(size_t a, size_t b) {
  a = find(a);
  b = find(b);
  if (a == b) return;
  held_[std::min(a, b)] = held_[a] || held_[b];
  parents_[std::max(a, b)] = std::min(a, b);
}

size_t Channels::class_of(const Value* value, size_t channel) const {
  return find(firsts_.at(value) + channel);
}

void Channels::hold(const Value* value) {
  const size_t begin = first(value);
  for (size_t i = 0; i < count(value); ++i) held_[find(begin + i)] = true;
}

void Channels::tie(const Value* a, const Value* b) {
  const size_t first_a = first(a), first_b = first(b);
  for (size_t i = 0; i < count(a); ++i) unite(first_a + i, first_b + i);
}

bool Channels::add_product(Node* node) {
  const auto weight = weight_of(*node);
  if (!weight || !weight->axis || node->is("aten::bmm")) return false;
  ChannelProduct product{.node = node, .weight = node->tensor(weight->arg), .weight_arg = weight->arg};
  const std::vector<Value*> operands = operands_of(*node);
  if (!product.weight->is_constant() || !is_float(product.weight) || operands.size() != 1) return false;
  if (!product.weight->type.dim_order.empty()) return false;
  product.input = operands[0];
  const Value* bias = bias_of(*node);
  product.inputs = count(product.input);
  product.outputs = count(node->output());
  if (product.inputs == 0 || product.outputs == 0) return false;
  if (bias != nullptr && numel(bias->type.shape) != Dim(static_cast<int64_t>(product.outputs))) return false;
  if (node->is("aten::convolution")) {
    product.groups = static_cast<size_t>(node->integer("groups"));
    product.input_major = node->boolean("transposed");
  } else {
    product.input_major = true;
  }
  for (size_t i = 2; i < product.weight->type.rank(); ++i) product.taps *= size(product.weight, i);
  first(product.input);
  first(node->output());
  products_.push_back(product);
  return true;
}

bool Channels::add_tie(const Node& node) {
  if (!keeps_channels(node) || count(node.output()) == 0) return false;
  for (const Value* input : node.inputs()) {
    if (count(input) != count(node.output())) return false;
  }
  for (const Value* input : node.inputs()) tie(input, node.output());
  return true;
}

// What follows the channels becomes part of them: [n, c, h, w] as [n, c * h * w].
bool Channels::add_view(const Node& node) {
  if (!node.is("aten::view_copy")) return false;
  const Value* from = node.tensor(0);
  const Value* to = node.output();
  const size_t from_count = count(from), to_count = count(to);
  if (from_count == 0 || to_count == 0 || size(from, 0) != size(to, 0) || to_count % from_count != 0) return false;
  const size_t first_from = first(from), first_to = first(to);
  for (size_t i = 0; i < to_count; ++i) unite(first_to + i, first_from + i / (to_count / from_count));
  return true;
}

bool Channels::add_concatenation(const Node& node) {
  if (!node.is("aten::cat") || count(node.output()) == 0) return false;
  const int64_t dim = node.integer("dim"), rank = static_cast<int64_t>(node.output()->type.rank());
  if ((dim < 0 ? dim + rank : dim) != 1) return false;
  for (const Value* part : node.tensors(0)) {
    if (count(part) == 0) return false;
  }
  size_t at = first(node.output());
  for (const Value* part : node.tensors(0)) {
    const size_t begin = first(part);
    for (size_t i = 0; i < count(part); ++i) unite(at++, begin + i);
  }
  return true;
}

}  // namespace ingot::compiler
