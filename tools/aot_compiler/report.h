// What aot_compiler says about a compilation: a summary of one screen for people, the same as JSON for machines.
#pragma once

#include <span>
#include <string>

#include "compiler/compile.h"

namespace ingot::tools {

// How much is delegated and why the rest is not, what is quantized and how well, bytes of file, weights and arena,
// where the time went.
std::string summary(const compiler::CompileReport& report, const std::string& output);
std::string summary_json(const compiler::CompileReport& report, const std::string& output);
// Of several methods: a summary of each, in "methods", with its name.
std::string summary_json(std::span<const compiler::CompileReport> reports, std::span<const std::string> names,
                         const std::string& output);

}  // namespace ingot::tools
