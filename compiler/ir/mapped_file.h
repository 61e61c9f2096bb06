// A whole file as Bytes, mapped into memory: what front ends read weights from in place.
#pragma once

#include <string>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// Read-only; unmapped with the last owner. An empty file gives empty Bytes. Errors name the path and the system's
// reason.
Result<Bytes> map_file(const std::string& path);

}  // namespace ingot::compiler
