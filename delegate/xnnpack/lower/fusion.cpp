#include "delegate/xnnpack/lower/fusion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace ingot::xnnpack::lowering {
namespace {

using compiler::Node;
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
      for (const Value* input : node->inputs()) ++uses_[input];
    }
    for (const Value* output : outputs) ++uses_[output];
    for (const Node* node : nodes) find_hardswish(*node);
    for (const Node* node : nodes) find_padding(*node);
    for (const Node* node : nodes) find_activation(*node);
  }

 private:
  // The node of the region that computes this value for one use alone, which others may not look at.
  const Node* only_for(const Value* value) const {
    const Node* producer = value->producer;
    if (producer == nullptr || !inside_.contains(producer) || uses_.at(value) != 1) return nullptr;
    return fusions_.is_absorbed(*producer) ? nullptr : producer;
  }

  // The x for which the value is hardsigmoid(x) (`scaled`: clamp(x + 3, 0, 6) / 6 or clamp(x / 6 + 1/2, 0, 1)), or else
  // clamp(x + 3, 0, 6). The nodes that compute it are added to `parts`.
  const Value* hardsigmoid_input(const Value* value, bool scaled, std::vector<const Node*>* parts) const {
    const Node* node = only_for(value);
    if (node == nullptr) return nullptr;
    const auto bounds = activation_bounds(*node);
    if (!bounds) {
      const auto multiple = scaled ? as_multiple(*node) : std::nullopt;
      if (!multiple || !near(multiple->number, 1.0 / 6)) return nullptr;
      parts->push_back(node);
      return hardsigmoid_input(multiple->x, false, parts);
    }
    const float top = scaled ? 1.0f : 6.0f;
    if (bounds->first != 0 || bounds->second != top) return nullptr;
    const Node* sum_node = only_for(node->tensor(0));
    const auto sum = sum_node != nullptr ? as_sum(*sum_node) : std::nullopt;
    if (!sum || !near(sum->number, top / 2)) return nullptr;
    parts->insert(parts->end(), {node, sum_node});
    if (!scaled) return sum->x;
    const Node* sixth_node = only_for(sum->x);
    const auto sixth = sixth_node != nullptr ? as_multiple(*sixth_node) : std::nullopt;
    if (!sixth || !near(sixth->number, 1.0 / 6)) return nullptr;
    parts->push_back(sixth_node);
    return sixth->x;
  }

  // The x of x times what hardsigmoid_input() looks for.
  const Value* product_input(const Node& product, bool scaled, std::vector<const Node*>* parts) const {
    if (!product.is("aten::mul.Tensor")) return nullptr;
    for (const size_t side : {0, 1}) {
      std::vector<const Node*> found;
      const Value* x = hardsigmoid_input(product.tensor(side), scaled, &found);
      if (x == nullptr || x != product.tensor(1 - side)) continue;
      parts->insert(parts->end(), found.begin(), found.end());
      return x;
    }
    return nullptr;
  }

  void find_hardswish(const Node& node) {
    std::vector<const Node*> parts;
    const Value* x = product_input(node, true, &parts);
    if (const auto multiple = as_multiple(node); x == nullptr && multiple && near(multiple->number, 1.0 / 6)) {
      if (const Node* product = only_for(multiple->x)) {
        x = product_input(*product, false, &parts);
        parts.push_back(product);
      }
    }
    if (x == nullptr || x->type.dtype != DType::float32) return;
    fusions_.hardswishes_.emplace(&node, x);
    fusions_.absorbed_.insert(parts.begin(), parts.end());
  }

  // Zeros around a convolution's image are its own padding; minus infinity around a maximum's never wins.
  void find_padding(const Node& node) {
    const bool convolves = node.is("aten::convolution") && !node.boolean("transposed");
    if (!convolves && !node.is("aten::max_pool2d_with_indices")) return;
    const Node* pad = only_for(node.tensor(0));
    if (pad == nullptr || !pad->is("aten::constant_pad_nd")) return;
    const size_t rank = pad->output()->type.rank();
    const std::vector<int64_t> amounts = pad->ints("pad");
    const double value = pad->real("value");
    const bool harmless = convolves ? value == 0 : value == -static_cast<double>(kInfinity);
    if (!harmless || rank < 3 || amounts.empty() || amounts.size() > 2 * (rank - 2)) return;
    if (std::ranges::min(amounts) < 0 || (!convolves && !windows_stay_inside(node, amounts))) return;
    fusions_.paddings_.emplace(&node, pad);
    fusions_.absorbed_.insert(pad);
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
    if (!bounds || fusions_.is_absorbed(node)) return;
    const Node* producer = only_for(node.tensor(0));
    if (producer == nullptr) return;
    const auto earlier = roots_.find(producer);  // an activation of an activation
    const Node* root = earlier != roots_.end() ? earlier->second : producer;
    if (!takes_bounds(*root) || fusions_.hardswishes_.contains(root)) return;
    const auto [low, high] =
        fusions_.bounds_.contains(root) ? fusions_.bounds_.at(root) : std::pair(-kInfinity, kInfinity);
    const auto clamped = [&bounds](float x) { return std::min(std::max(x, bounds->first), bounds->second); };
    if (!(clamped(low) < clamped(high))) return;  // XNNPACK wants room between the bounds
    fusions_.bounds_[root] = {clamped(low), clamped(high)};
    fusions_.activations_.insert(&node);
    roots_.emplace(&node, root);
  }

  Fusions& fusions_;
  std::unordered_set<const Node*> inside_;
  std::unordered_map<const Value*, size_t> uses_;
  std::unordered_map<const Node*, const Node*> roots_;  // fused activation to what it bounds
};

Fusions::Fusions(std::span<const Node* const> nodes, std::span<Value* const> outputs) {
  Finder(*this, nodes, outputs);
}

std::optional<std::pair<float, float>> Fusions::bounds(const Node& node) const {
  const auto found = bounds_.find(&node);
  return found == bounds_.end() ? std::nullopt : std::optional(found->second);
}

const Node* Fusions::padding_of(const Node& node) const {
  const auto found = paddings_.find(&node);
  return found == paddings_.end() ? nullptr : found->second;
}

const Value* Fusions::hardswish_input(const Node& node) const {
  const auto found = hardswishes_.find(&node);
  return found == hardswishes_.end() ? nullptr : found->second;
}

}  // namespace ingot::xnnpack::lowering
