// The checks of a program file that need its meaning: every index, kind, size, range and optional field of every
// method. FlatBuffers' own verifier has run before, so following an offset is safe; the file's segments are already
// known to lie within it. Stateless; each check reads a field once.
#pragma once

#include <cstddef>

#include "runtime/core/error.h"

namespace ingot {

class ProgramFile;

// constant_buffer, constant_segment and mutable_data_segments.
Result<void> verify_constants(const ProgramFile& file);
// All methods. `flatbuffer_bytes` bounds how many list elements the file can plausibly hold, and so the work.
Result<void> verify_plans(const ProgramFile& file, size_t flatbuffer_bytes);

}  // namespace ingot
