// The text form of a Graph: what --print shows, what tests write, exact in both directions.
//
//   graph forward(%x: float32[1, 3, 8, 8]) {
//     %w = const float32[4, 3, 3, 3] [0.5, -0.25, ...]   # values, `splat 0.5`, `seed 7` (tests), or `elided`
//     %y: float32[1, 4, 8, 8] = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"conv1"
//     return %y
//   }
//
// Arguments are positional in schema order; those at the end that equal their defaults are left off. Numbers with a
// point or exponent are floats, dtypes are written by name, strings quoted, symbols as s0 with their bounds in the
// graph's head: graph f(%x: float32[s0, 3]) where s0 in [1, 64] {. Several results stand before the = with commas; a
// result may carry the model's name for it: return %y as "logits". Names of values with unusual characters are quoted:
// %"a b". Comments run from # to the end of the line. Delegate calls are printed, but not parsed.
#pragma once

#include <string>
#include <string_view>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

struct PrintOptions {
  size_t max_constant_elements = 16;  // longer constants are printed as `elided` and cannot be parsed back
};

std::string print(const Graph& graph, const PrintOptions& options = {});
// Infers and checks the types that are written; those of results may be left off. Errors name line and column.
Result<Graph> parse(std::string_view text);

}  // namespace ingot::compiler
