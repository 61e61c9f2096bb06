// Which nodes of a region disappear into others: activations into what they bound, padding into convolutions and
// pooling, and the pieces of hardswish and hardsigmoid into one; and which results are wanted in integers only. Decided
// by looking at the graph before anything is written. Quantize and dequantize nodes between the parts of what is fused
// go with them: what they would round is never written.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "compiler/ir/graph.h"
#include "compiler/ir/quantization.h"

namespace ingot::xnnpack::lowering {

class Fusions {
 public:
  // Nothing is fused.
  Fusions() = default;
  // `outputs`: what the region gives to others. `fixed_sizes`: it will run at the sizes that it has now.
  Fusions(std::span<const compiler::Node* const> nodes, std::span<compiler::Value* const> outputs, bool fixed_sizes);

  // May a node hold the sizes of activations?
  bool fixed_sizes() const { return fixed_sizes_; }

  // Bounds that the node's result must get.
  std::optional<std::pair<float, float>> bounds(const compiler::Node& node) const;
  // Of an activation that is fused: the value that is its result, bounded already. Else null.
  const compiler::Value* bounded_value(const compiler::Node& node) const;
  // Another node does its work; nothing uses its result.
  bool is_absorbed(const compiler::Node& node) const { return absorbed_.contains(&node); }
  // The constant_pad_nd whose padding this convolution or pooling adds to its own, or null.
  const compiler::Node* padding_of(const compiler::Node& node) const;
  // What a convolution reads: its input, or that of the padding fused into it.
  const compiler::Value* convolved(const compiler::Node& node) const;
  // Does this quantize node round an image from outside, of four dimensions, for a convolution?
  bool rounds_image(const compiler::Node& quantize) const { return images_.contains(&quantize); }
  // The input of the hardswish that the node is the last part of, or null.
  const compiler::Value* hardswish_input(const compiler::Node& node) const;
  // Likewise of hardsigmoid, where its result is wanted in integers.
  const compiler::Value* hardsigmoid_input(const compiler::Node& node) const;
  // The integers that the node's result, after an activation fused into it, becomes; none where its real numbers are
  // used too.
  std::optional<compiler::Quantization> result_integers(const compiler::Node& node) const;

 private:
  class Finder;

  bool fixed_sizes_ = false;
  std::unordered_map<const compiler::Node*, std::pair<float, float>> bounds_;
  std::unordered_map<const compiler::Node*, const compiler::Value*> activations_;
  std::unordered_set<const compiler::Node*> absorbed_;
  std::unordered_map<const compiler::Node*, const compiler::Node*> paddings_;
  std::unordered_set<const compiler::Node*> images_;
  std::unordered_map<const compiler::Node*, const compiler::Value*> hardswishes_;
  std::unordered_map<const compiler::Node*, const compiler::Value*> hardsigmoids_;
  std::unordered_map<const compiler::Node*, compiler::Quantization> integers_;
};

// The bounds of relu, hardtanh and clamp nodes; none for others.
std::optional<std::pair<float, float>> activation_bounds(const compiler::Node& node);

}  // namespace ingot::xnnpack::lowering
