#include <cmath>
#include <optional>

#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

// What a constant_pad_nd adds on either side of each of the last `count` dimensions, outermost first; nothing where it
// pads others, is lopsided, or cuts off.
std::optional<std::vector<int64_t>> symmetric_padding(const Node& pad, size_t count) {
  const auto* amounts = std::get_if<std::vector<int64_t>>(&pad.arg("pad"));
  if (amounts == nullptr) return std::nullopt;
  std::vector<int64_t> padding(count, 0);
  for (size_t i = 0; i < amounts->size() / 2; ++i) {
    const int64_t before = (*amounts)[2 * i];
    if (before != (*amounts)[2 * i + 1] || before < 0) return std::nullopt;
    if (i < count) {
      padding[count - 1 - i] = before;
    } else if (before != 0) {
      return std::nullopt;
    }
  }
  return padding;
}

// The node's own padding and that of `pad` together, one value a dimension.
std::optional<std::vector<int64_t>> joint_padding(const Node& node, const Node& pad, size_t count) {
  const auto* own = std::get_if<std::vector<int64_t>>(&node.arg("padding"));
  const auto added = symmetric_padding(pad, count);
  if (own == nullptr || !added || (own->size() != count && own->size() != 1)) return std::nullopt;
  std::vector<int64_t> padding = *added;
  for (size_t i = 0; i < count; ++i) padding[i] += own->size() == 1 ? (*own)[0] : (*own)[i];
  return padding;
}

bool is_zero(const std::vector<int64_t>& values) {
  for (const int64_t value : values) {
    if (value != 0) return false;
  }
  return true;
}

// Pooling pads by at most half a window.
bool fits_window(const std::vector<int64_t>& padding, const std::vector<int64_t>& kernel) {
  for (size_t i = 0; i < padding.size(); ++i) {
    if (padding[i] > (kernel.size() == 1 ? kernel[0] : kernel[i]) / 2) return false;
  }
  return true;
}

// The node's arguments with the padding of `pad` moved in, or nothing where the result would not be the same.
std::optional<std::vector<Argument>> moved_in(const Node& node, const Node& pad) {
  std::vector<Argument> args(node.args().begin(), node.args().end());
  const double value = pad.real("value");
  std::optional<std::vector<int64_t>> padding;
  if (node.is("aten::convolution")) {
    if (value != 0 || node.boolean("transposed")) return std::nullopt;
    padding = joint_padding(node, pad, node.tensor(0)->type.rank() - 2);
  } else if (node.is("aten::avg_pool2d") || node.is("aten::max_pool2d_with_indices")) {
    // Rounding sizes up lets windows reach beyond the padding, where the two differ.
    if (node.boolean("ceil_mode")) return std::nullopt;
    padding = joint_padding(node, pad, 2);
    if (!padding || !fits_window(*padding, node.ints("kernel_size"))) return std::nullopt;
    const bool average = node.is("aten::avg_pool2d");
    if (average ? value != 0 : !(std::isinf(value) && value < 0)) return std::nullopt;
    if (average && !node.boolean("count_include_pad")) {
      // The zeros were counted; padding of its own was not.
      if (!is_zero(node.ints("padding"))) return std::nullopt;
      args[node.op().index_of("count_include_pad")] = true;
    }
  }
  if (!padding) return std::nullopt;
  args[0] = pad.tensor(0);
  args[node.op().index_of("padding")] = *padding;
  return args;
}

// The indices of a pooling's maxima count from the corner of its input, which moves.
bool uses_indices(const Node& node, const Uses& uses) {
  return node.outputs().size() > 1 && (!uses.of(node.output(1)).empty() || uses.as_output(node.output(1)) > 0);
}

}  // namespace

Result<bool> fold_padding(Graph& graph, Target) {
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    if (node->inputs().empty() || !node->op().has("padding")) continue;
    const Node* pad = node->inputs()[0]->producer;
    if (pad == nullptr || !pad->is("aten::constant_pad_nd") || !rewrite.uses().single(pad->output())) continue;
    auto args = moved_in(*node, *pad);
    if (!args || uses_indices(*node, rewrite.uses())) continue;
    const Node* folded = INGOT_TRY(rewrite.before(*node).node(node->op().full_name(), std::move(*args)));
    rewrite.replace(node->output(), folded->output());
  }
  return rewrite.commit();
}

}  // namespace ingot::compiler
