// What aot_compiler says about a compilation: a summary of one screen for people, the same as JSON for machines.
#pragma once

#include <string>

#include "compiler/compile.h"

namespace ingot::tools {

// How much is delegated and why the rest is not, what is quantized and how well, bytes of file, weights and arena,
// where the time went.
std::string summary(const compiler::CompileReport& report, const std::string& output);
std::string summary_json(const compiler::CompileReport& report, const std::string& output);

}  // namespace ingot::tools
