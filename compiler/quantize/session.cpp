#include "compiler/quantize/session.h"

#include <optional>
#include <utility>

#include "compiler/emit/emit.h"
#include "compiler/partition/partition.h"
#include "compiler/passes/pass_manager.h"
#include "compiler/plan/memory_plan.h"
#include "runtime/include/ingot.hpp"

namespace ingot::compiler {

struct Session::Impl {
  std::vector<std::byte> file;
  Runtime runtime;
  std::optional<Program> program;
  std::optional<Method> method;  // destroyed first
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::make(Graph graph, Lowering* lowering) {
  auto impl = std::make_unique<Impl>();
  if (lowering != nullptr) {
    INGOT_TRY_VOID(lowering->equip(impl->runtime));
    impl->runtime.set_threads({}, nullptr);
    INGOT_TRY(partition(graph, *lowering));
  }
  std::vector<PassTiming> timings;
  INGOT_TRY(run_passes(graph, target_passes(), {.target = Target::ingot}, timings));
  INGOT_TRY_VOID(verify(graph, Stage::partitioned, Target::ingot));
  {
    const MemoryPlan plan = plan_memory(graph);
    const MethodToEmit method{&graph, &plan};
    impl->file = INGOT_TRY(emit({&method, 1})).image.flatten();
  }
  INGOT_TRY_VOID(impl->runtime.add_kernels(portable_kernels()));
  INGOT_TRY_VOID(impl->runtime.add_kernels(quantized_kernels()));
  impl->program = INGOT_TRY(Program::from_memory(impl->runtime, impl->file));
  impl->method = INGOT_TRY(Method::load(*impl->program, graph.name()));
  return Session(std::move(impl));
}

Result<void> Session::run(std::span<const Array> inputs) {
  INGOT_TRY_VOID(set_inputs(inputs));
  return execute();
}

Result<void> Session::set_inputs(std::span<const Array> inputs) {
  if (inputs.size() != impl_->method->num_inputs()) {
    return fail(ErrorCode::invalid_argument, "the model has %zu inputs, the sample %zu", impl_->method->num_inputs(),
                inputs.size());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    INGOT_TRY_VOID(impl_->method->set_input(i, inputs[i].dtype, inputs[i].sizes, inputs[i].data.data()));
  }
  return {};
}

Result<void> Session::execute() {
  return impl_->method->execute();
}

Result<const Tensor*> Session::output(size_t index) const {
  return impl_->method->output(index);
}

Result<std::span<const float>> Session::floats(size_t index) const {
  const Tensor* tensor = INGOT_TRY(impl_->method->output(index));
  if (tensor->dtype() != DType::float32) {
    return fail(ErrorCode::invalid_argument, "output %zu: expected float32, found %s", index,
                to_string(tensor->dtype()));
  }
  return std::span<const float>(tensor->data_as<float>(), tensor->numel());
}

}  // namespace ingot::compiler
