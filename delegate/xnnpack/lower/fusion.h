// Which nodes of a region disappear into others: activations into what they bound, padding into convolutions and
// pooling, and the pieces of hardswish into one node. Decided by looking at the graph before anything is written.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "compiler/ir/graph.h"

namespace ingot::xnnpack::lowering {

class Fusions {
 public:
  // Nothing is fused.
  Fusions() = default;
  // `outputs`: what the region gives to others.
  Fusions(std::span<const compiler::Node* const> nodes, std::span<compiler::Value* const> outputs);

  // Bounds that the node's result must get.
  std::optional<std::pair<float, float>> bounds(const compiler::Node& node) const;
  // The activation's result is its input's, bounded already.
  bool is_fused_activation(const compiler::Node& node) const { return activations_.contains(&node); }
  // Another node does its work; nothing uses its result.
  bool is_absorbed(const compiler::Node& node) const { return absorbed_.contains(&node); }
  // The constant_pad_nd whose padding this convolution or pooling adds to its own, or null.
  const compiler::Node* padding_of(const compiler::Node& node) const;
  // The input of the hardswish that the node is the last part of, or null.
  const compiler::Value* hardswish_input(const compiler::Node& node) const;

 private:
  class Finder;

  std::unordered_map<const compiler::Node*, std::pair<float, float>> bounds_;
  std::unordered_set<const compiler::Node*> activations_;
  std::unordered_set<const compiler::Node*> absorbed_;
  std::unordered_map<const compiler::Node*, const compiler::Node*> paddings_;
  std::unordered_map<const compiler::Node*, const compiler::Value*> hardswishes_;
};

// The bounds of relu, hardtanh and clamp nodes; none for others.
std::optional<std::pair<float, float>> activation_bounds(const compiler::Node& node);

}  // namespace ingot::xnnpack::lowering
