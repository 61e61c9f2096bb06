#include <chrono>
#include <new>

#include "runtime/executor/method_impl.h"
#include "runtime/include/ingot.hpp"
#include "runtime/program/program_impl.h"

namespace ingot {
namespace {

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

MethodInfo info_of(const pte::ExecutionPlan& plan) {
  return {as_text(plan.name()), count(plan.inputs()), count(plan.outputs())};
}

// The value that input or output `index` of a plan is.
Result<const pte::EValue*> end_value(const pte::ExecutionPlan& plan, const flatbuffers::Vector<int32_t>& ends,
                                     const char* what, size_t index) {
  if (index >= ends.size()) {
    return fail(ErrorCode::invalid_argument, "method '%s' has %u %ss, there is no %s %zu", plan.name()->c_str(),
                ends.size(), what, what, index);
  }
  const int32_t value = ends.Get(static_cast<flatbuffers::uoffset_t>(index));
  return plan.values()->Get(static_cast<flatbuffers::uoffset_t>(value));
}

Result<TensorInfo> end_info(const pte::ExecutionPlan& plan, const flatbuffers::Vector<int32_t>& ends, const char* what,
                            size_t index) {
  const pte::EValue* value = INGOT_TRY(end_value(plan, ends, what, index));
  if (value->val_type() != pte::KernelTypes::Tensor) {
    return fail(ErrorCode::not_supported, "%s %zu is %s, not a tensor", what, index, to_string(value_kind(*value)));
  }
  const TensorLayout layout = INGOT_TRY(tensor_layout(*value->val_as_Tensor()));
  return TensorInfo{layout.dtype, layout.sizes, layout.dim_order, layout.resizable, layout.nbytes};
}

}  // namespace

Result<Program> Program::open(const Runtime& runtime, const char* path, Source source) {
  const int64_t start = now_ns();
  if (path == nullptr) return fail(ErrorCode::invalid_argument, "no path given");
  DataSource data = INGOT_TRY(source == Source::map ? DataSource::map(path) : DataSource::read(path));
  const int64_t mapped = now_ns();
  Result<Program> program = from_source(runtime, std::move(data));
  if (!program) {
    program.error().add_context("%s", path);
    return program;
  }
  program->impl_->times = {mapped - start, now_ns() - mapped};
  return program;
}

Result<Program> Program::from_memory(const Runtime& runtime, std::span<const std::byte> bytes) {
  const int64_t start = now_ns();
  DataSource data = INGOT_TRY(DataSource::borrow(bytes));
  Program program = INGOT_TRY(from_source(runtime, std::move(data)));
  program.impl_->times.verify_ns = now_ns() - start;
  return program;
}

Result<Program> Program::from_source(const Runtime& runtime, DataSource&& source) {
  std::unique_ptr<Impl> impl(new (std::nothrow) Impl(runtime, std::move(source)));
  if (impl == nullptr) return fail(ErrorCode::out_of_memory, "cannot allocate a Program");
  impl->file = INGOT_TRY(ProgramFile::open(impl->source.bytes()));
  return Program(std::move(impl));
}

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

Result<const pte::ExecutionPlan*> Program::Impl::plan(std::string_view name) const {
  for (size_t i = 0; i < file.num_plans(); ++i) {
    if (as_text(file.plan(i).name()) == name) return &file.plan(i);
  }
  return fail(ErrorCode::not_found, "no method '%.*s' in the program; its first is '%s'",
              static_cast<int>(name.size() < 100 ? name.size() : 100), name.data(), file.plan(0).name()->c_str());
}

size_t Program::num_methods() const {
  return impl_->file.num_plans();
}

Result<MethodInfo> Program::method_info(size_t index) const {
  if (index >= num_methods()) {
    return fail(ErrorCode::invalid_argument, "the program has %zu methods, there is no method %zu", num_methods(),
                index);
  }
  return info_of(impl_->file.plan(index));
}

Result<MethodInfo> Program::method_info(std::string_view name) const {
  const pte::ExecutionPlan* plan = INGOT_TRY(impl_->plan(name));
  return info_of(*plan);
}

Result<TensorInfo> Program::input_info(std::string_view method, size_t index) const {
  const pte::ExecutionPlan* plan = INGOT_TRY(impl_->plan(method));
  return end_info(*plan, or_empty(plan->inputs()), "input", index);
}

Result<TensorInfo> Program::output_info(std::string_view method, size_t index) const {
  const pte::ExecutionPlan* plan = INGOT_TRY(impl_->plan(method));
  return end_info(*plan, or_empty(plan->outputs()), "output", index);
}

Result<Value::Kind> Program::input_kind(std::string_view method, size_t index) const {
  const pte::ExecutionPlan* plan = INGOT_TRY(impl_->plan(method));
  const pte::EValue* value = INGOT_TRY(end_value(*plan, or_empty(plan->inputs()), "input", index));
  return value_kind(*value);
}

Result<Value::Kind> Program::output_kind(std::string_view method, size_t index) const {
  const pte::ExecutionPlan* plan = INGOT_TRY(impl_->plan(method));
  const pte::EValue* value = INGOT_TRY(end_value(*plan, or_empty(plan->outputs()), "output", index));
  return value_kind(*value);
}

Result<MemoryRequirements> Program::memory_requirements(std::string_view method) const {
  const pte::ExecutionPlan* plan = INGOT_TRY(impl_->plan(method));
  MemoryRequirements needed;
  needed.method_bytes = INGOT_TRY(method_bytes(*plan));
  needed.arena_bytes = arena_sizes(*plan);
  // What kernels ask for depends on their arguments, so the tables are made once and thrown away.
  const Memory memory = INGOT_TRY(Memory::allocate(needed.method_bytes));
  Method::Impl* tables = INGOT_TRY(make_method(*impl_, *plan, memory.bytes()));
  needed.scratch_bytes = tables->scratch_bytes;
  needed.prepared_bytes = tables->prepared_bytes;
  tables->~Impl();
  return needed;
}

Result<std::span<const std::byte>> Program::find(std::string_view key) const {
  return impl_->find(key);
}

void Program::copied(std::span<const std::byte> bytes) const {
  impl_->copied(bytes);
}

Program::LoadTimes Program::load_times() const {
  return impl_->times;
}

}  // namespace ingot
