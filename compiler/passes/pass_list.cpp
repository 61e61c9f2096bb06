#include "compiler/passes/pass_manager.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

// Constants first: later passes look for constant weights. One form for each operator before patterns are matched.
// Padding and normalization go into the weights before permutes move, which would part them from their convolutions.
// Equal things are merged late, when they have become equal.
constexpr Pass kCanonicalPasses[] = {
    {"fold_constants", fold_constants},
    {"canonicalize", canonicalize},
    {"remove_identities", remove_identities},
    {"recognize_gelu", recognize_gelu},
    {"merge_reshapes", merge_reshapes},
    {"fold_padding", fold_padding},
    {"fold_batch_norm", fold_batch_norm},
    {"cancel_transposes", cancel_transposes},
    {"common_subexpressions", common_subexpressions},
    {"dead_code", dead_code},
};

constexpr Pass kTargetPasses[] = {
    {"integer_operators", integer_operators},
    {"decompose_for_target", decompose_for_target},
    {"choose_layouts", choose_layouts},
};

}  // namespace

std::span<const Pass> canonical_passes() {
  return kCanonicalPasses;
}

std::span<const Pass> target_passes() {
  return kTargetPasses;
}

}  // namespace ingot::compiler
