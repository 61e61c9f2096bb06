// The compiler: a model in, the bytes of a .pte file out. Everything that aot_compiler does besides parsing flags and
// printing. Each stage is a function from one plain value to the next; compile() reads in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/emit/emit.h"
#include "compiler/frontend/aten/input_sizes.h"
#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/verify.h"
#include "compiler/partition/lowering.h"
#include "compiler/partition/partition.h"
#include "compiler/passes/pass_manager.h"
#include "compiler/quantize/quantize.h"

namespace ingot::compiler {

struct EvaluateOptions {
  std::string data;  // what open_samples() takes, with labels
  Preprocess preprocess = kTorchvision;
  Progress progress;
};

struct CompileOptions {
  // Exactly one of the three: a file (ONNX, torch.export's, TensorFlow Lite's, or a graph in text form, told apart by
  // content), such a file's bytes (not owned, and not needed after compile() returns), or a name of the zoo.
  std::string model_path;
  std::optional<std::span<const std::byte>> model_bytes;
  std::string model_name;
  // The method's name in the program; empty for the one that the graph has ("forward").
  std::string method_name;
  // For the zoo: a .safetensors or .npz file of parameters; empty for seeded weights.
  std::string weights_path;
  uint64_t seed = 0;
  // Sizes of inputs that the model leaves open, by name; under an empty name, by position. Those that are not static
  // stay open within their bounds (not in TensorFlow Lite models): memory is planned for the largest.
  InputShapes input_shapes;
  Target target = Target::executorch;
  // Who takes what it can; null leaves all to portable kernels. Not owned.
  Lowering* lowering = nullptr;
  // Absent where nothing is to be quantized.
  std::optional<QuantizeOptions> quantize;
  // How right the model's answers are as it will run, where it is not quantized here (quantize compares by itself).
  std::optional<EvaluateOptions> evaluate;
  std::vector<std::string> disabled_passes;
  // A stage ("import", "quantize", "partition", "plan") or a pass to stop after; empty for none.
  std::string stop_after;
  // Called after each stage and pass that is done.
  std::function<void(std::string_view stage, const Graph& graph)> on_stage;
};

struct CompileReport {
  std::vector<PassTiming> passes;            // stages too, in order
  std::vector<UnsupportedNode> unsupported;  // where import failed because of them
  std::optional<QuantizeReport> quantize;
  std::optional<Evaluation> evaluation;
  PartitionReport partition;
  size_t file_bytes = 0;
  size_t weights_bytes = 0;
  size_t arena_bytes = 0;
  size_t arena_lower_bound_bytes = 0;
};

struct Compiled {
  Graph graph;                            // as it was emitted, or as far as stop_after let it come
  std::optional<EmittedProgram> program;  // absent where compilation was stopped
};

// The report is filled as far as compilation came, also where it fails.
Result<Compiled> compile(const CompileOptions& options, CompileReport& report);

struct CompiledMethods {
  std::vector<Graph> graphs;              // as compile() gives one
  std::optional<EmittedProgram> program;  // of all
};

// Several methods in one program, whose constants are shared where their bytes are equal. A report for each; the bytes
// of the file and of its weights are those of all. The names must differ.
Result<CompiledMethods> compile_methods(std::span<const CompileOptions> methods, std::vector<CompileReport>& reports);

// The names that disabled_passes takes, in order.
std::vector<std::string> pass_names();
// The names that stop_after takes, in order: passes, and the stages around them.
std::vector<std::string> stage_names();

}  // namespace ingot::compiler
