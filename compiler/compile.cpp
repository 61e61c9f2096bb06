#include "compiler/compile.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>

#include "compiler/frontend/model_kind.h"
#include "compiler/frontend/pt2/import.h"
#include "compiler/frontend/tflite/import.h"
#include "compiler/frontend/zoo/zoo.h"
#include "compiler/ir/mapped_file.h"
#include "compiler/ir/text.h"
#include "compiler/partition/macs.h"
#include "compiler/plan/memory_plan.h"

namespace ingot::compiler {

namespace {

// Times a stage of the pipeline and tells who watches.
class Stages {
 public:
  Stages(const CompileOptions& options, CompileReport& report) : options_(options), report_(report) {}

  template <typename F>
  auto run(std::string_view name, F&& stage) -> decltype(stage()) {
    const auto start = std::chrono::steady_clock::now();
    auto result = stage();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    report_.passes.push_back({std::string(name), time.count(), true});
    return result;
  }
  // True where the compilation ends here.
  bool done(std::string_view name, const Graph& graph) const {
    if (options_.on_stage) options_.on_stage(name, graph);
    return options_.stop_after == name;
  }

 private:
  const CompileOptions& options_;
  CompileReport& report_;
};

// Only models of other frameworks leave sizes open.
Result<void> expect_no_shapes(const CompileOptions& options, const char* what) {
  if (options.input_shapes.empty()) return {};
  return fail(ErrorCode::invalid_argument,
              "%s has the sizes that it has: --shape and --example_inputs are for models that leave sizes open", what);
}

Result<Graph> parse_text(const CompileOptions& options, std::span<const std::byte> bytes) {
  INGOT_TRY_VOID(expect_no_shapes(options, "a graph in text form"));
  return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// For models whose sizes cannot stay open.
Result<std::vector<std::pair<std::string, std::vector<int64_t>>>> fixed_sizes(const CompileOptions& options) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> fixed;
  for (const auto& [name, shape] : options.input_shapes) {
    if (!is_static(shape)) {
      return fail(ErrorCode::not_supported, "the sizes of TensorFlow Lite models cannot stay open: %s",
                  to_string(shape).c_str());
    }
    fixed.emplace_back(name, static_sizes(shape));
  }
  return fixed;
}

// `path` is empty where the model came as bytes.
Result<Graph> import_content(const CompileOptions& options, std::span<const std::byte> content, const std::string& path,
                             ImportReport& report) {
  switch (model_kind(content)) {
    case ModelKind::onnx:
      if (path.empty()) return import_onnx(content, {options.input_shapes}, report);
      return import_onnx(path, {options.input_shapes}, report);
    case ModelKind::pt2:
      if (path.empty()) return import_pt2(content, {options.input_shapes}, report);
      return import_pt2(path, {options.input_shapes}, report);
    case ModelKind::tflite:
      // Weights stay where they are: the graph keeps the file's bytes.
      return import_tflite(path.empty() ? Bytes::copy_of(content) : INGOT_TRY(map_file(path)),
                           {INGOT_TRY(fixed_sizes(options))}, report);
    case ModelKind::graph_text:
      return parse_text(options, content);
  }
  return fail(ErrorCode::internal, "a model of no known kind");
}

Result<Graph> import_file(const CompileOptions& options, ImportReport& report) {
  const Bytes file = INGOT_TRY(map_file(options.model_path));
  auto graph = import_content(options, file.span(), options.model_path, report);
  // The importers that open the file by themselves name it.
  const ModelKind kind = model_kind(file.span());
  if (!graph && kind != ModelKind::onnx && kind != ModelKind::pt2)
    graph.error().add_context("%s", options.model_path.c_str());
  return graph;
}

Result<Graph> import_model(const CompileOptions& options, CompileReport& report) {
  if (options.model_name.empty()) {
    ImportReport imported;
    auto graph = options.model_bytes ? import_content(options, *options.model_bytes, {}, imported)
                                     : import_file(options, imported);
    report.unsupported = std::move(imported.unsupported);
    return graph;
  }
  INGOT_TRY_VOID(expect_no_shapes(options, "a model built by name"));
  std::unique_ptr<WeightSource> weights;
  if (options.weights_path.empty()) {
    weights = std::make_unique<SeededWeights>(options.seed);
  } else {
    weights = INGOT_TRY(FileWeights::open(options.weights_path));
  }
  return build_zoo_model(options.model_name, *weights);
}

// Nothing is delegated: every node is left out, for the same reason.
PartitionReport undelegated(const Graph& graph) {
  PartitionReport report;
  for (const auto& node : graph.nodes()) {
    if (is_work(*node)) ++report.nodes_total;
    report.macs_total += macs(*node);
  }
  return report;
}

Result<Evaluation> evaluate(const CompileOptions& options, const Graph& graph) {
  const auto samples = INGOT_TRY(open_samples(graph, options.evaluate->data, options.evaluate->preprocess));
  return evaluate_answers(graph, *samples, options.lowering, options.evaluate->progress);
}

struct Planned {
  Graph graph;
  std::optional<MemoryPlan> plan;  // absent where compilation was stopped
};

// All stages but the last.
Result<Planned> plan_method(const CompileOptions& options, CompileReport& report) {
  Stages stages(options, report);
  PassOptions passes{options.target, options.disabled_passes, options.stop_after, options.on_stage};

  Planned planned{INGOT_TRY(stages.run("import", [&] { return import_model(options, report); })), {}};
  Graph& graph = planned.graph;
  if (!options.method_name.empty()) graph.set_name(options.method_name);
  INGOT_TRY_VOID(verify(graph, Stage::imported, options.target));
  if (stages.done("import", graph)) return planned;

  if (!INGOT_TRY(run_passes(graph, canonical_passes(), passes, report.passes))) return planned;

  if (options.quantize) {
    QuantizeOptions quantization = *options.quantize;
    quantization.operators = options.target;
    report.quantize = INGOT_TRY(stages.run("quantize", [&] { return quantize(graph, quantization); }));
    INGOT_TRY_VOID(verify(graph, Stage::canonical, options.target));
  }
  if (stages.done("quantize", graph)) return planned;
  if (options.evaluate) report.evaluation = INGOT_TRY(stages.run("evaluate", [&] { return evaluate(options, graph); }));

  if (options.lowering != nullptr) {
    report.partition = INGOT_TRY(stages.run("partition", [&] { return partition(graph, *options.lowering); }));
  } else {
    report.partition = undelegated(graph);
  }
  if (stages.done("partition", graph)) return planned;

  if (!INGOT_TRY(run_passes(graph, target_passes(), passes, report.passes))) return planned;
  INGOT_TRY_VOID(verify(graph, Stage::partitioned, options.target));

  MemoryPlan plan = stages.run("plan", [&] { return plan_memory(graph); });
  report.arena_bytes = plan.arena_bytes;
  report.arena_lower_bound_bytes = plan.lower_bound_bytes;
  if (!stages.done("plan", graph)) planned.plan = std::move(plan);
  return planned;
}

Result<void> expect_distinct(const std::vector<Planned>& methods) {
  for (size_t i = 0; i < methods.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (methods[i].graph.name() == methods[j].graph.name()) {
        return fail(ErrorCode::invalid_argument, "two methods are called '%s'", methods[i].graph.name().c_str());
      }
    }
  }
  return {};
}

Result<CompiledMethods> compile_stages(std::span<const CompileOptions> options, std::vector<CompileReport>& reports) {
  std::vector<Planned> planned;
  reports.clear();
  for (const CompileOptions& method : options) {
    auto made = plan_method(method, reports.emplace_back());
    if (!made && options.size() > 1) made.error().add_context("method '%s'", method.method_name.c_str());
    planned.push_back(INGOT_TRY(std::move(made)));
  }
  INGOT_TRY_VOID(expect_distinct(planned));
  CompiledMethods compiled;
  std::vector<MethodToEmit> methods;
  for (const Planned& method : planned) {
    if (method.plan) methods.push_back({&method.graph, &*method.plan});
  }
  if (methods.size() == planned.size()) {
    compiled.program = INGOT_TRY(Stages(options[0], reports[0]).run("emit", [&] { return emit(methods); }));
    for (CompileReport& report : reports) {
      report.file_bytes = compiled.program->image.size();
      report.weights_bytes = compiled.program->weights_bytes;
    }
  }
  for (Planned& method : planned) compiled.graphs.push_back(std::move(method.graph));
  return compiled;
}

}  // namespace

Result<CompiledMethods> compile_methods(std::span<const CompileOptions> methods, std::vector<CompileReport>& reports) {
  // The compiler itself returns errors; what throws is the standard library, out of memory.
  try {
    return compile_stages(methods, reports);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::out_of_memory, "out of memory while compiling");
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, "%s", error.what());
  }
}

Result<Compiled> compile(const CompileOptions& options, CompileReport& report) {
  std::vector<CompileReport> reports;
  auto compiled = compile_methods({&options, 1}, reports);
  if (!reports.empty()) report = std::move(reports[0]);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  return Compiled{std::move(compiled->graphs[0]), std::move(compiled->program)};
}

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : canonical_passes()) names.emplace_back(pass.name);
  for (const Pass& pass : target_passes()) names.emplace_back(pass.name);
  return names;
}

std::vector<std::string> stage_names() {
  std::vector<std::string> names = {"import"};
  for (const Pass& pass : canonical_passes()) names.emplace_back(pass.name);
  names.emplace_back("quantize");
  names.emplace_back("partition");
  for (const Pass& pass : target_passes()) names.emplace_back(pass.name);
  names.emplace_back("plan");
  return names;
}

}  // namespace ingot::compiler
