// xnn_executor_runner: loads a .pte file, runs a method of it, and says what came out and how long it took. See --help.
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>

#include "delegate/xnnpack/run/threads.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/include/ingot.hpp"
#include "runtime/npy/whole_file.h"
#include "tools/xnn_executor_runner/arrays.h"
#include "tools/xnn_executor_runner/measure.h"
#include "tools/xnn_executor_runner/options.h"

namespace {

using ingot::Result;
using ingot::tools::Measurement;
using ingot::tools::PrintOutput;
using ingot::tools::RunnerOptions;

void print_outputs(const std::vector<ingot::Array>& outputs, PrintOutput how) {
  if (how == PrintOutput::none) return;
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::printf("  output %zu %s\n", i, ingot::tools::describe(outputs[i], how == PrintOutput::all).c_str());
  }
}

// The outputs and the measurements, each where asked for. Where the latter cannot be written, neither are the former.
Result<void> write_files(const RunnerOptions& options, const std::vector<ingot::Array>& outputs,
                         const Measurement& measurement) {
  std::optional<ingot::AtomicFile> json;
  if (!options.json.empty()) {
    json.emplace(INGOT_TRY(ingot::AtomicFile::create(options.json)));
    const std::string text = ingot::tools::report_json(measurement, options);
    INGOT_TRY_VOID(json->write(std::as_bytes(std::span(text))));
  }
  if (!options.output_file.empty()) INGOT_TRY_VOID(ingot::tools::write_outputs(options.output_file, outputs));
  if (json) return json->commit();
  return {};
}

Result<void> run(const RunnerOptions& options) {
  const ingot::xnnpack::Threads threads = INGOT_TRY(ingot::xnnpack::Threads::make(options.cpu_threads));
  ingot::XnnpackDelegate delegate;
  ingot::Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(ingot::portable_kernels()));
  INGOT_TRY_VOID(runtime.add_kernels(ingot::quantized_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(delegate));
  runtime.set_threads(threads.parallel(), threads.pool());
  Measurement measurement;
  if (options.profile) runtime.set_profiler(&measurement.steps);

  const ingot::Program program = INGOT_TRY(ingot::Program::open(runtime, options.model_path.c_str(), options.source));
  const std::vector<ingot::Array> inputs = INGOT_TRY(ingot::tools::load_inputs(program, options));
  measurement.threads = threads.size();
  measurement.map_ms = static_cast<double>(program.load_times().map_ns) / 1e6;
  measurement.verify_ms = static_cast<double>(program.load_times().verify_ns) / 1e6;
  const auto start = std::chrono::steady_clock::now();
  ingot::Method method = INGOT_TRY(ingot::Method::load(program, options.method_name));
  measurement.init_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();

  INGOT_TRY_VOID(ingot::tools::set_inputs(method, inputs));
  INGOT_TRY_VOID(ingot::tools::execute_timed(method, options, measurement));
  measurement.peak_rss_bytes = ingot::tools::peak_rss_bytes();

  const std::vector<ingot::Array> outputs = INGOT_TRY(ingot::tools::copy_outputs(method));
  INGOT_TRY_VOID(write_files(options, outputs, measurement));
  std::fputs(ingot::tools::report(measurement, options).c_str(), stdout);
  if (options.inputs.empty() && method.num_inputs() > 0) {
    std::printf("  inputs   random (seed %llu)\n", static_cast<unsigned long long>(options.seed));
  }
  print_outputs(outputs, options.print_output);
  return ingot::tools::compare_outputs(options, outputs);
}

}  // namespace

int main(int argc, char** argv) {
  RunnerOptions options;
  if (const int code = ingot::tools::parse_command_line(argc, argv, options); code >= 0) return code;
  try {
    if (const auto done = run(options); !done) {
      std::fprintf(stderr, "xnn_executor_runner: %s\n", done.error().message());
      return 1;
    }
  } catch (const std::exception& error) {  // the standard library, out of memory
    std::fprintf(stderr, "xnn_executor_runner: %s\n", error.what());
    return 1;
  }
  return 0;
}
