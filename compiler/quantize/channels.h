// Which channels of a graph's values can be multiplied by a common factor without changing what the graph computes,
// but for weights and biases: convolutions and matrix products part channels, everything between them ties them.
// Whatever else a channel reaches holds it. One thread; cost linear in the graph's channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// A product whose weight can take up factors of its input's and result's channels.
struct ChannelProduct {
  Node* node = nullptr;
  Value* input = nullptr;
  Value* weight = nullptr;
  size_t weight_arg = 0;
  size_t inputs = 0;   // channels
  size_t outputs = 0;  // channels
  size_t taps = 1;     // weight elements for each pair of channels
  size_t groups = 1;
  bool input_major = false;  // the weight is [in, out / groups, ...] and not [out, in / groups, ...]

  // Channels of one group.
  size_t group_inputs() const { return inputs / groups; }
  size_t group_outputs() const { return outputs / groups; }
  // Each result's channel reads a single input's: its weights have a scale of their own.
  bool is_depthwise() const { return group_inputs() == 1; }
  // Calls f(input channel, output channel, first of `taps` elements).
  template <typename F>
  void for_each_pair(F&& f) const {
    for (size_t o = 0; o < outputs; ++o) {
      const size_t group = o / group_outputs();
      for (size_t i = 0; i < group_inputs(); ++i) {
        const size_t input_channel = group * group_inputs() + i;
        const size_t row = input_major ? input_channel * group_outputs() + o % group_outputs() : o * group_inputs() + i;
        f(input_channel, o, row * taps);
      }
    }
  }
};

class Channels {
 public:
  explicit Channels(const Graph& graph);

  // How many channels the value has: the size of dimension 1. 0 where the value is none of this.
  size_t count(const Value* value) const;
  // The class of a channel of the value; channels of one class have one factor.
  size_t class_of(const Value* value, size_t channel) const;
  size_t num_classes() const { return parents_.size(); }
  // Must the factor be 1?
  bool is_held(size_t class_index) const { return held_[class_index]; }
  const std::vector<ChannelProduct>& products() const { return products_; }

 private:
  size_t first(const Value* value);
  void tie(const Value* a, const Value* b);
  void hold(const Value* value);
  bool add_product(Node* node);
  bool add_tie(const Node& node);
  bool add_view(const Node& node);
  bool add_concatenation(const Node& node);
  size_t find(size_t index) const;
  void unite(size_t a, size_t b);

  std::unordered_map<const Value*, size_t> firsts_;  // index of channel 0
  mutable std::vector<size_t> parents_;
  std::vector<bool> held_;
  std::vector<ChannelProduct> products_;
};

}  // namespace ingot::compiler
