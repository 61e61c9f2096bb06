#include "delegate/xnnpack/lower/fusion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

namespace ingot::xnnpack::lowering {
namespace {

using compiler::is_dequantize;
using compiler::is_quantize;
using compiler::Node;
using compiler::quantization_of;
using compiler::Value;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Nodes of XNNPACK that bound their own results, in every version of it and in ExecuTorch.
constexpr std::array<std::string_view, 16> kTakesBounds = {"aten::convolution",
                                                           "aten::addmm",
                                                           "aten::mm",
                                                           "aten::add.Tensor",
                                                           "aten::add.Scalar",
                                                           "aten::sub.Tensor",
                                                           "aten::sub.Scalar",
                                                           "aten::rsub.Scalar",
                                                           "aten::mul.Tensor",
                                                           "aten::mul.Scalar",
                                                           "aten::div.Tensor",
                                                           "aten::div.Scalar",
                                                           "aten::avg_pool2d",
                                                           "aten::_adaptive_avg_pool2d",
                                                           "aten::max_pool2d_with_indices",
                                                           "aten::bmm"};

bool takes_bounds(const Node& node) {
  return std::ranges::find(kTakesBounds, node.op().full_name()) != kTakesBounds.end();
}

// The one element of a float constant.
std::optional<double> scalar_of(const Value* value) {
  if (value == nullptr || !value->is_constant() || value->type.dtype != DType::float32) return std::nullopt;
  if (value->data.size() != sizeof(float)) return std::nullopt;
  return value->data.as<float>()[0];
}

// x with a number added or multiplied.
struct Affine {
  const Value* x = nullptr;
  double number = 0;
};

// x + number, where nothing else is meant.
std::optional<Affine> as_sum(const Node& node) {
  if (node.is("aten::add.Scalar") && node.real("alpha") == 1) return Affine{node.tensor(0), node.real("other")};
  if (!node.is("aten::add.Tensor") || node.real("alpha") != 1) return std::nullopt;
  if (const auto number = scalar_of(node.tensor(1))) return Affine{node.tensor(0), *number};
  if (const auto number = scalar_of(node.tensor(0))) return Affine{node.tensor(1), *number};
  return std::nullopt;
}

// x * number, or x / (1 / number).
std::optional<Affine> as_multiple(const Node& node) {
  if (node.is("aten::mul.Scalar")) return Affine{node.tensor(0), node.real("other")};
  if (node.is("aten::div.Scalar")) return Affine{node.tensor(0), 1 / node.real("other")};
  if (node.is("aten::div.Tensor")) {
    if (const auto number = scalar_of(node.tensor(1))) return Affine{node.tensor(0), 1 / *number};
  }
  if (!node.is("aten::mul.Tensor")) return std::nullopt;
  if (const auto number = scalar_of(node.tensor(1))) return Affine{node.tensor(0), *number};
  if (const auto number = scalar_of(node.tensor(0))) return Affine{node.tensor(1), *number};
  return std::nullopt;
}

bool near(double a, double b) {
  return std::abs(a - b) <= 1e-6 * std::abs(b);
}

}  // namespace

std::optional<std::pair<float, float>> activation_bounds(const Node& node) {
  if (node.is("aten::relu")) return std::pair(0.0f, kInfinity);
  if (node.is("aten::hardtanh")) {
    return std::pair(static_cast<float>(node.real("min_val")), static_cast<float>(node.real("max_val")));
  }
  if (!node.is("aten::clamp")) return std::nullopt;
  return std::pair(node.is_none("min") ? -kInfinity : static_cast<float>(node.real("min")),
                   node.is_none("max") ? kInfinity : static_cast<float>(node.real("max")));
}

class Fusions::Finder {
 public:
  Finder(Fusions& fusions, std::span<const Node* const> nodes, std::span<Value* const> outputs) : fusions_(fusions) {
    for (const Node* node : nodes) {
      inside_.insert(node);
      for (const Value* input : node->inputs()) uses_[input].push_back(node);
    }
    for (const Value* output : outputs) uses_[output].push_back(nullptr);  // others use it
    for (const Node* node : nodes) find_hardswish(*node);
    for (const Node* node : nodes) find_hardsigmoid(*node);
    for (const Node* node : nodes) find_padding(*node);
    for (const Node* node : nodes) find_image(*node);
    for (const Node* node : nodes) find_activation(*node);
    for (const Node* node : nodes) find_integers(*node);
    for (const Node* node : nodes) find_gate(*node);
  }

 private:
  using Parts = std::vector<const Node*>;

  // The node of the region that computes this value for one use alone, which others may not look at. Rounding to
  // integers and back in between is added to `parts`.
  const Node* only_for(const Value* value, Parts* parts) const {
    const Node* producer = producer_of(value);
    if (producer == nullptr || !is_dequantize(*producer)) return producer;
    const Node* quantize = producer_of(producer->tensor(0));
    if (quantize == nullptr || !is_quantize(*quantize)) return nullptr;
    const Node* source = producer_of(quantize->tensor(0));
    if (source != nullptr) parts->insert(parts->end(), {producer, quantize});
    return source;
  }
  const Node* producer_of(const Value* value) const {
    const Node* producer = value->producer;
    if (producer == nullptr || !inside_.contains(producer) || uses_.at(value).size() != 1) return nullptr;
    return fusions_.is_absorbed(*producer) ? nullptr : producer;
  }

  // The x for which the value is hardsigmoid(x) (`scaled`: clamp(x + 3, 0, 6) / 6 or clamp(x / 6 + 1/2, 0, 1)), or else
  // clamp(x + 3, 0, 6). The nodes that compute it are added to `parts`.
  const Value* hardsigmoid_input(const Value* value, bool scaled, Parts* parts) const {
    const Node* node = only_for(value, parts);
    if (node == nullptr) return nullptr;
    parts->push_back(node);
    return hardsigmoid_input(*node, scaled, parts);
  }
  // The same of the node that computes it, which is not added.
  const Value* hardsigmoid_input(const Node& node, bool scaled, Parts* parts) const {
    const auto bounds = activation_bounds(node);
    if (!bounds) {
      const auto multiple = scaled ? as_multiple(node) : std::nullopt;
      if (!multiple || !near(multiple->number, 1.0 / 6)) return nullptr;
      return hardsigmoid_input(multiple->x, false, parts);
    }
    const float top = scaled ? 1.0f : 6.0f;
    if (bounds->first != 0 || bounds->second != top) return nullptr;
    const Node* sum_node = only_for(node.tensor(0), parts);
    const auto sum = sum_node != nullptr ? as_sum(*sum_node) : std::nullopt;
    if (!sum || !near(sum->number, top / 2)) return nullptr;
    parts->push_back(sum_node);
    if (!scaled) return sum->x;
    const Node* sixth_node = only_for(sum->x, parts);
    const auto sixth = sixth_node != nullptr ? as_multiple(*sixth_node) : std::nullopt;
    if (!sixth || !near(sixth->number, 1.0 / 6)) return nullptr;
    parts->push_back(sixth_node);
    return sixth->x;
  }

  // The x of x times what hardsigmoid_input() looks for.
  const Value* product_input(const Node& product, bool scaled, Parts* parts) const {
    if (!product.is("aten::mul.Tensor")) return nullptr;
    for (const size_t side : {0, 1}) {
      Parts found;
      const Value* x = hardsigmoid_input(product.tensor(side), scaled, &found);
      if (x == nullptr || !same_numbers(x, product.tensor(1 - side))) continue;
      parts->insert(parts->end(), found.begin(), found.end());
      return x;
    }
    return nullptr;
  }

  // The same value, or the same integers dequantized alike.
  static bool same_numbers(const Value* a, const Value* b) {
    if (a == b) return true;
    const Node *from_a = compiler::dequantize_of(*a), *from_b = compiler::dequantize_of(*b);
    if (from_a == nullptr || from_b == nullptr || from_a->tensor(0) != from_b->tensor(0)) return false;
    const auto left = quantization_of(*from_a), right = quantization_of(*from_b);
    return left && right && *left == *right;
  }

  void find_hardswish(const Node& node) {
    Parts parts;
    const Value* x = product_input(node, true, &parts);
    if (const auto multiple = as_multiple(node); x == nullptr && multiple && near(multiple->number, 1.0 / 6)) {
      parts.clear();
      if (const Node* product = only_for(multiple->x, &parts)) {
        x = product_input(*product, false, &parts);
        parts.push_back(product);
      }
    }
    if (x == nullptr || x->type.dtype != DType::float32) return;
    fusions_.hardswishes_.emplace(&node, x);
    fusions_.absorbed_.insert(parts.begin(), parts.end());
  }

  // In float its parts are as good by themselves.
  void find_hardsigmoid(const Node& node) {
    if (fusions_.is_absorbed(node) || fusions_.hardswishes_.contains(&node)) return;
    if (node.outputs().size() != 1 || !(quantized_as(node.output()) || is_gate(node.output()))) return;
    Parts parts;
    const Value* x = hardsigmoid_input(node, true, &parts);
    if (x == nullptr || x->type.dtype != DType::float32 || !comes_from_integers(x)) return;
    fusions_.hardsigmoids_.emplace(&node, x);
    fusions_.absorbed_.insert(parts.begin(), parts.end());
  }

  // Zeros around a convolution's image are its own padding; minus infinity around a maximum's never wins.
  void find_padding(const Node& node) {
    const bool convolves = node.is("aten::convolution") && !node.boolean("transposed");
    if (!convolves && !node.is("aten::max_pool2d_with_indices")) return;
    Parts parts;
    const Node* pad = only_for(node.tensor(0), &parts);
    if (pad == nullptr || !pad->is("aten::constant_pad_nd")) return;
    const size_t rank = pad->output()->type.rank();
    const std::vector<int64_t> amounts = pad->ints("pad");
    const double value = pad->real("value");
    const bool harmless = convolves ? value == 0 : value == -static_cast<double>(kInfinity);
    if (!harmless || rank < 3 || amounts.empty() || amounts.size() > 2 * (rank - 2)) return;
    if (std::ranges::min(amounts) < 0 || (!convolves && !windows_stay_inside(node, amounts))) return;
    fusions_.paddings_.emplace(&node, pad);
    fusions_.absorbed_.insert(pad);
    fusions_.absorbed_.insert(parts.begin(), parts.end());
  }

  // The images that a convolution reads in integers which are made here from real numbers given from outside.
  void find_image(const Node& node) {
    if (!node.is("aten::convolution") || node.tensor("input")->type.rank() != 4) return;
    const Node* dequantize = compiler::dequantize_of(*fusions_.convolved(node));
    const Node* quantize = dequantize != nullptr ? dequantize->tensor(0)->producer : nullptr;
    if (quantize == nullptr || !is_quantize(*quantize)) return;
    const Node* source = quantize->tensor(0)->producer;
    if (source == nullptr || !inside_.contains(source)) fusions_.images_.insert(quantize);
  }

  // XNNPACK takes the nearest pixel for one outside the image: right where every window has a pixel inside.
  static bool windows_stay_inside(const Node& pool, const std::vector<int64_t>& amounts) {
    for (const int64_t dilation : pool.ints("dilation")) {
      if (dilation != 1) return false;
    }
    const std::vector<int64_t> kernel = pool.ints("kernel_size"), own = pool.ints("padding");
    for (size_t i = 0; i < amounts.size(); ++i) {  // pairs, the last dimension first
      const auto size = [&](const std::vector<int64_t>& list) { return list[i < 2 ? list.size() - 1 : 0]; };
      if (amounts[i] + size(own) >= size(kernel)) return false;
    }
    return true;
  }

  void find_activation(const Node& node) {
    const auto bounds = activation_bounds(node);
    if (!bounds || fusions_.is_absorbed(node) || fusions_.hardsigmoids_.contains(&node)) return;
    Parts parts;
    const Node* producer = only_for(node.tensor(0), &parts);
    if (producer == nullptr) return;
    const auto earlier = roots_.find(producer);  // an activation of an activation
    const Node* root = earlier != roots_.end() ? earlier->second : producer;
    if (!takes_bounds(*root) || fusions_.hardswishes_.contains(root) || fusions_.hardsigmoids_.contains(root)) return;
    auto [low, high] = fusions_.bounds_.contains(root) ? fusions_.bounds_.at(root) : std::pair(-kInfinity, kInfinity);
    for (const Node* part : parts) saturate(*part, &low, &high);
    const auto clamped = [&bounds](float x) { return std::min(std::max(x, bounds->first), bounds->second); };
    if (!(clamped(low) < clamped(high))) return;  // XNNPACK wants room between the bounds
    fusions_.bounds_[root] = {clamped(low), clamped(high)};
    fusions_.activations_.emplace(&node, producer->output());
    fusions_.absorbed_.insert(parts.begin(), parts.end());
    roots_.emplace(&node, root);
  }

  // Integers cannot say more than their range.
  static void saturate(const Node& quantize, float* low, float* high) {
    const auto integers = is_quantize(quantize) ? quantization_of(quantize) : std::nullopt;
    if (!integers || !integers->is_per_tensor()) return;
    const auto real = [&integers](int64_t integer) {
      return static_cast<float>(static_cast<double>(integer - integers->zero_point()) * integers->scale());
    };
    *low = std::max(*low, real(integers->quant_min));
    *high = std::min(*high, real(integers->quant_max));
  }

  // The one set of parameters with which everything that uses the value quantizes it, maybe after moving its elements.
  std::optional<compiler::Quantization> quantized_as(const Value* value) const {
    constexpr int kMostMoves = 8;
    for (int moves = 0; moves < kMostMoves; ++moves) {
      const auto uses = uses_.find(value);
      if (uses == uses_.end()) return std::nullopt;
      const Node* mover = uses->second.size() == 1 ? uses->second.front() : nullptr;
      if (mover == nullptr || !moves_elements(*mover)) return quantized_by(uses->second);
      value = mover->output();
    }
    return std::nullopt;
  }

  static bool moves_elements(const Node& node) {
    return node.delegate_call() == nullptr && node.op().row().family == schema::Family::movement &&
           node.inputs().size() == 1 && node.outputs().size() == 1 && !node.is("aten::constant_pad_nd");
  }

  static std::optional<compiler::Quantization> quantized_by(const Parts& users) {
    std::optional<compiler::Quantization> common;
    for (const Node* user : users) {
      const auto found = user != nullptr && is_quantize(*user) ? quantization_of(*user) : std::nullopt;
      if (!found || !found->is_per_tensor() || (common && *common != *found)) return std::nullopt;
      common = found;
    }
    return common;
  }

  static bool comes_from_integers(const Value* value) { return compiler::dequantize_of(*value) != nullptr; }

  // Does one product with a value that comes from integers use it, itself wanted in integers?
  bool is_gate(const Value* value) const {
    const auto uses = uses_.find(value);
    if (uses == uses_.end() || uses->second.size() != 1 || uses->second.front() == nullptr) return false;
    const Node& user = *uses->second.front();
    if (!user.is("aten::mul.Tensor") || !quantized_as(user.output())) return false;
    return comes_from_integers(user.tensor(user.tensor(0) == value ? 1 : 0));
  }

  void find_integers(const Node& node) {
    if (node.outputs().empty() || fusions_.is_absorbed(node)) return;
    const auto integers = quantized_as(node.output());
    const auto root = roots_.find(&node);
    const Node* computes = root != roots_.end() ? root->second : &node;
    if (integers) {
      fusions_.integers_.insert_or_assign(computes, *integers);
    } else {
      fusions_.integers_.erase(computes);  // what stands between it and its activation does not count
    }
  }

  // Between 0 and 1, and only multiplied with something: 8 bits for that range do, though the graph does not ask for
  // them. (SiLU is a sigmoid times its own input.)
  void find_gate(const Node& node) {
    if (!node.is("aten::sigmoid") && !fusions_.hardsigmoids_.contains(&node)) return;
    if (!is_gate(node.output())) return;
    compiler::Quantization integers;
    integers.quant_min = -128;
    integers.quant_max = 127;
    integers.scales = {1.0 / 255};
    integers.zero_points = {-128};
    fusions_.integers_.emplace(&node, integers);
  }

  Fusions& fusions_;
  std::unordered_set<const Node*> inside_;
  std::unordered_map<const Value*, Parts> uses_;        // null: others use it
  std::unordered_map<const Node*, const Node*> roots_;  // fused activation to what it bounds
};

Fusions::Fusions(std::span<const Node* const> nodes, std::span<Value* const> outputs, bool fixed_sizes)
    : fixed_sizes_(fixed_sizes) {
  Finder(*this, nodes, outputs);
}

namespace {

const Value* found_in(const std::unordered_map<const Node*, const Value*>& map, const Node& node) {
  const auto found = map.find(&node);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

std::optional<std::pair<float, float>> Fusions::bounds(const Node& node) const {
  const auto found = bounds_.find(&node);
  return found == bounds_.end() ? std::nullopt : std::optional(found->second);
}

const Value* Fusions::bounded_value(const Node& node) const {
  return found_in(activations_, node);
}

const Node* Fusions::padding_of(const Node& node) const {
  const auto found = paddings_.find(&node);
  return found == paddings_.end() ? nullptr : found->second;
}

const Value* Fusions::convolved(const Node& node) const {
  const Node* pad = padding_of(node);
  return pad != nullptr ? pad->tensor(0) : node.tensor("input");
}

const Value* Fusions::hardswish_input(const Node& node) const {
  return found_in(hardswishes_, node);
}

const Value* Fusions::hardsigmoid_input(const Node& node) const {
  return found_in(hardsigmoids_, node);
}

std::optional<compiler::Quantization> Fusions::result_integers(const Node& node) const {
  const auto found = integers_.find(&node);
  return found == integers_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ingot::xnnpack::lowering
