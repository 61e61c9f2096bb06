// Small kernels and a delegate for the executor's own tests, so that these do not depend on the portable ones.
#pragma once

#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/delegate.h"
#include "runtime/include/ingot.hpp"

namespace ingot::testing {

// out = a + b, equal float shapes.
inline Result<void> run_add(KernelContext&, KernelArgs args) {
  const Tensor& a = args.tensor(0);
  const Tensor& b = args.tensor(1);
  Tensor& out = args.tensor(2);
  if (a.dtype() != DType::float32 || b.dtype() != DType::float32 || out.dtype() != DType::float32 ||
      !std::ranges::equal(a.sizes(), b.sizes())) {
    return fail(ErrorCode::invalid_argument, "expected float tensors of equal sizes");
  }
  INGOT_TRY_VOID(out.resize(a.sizes()));
  for (size_t i = 0; i < a.numel(); ++i) {
    out.data_as<float>()[i] = a.data_as<float>()[i] + b.data_as<float>()[i];
  }
  return {};
}

// out = all `value`.
inline Result<void> run_fill(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(1);
  if (out.dtype() != DType::float32) return fail(ErrorCode::invalid_argument, "expected a float tensor");
  for (size_t i = 0; i < out.numel(); ++i) out.data_as<float>()[i] = args.scalar(0).to<float>();
  return {};
}

// Counts its calls in a bool tensor's stead: out = (a < b) as one bool element.
inline Result<void> run_less(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(2);
  if (out.dtype() != DType::boolean || out.numel() != 1) return fail(ErrorCode::invalid_argument, "expected one bool");
  out.data_as<bool>()[0] = args.real(0) < args.real(1);
  return {};
}

// Copies through scratch.
inline Result<void> run_through_scratch(KernelContext& context, KernelArgs args) {
  const Tensor& a = args.tensor(0);
  Tensor& out = args.tensor(1);
  INGOT_TRY_VOID(out.resize(a.sizes()));
  if (reinterpret_cast<uintptr_t>(context.scratch.data()) % 64 != 0) return fail(ErrorCode::internal, "alignment");
  std::memcpy(context.scratch.data(), a.data(), a.nbytes());
  std::memcpy(out.data(), context.scratch.data(), a.nbytes());
  return {};
}
inline Result<size_t> scratch_of_copy(KernelArgs args) {
  return args.tensor(0).nbytes();
}

inline Result<void> run_nothing(KernelContext&, KernelArgs) {
  return {};
}

inline constexpr Kernel kTestKernels[] = {
    {"test::add.out", "TTO", run_add},
    {"test::fill.out", "SO", run_fill},
    {"test::less.out", "SSO", run_less},
    {"test::copy.out", "TO", run_through_scratch, scratch_of_copy},
    {"test::everything.out", "TT?SS?iifbrLL?DBMmNO", run_nothing},
    {"test::two.out", "TOO", run_nothing},
};

// out = in, through a delegate; counts what is alive.
class TestDelegate : public Delegate {
 public:
  struct Counter {
    std::atomic<int> program_states = 0, group_states = 0, handles = 0, inits = 0;
  };

  struct State : DelegateState {
    explicit State(std::atomic<int>& alive) : count(alive) { ++count; }
    ~State() override {
      --count;
      if (handles != 0) std::abort();  // a state outlives its handles
    }
    std::atomic<int>& count;
    std::atomic<int> handles = 0;
  };

  struct Handle : DelegateHandle {
    Handle(Counter& c, const DelegateInit& init)
        : counter(c),
          program_state(*static_cast<State*>(init.program_state)),
          group_state(*static_cast<State*>(init.group_state)) {
      for (std::atomic<int>* count : {&counter.handles, &program_state.handles, &group_state.handles}) ++*count;
    }
    ~Handle() override {
      for (std::atomic<int>* count : {&counter.handles, &program_state.handles, &group_state.handles}) --*count;
    }
    Result<void> execute(std::span<Tensor* const> args) override {
      Tensor& out = *args[1];
      if (out.read_only()) return fail(ErrorCode::invalid_file, "output 0 is a constant");
      if (out.dtype() != args[0]->dtype()) return fail(ErrorCode::invalid_file, "output 0 has another dtype");
      INGOT_TRY_VOID(out.resize(args[0]->sizes()));
      std::memmove(out.data(), args[0]->data(), args[0]->nbytes());
      return {};
    }
    void profile(size_t instruction, Profiler& profiler) override { profiler.took({instruction, 0, "copy", 1}); }
    Counter& counter;
    State& program_state;
    State& group_state;
  };

  explicit TestDelegate(std::string id = "TestDelegate") : id_(std::move(id)) {}
  std::string_view id() const override { return id_; }
  Result<DelegateState*> make_program_state() override { return new State(counter.program_states); }
  Result<DelegateState*> make_group_state() override { return new State(counter.group_states); }
  Result<DelegateHandle*> init(const DelegateInit& init) override {
    ++counter.inits;
    const std::string text(reinterpret_cast<const char*>(init.payload.data()), init.payload.size());
    if (text != "copy") return fail(ErrorCode::invalid_file, "unknown payload '%s'", text.c_str());
    if (init.num_args != 2 || init.program_state == nullptr || init.group_state == nullptr) {
      return fail(ErrorCode::internal, "incomplete");
    }
    const Result<std::span<const std::byte>> named = init.named_data->find("key");
    if (!init.compile_specs.empty() && (init.compile_specs[0].key != "spec" || !named)) {
      return fail(ErrorCode::internal, "no named data");
    }
    return new Handle(counter, init);
  }

  Counter counter;

 private:
  std::string id_;
};

}  // namespace ingot::testing
