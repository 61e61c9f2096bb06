// Measures kernels, one operator at a time: our own on contiguous and on channels-last images, and XNNPACK (which reads
// channels-last images, so that nothing is transposed). Every program is compiled here, loaded and executed whole; the
// runtime's own part is far below a microsecond. Takes Google Benchmark's options besides its own:
//
//   kernel_bench [--benchmark_filter=REGEX] [--benchmark_min_time=0.05s] [--threads=N] [--loops=LEVEL]
//
// Without further options, rounds of all take turns and the table shows the fastest.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ingot.hpp>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "delegate/xnnpack/lower/xnnpack_lowering.h"
#include "delegate/xnnpack/run/threads.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "tools/kernel_bench/cases.h"

namespace ingot::tools {
namespace {

enum class Engine : uint8_t { portable, portable_channels_last, xnnpack };
constexpr Engine kEngines[] = {Engine::portable, Engine::portable_channels_last, Engine::xnnpack};
constexpr const char* kEngineNames[] = {"portable", "channels last", "XNNPACK"};

// A compiled case with its inputs, ready to execute.
class Prepared {
 public:
  static Result<std::unique_ptr<Prepared>> make(const Runtime& runtime, const Case& test, Engine engine,
                                                xnnpack::XnnpackLowering& lowering) {
    const bool last = test.is_image && engine != Engine::portable;
    const std::string text = test.text(last ? Layout::channels_last : Layout::contiguous);
    compiler::CompileOptions options;
    options.model_bytes = std::as_bytes(std::span(text));
    options.target = compiler::Target::ingot;
    options.disabled_passes = {"choose_layouts"};  // the layouts are those of the case
    if (engine == Engine::xnnpack) options.lowering = &lowering;
    compiler::CompileReport report;
    compiler::Compiled compiled = INGOT_TRY(compiler::compile(options, report));
    if (engine == Engine::xnnpack && report.partition.delegate_calls != 1) {
      return fail(ErrorCode::not_supported, "XNNPACK does not take it");
    }
    auto prepared = std::make_unique<Prepared>();
    prepared->file_ = compiled.program->image.flatten();
    prepared->program_.emplace(INGOT_TRY(Program::from_memory(runtime, prepared->file_)));
    prepared->method_.emplace(INGOT_TRY(Method::load(*prepared->program_, "f")));
    INGOT_TRY_VOID(prepared->set_inputs());
    INGOT_TRY_VOID(prepared->method_->execute());
    return prepared;
  }

  Result<void> execute() { return method_->execute(); }

 private:
  Result<void> set_inputs() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < method_->num_inputs(); ++i) {
      const TensorInfo info = INGOT_TRY(program_->input_info("f", i));
      std::vector<std::byte>& data = inputs_.emplace_back(info.nbytes);
      if (info.dtype == DType::float32) {
        for (size_t at = 0; at < data.size(); at += sizeof(float)) {
          const float value = normal(random);
          std::memcpy(data.data() + at, &value, sizeof value);
        }
      } else {
        for (std::byte& byte : data) byte = static_cast<std::byte>(random());
      }
      INGOT_TRY_VOID(method_->set_input(i, info.dtype, info.sizes, data.data()));
    }
    return {};
  }

  std::vector<std::byte> file_;
  std::optional<Program> program_;
  std::optional<Method> method_;
  std::vector<std::vector<std::byte>> inputs_;
};

std::string row_name(const Case& test) {
  return std::string(test.int8 ? "int8 " : "fp32 ") + test.name;
}

// Prints a table of the fastest run of each case by each engine.
class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.skipped != 0) continue;
      const double time = run.GetAdjustedRealTime();
      const auto [at, added] = times_.emplace(run.run_name.function_name, time);
      if (!added) at->second = std::min(at->second, time);
    }
  }

  void Finalize() override {
    std::printf("| microseconds |");
    for (const char* name : kEngineNames) std::printf(" %s |", name);
    std::printf("\n|---|--:|--:|--:|\n");
    for (const Case& test : cases()) {
      std::string cells;
      bool any = false;
      for (const char* engine : kEngineNames) {
        const auto at = times_.find(row_name(test) + "/" + engine);
        char cell[32] = " |";
        if (at != times_.end()) std::snprintf(cell, sizeof cell, " %.1f |", at->second);
        any = any || at != times_.end();
        cells += cell;
      }
      if (any) std::printf("| %s |%s\n", row_name(test).c_str(), cells.c_str());
    }
  }

 private:
  std::map<std::string, double> times_;
};

// Takes --NAME=VALUE out of the arguments.
std::optional<std::string_view> take_option(int& argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(name) || !argument.substr(name.size()).starts_with('=')) continue;
    std::copy(argv + i + 1, argv + argc, argv + i);
    --argc;
    return argument.substr(name.size() + 1);
  }
  return std::nullopt;
}

void register_all(const Runtime& runtime, xnnpack::XnnpackLowering& lowering) {
  for (const Case& test : cases()) {
    for (const Engine engine : kEngines) {
      if (engine == Engine::portable_channels_last && !test.is_image) continue;
      // Made when it first runs, so that a filter keeps the rest from being compiled.
      const auto prepared = std::make_shared<std::unique_ptr<Prepared>>();
      const std::string name = row_name(test) + "/" + kEngineNames[static_cast<size_t>(engine)];
      benchmark::RegisterBenchmark(name,
                                   [&, engine, prepared](benchmark::State& state) {
                                     if (*prepared == nullptr) {
                                       auto made = Prepared::make(runtime, test, engine, lowering);
                                       if (!made) return state.SkipWithError(made.error().message());
                                       *prepared = std::move(*made);
                                     }
                                     for (auto _ : state) {
                                       if (const auto done = (*prepared)->execute(); !done)
                                         return state.SkipWithError(done.error().message());
                                     }
                                   })
          ->Unit(benchmark::kMicrosecond)
          ->UseRealTime();
    }
  }
}

Result<void> run(size_t thread_count) {
  const xnnpack::Threads threads = INGOT_TRY(xnnpack::Threads::make(thread_count));
  XnnpackDelegate delegate;
  xnnpack::XnnpackLowering lowering;
  Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(portable_kernels()));
  INGOT_TRY_VOID(runtime.add_kernels(quantized_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(delegate));
  runtime.set_threads(threads.parallel(), threads.pool());
  register_all(runtime, lowering);
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  benchmark::ClearRegisteredBenchmarks();
  return {};
}

}  // namespace
}  // namespace ingot::tools

int main(int argc, char** argv) {
  using ingot::tools::take_option;
  const std::string threads(take_option(argc, argv, "--threads").value_or("1"));
  const std::string loops(take_option(argc, argv, "--loops").value_or(""));
  if (!loops.empty() && !ingot::portable::choose_loops(loops)) {
    std::fprintf(stderr, "kernel_bench: there are no loops '%s', or they do not run here\n", loops.c_str());
    return 2;
  }
  std::vector<char*> arguments = {argv[0]};
  std::string defaults[] = {"--benchmark_enable_random_interleaving=true", "--benchmark_repetitions=5",
                            "--benchmark_min_time=0.02s"};
  for (std::string& option : defaults) arguments.push_back(option.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  const size_t thread_count = std::strtoul(threads.c_str(), nullptr, 10);
  if (const auto done = ingot::tools::run(std::max<size_t>(thread_count, 1)); !done) {
    std::fprintf(stderr, "kernel_bench: %s\n", done.error().message());
    return 1;
  }
  return 0;
}
