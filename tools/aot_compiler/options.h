// aot_compiler's command line.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/compile.h"

namespace ingot::tools {

struct AotOptions {
  compiler::CompileOptions compile;
  // For several methods in one file: name and model of each. Otherwise empty, and `compile` says the model.
  std::vector<std::pair<std::string, std::string>> methods;
  bool delegate = false;
  bool quantize = false;
  compiler::QuantizeOptions quantization;
  std::string output;      // the file itself, or empty
  std::string output_dir;  // where a file named after the model goes
  std::string json;
  std::vector<std::string> print_after;
  bool quiet = false;
  bool list_models = false;
};

// The exit code to end with, or -1 to go on. Prints help, versions and usage errors.
int parse_command_line(int argc, char** argv, AotOptions& options);

// What to compile each method by: `compile`, with the method's own name, model and shapes.
std::vector<compiler::CompileOptions> methods_of(const AotOptions& options);

// "dir/mv2_xnnpack_fp32.pte"
std::string output_path(const AotOptions& options);

}  // namespace ingot::tools
