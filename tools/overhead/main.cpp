// Measures what the runtime costs on top of XNNPACK: a program with one delegate call, executed through Method, against
// the same subgraph invoked through XNNPACK's own API; both on one thread in one process, in turns.
//
//   overhead FILE.pte [ROUNDS]
#include <xnnpack.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ingot.hpp>
#include <random>
#include <vector>

#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/npy/whole_file.h"
#include "runtime/program/program_file.h"

namespace {

using ingot::ErrorCode;
using ingot::fail;
using ingot::Result;

// The payload of the program's only delegate call.
Result<std::span<const std::byte>> only_payload(const ingot::ProgramFile& file) {
  const ingot::pte::ExecutionPlan& plan = file.plan(0);
  if (plan.delegates()->size() != 1 || plan.chains()->Get(0)->instructions()->size() != 1) {
    return fail(ErrorCode::invalid_argument, "expected one delegate call and nothing else");
  }
  return file.delegate_payload(*plan.delegates()->Get(0));
}

// The raw side: a runtime over buffers of its own.
struct Raw {
  ingot::xnnpack::BuiltRuntime built;
  std::vector<std::vector<float>> buffers;
};

Result<Raw> make_raw(std::span<const std::byte> blob, const ingot::NamedData& named_data) {
  const auto payload = INGOT_TRY(ingot::xnnpack::Payload::parse(blob));
  Raw raw{INGOT_TRY(ingot::xnnpack::build_runtime(payload, named_data, {})), {}};
  std::vector<xnn_external_value> externals;
  for (const auto& value : payload.values()) {
    if (value.external == ingot::xnnpack::kNoId) continue;
    size_t count = 1;
    for (size_t i = 0; i < value.shape.rank; ++i) count *= value.shape[i];
    raw.buffers.emplace_back(count + XNN_EXTRA_BYTES);
    externals.push_back({value.external, raw.buffers.back().data()});
  }
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (auto& buffer : raw.buffers) std::ranges::generate(buffer, [&] { return normal(random); });
  if (xnn_reshape_runtime(raw.built.runtime.get()) != xnn_status_success ||
      xnn_setup_runtime_v2(raw.built.runtime.get(), externals.size(), externals.data()) != xnn_status_success) {
    return fail(ErrorCode::delegate_failed, "XNNPACK cannot set the runtime up");
  }
  return raw;
}

template <typename F>
double microseconds(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
  return time.count();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

Result<void> run(const char* path, size_t rounds) {
  ingot::XnnpackDelegate delegate;
  ingot::Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(ingot::portable_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(delegate));
  const std::vector<std::byte> file = INGOT_TRY(ingot::read_file(path));
  ingot::Program program = INGOT_TRY(ingot::Program::from_memory(runtime, file));
  ingot::Method method = INGOT_TRY(ingot::Method::load(program));
  const auto opened = INGOT_TRY(ingot::ProgramFile::open(file));
  Raw raw = INGOT_TRY(make_raw(INGOT_TRY(only_payload(opened)), program));
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < method.num_inputs(); ++i) {
    ingot::Tensor* input = INGOT_TRY(method.input(i));
    std::generate_n(input->data_as<float>(), input->numel(), [&] { return normal(random); });
  }

  std::vector<double> ours;
  std::vector<double> theirs;
  for (size_t i = 0; i < rounds; ++i) {
    bool failed = false;
    ours.push_back(microseconds([&] { failed |= !method.execute(); }));
    theirs.push_back(
        microseconds([&] { failed |= xnn_invoke_runtime(raw.built.runtime.get()) != xnn_status_success; }));
    if (failed) return fail(ErrorCode::delegate_failed, "an execution failed");
  }
  std::printf("%s: method %.1f us, XNNPACK alone %.1f us, ratio of medians %.4f (%zu rounds)\n", path, median(ours),
              median(theirs), median(ours) / median(theirs), rounds);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: overhead FILE.pte [ROUNDS]\n");
    return 2;
  }
  const size_t rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 200;
  if (const auto done = run(argv[1], std::max<size_t>(rounds, 1)); !done) {
    std::fprintf(stderr, "overhead: %s: %s\n", argv[1], done.error().message());
    return 1;
  }
  return 0;
}
