// Distances between points.
#include <algorithm>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<void> require_norm(const Call& call) {
  if (call.real("p") >= 0) return {};
  return call.wrong("p", "expected 0 or more, found %g", call.real("p"));
}

Result<Types> cdist(const Call& call) {
  const TensorType& x1 = call.tensor("x1");
  const TensorType& x2 = call.tensor("x2");
  INGOT_TRY_VOID(require_floating(call, "x1", x1));
  INGOT_TRY_VOID(require_dtype(call, "x2", x2, x1.dtype));
  INGOT_TRY_VOID(require_norm(call));
  if (x1.rank() < 2 || x2.rank() < 2 || differ(x1.shape.back(), x2.shape.back())) {
    return call.wrong("x2", "points of %s and %s: expected as many coordinates", to_string(x1.shape).c_str(),
                      to_string(x2.shape).c_str());
  }
  Shape shape = INGOT_TRY(
      broadcast(call, "x2", Shape(x1.shape.begin(), x1.shape.end() - 2), Shape(x2.shape.begin(), x2.shape.end() - 2)));
  shape.push_back(x1.shape[x1.rank() - 2]);
  shape.push_back(x2.shape[x2.rank() - 2]);
  return Types{{x1.dtype, std::move(shape), {}}};
}

Result<Types> pdist(const Call& call) {
  const TensorType& self = call.self();
  INGOT_TRY_VOID(require_floating(call, "self", self));
  INGOT_TRY_VOID(require_norm(call));
  if (self.rank() != 2) return call.wrong("self", "expected rank 2, found %s", to_string(self.shape).c_str());
  const Dim points = self.shape[0];
  return Types{{self.dtype, {max(floor_div(points * (points - Dim(1)), 2), 0)}, {}}};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::_cdist_forward", cdist},
    {"aten::_pdist_forward", pdist},
};

}  // namespace

std::span<const NamedShapeRule> distance_rules() {
  return kRules;
}

}  // namespace ingot::compiler
