// Graphs to the bytes of a .pte file: value tables, instructions, constants and delegate payloads in the format of
// schema/program.fbs, with the extended header and aligned segments. The same graphs give the same bytes.
#pragma once

#include <cstddef>
#include <span>

#include "compiler/emit/file_image.h"
#include "compiler/ir/graph.h"
#include "compiler/plan/memory_plan.h"

namespace ingot::compiler {

// One method of the file; the graph's name is the method's.
struct MethodToEmit {
  const Graph* graph = nullptr;
  const MemoryPlan* plan = nullptr;
};

struct EmittedProgram {
  FileImage image;
  size_t program_bytes = 0;  // the FlatBuffer with its header
  size_t weights_bytes = 0;  // constants and named data, equal ones counted once
};

// Segments, in order: the constants of all methods (each 16-aligned, equal ones once), delegate payloads (equal ones
// once), named data (one segment a key); each aligned to 128. not_supported where an operator has no `out` overload
// that a program could call.
Result<EmittedProgram> emit(std::span<const MethodToEmit> methods);

}  // namespace ingot::compiler
