#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "compiler/ir/rewrite.h"
#include "compiler/passes/integer/integer_rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

IntegerRule rule_for(const Node& node) {
  static const std::unordered_map<std::string_view, IntegerRule> rules = [] {
    std::unordered_map<std::string_view, IntegerRule> map;
    for (const auto table : {product_rules, elementwise_integer_rules, window_rules, movement_integer_rules}) {
      for (const NamedIntegerRule& row : table()) map.emplace(row.op, row.rule);
    }
    return map;
  }();
  const auto found = rules.find(node.op().full_name());
  return found == rules.end() ? nullptr : found->second;
}

// What a quantize node asks of the operator before it.
std::optional<IntegerResult> result_of(const Node& quantize) {
  if (!is_quantize(quantize)) return std::nullopt;
  auto quantization = quantization_of(quantize);
  if (!quantization || !is_byte_quantization(*quantization)) return std::nullopt;
  IntegerResult result{std::move(*quantization), {}};
  result.range = {static_cast<int32_t>(result.quantization.zero_point()),
                  static_cast<int32_t>(result.quantization.quant_min),
                  static_cast<int32_t>(result.quantization.quant_max)};
  return result;
}

// Are results of the node other than the first used?
bool uses_other_results(const Node& node, const Uses& uses) {
  return std::ranges::any_of(node.outputs().subspan(1),
                             [&](const Value* value) { return !uses.of(value).empty() || uses.as_output(value) > 0; });
}

// A node whose first result alone is wanted, and that by one user: what it computes in float nobody else needs.
const Node* sole_producer(const Value* value, const Uses& uses) {
  const Node* node = value->producer;
  if (node == nullptr || node->delegate_call() != nullptr || value->output_index != 0) return nullptr;
  return uses.single(value) && !uses_other_results(*node, uses) ? node : nullptr;
}

Result<Value*> apply_rule(const Node& node, const IntegerResult& result, Builder& builder) {
  const IntegerRule rule = rule_for(node);
  return rule == nullptr || node.output()->type.dtype != DType::float32 ? nullptr : rule(node, result, builder);
}

// The integers that the quantize node gives, made without floats; null where they cannot be.
Result<Value*> integers_for(const Node& quantize, const IntegerResult& result, const Uses& uses, Builder& builder) {
  const Value* value = quantize.tensor("input");
  if (const auto integers = integers_of(value)) return convert(*integers, result, builder);
  const Node* node = sole_producer(value, uses);
  if (node == nullptr) return nullptr;
  if (const auto range = clamp_range(*node)) {
    // Into the operator before it, where there is one that can.
    if (const Node* clamped_node = sole_producer(node->tensor(0), uses); clamped_node != nullptr) {
      IntegerResult bounded = result;
      bounded.range = clamped(result.range, range->low, range->high, result.quantization.scale());
      if (Value* made = INGOT_TRY(apply_rule(*clamped_node, bounded, builder))) return made;
    }
  }
  return apply_rule(*node, result, builder);
}

// Operators that give a list of tensors, all of which are parts of their input.
bool splits(const Node& node) {
  return node.is("aten::split_copy.Tensor") || node.is("aten::split_with_sizes_copy") ||
         node.is("aten::unbind_copy.int");
}

Result<void> split_integers(const Node& node, Rewrite& rewrite) {
  auto input = integers_of(node.tensor(0));
  if (!input) return {};
  std::vector<const Node*> quantizers;
  for (const Value* part : node.outputs()) {
    const bool unused = rewrite.uses().of(part).empty() && rewrite.uses().as_output(part) == 0;
    quantizers.push_back(unused ? nullptr : sole_quantize(*part, rewrite.uses()));
    if (!unused && (quantizers.back() == nullptr || !result_of(*quantizers.back()))) return {};
  }
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[0] = input->value;
  Builder builder = rewrite.before(node);
  const Node* made = INGOT_TRY(builder.node(node.op().full_name(), std::move(args)));
  for (size_t i = 0; i < quantizers.size(); ++i) {
    if (quantizers[i] == nullptr) continue;
    Builder after = rewrite.before(*quantizers[i]);
    input->value = made->output(i);
    rewrite.replace(quantizers[i]->output(), INGOT_TRY(convert(*input, *result_of(*quantizers[i]), after)));
  }
  return {};
}

}  // namespace

Result<bool> integer_operators(Graph& graph, Target target) {
  if (target != Target::ingot) return false;
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    if (node->delegate_call() != nullptr) continue;
    if (splits(*node)) {
      INGOT_TRY_VOID(split_integers(*node, rewrite));
      continue;
    }
    const auto result = result_of(*node);
    if (!result) continue;
    Builder builder = rewrite.before(*node);
    Value* integers = INGOT_TRY(integers_for(*node, *result, rewrite.uses(), builder));
    if (integers != nullptr && rewrite.can_replace(node->output(), integers)) {
      rewrite.replace(node->output(), integers);
    }
  }
  return rewrite.commit() || remove_dead(graph);
}

}  // namespace ingot::compiler
