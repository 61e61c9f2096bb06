// xnn_executor_runner's command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"

namespace ingot::tools {

enum class PrintOutput : uint8_t { none, summary, all };

struct RunnerOptions {
  std::string model_path;
  std::string method_name = "forward";
  std::vector<std::string> inputs;    // .npy or raw .bin files; empty for random numbers
  std::string output_file;            // prefix of -0.npy, -1.npy, ...
  std::vector<std::string> expected;  // outputs to compare with
  double tolerance = 1e-4;            // of the largest expected value
  size_t num_executions = 1;
  size_t warmup = 0;
  size_t cpu_threads = 0;  // 0: the performance cores
  uint64_t seed = 0;
  PrintOutput print_output = PrintOutput::summary;
  Program::Source source = Program::Source::map;
  bool profile = false;
  std::string json;
};

// The exit code to end with, or -1 to go on. Prints help, versions and usage errors.
int parse_command_line(int argc, char** argv, RunnerOptions& options);

}  // namespace ingot::tools
