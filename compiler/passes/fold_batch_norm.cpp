#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/ir/constants.h"
#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

// y = scale * x + shift, a number for each channel.
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};

// What computes the channels: its weight, its bias if any, and how they lie.
struct Product {
  const Node* node = nullptr;
  Value* input = nullptr;
  Value* weight = nullptr;
  Value* bias = nullptr;
  // A view between the matrix product and its user, which keeps the last dimension; null where there is none.
  const Node* view = nullptr;
  size_t channel_dim = 1;  // of the result, or of the view
  size_t channels = 0;
};

bool is_float_constant(const Value* value) {
  return value != nullptr && value->is_constant() && is_floating(value->type.dtype) && value->type.dim_order.empty();
}

std::optional<Product> as_product(const Value* value) {
  const Node* node = value->producer;
  if (node == nullptr) return std::nullopt;
  Product product{.node = node};
  if (node->is("aten::convolution")) {
    product.input = node->tensor("input");
    product.weight = node->tensor("weight");
    product.bias = node->tensor("bias");
  } else if (node->is("aten::addmm")) {
    if (node->real("alpha") != 1 || node->real("beta") != 1) return std::nullopt;
    product.input = node->tensor("mat1");
    product.weight = node->tensor("mat2");
    product.bias = node->tensor("self");
  } else if (node->is("aten::mm")) {
    product.input = node->tensor("self");
    product.weight = node->tensor("mat2");
  } else {
    return std::nullopt;
  }
  const Dim channels = value->type.shape[1];
  if (!is_float_constant(product.weight) || !channels.is_static()) return std::nullopt;
  product.channels = static_cast<size_t>(channels.value());
  if (product.bias != nullptr) {
    // One number a channel, or one for all.
    const Value* bias = product.bias;
    if (!is_float_constant(bias) || bias->type.max_nbytes() == 0) return std::nullopt;
    const Dim count = numel(bias->type.shape);
    const bool last = bias->type.rank() > 0 && bias->type.shape.back() == count;
    if (count != Dim(1) && (count != channels || !last)) return std::nullopt;
  }
  return product;
}

std::vector<double> broadcast_to(std::vector<double> numbers, size_t count) {
  if (numbers.size() == 1 && count != 1) numbers.assign(count, numbers[0]);
  return numbers;
}

// The elements of a constant that broadcasts along all dimensions of `type` but `channel_dim`.
std::optional<std::vector<double>> per_channel(const Value* value, const TensorType& type, size_t channel_dim,
                                               size_t channels) {
  if (!is_float_constant(value) || value->type.rank() > type.rank()) return std::nullopt;
  const size_t added = type.rank() - value->type.rank();
  for (size_t i = 0; i < value->type.rank(); ++i) {
    const Dim& size = value->type.shape[i];
    if (size != Dim(1) && (i + added != channel_dim || size != type.shape[channel_dim])) return std::nullopt;
  }
  return broadcast_to(load_numbers(*value), channels);
}

std::optional<Affine> as_batch_norm(const Node& node, size_t channels) {
  const auto parameter = [&](const char* name, double otherwise) -> std::optional<std::vector<double>> {
    const Value* value = node.tensor(name);
    if (value == nullptr) return std::vector<double>(channels, otherwise);
    if (!is_float_constant(value)) return std::nullopt;
    return load_numbers(*value);
  };
  const auto weight = parameter("weight", 1);
  const auto bias = parameter("bias", 0);
  const auto mean = parameter("running_mean", 0);
  const auto variance = parameter("running_var", 1);
  if (!weight || !bias || !mean || !variance) return std::nullopt;
  Affine affine;
  for (size_t c = 0; c < channels; ++c) {
    const double scale = (*weight)[c] / std::sqrt((*variance)[c] + node.real("eps"));
    affine.scale.push_back(scale);
    affine.shift.push_back((*bias)[c] - (*mean)[c] * scale);
  }
  return affine;
}

// A node that adds to x, or multiplies it by, a constant for each channel.
std::optional<Affine> as_arithmetic(const Node& node, const Product& product, const Value* x) {
  const size_t n = product.channels;
  const TensorType& type = node.output()->type;
  if (node.is("aten::mul.Scalar")) {
    return Affine{std::vector<double>(n, node.real("other")), std::vector<double>(n, 0)};
  }
  if (node.is("aten::add.Scalar")) {
    return Affine{std::vector<double>(n, 1), std::vector<double>(n, node.real("other") * node.real("alpha"))};
  }
  const bool multiplies = node.is("aten::mul.Tensor");
  if (!multiplies && !node.is("aten::add.Tensor")) return std::nullopt;
  if (!multiplies && node.real("alpha") != 1) return std::nullopt;
  const Value* other = node.tensor(0) == x ? node.tensor(1) : node.tensor(0);
  auto numbers = per_channel(other, type, product.channel_dim, n);
  if (!numbers) return std::nullopt;
  if (multiplies) return Affine{std::move(*numbers), std::vector<double>(n, 0)};
  return Affine{std::vector<double>(n, 1), std::move(*numbers)};
}

// The weight with each element scaled as the channel of the result that it serves.
Value* scaled_weight(Graph& graph, const Product& product, const std::vector<double>& scale) {
  const Value& weight = *product.weight;
  const std::vector<int64_t> sizes = static_sizes(weight.type.shape);
  const auto rows = static_cast<size_t>(sizes[0]);
  const auto columns = static_cast<size_t>(sizes[1]);
  const size_t elements = weight.data.size() / size_of(weight.type.dtype);
  if (elements == 0) return product.weight;
  // A matrix is [in, out], a filter [out, in / groups, ...].
  if (!product.node->is("aten::convolution")) return add_scaled(graph, weight.name, weight, 1, scale);
  if (!product.node->boolean("transposed")) return add_scaled(graph, weight.name, weight, elements / rows, scale);
  // [in, out / groups, ...]
  const auto groups = static_cast<size_t>(product.node->integer("groups"));
  std::vector<double> factors;
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) factors.push_back(scale[r / (rows / groups) * columns + c]);
  }
  return add_scaled(graph, weight.name, weight, elements / (rows * columns), factors);
}

// The product with the affine map inside.
Result<Value*> folded(Graph& graph, Builder builder, const Product& product, const Affine& affine) {
  const size_t n = product.channels;
  const DType dtype = product.weight->type.dtype;
  Value* weight = product.weight;
  bool scales = false;
  for (const double scale : affine.scale) scales = scales || scale != 1;
  if (scales) weight = scaled_weight(graph, product, affine.scale);

  std::vector<double> bias(n, 0);
  if (product.bias != nullptr) bias = broadcast_to(load_numbers(*product.bias), n);
  for (size_t c = 0; c < n; ++c) bias[c] = bias[c] * affine.scale[c] + affine.shift[c];
  const std::string name = product.bias != nullptr ? product.bias->name : weight->name + "_bias";
  Value* new_bias = add_numbers(graph, name, {dtype, {static_cast<int64_t>(n)}, {}}, bias);

  if (!product.node->is("aten::convolution")) {
    return builder.call("aten::addmm", {new_bias, product.input, weight});
  }
  std::vector<Argument> args(product.node->args().begin(), product.node->args().end());
  args[1] = weight;
  args[2] = new_bias;
  return builder.call("aten::convolution", std::move(args));
}

// Numbers that are none would spread over weights of 0 too.
bool is_finite(const Affine& affine) {
  const auto finite = [](double number) { return std::isfinite(number); };
  return std::ranges::all_of(affine.scale, finite) && std::ranges::all_of(affine.shift, finite);
}

// The matrix product that a view shows under another shape, with the same channels.
std::optional<Product> product_behind(const Node& view, const Uses& uses) {
  if (!view.is("aten::view_copy") || !uses.single(view.tensor(0))) return std::nullopt;
  auto product = as_product(view.tensor(0));
  const Shape& shape = view.output()->type.shape;
  if (!product || product->node->is("aten::convolution") || shape.empty()) return std::nullopt;
  if (shape.back() != product->node->output()->type.shape[1]) return std::nullopt;
  product->view = &view;
  product->channel_dim = shape.size() - 1;
  return product;
}

// The operand of `node` that a product computes for it alone.
std::optional<Product> product_before(const Node& node, const Uses& uses) {
  for (const Value* input : node.inputs()) {
    if (input->type != node.output()->type || !uses.single(input) || input->producer == nullptr) continue;
    if (auto product = as_product(input)) return product;
    if (auto product = product_behind(*input->producer, uses)) return product;
  }
  return std::nullopt;
}

bool is_candidate(const Node& node) {
  for (const char* name : {"aten::_native_batch_norm_legit_no_training", "aten::mul.Tensor", "aten::add.Tensor",
                           "aten::mul.Scalar", "aten::add.Scalar"}) {
    if (node.is(name)) return true;
  }
  return false;
}

bool has_unused_statistics(const Node& node, const Uses& uses) {
  for (size_t i = 1; i < node.outputs().size(); ++i) {
    if (!uses.of(node.output(i)).empty() || uses.as_output(node.output(i)) > 0) return false;
  }
  return true;
}

Result<bool> sweep(Graph& graph) {
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    if (!is_candidate(*node) || !has_unused_statistics(*node, rewrite.uses())) continue;
    const std::optional<Product> product = product_before(*node, rewrite.uses());
    if (!product) continue;
    const bool normalizes = node->outputs().size() > 1;
    if (normalizes && product->view != nullptr) continue;
    const Value* x = (product->view != nullptr ? product->view : product->node)->output();
    const auto affine = normalizes ? as_batch_norm(*node, product->channels) : as_arithmetic(*node, *product, x);
    if (!affine || !is_finite(*affine)) continue;
    Value* result = INGOT_TRY(folded(graph, rewrite.before(*product->node), *product, *affine));
    if (product->view != nullptr) {
      result = INGOT_TRY(rewrite.before(*product->view).call("aten::view_copy", {result, product->view->arg(1)}));
    }
    rewrite.replace(node->output(), result);
  }
  return rewrite.commit();
}

}  // namespace

Result<bool> fold_batch_norm(Graph& graph, Target) {
  bool changed = false;
  while (INGOT_TRY(sweep(graph))) changed = true;
  return changed;
}

}  // namespace ingot::compiler
