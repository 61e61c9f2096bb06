// Operators of Ingot's own table.
#include <algorithm>
#include <string>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// Which tensors choose among others rather than being computed with.
bool chooses(const ArgSpec& spec) {
  return spec.name == "condition" || spec.name == "mask";
}

// PyTorch takes operands of any dtypes and computes in one; kernels see that one.
Result<void> promote_operands(Conversion& c, std::vector<Argument>* args) {
  std::vector<size_t> places;
  std::vector<Value*> operands;
  for (size_t i = 0; i < args->size(); ++i) {
    const auto* value = std::get_if<Value*>(&(*args)[i]);
    if (value == nullptr || chooses(c.op().args()[i])) continue;
    places.push_back(i);
    operands.push_back(*value);
  }
  const std::vector<Value*> promoted = INGOT_TRY(c.promoted(operands));
  for (size_t i = 0; i < places.size(); ++i) (*args)[places[i]] = promoted[i];
  return {};
}

Result<void> promote_lists(Conversion& c, std::vector<Argument>* args) {
  for (Argument& arg : *args) {
    if (const auto* list = std::get_if<std::vector<Value*>>(&arg)) arg = INGOT_TRY(c.promoted(*list));
  }
  return {};
}

// Into how many parts an operator cuts its tensor is not for a file alone to say.
Result<void> check_parts(Conversion& c) {
  constexpr int64_t kMostParts = 1 << 16;
  const std::string& name = c.op().full_name();
  if (name != "aten::unbind_copy.int" && name != "aten::split_copy.Tensor") return {};
  const Value* x = c.tensor("self");
  if (x->type.rank() == 0) return {};  // the shape rule refuses it
  int64_t parts = INGOT_TRY(Calls::size(x, INGOT_TRY(c.axis_of("dim", x))));
  if (c.op().has("split_size")) parts /= std::max<int64_t>(INGOT_TRY(c.integer("split_size")), 1);
  if (parts <= kMostParts) return {};
  return fail(ErrorCode::not_supported, "into %lld parts", static_cast<long long>(parts));
}

}  // namespace

Result<Outputs> convert_directly(Conversion& c) {
  using schema::Family;
  const OpSchema& op = c.op();
  INGOT_TRY_VOID(check_parts(c));
  std::vector<Argument> args = c.args();
  const Family family = op.row().family;
  if (family == Family::binary || family == Family::binary_bool) INGOT_TRY_VOID(promote_operands(c, &args));
  if (op.full_name() == "aten::cat" || op.full_name() == "aten::stack") INGOT_TRY_VOID(promote_lists(c, &args));
  const Node* node = INGOT_TRY(c.builder().node(op.full_name(), std::move(args)));
  return std::vector<Value*>(node->outputs().begin(), node->outputs().end());
}

}  // namespace ingot::compiler::pt2
