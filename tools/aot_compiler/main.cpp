// aot_compiler: reads a model, compiles it and writes a .pte file. See --help.
#include <cstdio>
#include <string>

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
Result<void> write_files(const AotOptions& options, const ingot::compiler::FileImage& image,
                         const CompileReport& report) {
  const std::string output = ingot::tools::output_path(options);
  ingot::AtomicFile program = INGOT_TRY(ingot::AtomicFile::create(output));
  INGOT_TRY_VOID(image.write(program));
  if (options.json.empty()) return program.commit();
  const std::string summary = ingot::tools::summary_json(report, output);
  ingot::AtomicFile json = INGOT_TRY(ingot::AtomicFile::create(options.json));
  INGOT_TRY_VOID(json.write(std::as_bytes(std::span(summary))));
  INGOT_TRY_VOID(program.commit());
  return json.commit();
}

Result<void> run(const AotOptions& options) {
  ingot::compiler::CompileOptions compile = options.compile;
  ingot::xnnpack::XnnpackLowering lowering;
  if (options.delegate) compile.lowering = &lowering;
  if (options.quantize) {
    compile.quantize = options.quantization;
    compile.quantize->lowering = &lowering;
    compile.quantize->target = compile.lowering;
    compile.quantize->seed = options.compile.seed;
    if (!options.quiet) {
      compile.quantize->progress = ingot::tools::show_progress;
      const bool observes = compile.quantize->mode == ingot::compiler::QuantizeMode::integers;
      if (observes && compile.quantize->calibration_data.empty()) {
        std::fprintf(stderr, "aot_compiler: warning: without --calibration_data the ranges come from random inputs\n");
      }
    }
  }
  compile.on_stage = [&](std::string_view stage, const Graph& graph) {
    for (const std::string& name : options.print_after) {
      if (name != stage && name != "all") continue;
      std::printf("// after %.*s\n", static_cast<int>(stage.size()), stage.data());
      print_graph(graph);
    }
  };
  CompileReport report;
  auto compiled = ingot::compiler::compile(compile, report);
  if (!compiled) {
    // The error's one line names what fits; a longer list is printed whole.
    for (const auto& node : report.unsupported) {
      if (report.unsupported.size() == 1) break;
      std::fprintf(stderr, "  %s (%s): %s\n", node.op.c_str(), node.node.c_str(), node.reason.c_str());
    }
    return std::unexpected(std::move(compiled).error());
  }
  if (!compiled->program) {
    print_graph(compiled->graph);
    return {};
  }
  INGOT_TRY_VOID(write_files(options, compiled->program->image, report));
  if (!options.quiet) {
    print_graph(compiled->graph);
    std::printf("\n%s", ingot::tools::summary(report, ingot::tools::output_path(options)).c_str());
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
