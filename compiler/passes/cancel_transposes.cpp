#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

using Dims = std::vector<int64_t>;

// A permute moves past a node where that lets it meet another one, at most this far away.
constexpr int kMaxSteps = 64;

// The permutation of a permute_copy, without negative numbers; nothing for other nodes.
std::optional<Dims> permutation(const Value* value) {
  const Node* node = value->producer;
  if (node == nullptr || !node->is("aten::permute_copy")) return std::nullopt;
  Dims dims = node->ints("dims");
  for (int64_t& dim : dims) dim = dim < 0 ? dim + static_cast<int64_t>(dims.size()) : dim;
  return dims;
}

bool is_identity(const Dims& dims) {
  return std::ranges::is_sorted(dims);  // a permutation is sorted only where it moves nothing
}

Dims inverse(const Dims& dims) {
  Dims result(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) result[static_cast<size_t>(dims[i])] = static_cast<int64_t>(i);
  return result;
}

size_t positive(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

// How a node treats the order of its operands' dimensions.
enum class Transparency : uint8_t {
  none,         // it matters
  elementwise,  // it does not
  axis,         // 'dim' names one dimension, which the result keeps
  reduction,    // 'dim' names dimensions, which go away or become 1
};

Transparency transparency(const Node& node) {
  using schema::Family;
  if (node.delegate_call() != nullptr) return Transparency::none;
  constexpr std::array<std::string_view, 5> kAlongAxis = {"aten::cat", "aten::_softmax", "aten::_log_softmax",
                                                          "aten::slice_copy.Tensor", "aten::cumsum"};
  constexpr std::array<std::string_view, 5> kReductions = {"aten::sum.dim_IntList", "aten::mean.dim", "aten::amax",
                                                           "aten::amin", "aten::any.dims"};
  const std::string& name = node.op().full_name();
  if (std::ranges::find(kAlongAxis, name) != kAlongAxis.end()) return Transparency::axis;
  if (std::ranges::find(kReductions, name) != kReductions.end()) {
    // Over all dimensions, or over none: nothing to rename.
    const auto* dims = std::get_if<Dims>(&node.arg("dim"));
    return dims != nullptr && !dims->empty() ? Transparency::reduction : Transparency::none;
  }
  switch (node.op().row().family) {
    case Family::unary:
      return node.is("aten::glu") ? Transparency::none : Transparency::elementwise;
    case Family::unary_float:
    case Family::unary_bool:
    case Family::binary:
    case Family::binary_bool:
      return Transparency::elementwise;
    case Family::reduction:
    case Family::movement:
    case Family::creation:
    case Family::matmul:
    case Family::pooling:
    case Family::normalization:
    case Family::indexing:
    case Family::quantize:
    case Family::other:
      break;
  }
  return Transparency::none;
}

bool is_single_element(const Value* value) {
  return std::ranges::all_of(value->type.shape, [](const Dim& dim) { return dim == Dim(1); });
}

// Can the operand take part without its dimensions in this order?
bool can_unpermute(const Value* operand, const Dims& dims) {
  if (permutation(operand) == dims) return true;
  if (operand->type.rank() <= dims.size() && is_single_element(operand)) return true;
  return operand->is_constant() && operand->type.rank() <= dims.size() && operand->type.dim_order.empty();
}

bool all_can_unpermute(const Node& node, const Dims& dims, const Value* except) {
  return std::ranges::all_of(node.inputs(),
                             [&](const Value* operand) { return operand == except || can_unpermute(operand, dims); });
}

// The permutation of the node's result once its operands are not permuted; empty dims for the identity.
Dims result_permutation(const Node& node, const Dims& dims) {
  if (transparency(node) != Transparency::reduction || node.boolean("keepdim")) return dims;
  std::vector<bool> gone(dims.size(), false);
  for (const int64_t axis : node.ints("dim")) gone[positive(axis, dims.size())] = true;
  // Old dimensions in the order of the result, then by their rank among those that stay.
  Dims kept;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!gone[i]) kept.push_back(dims[i]);
  }
  Dims sorted = kept;
  std::ranges::sort(sorted);
  for (int64_t& dim : kept) dim = std::ranges::lower_bound(sorted, dim) - sorted.begin();
  return kept;
}

// Would a permute of this value vanish or merge with another further on?
bool meets_permute(const Value* value, Dims dims, const Uses& uses) {
  for (int step = 0; step < kMaxSteps; ++step) {
    if (is_identity(dims)) return true;
    if (!uses.single(value)) return false;
    const Node* user = uses.of(value)[0];
    if (user->is("aten::permute_copy")) return true;
    if (transparency(*user) == Transparency::none || user->outputs().size() != 1) return false;
    // Operands that are themselves permuted alike will merge.
    for (const Value* operand : user->inputs()) {
      if (operand != value && permutation(operand) == dims && uses.single(operand)) return true;
    }
    if (user->output()->type.rank() != dims.size() && transparency(*user) != Transparency::reduction) return false;
    if (!all_can_unpermute(*user, dims, value)) return false;
    dims = result_permutation(*user, dims);
    value = user->output();
  }
  return false;
}

class Sweep {
 public:
  explicit Sweep(Graph& graph) : rewrite_(graph) {}

  Result<bool> run() {
    for (const Node* node : rewrite_.nodes()) {
      INGOT_TRY_VOID(node->is("aten::permute_copy") ? merge(*node) : sink(*node));
    }
    return rewrite_.commit();
  }

 private:
  // permute(permute(x))
  Result<void> merge(const Node& node) {
    const auto first = permutation(node.tensor(0));
    if (!first) return {};
    Value* x = node.tensor(0)->producer->tensor(0);
    Dims dims = *permutation(node.output());
    for (int64_t& dim : dims) dim = (*first)[static_cast<size_t>(dim)];
    if (!is_identity(dims)) {
      rewrite_.replace(node.output(), INGOT_TRY(rewrite_.before(node).call("aten::permute_copy", {x, dims})));
    } else if (x->type == node.output()->type && rewrite_.can_replace(node.output(), x)) {
      rewrite_.replace(node.output(), x);
    }
    return {};
  }

  // op(permute(x), permute(y)) to permute(op(x, y))
  Result<void> sink(const Node& node) {
    if (node.outputs().size() != 1 || transparency(node) == Transparency::none) return {};
    std::optional<Dims> dims;
    size_t removed = 0;
    for (const Value* operand : node.inputs()) {
      const auto found = permutation(operand);
      if (found && !dims) dims = found;
      if (found && rewrite_.uses().single(operand)) ++removed;
    }
    if (!dims || removed == 0) return {};
    const bool reduces = transparency(node) == Transparency::reduction;
    if (!reduces && node.output()->type.rank() != dims->size()) return {};
    if (!all_can_unpermute(node, *dims, nullptr)) return {};
    const Dims after = result_permutation(node, *dims);
    if (removed < 2 && !meets_permute(node.output(), after, rewrite_.uses())) return {};

    Builder builder = rewrite_.before(node);
    builder.set_folding(true);
    std::vector<Argument> args;
    for (const Argument& arg : node.args()) args.push_back(INGOT_TRY(unpermuted(arg, *dims, builder)));
    if (transparency(node) != Transparency::elementwise) rename_axes(node, *dims, &args);
    for (const Argument& arg : args) {
      // A constant that no kernel could permute became a node: then nothing is won.
      if (const auto* value = std::get_if<Value*>(&arg); value != nullptr && permutation(*value) == inverse(*dims)) {
        return {};
      }
    }
    Value* result = INGOT_TRY(builder.call(node.op().full_name(), std::move(args)));
    if (!is_identity(after)) result = INGOT_TRY(builder.call("aten::permute_copy", {result, after}));
    if (result->type == node.output()->type) rewrite_.replace(node.output(), result);
    return {};
  }

  Result<Argument> unpermuted(const Argument& arg, const Dims& dims, Builder& builder) {
    if (const auto* value = std::get_if<Value*>(&arg)) return INGOT_TRY(unpermuted(*value, dims, builder));
    if (const auto* list = std::get_if<std::vector<Value*>>(&arg)) {
      std::vector<Value*> result;
      for (Value* value : *list) result.push_back(INGOT_TRY(unpermuted(value, dims, builder)));
      return result;
    }
    return arg;
  }

  Result<Value*> unpermuted(Value* value, const Dims& dims, Builder& builder) {
    if (permutation(value) == dims) return value->producer->tensor(0);
    if (is_single_element(value)) return value;
    Shape shape(dims.size() - value->type.rank(), Dim(1));
    shape.insert(shape.end(), value->type.shape.begin(), value->type.shape.end());
    if (shape != value->type.shape) value = INGOT_TRY(builder.call("aten::view_copy", {value, shape}));
    return builder.call("aten::permute_copy", {value, inverse(dims)});
  }

  // Dimension i of the permuted operand is dimension dims[i] of the other.
  static void rename_axes(const Node& node, const Dims& dims, std::vector<Argument>* args) {
    Argument& arg = (*args)[node.op().index_of("dim")];
    const auto renamed = [&](int64_t axis) { return dims[positive(axis, dims.size())]; };
    if (auto* axis = std::get_if<int64_t>(&arg)) *axis = renamed(*axis);
    if (auto* axes = std::get_if<Dims>(&arg)) std::ranges::transform(*axes, axes->begin(), renamed);
  }

  Rewrite rewrite_;
};

}  // namespace

Result<bool> cancel_transposes(Graph& graph, Target) {
  // Every sweep brings permutes closer to the outputs; none can move further than there are nodes.
  const size_t limit = graph.nodes().size() + 1;
  bool changed = false;
  for (size_t i = 0; i < limit; ++i) {
    if (!INGOT_TRY(Sweep(graph).run())) break;
    changed = true;
  }
  return changed;
}

}  // namespace ingot::compiler
