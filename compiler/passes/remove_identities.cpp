#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "compiler/ir/constants.h"
#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

// Each tells which input the node's first output equals, bit by bit, or null. That input's type is compared afterwards.
using Identity = Value* (*)(const Node& node);

bool all(std::span<const int64_t> values, int64_t wanted) {
  return std::ranges::all_of(values, [&](int64_t value) { return value == wanted; });
}

// Copies whose elements keep their order: equal types are enough.
Value* same_elements(const Node& node) {
  return node.tensor(0);
}

Value* permute(const Node& node) {
  const std::vector<int64_t> dims = node.ints("dims");
  const auto rank = static_cast<int64_t>(dims.size());
  for (int64_t i = 0; i < rank; ++i) {
    if (dims[static_cast<size_t>(i)] != i && dims[static_cast<size_t>(i)] != i - rank) return nullptr;
  }
  return node.tensor(0);
}

Value* pad(const Node& node) {
  const auto* amounts = std::get_if<std::vector<int64_t>>(&node.arg(1));
  return amounts != nullptr && all(*amounts, 0) ? node.tensor(0) : nullptr;
}

Value* flip(const Node& node) {
  const Value* self = node.tensor(0);
  for (const int64_t dim : node.ints("dims")) {
    const size_t axis = static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(self->type.rank()) : dim);
    if (axis < self->type.rank() && self->type.shape[axis] != Dim(1)) return nullptr;
  }
  return node.tensor(0);
}

Value* roll(const Node& node) {
  const auto* shifts = std::get_if<std::vector<int64_t>>(&node.arg(1));
  return shifts != nullptr && all(*shifts, 0) ? node.tensor(0) : nullptr;
}

Value* cat(const Node& node) {
  return node.tensors(0).size() == 1 ? node.tensors(0)[0] : nullptr;
}

Value* split(const Node& node) {
  return node.outputs().size() == 1 ? node.tensor(0) : nullptr;
}

// Only windows of one element that lie side by side; a stride left off equals the kernel.
bool is_unit_window(const Node& node) {
  return all(node.ints("kernel_size"), 1) && all(node.ints("stride"), 1) && all(node.ints("padding"), 0);
}

Value* avg_pool(const Node& node) {
  const bool divided = !node.is_none("divisor_override") && node.integer("divisor_override") != 1;
  return is_unit_window(node) && !divided ? node.tensor(0) : nullptr;
}

Value* max_pool(const Node& node) {
  return is_unit_window(node) ? node.tensor(0) : nullptr;
}

Value* nearest(const Node& node) {
  const auto* factors = std::get_if<std::vector<double>>(&node.arg("scale_factors"));
  const bool scaled = factors != nullptr && std::ranges::any_of(*factors, [](double f) { return f != 1; });
  return scaled ? nullptr : node.tensor(0);
}

Value* relu(const Node& node) {
  const Node* before = node.tensor(0)->producer;
  return before != nullptr && before->is("aten::relu") ? node.tensor(0) : nullptr;
}

// x * 1, 1 * x
Value* mul(const Node& node) {
  if (uniform_number(node.tensor(1)) == 1) return node.tensor(0);
  return uniform_number(node.tensor(0)) == 1 ? node.tensor(1) : nullptr;
}

Value* div(const Node& node) {
  return uniform_number(node.tensor(1)) == 1 ? node.tensor(0) : nullptr;
}

// Adding 0 turns -0 into 0: among floats only -0 leaves every number as it is.
bool is_nothing_to_add(double number, bool floating) {
  return number == 0 && (!floating || std::signbit(number));
}

Value* add(const Node& node) {
  const double alpha = node.real("alpha");
  for (const size_t side : {0, 1}) {
    const auto number = uniform_number(node.tensor(1 - side));
    const double factor = side == 0 ? alpha : 1;
    if (side == 1 && alpha != 1) continue;
    if (number && is_nothing_to_add(*number * factor, is_floating(node.output()->type.dtype))) return node.tensor(side);
  }
  return nullptr;
}

Value* sub(const Node& node) {
  const auto number = uniform_number(node.tensor(1));
  if (!number) return nullptr;
  return is_nothing_to_add(-(*number * node.real("alpha")), is_floating(node.output()->type.dtype)) ? node.tensor(0)
                                                                                                    : nullptr;
}

Value* add_scalar(const Node& node) {
  const double number = node.real("other") * node.real("alpha");
  return is_nothing_to_add(number, is_floating(node.output()->type.dtype)) ? node.tensor(0) : nullptr;
}

Value* sub_scalar(const Node& node) {
  const double number = -(node.real("other") * node.real("alpha"));
  return is_nothing_to_add(number, is_floating(node.output()->type.dtype)) ? node.tensor(0) : nullptr;
}

Value* by_one(const Node& node) {
  return node.real(1) == 1 ? node.tensor(0) : nullptr;
}

struct Rule {
  std::string_view op;
  Identity identity;
};

constexpr Rule kRules[] = {
    {"aten::view_copy", same_elements},
    {"aten::expand_copy", same_elements},
    {"aten::repeat", same_elements},
    {"aten::alias_copy", same_elements},
    {"aten::clone", same_elements},
    {"aten::_to_copy", same_elements},
    {"dim_order_ops::_to_dim_order_copy", same_elements},
    {"dim_order_ops::_clone_dim_order", same_elements},
    {"aten::squeeze_copy.dim", same_elements},
    {"aten::squeeze_copy.dims", same_elements},
    {"aten::slice_copy.Tensor", same_elements},  // of equal length: from the start, by steps of 1
    {"aten::_adaptive_avg_pool2d", same_elements},
    {"aten::sum.dim_IntList", same_elements},  // of equal shape: over dimensions of 1
    {"aten::mean.dim", same_elements},
    {"aten::amax", same_elements},
    {"aten::amin", same_elements},
    {"aten::permute_copy", permute},
    {"aten::constant_pad_nd", pad},
    {"aten::flip", flip},
    {"aten::roll", roll},
    {"aten::cat", cat},
    {"aten::split_copy.Tensor", split},
    {"aten::split_with_sizes_copy", split},
    {"aten::avg_pool2d", avg_pool},
    {"aten::max_pool2d_with_indices", max_pool},
    {"aten::upsample_nearest2d.vec", nearest},
    {"aten::relu", relu},
    {"aten::mul.Tensor", mul},
    {"aten::div.Tensor", div},
    {"aten::add.Tensor", add},
    {"aten::sub.Tensor", sub},
    {"aten::add.Scalar", add_scalar},
    {"aten::sub.Scalar", sub_scalar},
    {"aten::mul.Scalar", by_one},
    {"aten::div.Scalar", by_one},
    {"aten::pow.Tensor_Scalar", by_one},
};

Value* equal_input(const Node& node) {
  for (const Rule& rule : kRules) {
    if (!node.is(rule.op)) continue;
    Value* value = rule.identity(node);
    return value != nullptr && value->type == node.output()->type ? value : nullptr;
  }
  return nullptr;
}

bool others_unused(const Node& node, const Uses& uses) {
  for (size_t i = 1; i < node.outputs().size(); ++i) {
    if (!uses.of(node.output(i)).empty() || uses.as_output(node.output(i)) > 0) return false;
  }
  return true;
}

}  // namespace

Result<bool> remove_identities(Graph& graph, Target) {
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    Value* value = equal_input(*node);
    if (value == nullptr || !others_unused(*node, rewrite.uses())) continue;
    if (rewrite.can_replace(node->output(), value)) rewrite.replace(node->output(), value);
  }
  return rewrite.commit();
}

}  // namespace ingot::compiler
