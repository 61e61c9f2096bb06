// The rules that a Graph obeys, by stage of the pipeline. Checked after the front end and after every pass, so that an
// illegal graph is reported where it is born. A violation is a bug in Ingot (ErrorCode::internal), never the user's.
#pragma once

#include <cstdint>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

enum class Stage : uint8_t {
  imported,     // any operator of the table
  canonical,    // after the passes: no dead nodes, no unused constants
  delegated,    // the same with delegate calls; what is left outside may still have to be rewritten for the target
  partitioned,  // delegate calls allowed; what is left outside is emittable for the target
};

// Which operators may stand outside delegate calls in a file.
enum class Target : uint8_t {
  executorch,  // those that ExecuTorch registers: the file runs there too
  ingot,       // all that have a kernel here
};

// Structure: unique names, definition before use, outputs defined, constants of the right size, arguments that fit
// their schemas, types that equal what the shape rules infer; then the stage's own rules.
Result<void> verify(const Graph& graph, Stage stage, Target target = Target::executorch);

}  // namespace ingot::compiler
