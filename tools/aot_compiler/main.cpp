// aot_compiler: reads a model, compiles it and writes a .pte file. See --help.
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/frontend/zoo/zoo.h"
#include "compiler/ir/text.h"
#include "delegate/xnnpack/lower/xnnpack_lowering.h"
#include "runtime/npy/whole_file.h"
#include "tools/aot_compiler/options.h"
#include "tools/aot_compiler/progress.h"
#include "tools/aot_compiler/report.h"

namespace {

using ingot::Result;
using ingot::compiler::CompileReport;
using ingot::compiler::Graph;
using ingot::tools::AotOptions;

void list_models() {
  for (const auto& model : ingot::compiler::zoo_models()) {
    std::printf("%-12.*s %.*s\n", static_cast<int>(model.name.size()), model.name.data(),
                static_cast<int>(model.description.size()), model.description.data());
  }
}

void print_graph(const Graph& graph) {
  std::fputs(ingot::compiler::print(graph).c_str(), stdout);
}

// The program and, where asked for, the summary for machines: both or neither.
Result<void> write_files(const AotOptions& options, const ingot::compiler::CompiledMethods& compiled,
                         std::span<const CompileReport> reports) {
  const std::string output = ingot::tools::output_path(options);
  ingot::AtomicFile program = INGOT_TRY(ingot::AtomicFile::create(output));
  INGOT_TRY_VOID(compiled.program->image.write(program));
  if (options.json.empty()) return program.commit();
  std::vector<std::string> names;
  for (const Graph& graph : compiled.graphs) names.push_back(graph.name());
  const std::string summary = options.methods.empty() ? ingot::tools::summary_json(reports[0], output)
                                                      : ingot::tools::summary_json(reports, names, output);
  ingot::AtomicFile json = INGOT_TRY(ingot::AtomicFile::create(options.json));
  INGOT_TRY_VOID(json.write(std::as_bytes(std::span(summary))));
  INGOT_TRY_VOID(program.commit());
  return json.commit();
}

// What each method is compiled by: the lowering, the quantizer's parts and who watches are the same for all.
std::vector<ingot::compiler::CompileOptions> equipped(const AotOptions& options,
                                                      ingot::xnnpack::XnnpackLowering& lowering) {
  std::vector<ingot::compiler::CompileOptions> methods = ingot::tools::methods_of(options);
  for (ingot::compiler::CompileOptions& compile : methods) {
    if (options.delegate) compile.lowering = &lowering;
    compile.on_stage = [&options](std::string_view stage, const Graph& graph) {
      for (const std::string& name : options.print_after) {
        if (name != stage && name != "all") continue;
        std::printf("// after %.*s\n", static_cast<int>(stage.size()), stage.data());
        print_graph(graph);
      }
    };
    if (!options.quantize) {
      if (options.quantization.evaluation_data.empty()) continue;
      compile.evaluate.emplace(options.quantization.evaluation_data, options.quantization.preprocess);
      if (!options.quiet) compile.evaluate->progress = ingot::tools::show_progress;
      continue;
    }
    compile.quantize = options.quantization;
    compile.quantize->lowering = &lowering;
    compile.quantize->target = compile.lowering;
    compile.quantize->seed = options.compile.seed;
    if (!options.quiet) compile.quantize->progress = ingot::tools::show_progress;
  }
  return methods;
}

void warn_of_random_ranges(const AotOptions& options) {
  const bool observes = options.quantize && options.quantization.mode == ingot::compiler::QuantizeMode::integers;
  if (!observes || options.quiet || !options.quantization.calibration_data.empty()) return;
  std::fprintf(stderr, "aot_compiler: warning: without --calibration_data the ranges come from random inputs\n");
}

Result<void> run(const AotOptions& options) {
  ingot::xnnpack::XnnpackLowering lowering;
  warn_of_random_ranges(options);
  std::vector<CompileReport> reports;
  auto compiled = ingot::compiler::compile_methods(equipped(options, lowering), reports);
  if (!compiled) {
    // The error's one line names what fits; a longer list is printed whole.
    const auto& unsupported = reports.back().unsupported;
    for (const auto& node : unsupported) {
      if (unsupported.size() == 1) break;
      std::fprintf(stderr, "  %s (%s): %s\n", node.op.c_str(), node.node.c_str(), node.reason.c_str());
    }
    return std::unexpected(std::move(compiled).error());
  }
  if (!compiled->program) {
    for (const Graph& graph : compiled->graphs) print_graph(graph);
    return {};
  }
  INGOT_TRY_VOID(write_files(options, *compiled, reports));
  for (size_t i = 0; i < reports.size() && !options.quiet; ++i) {
    print_graph(compiled->graphs[i]);
    std::printf("\n%s", ingot::tools::summary(reports[i], ingot::tools::output_path(options)).c_str());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  AotOptions options;
  if (const int code = ingot::tools::parse_command_line(argc, argv, options); code >= 0) return code;
  if (options.list_models) {
    list_models();
    return 0;
  }
  if (const auto done = run(options); !done) {
    std::fprintf(stderr, "aot_compiler: %s\n", done.error().message());
    return 1;
  }
  return 0;
}
