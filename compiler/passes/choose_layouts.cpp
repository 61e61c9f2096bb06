#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

const std::vector<int64_t> kContiguous = {0, 1, 2, 3};
const std::vector<int64_t> kChannelsLast = {0, 2, 3, 1};

bool is_contiguous(const Value* value) {
  return value->type.dim_order.empty() || std::ranges::is_sorted(value->type.dim_order);
}

bool is_image(const Value* value) {
  return value->type.rank() == 4 && value->type.dtype == DType::float32 && is_contiguous(value);
}

double elements(const Value* value) {
  double count = 1;
  for (const Dim& dim : value->type.shape) count *= static_cast<double>(dim.max());
  return count;
}

// Elementwise operators whose kernels in ExecuTorch (1.4.1) ask of their tensors one dim_order, default or
// channels-last, and run through elements of equal shapes as they lie.
constexpr std::array<std::string_view, 18> kLayoutFreeInExecutorch = {
    "aten::relu",       "aten::hardtanh",   "aten::clamp",      "aten::leaky_relu", "aten::elu",
    "aten::gelu",       "aten::sigmoid",    "aten::tanh",       "aten::add.Tensor", "aten::add.Scalar",
    "aten::sub.Tensor", "aten::sub.Scalar", "aten::mul.Tensor", "aten::mul.Scalar", "aten::div.Tensor",
    "aten::div.Scalar", "aten::maximum",    "aten::minimum",
};

// Is it elementwise, with kernels for any layout? For Ingot's own kernels that is the whole family.
bool is_layout_free(const Node& node, Target target) {
  if (target == Target::executorch) {
    return std::ranges::find(kLayoutFreeInExecutorch, node.op().full_name()) != kLayoutFreeInExecutorch.end();
  }
  using schema::Family;
  const Family family = node.op().row().family;
  const bool elementwise = family == Family::unary || family == Family::unary_float || family == Family::binary;
  return elementwise && !node.is("aten::glu");
}

// The tensors that a node reads are images, or constants that broadcast to one (which ExecuTorch's kernels take only in
// full, and in the same layout).
bool reads_images(const Node& node, Target target) {
  const std::vector<Value*> inputs = node.inputs();
  const bool all_fit = std::ranges::all_of(inputs, [&](const Value* input) {
    if (is_image(input)) return target == Target::ingot || input->type.shape == node.output()->type.shape;
    return target == Target::ingot && input->is_constant() && input->type.rank() < 4 && is_contiguous(input);
  });
  return all_fit && std::ranges::any_of(inputs, is_image);
}

// What a node saves, in the time that it takes to copy an element, where its images lie channels-last; nothing where it
// stays as it is. From kernel_bench, on AVX-512.
struct Saving {
  bool possible = false;
  double elements = 0;
};

Saving convolution_saving(const Node& node) {
  if (node.boolean("transposed") || !is_image(node.tensor("input")) || node.output()->type.rank() != 4) return {};
  const Shape& weight = node.tensor("weight")->type.shape;
  const double taps = static_cast<double>(weight[2].max() * weight[3].max());
  const double macs = elements(node.output()) * static_cast<double>(weight[1].max()) * taps;
  if (weight[1] == Dim(1)) return {true, macs / 10};  // depthwise
  return {true, macs / (taps > 1 ? 50 : 120)};
}

// ExecuTorch's kernel for averages takes contiguous images alone.
Saving pooling_saving(const Node& node, Target target) {
  if (!is_image(node.tensor("self")) || (target == Target::executorch && node.is("aten::avg_pool2d"))) return {};
  const std::vector<int64_t> kernel = node.ints("kernel_size");
  const int64_t taps = kernel[0] * (kernel.size() > 1 ? kernel[1] : kernel[0]);
  return {true, elements(node.output()) * static_cast<double>(taps) / 2};
}

Saving saving_of(const Node& node, Target target) {
  if (node.delegate_call() != nullptr) return {};
  if (node.is("aten::convolution")) return convolution_saving(node);
  if (node.is("aten::max_pool2d_with_indices") || node.is("aten::avg_pool2d")) return pooling_saving(node, target);
  constexpr std::array<std::string_view, 3> kReductions = {"aten::mean.dim", "aten::sum.dim_IntList", "aten::amax"};
  if (std::ranges::find(kReductions, node.op().full_name()) != kReductions.end()) {
    return {target == Target::ingot && is_image(node.tensor("self")), 0};
  }
  if (node.is("aten::_adaptive_avg_pool2d")) return {target == Target::ingot && is_image(node.tensor("self")), 0};
  if (node.is("aten::cat"))
    return {target == Target::ingot && reads_images(node, target), -elements(node.output()) / 2};
  if (node.outputs().size() != 1 || !is_image(node.output())) return {};
  return {is_layout_free(node, target) && reads_images(node, target), 0};
}

// The nodes that images connect decide together.
class Groups {
 public:
  explicit Groups(size_t count) : parents_(count) { std::iota(parents_.begin(), parents_.end(), size_t{0}); }
  size_t find(size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(size_t a, size_t b) { parents_[find(a)] = find(b); }

 private:
  std::vector<size_t> parents_;
};

class LayoutChoice {
 public:
  LayoutChoice(Graph& graph, Target target) : graph_(graph), rewrite_(graph) {
    for (const Node* node : rewrite_.nodes()) {
      const Saving saving = saving_of(*node, target);
      if (!saving.possible) continue;
      index_[node] = nodes_.size();
      nodes_.push_back(node);
      savings_.push_back(saving.elements);
    }
  }

  Result<bool> run() {
    choose();
    for (const Node* node : nodes_) {
      if (chosen(*node)) INGOT_TRY_VOID(convert(*node));
    }
    return rewrite_.commit();
  }

 private:
  void choose() {
    Groups groups(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      for (const Value* value : images_of(*nodes_[i])) {
        for (const Node* user : rewrite_.uses().of(value)) {
          if (const auto other = index_.find(user); other != index_.end()) groups.join(i, other->second);
        }
      }
    }
    // Copies at the border of a group: of each image once that it reads, or that others read.
    std::vector<double> gains(nodes_.size(), 0.0);
    std::unordered_map<const Value*, bool> counted;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      double& gain = gains[groups.find(i)];
      gain += savings_[i];
      for (const Value* value : images_of(*nodes_[i])) {
        if (!counted.emplace(value, true).second) continue;
        const bool made_inside = value->producer != nullptr && index_.contains(value->producer);
        if (!made_inside || is_read_outside(value)) gain -= elements(value);
      }
    }
    is_chosen_.resize(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) is_chosen_[i] = gains[groups.find(i)] > 0;
  }

  // The images that a node reads, constants excepted (they are laid out here), and makes.
  static std::vector<const Value*> images_of(const Node& node) {
    std::vector<const Value*> images;
    const auto add = [&](const Value* value) {
      if (value->type.rank() == 4 && !value->is_constant()) images.push_back(value);
    };
    std::ranges::for_each(node.inputs(), add);
    std::ranges::for_each(node.outputs(), add);
    return images;
  }

  bool chosen(const Node& node) const {
    const auto at = index_.find(&node);
    return at != index_.end() && is_chosen_[at->second];
  }

  bool is_read_outside(const Value* value) const {
    return rewrite_.uses().as_output(value) > 0 ||
           std::ranges::any_of(rewrite_.uses().of(value), [&](const Node* user) { return !index_.contains(user); });
  }

  // The value with its channels last.
  Result<Value*> channels_last(Value* value, Builder& builder) {
    if (const auto made = converted_.find(value); made != converted_.end()) return made->second;
    Value* const copy = value->is_constant() ? lay_out(*value) : INGOT_TRY(copy_of(value, kChannelsLast, builder));
    converted_[value] = copy;
    return copy;
  }

  static Result<Value*> copy_of(Value* value, const std::vector<int64_t>& order, Builder& builder) {
    return builder.call("dim_order_ops::_to_dim_order_copy", {value, false, order});
  }

  Value* lay_out(const Value& constant) {
    TensorType type = constant.type;
    type.dim_order.assign(kChannelsLast.begin(), kChannelsLast.end());
    const std::vector<int64_t> sizes = static_sizes(type.shape);
    const size_t plane = static_cast<size_t>(sizes[2] * sizes[3]), channels = static_cast<size_t>(sizes[1]);
    std::byte* bytes = nullptr;
    const Bytes data = Bytes::allocate(constant.data.size(), &bytes);
    float* to = reinterpret_cast<float*>(bytes);
    const std::span<const float> from = constant.data.as<float>();
    for (size_t image = 0; image < static_cast<size_t>(sizes[0]); ++image) {
      for (size_t pixel = 0; pixel < plane; ++pixel) {
        for (size_t channel = 0; channel < channels; ++channel) {
          *to++ = from[(image * channels + channel) * plane + pixel];
        }
      }
    }
    return graph_.add_constant(constant.name + "_channels_last", type, data);
  }

  Result<void> convert(const Node& node) {
    Builder builder = rewrite_.before(node);
    const bool is_convolution = node.is("aten::convolution");
    std::vector<Argument> args(node.args().begin(), node.args().end());
    for (size_t i = 0; i < args.size(); ++i) {
      if (is_convolution && i > 0) break;  // the weight stays as it is
      if (Value** value = std::get_if<Value*>(&args[i])) {
        if (is_image(*value)) *value = INGOT_TRY(channels_last(*value, builder));
      } else if (auto* list = std::get_if<std::vector<Value*>>(&args[i])) {
        for (Value*& item : *list) item = INGOT_TRY(channels_last(item, builder));
      }
    }
    const Node* made = INGOT_TRY(builder.node(node.op().full_name(), std::move(args)));
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      Value* const before = node.output(i);
      Value* after = made->output(i);
      converted_[before] = after;
      const bool read =
          std::ranges::any_of(rewrite_.uses().of(before), [&](const Node* user) { return !chosen(*user); });
      if (!read && rewrite_.uses().as_output(before) == 0) continue;
      if (!is_contiguous(after)) after = INGOT_TRY(copy_of(after, kContiguous, builder));
      rewrite_.replace(before, after);
    }
    return {};
  }

  Graph& graph_;
  Rewrite rewrite_;
  std::vector<const Node*> nodes_;  // those that could
  std::unordered_map<const Node*, size_t> index_;
  std::vector<double> savings_;
  std::vector<bool> is_chosen_;
  std::unordered_map<const Value*, Value*> converted_;
};

}  // namespace

Result<bool> choose_layouts(Graph& graph, Target target) {
  return LayoutChoice(graph, target).run();
}

}  // namespace ingot::compiler
