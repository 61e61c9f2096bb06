#include "compiler/quantize/equalize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/ir/constants.h"
#include "compiler/quantize/channels.h"

namespace ingot::compiler {
namespace {

// A channel that was never seen to be large may be so on other samples: no channel is trusted more than this.
constexpr double kLargestFactor = 64;
// Other samples reach further into bounded activations than those that were seen.
constexpr double kHeadroom = 2;

// What a channel was seen to hold.
struct ChannelStatistics {
  double low = 0;
  double high = 0;
  double energy = 0;  // sum of squares
  double count = 0;

  void add(const ChannelStatistics& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    energy += other.energy;
    count += other.count;
  }
};
using TensorStatistics = std::vector<ChannelStatistics>;

void add(TensorStatistics& channels, const Value& value, std::span<const float> numbers) {
  const size_t inner = numbers.size() / static_cast<size_t>(value.type.shape[0].value()) / channels.size();
  for (size_t begin = 0, i = 0; begin < numbers.size(); begin += inner, ++i) {
    float low = 0, high = 0, energy = 0;
    for (const float x : numbers.subspan(begin, inner)) {
      low = std::min(low, x);
      high = std::max(high, x);
      energy += x * x;
    }
    ChannelStatistics& channel = channels[i % channels.size()];
    channel.low = std::min<double>(channel.low, low);
    channel.high = std::max<double>(channel.high, high);
    channel.energy += energy;
    channel.count += static_cast<double>(inner);
  }
}

// What is known of a class of channels, over all tensors that it is part of.
struct ClassNoise {
  double limit = kLargestFactor;  // beyond it the channel would widen a tensor's range
  double of_numbers = 0;          // what rounding the channel adds to the products that read it, at factor 1
  double of_weights = 0;          // what rounding their weights adds

  // of_numbers / f^2 + of_weights * f^2 is least.
  double best_factor() const {
    if (of_numbers <= 0) return 1;
    const double best = of_weights > 0 ? std::pow(of_numbers / of_weights, 0.25) : limit;
    return std::clamp(best, 1.0, std::max(limit, 1.0));
  }
};

class Equalizer {
 public:
  Equalizer(const Graph& graph, const Scheme& scheme) : graph_(graph), scheme_(scheme), channels_(graph) {}

  // The values to observe: whose integers have parameters of their own and that have channels free to change.
  std::vector<Value*> values() const {
    std::vector<Value*> found;
    for (const ValueGroup& group : scheme_.groups) {
      for (const auto& source : group.sources) {
        if (has_free_channel(source.value)) found.push_back(source.value);
      }
    }
    return found;
  }

  // Makes room for what observe() sees of these.
  void expect(std::span<Value* const> values) {
    for (auto& lane : lanes_) {
      for (const Value* value : values) lane[value].resize(channels_.count(value));
    }
  }

  // Concurrently for different lanes.
  void observe(size_t lane, const Value* value, std::span<const float> numbers) {
    add(lanes_[lane].at(value), *value, numbers);
  }

  void join_lanes() {
    for (const auto& lane : lanes_) {
      for (const auto& [value, channels] : lane) {
        TensorStatistics& all = statistics_[value];
        all.resize(channels.size());
        for (size_t c = 0; c < channels.size(); ++c) all[c].add(channels[c]);
      }
    }
  }

  // True where a factor is not 1.
  bool choose_factors() {
    noise_.assign(channels_.num_classes(), {});
    for (const ValueGroup& group : scheme_.groups) limit_by(group);
    for (const auto& node : graph_.nodes()) limit_by_bounds(*node);
    for (const ChannelProduct& product : channels_.products()) add_noise(product);
    factors_.assign(channels_.num_classes(), 1);
    bool any = false;
    for (size_t i = 0; i < factors_.size(); ++i) {
      if (!channels_.is_held(i)) factors_[i] = noise_[i].best_factor();
      any = any || factors_[i] != 1;
    }
    return any;
  }

  void scale(Graph& graph) const {
    for (const ChannelProduct& product : channels_.products()) scale_product(graph, product);
  }

 private:
  bool has_free_channel(const Value* value) const {
    if (value->kind != Value::Kind::result) return false;
    for (size_t i = 0; i < channels_.count(value); ++i) {
      if (!channels_.is_held(channels_.class_of(value, i))) return true;
    }
    return false;
  }

  // The factor may bring a channel to the range of the tensors that share its parameters, but not beyond.
  void limit_by(const ValueGroup& group) {
    double low = 0, high = 0;
    for (const auto& source : group.sources) {
      const auto found = statistics_.find(source.value);
      if (found == statistics_.end()) continue;
      for (const ChannelStatistics& channel : found->second) {
        low = std::min(low, channel.low / source.factor);
        high = std::max(high, channel.high / source.factor);
      }
    }
    const double step = (high - low) / 255;
    for (const auto& member : group.members) steps_[member.value] = step * member.factor;
    for (const auto& source : group.sources) {
      const auto found = statistics_.find(source.value);
      if (found == statistics_.end()) continue;
      for (size_t i = 0; i < found->second.size(); ++i) {
        const ChannelStatistics& channel = found->second[i];
        const size_t index = channels_.class_of(source.value, i);
        double& limit = noise_[index].limit;
        if (channel.low == 0 && channel.high == 0) limit = 1;  // nothing is known of it
        if (channel.low < 0) limit = std::min(limit, low / (channel.low / source.factor));
        if (channel.high > 0) limit = std::min(limit, high / (channel.high / source.factor));
        energies_[index] = std::max(energies_[index], channel.energy / std::max(channel.count, 1.0));
      }
    }
  }

  // Bounds stay where they are: no channel may grow into them.
  void limit_by_bounds(const Node& node) {
    const auto bounds = clamp_bounds(node);
    if (!bounds || (bounds->high == INFINITY && bounds->low == 0)) return;
    auto found = statistics_.find(node.output());
    if (found == statistics_.end()) found = statistics_.find(node.tensor(0));
    for (size_t i = 0; i < channels_.count(node.output()); ++i) {
      double& limit = noise_[channels_.class_of(node.output(), i)].limit;
      if (found == statistics_.end()) {
        limit = 1;
        continue;
      }
      const ChannelStatistics& channel = found->second[i];
      if (channel.high > 0) limit = std::min(limit, bounds->high / (channel.high * kHeadroom));
      if (channel.low < 0) limit = std::min(limit, bounds->low / (channel.low * kHeadroom));
    }
  }

  // In units of the product's own result, so that products count alike.
  void add_noise(const ChannelProduct& product) {
    const auto step = steps_.find(product.input);
    if (step == steps_.end()) return;
    const auto weights = product.weight->data.as<float>();
    std::vector<double> squares(product.inputs, 0), largest(product.outputs, 0), reads(product.inputs, 0);
    product.for_each_pair([&](size_t, size_t o, size_t at) {
      for (size_t t = 0; t < product.taps; ++t) {
        largest[o] = std::max(largest[o], std::abs(static_cast<double>(weights[at + t])));
      }
    });
    product.for_each_pair([&](size_t i, size_t o, size_t at) {
      for (size_t t = 0; t < product.taps; ++t) {
        const double w = weights[at + t];
        squares[i] += w * w;
        const double weight_step = largest[o] / 127;
        reads[i] += weight_step * weight_step;
      }
    });
    double total = 0;
    for (size_t i = 0; i < product.inputs; ++i) total += squares[i] * energy(product.input, i);
    if (total <= 0) return;
    for (size_t i = 0; i < product.inputs; ++i) {
      ClassNoise& noise = noise_[channels_.class_of(product.input, i)];
      noise.of_numbers += squares[i] * step->second * step->second / total;
      // A weight scale of its own makes up for the factor.
      if (!product.is_depthwise()) noise.of_weights += reads[i] * energy(product.input, i) / total;
    }
  }

  double energy(const Value* value, size_t channel) const {
    const auto found = energies_.find(channels_.class_of(value, channel));
    return found == energies_.end() ? 0 : found->second;
  }

  void scale_product(Graph& graph, const ChannelProduct& product) const {
    std::vector<double> in(product.inputs), out(product.outputs);
    for (size_t i = 0; i < in.size(); ++i) in[i] = factors_[channels_.class_of(product.input, i)];
    for (size_t o = 0; o < out.size(); ++o) out[o] = factors_[channels_.class_of(product.node->output(), o)];
    const auto is_one = [](double x) { return x == 1; };
    if (std::ranges::all_of(in, is_one) && std::ranges::all_of(out, is_one)) return;

    const auto weights = product.weight->data.as<float>();
    std::byte* writable = nullptr;
    Bytes bytes = Bytes::allocate(product.weight->data.size(), &writable);
    auto* scaled = reinterpret_cast<float*>(writable);
    product.for_each_pair([&](size_t i, size_t o, size_t at) {
      for (size_t t = 0; t < product.taps; ++t) {
        scaled[at + t] = static_cast<float>(weights[at + t] * (out[o] / in[i]));
      }
    });
    Value* weight = graph.add_constant(product.weight->name, product.weight->type, std::move(bytes));
    product.node->set_arg(product.weight_arg, weight);
    const Value* bias = bias_of(*product.node);
    if (bias == nullptr) return;
    const char* name = product.node->is("aten::convolution") ? "bias" : "self";
    product.node->set_arg(product.node->op().index_of(name), add_scaled(graph, bias->name, *bias, 1, out));
  }

  const Graph& graph_;
  const Scheme& scheme_;
  Channels channels_;
  std::array<std::unordered_map<const Value*, TensorStatistics>, kLanes> lanes_;
  std::unordered_map<const Value*, TensorStatistics> statistics_;
  std::unordered_map<const Value*, double> steps_;  // of every quantized value
  std::unordered_map<size_t, double> energies_;     // mean squares by class, at factor 1
  std::vector<ClassNoise> noise_;
  std::vector<double> factors_;
};

}  // namespace

Result<bool> equalize(Graph& graph, const Scheme& scheme, SampleSource& samples, Lowering* lowering,
                      const Progress& progress) {
  Equalizer equalizer(graph, scheme);
  const std::vector<Value*> values = equalizer.values();
  if (values.empty()) return false;
  equalizer.expect(values);
  INGOT_TRY_VOID(for_each_sample(
      graph, values, samples, lowering,
      [&](size_t lane, const Value* value, std::span<const float> numbers) { equalizer.observe(lane, value, numbers); },
      progress));
  equalizer.join_lanes();
  if (!equalizer.choose_factors()) return false;
  equalizer.scale(graph);
  graph.drop_unused_constants();
  return true;
}

}  // namespace ingot::compiler
