#include "compiler/quantize/recipes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ingot::compiler {
namespace {

using enum OpKind;
using enum ResultRule;

constexpr Recipe kRecipes[] = {
    {"aten::convolution", product, own, true},
    {"aten::addmm", product, own, true},
    {"aten::mm", product, own, true},
    {"aten::bmm", product, own, true},

    {"aten::add.Tensor", compute, own, true},
    {"aten::sub.Tensor", compute, own, true},
    {"aten::mul.Tensor", compute, own, true},
    {"aten::div.Tensor", compute, own, true},
    {"aten::add.Scalar", compute, own, true},
    {"aten::sub.Scalar", compute, own, true},
    {"aten::rsub.Scalar", compute, own, true},
    {"aten::mul.Scalar", compute, scaled, true},
    {"aten::div.Scalar", compute, scaled, true},
    {"aten::mean.dim", compute, own},
    {"aten::_adaptive_avg_pool2d", compute, own, true},
    {"aten::avg_pool2d", compute, own, true},
    {"aten::_prelu_kernel", compute, own},
    {"aten::native_group_norm", compute, own},

    {"aten::hardswish", compute, own},
    {"aten::gelu", compute, own},
    {"aten::elu", compute, own},
    {"aten::leaky_relu", compute, own},
    {"aten::abs", compute, own},
    {"aten::neg", compute, own},
    {"aten::exp", compute, own},
    {"aten::sigmoid", compute, unit},
    {"aten::_softmax", compute, unit},
    {"aten::tanh", compute, signed_unit},

    {"aten::relu", clamp, equal},
    {"aten::hardtanh", clamp, equal},
    {"aten::clamp", clamp, equal},

    {"aten::maximum", compute, equal},
    {"aten::minimum", compute, equal},
    {"aten::max_pool2d_with_indices", compute, equal},
    {"aten::upsample_bilinear2d.vec", compute, equal},
    {"aten::upsample_nearest2d.vec", move, equal},
    {"aten::amax", move, equal},
    {"aten::amin", move, equal},
    {"aten::cat", move, equal},
    {"aten::stack", move, equal},
    {"aten::split_copy.Tensor", move, equal},
    {"aten::split_with_sizes_copy", move, equal},
    {"aten::unbind_copy.int", move, equal},
    {"aten::slice_copy.Tensor", move, equal},
    {"aten::select_copy.int", move, equal},
    {"aten::permute_copy", move, equal},
    {"aten::view_copy", move, equal},
    {"aten::expand_copy", move, equal},
    {"aten::repeat", move, equal},
    {"aten::constant_pad_nd", move, equal},
    {"aten::flip", move, equal},
    {"aten::roll", move, equal},
    {"aten::pixel_shuffle", move, equal},
    {"aten::pixel_unshuffle", move, equal},
    {"aten::clone", move, equal},
    {"aten::alias_copy", move, equal},
};

bool is_float(const Value* value) {
  return value->type.dtype == DType::float32;
}

bool has_other_outputs_used(const Node& node, const Uses& uses) {
  if (!node.op().returns().empty() && node.op().returns()[0].list) return false;
  for (size_t i = 1; i < node.outputs().size(); ++i) {
    if (!uses.of(node.output(i)).empty() || uses.as_output(node.output(i)) > 0) return true;
  }
  return false;
}

bool is_finite(const Value& constant) {
  return std::ranges::all_of(constant.data.as<float>(), [](float x) { return std::isfinite(x); });
}

}  // namespace

const Recipe* find_recipe(const Node& node) {
  for (const Recipe& recipe : kRecipes) {
    if (node.is(recipe.op)) return &recipe;
  }
  return nullptr;
}

std::optional<WeightArg> weight_of(const Node& node) {
  if (node.is("aten::convolution")) {
    if (!node.boolean("transposed")) return WeightArg{1, 0};
    // [in, out / groups, ...]
    return node.integer("groups") == 1 ? WeightArg{1, 1} : WeightArg{1, std::nullopt};
  }
  if (node.is("aten::addmm")) return WeightArg{2, 1};
  if (node.is("aten::mm")) return WeightArg{1, 1};
  // Each matrix of a batch has output channels of its own.
  if (node.is("aten::bmm") && node.tensor(1)->is_constant()) return WeightArg{1, std::nullopt};
  return std::nullopt;
}

Value* bias_of(const Node& node) {
  Value* bias = nullptr;
  if (node.is("aten::convolution")) bias = node.tensor("bias");
  if (node.is("aten::addmm")) bias = node.tensor("self");
  return bias != nullptr && bias->is_constant() ? bias : nullptr;
}

std::optional<ClampBounds> clamp_bounds(const Node& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (node.is("aten::relu")) return ClampBounds{0, kInfinity};
  if (node.is("aten::hardtanh")) return ClampBounds{node.real("min_val"), node.real("max_val")};
  if (!node.is("aten::clamp")) return std::nullopt;
  return ClampBounds{node.is_none("min") ? -kInfinity : node.real("min"),
                     node.is_none("max") ? kInfinity : node.real("max")};
}

std::optional<double> scale_factor(const Node& node) {
  double factor = 0;
  if (node.is("aten::mul.Scalar")) factor = node.real("other");
  if (node.is("aten::div.Scalar")) factor = 1 / node.real("other");
  return std::isfinite(factor) && factor > 1e-6 && factor < 1e6 ? std::optional(factor) : std::nullopt;
}

std::vector<Value*> operands_of(const Node& node) {
  if (node.is("aten::native_group_norm")) return {node.tensor(0)};
  const auto weight = weight_of(node);
  const Value* bias = bias_of(node);
  std::vector<Value*> operands;
  for (size_t i = 0; i < node.args().size(); ++i) {
    const bool is_weight = weight && i == weight->arg && node.tensor(i)->is_constant();
    if (is_weight) continue;
    const auto add = [&](Value* value) {
      if (value != nullptr && value != bias && is_float(value)) operands.push_back(value);
    };
    if (const auto* value = std::get_if<Value*>(&node.arg(i))) add(*value);
    if (const auto* list = std::get_if<std::vector<Value*>>(&node.arg(i))) std::ranges::for_each(*list, add);
  }
  return operands;
}

const char* obstacle(const Node& node, const Uses& uses) {
  if (has_other_outputs_used(node, uses)) return "its second result is used";
  for (const Value* value : node.inputs()) {
    if (is_floating(value->type.dtype) && !is_float(value)) return "it reads floats of other than 32 bits";
    if (value->is_constant() && is_float(value) && !is_finite(*value)) return "it reads a constant that is not finite";
    if (is_float(value) && !is_static(value->type.shape)) return "the size of what it reads is open";
    if (is_float(value) && numel(value->type.shape) == Dim(0)) return "it reads nothing";
  }
  if (!is_float(node.output()) || !is_static(node.output()->type.shape))
    return "its result is not float32 of known size";
  if (const auto weight = weight_of(node)) {
    if (!node.tensor(weight->arg)->is_constant() && !node.is("aten::bmm")) return "its weight is computed by the graph";
    if (node.tensor(0)->is_constant() && !node.is("aten::addmm")) return "it multiplies a constant from the left";
  }
  if (node.is("aten::addmm")) {
    if (node.real("alpha") != 1 || node.real("beta") != 1) return "its product or bias is scaled";
    if (!node.tensor("self")->is_constant()) return "its bias is computed by the graph";
    if (node.tensor("mat1")->is_constant()) return "it multiplies a constant from the left";
  }
  if (node.is("aten::convolution") && node.tensor("bias") != nullptr && !node.tensor("bias")->is_constant()) {
    return "its bias is computed by the graph";
  }
  if (node.is("aten::constant_pad_nd") && !std::isfinite(node.real("value"))) return "it pads with infinity";
  if (node.is("aten::_prelu_kernel") && !node.tensor("weight")->is_constant()) return "its slopes are computed";
  return nullptr;
}

}  // namespace ingot::compiler
