#include <algorithm>
#include <numeric>
#include <string_view>

#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

size_t axis_of(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

// The value that takes the place of the node's, or null where the node is in its final form already.
using Form = Result<Value*> (*)(const Node& node, Builder& builder);

Result<Value*> permuted(const Node& node, Builder& builder, size_t first, size_t second) {
  std::vector<int64_t> dims(node.tensor(0)->type.rank());
  std::iota(dims.begin(), dims.end(), 0);
  if (!dims.empty()) std::swap(dims[first], dims[second]);
  return builder.call("aten::permute_copy", {node.tensor(0), std::move(dims)});
}

Result<Value*> transpose(const Node& node, Builder& builder) {
  const size_t rank = node.tensor(0)->type.rank();
  return permuted(node, builder, axis_of(node.integer("dim0"), rank), axis_of(node.integer("dim1"), rank));
}

Result<Value*> t(const Node& node, Builder& builder) {
  return permuted(node, builder, 0, node.tensor(0)->type.rank() < 2 ? 0 : 1);
}

// A squeeze or unsqueeze of a known shape is a view.
Result<Value*> view(const Node& node, Builder& builder) {
  if (!is_static(node.output()->type.shape)) return nullptr;
  return builder.call("aten::view_copy", {node.tensor(0), static_sizes(node.output()->type.shape)});
}

Result<Value*> clamp(const Node& node, Builder& builder) {
  const bool from_zero = !node.is_none("min") && node.is_none("max") && node.real("min") == 0;
  if (!from_zero || node.output()->type != node.tensor(0)->type) return nullptr;
  return builder.call("aten::relu", {node.tensor(0)});
}

// An average over the whole image is a mean, which needs no window of weights in 8 bits.
Result<Value*> average(const Node& node, Builder& builder) {
  const Shape& shape = node.tensor("self")->type.shape;
  const std::vector<int64_t> padding = node.ints("padding"), kernel = node.ints("kernel_size");
  const Shape image(shape.end() - 2, shape.end());
  const bool padded = std::ranges::any_of(padding, [](int64_t amount) { return amount != 0; });
  if (padded || !node.is_none("divisor_override") || !is_static(image)) return nullptr;
  if (image[0].value() != kernel.front() || image[1].value() != kernel.back()) return nullptr;
  return builder.call("aten::mean.dim", {node.tensor("self"), std::vector<int64_t>{-2, -1}, true});
}

struct Rule {
  std::string_view op;
  Form form;
};

constexpr Rule kRules[] = {
    {"aten::transpose_copy.int", transpose}, {"aten::t_copy", t},
    {"aten::squeeze_copy.dim", view},        {"aten::squeeze_copy.dims", view},
    {"aten::unsqueeze_copy", view},          {"aten::clamp", clamp},
    {"aten::avg_pool2d", average},
};

}  // namespace

Result<bool> canonicalize(Graph& graph, Target) {
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    for (const Rule& rule : kRules) {
      if (!node->is(rule.op)) continue;
      Builder builder = rewrite.before(*node);
      if (Value* value = INGOT_TRY(rule.form(*node, builder))) rewrite.replace(node->output(), value);
    }
  }
  return rewrite.commit();
}

}  // namespace ingot::compiler
