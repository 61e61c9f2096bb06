// Operators that only move data run on the integers as they are; where parameters differ, a conversion follows, or, for
// those that join tensors, comes first.
#include <algorithm>
#include <cmath>

#include "compiler/passes/integer/integer_rewrite.h"

namespace ingot::compiler {
namespace {

Result<Value*> move(const Node& node, const IntegerResult& result, Builder& builder) {
  auto input = integers_of(node.tensor(0));
  if (!input) return nullptr;
  std::vector<Argument> args(node.args().begin(), node.args().end());
  args[0] = input->value;
  input->value = INGOT_TRY(builder.call(node.op().full_name(), std::move(args)));
  return convert(*input, result, builder);
}

// The padding is the integer that means its value; infinities are the least and the largest.
Result<Value*> pad(const Node& node, const IntegerResult& result, Builder& builder) {
  const auto input = integers_of(node.tensor(0));
  const double value = node.real("value");
  if (!input || std::isnan(value)) return nullptr;
  Value* converted = INGOT_TRY(convert(*input, result, builder));
  const double steps = std::nearbyint(value / result.quantization.scale()) + result.range.zero_point;
  const auto filler = static_cast<int64_t>(std::clamp<double>(steps, result.range.min, result.range.max));
  return builder.call("aten::constant_pad_nd", {converted, node.arg("pad"), filler});
}

Result<Value*> join(const Node& node, const IntegerResult& result, Builder& builder) {
  std::vector<Value*> parts;
  for (const Value* part : node.tensors(0)) {
    const auto input = integers_of(part);
    if (!input) return nullptr;
    parts.push_back(input->value);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = INGOT_TRY(convert(*integers_of(node.tensors(0)[i]), result, builder));
  }
  return builder.call(node.op().full_name(), {std::move(parts), node.arg("dim")});
}

constexpr NamedIntegerRule kRules[] = {
    {"aten::view_copy", move},
    {"aten::permute_copy", move},
    {"aten::unsqueeze_copy", move},
    {"aten::squeeze_copy.dim", move},
    {"aten::squeeze_copy.dims", move},
    {"aten::slice_copy.Tensor", move},
    {"aten::select_copy.int", move},
    {"aten::expand_copy", move},
    {"aten::repeat", move},
    {"aten::flip", move},
    {"aten::roll", move},
    {"aten::pixel_shuffle", move},
    {"aten::pixel_unshuffle", move},
    {"aten::clone", move},
    {"aten::alias_copy", move},
    {"aten::reflection_pad1d", move},
    {"aten::reflection_pad2d", move},
    {"aten::reflection_pad3d", move},
    {"aten::replication_pad1d", move},
    {"aten::replication_pad2d", move},
    {"aten::replication_pad3d", move},
    {"aten::index_select", move},
    {"aten::gather", move},
    {"aten::constant_pad_nd", pad},
    {"aten::cat", join},
    {"aten::stack", join},
};

}  // namespace

std::span<const NamedIntegerRule> movement_integer_rules() {
  return kRules;
}

}  // namespace ingot::compiler
