#include <cmath>
#include <numbers>
#include <optional>

#include "compiler/ir/constants.h"
#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

// scale * value + shift. A value without either is its own form.
struct Affine {
  Value* value = nullptr;
  double scale = 1;
  double shift = 0;
};

// As exporters write 1/2 and the root of 2 in float, or in half.
bool near(double a, double b) {
  return std::abs(a - b) <= 2e-4 * std::abs(b);
}

// A binary node as its operand that is computed and the number beside it.
struct WithNumber {
  Value* value;
  double number;
  bool number_first;
};

std::optional<WithNumber> with_number(const Node& node) {
  Value* a = node.tensor(0);
  Value* b = node.tensor(1);
  const auto usable = [&](const Value* value) { return value->type.shape == node.output()->type.shape; };
  if (const auto number = uniform_number(b); number && usable(a)) return WithNumber{a, *number, false};
  if (const auto number = uniform_number(a); number && usable(b)) return WithNumber{b, *number, true};
  return std::nullopt;
}

// Undoes additions of numbers and multiplications by them. Each value on the way must serve nothing else.
Affine affine(Value* value, const Uses& uses) {
  Affine form{value};
  while (form.value->producer != nullptr && (form.value == value || uses.single(form.value))) {
    const Node& node = *form.value->producer;
    const bool adds = node.is("aten::add.Tensor"), subtracts = node.is("aten::sub.Tensor");
    const bool multiplies = node.is("aten::mul.Tensor"), divides = node.is("aten::div.Tensor");
    if (!adds && !subtracts && !multiplies && !divides) break;
    const auto part = with_number(node);
    if (!part || ((subtracts || divides) && part->number_first)) break;
    if ((adds || subtracts) && node.real("alpha") != 1) break;
    form.shift += adds ? form.scale * part->number : subtracts ? -form.scale * part->number : 0;
    form.scale *= multiplies ? part->number : divides ? 1 / part->number : 1;
    form.value = part->value;
  }
  return form;
}

// x of a factor proportional to 1 + erf(x / sqrt(2)), and what the factor is multiplied by.
std::optional<Affine> normal_distribution(Value* factor, const Uses& uses) {
  const Affine outer = affine(factor, uses);
  const Node* erf = outer.value->producer;
  if (erf == nullptr || !erf->is("aten::erf") || !uses.single(outer.value) || !near(outer.shift, outer.scale))
    return std::nullopt;
  // The innermost argument is x itself, which serves the other factor too.
  const Affine inner = affine(erf->tensor(0), uses);
  if (inner.shift != 0 || !near(inner.scale, std::numbers::sqrt2 / 2)) return std::nullopt;
  return Affine{inner.value, outer.scale};
}

// The x whose GELU the product is: half of x (1 + erf(x / sqrt(2))), the half at any place.
Value* gelu_input(const Node& product, const Uses& uses) {
  const Affine whole = affine(product.output(), uses);
  if (whole.shift != 0 || whole.value->producer == nullptr || !whole.value->producer->is("aten::mul.Tensor"))
    return nullptr;
  const Node& factors = *whole.value->producer;
  if (whole.value != product.output() && !uses.single(whole.value)) return nullptr;
  for (const size_t place : {size_t{0}, size_t{1}}) {
    Value* factor = factors.tensor(place);
    if (!uses.single(factor)) continue;
    const auto distribution = normal_distribution(factor, uses);
    if (!distribution) continue;
    Affine other{factors.tensor(1 - place)};
    if (other.value != distribution->value) other = affine(other.value, uses);
    const bool fits = other.value == distribution->value && other.shift == 0 &&
                      near(whole.scale * distribution->scale * other.scale, 0.5);
    if (fits && other.value->type == product.output()->type) return other.value;
  }
  return nullptr;
}

}  // namespace

Result<bool> recognize_gelu(Graph& graph, Target) {
  Rewrite rewrite(graph);
  for (const Node* node : rewrite.nodes()) {
    if (!node->is("aten::mul.Tensor") && !node->is("aten::div.Tensor")) continue;
    Value* x = gelu_input(*node, rewrite.uses());
    if (x == nullptr) continue;
    rewrite.replace(node->output(), INGOT_TRY(rewrite.before(*node).call("aten::gelu", {x, std::string("none")})));
  }
  return rewrite.commit();
}

}  // namespace ingot::compiler
