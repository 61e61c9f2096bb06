#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/executor/method_impl.h"
#include "runtime/include/ingot.hpp"
#include "schema/named_data.h"

namespace ingot {
namespace {

constexpr size_t kCallerArenaAlignment = 16;

bool is_aligned(const void* address, size_t alignment) {
  return reinterpret_cast<uintptr_t>(address) % alignment == 0;
}

// Arenas, prepared constants and scratch of a method, from the caller or from one block of the heap.
struct Arenas {
  std::span<const std::span<std::byte>> given;  // empty where `block` holds them
  std::span<std::byte> block;
  std::span<const int64_t> sizes;

  // Where arena i starts.
  std::byte* arena(size_t i) const { return given.empty() ? block.data() + end(sizes.first(i)) : given[i].data(); }
  // Bytes of arenas of these sizes, one after the other.
  static size_t end(std::span<const int64_t> sizes) {
    size_t offset = 0;
    for (const int64_t size : sizes) offset += padded(size);
    return offset;
  }
  static size_t padded(int64_t size) {
    return (static_cast<size_t>(size) + Memory::kAlignment - 1) & ~(Memory::kAlignment - 1);
  }
};

Result<Arenas> own_arenas(Method::Impl& method) {
  Arenas arenas{{}, {}, arena_sizes(method.plan)};
  size_t total = 0;
  if (!checked_align_up(method.scratch_bytes, Memory::kAlignment, &total) ||
      !checked_add(total, method.prepared_bytes, &total)) {
    return fail(ErrorCode::out_of_memory, "scratch and prepared constants are larger than this machine's addresses");
  }
  for (const int64_t size : arenas.sizes) {
    size_t end = 0;
    if (!checked_align_up(static_cast<size_t>(size), Memory::kAlignment, &end) || !checked_add(total, end, &total)) {
      return fail(ErrorCode::out_of_memory, "the planned buffers are larger than this machine's addresses");
    }
  }
  method.own_arenas = INGOT_TRY(Memory::allocate(total));
  arenas.block = method.own_arenas.bytes();
  // The arenas first, then the prepared constants, then scratch.
  const std::span<std::byte> prepared = arenas.block.last(total - Arenas::end(arenas.sizes));
  method.context.prepared = prepared.first(method.prepared_bytes);
  method.context.scratch = prepared.subspan(method.prepared_bytes, method.scratch_bytes);
  return arenas;
}

Result<Arenas> caller_arenas(Method::Impl& method, const MethodMemory& memory) {
  Arenas arenas{memory.arenas, {}, arena_sizes(method.plan)};
  if (memory.arenas.size() != arenas.sizes.size()) {
    return fail(ErrorCode::invalid_argument, "expected %zu arenas, found %zu", arenas.sizes.size(),
                memory.arenas.size());
  }
  for (size_t i = 0; i < arenas.sizes.size(); ++i) {
    const auto needed = static_cast<uint64_t>(arenas.sizes[i]);
    if (memory.arenas[i].size() < needed || !is_aligned(memory.arenas[i].data(), kCallerArenaAlignment)) {
      return fail(ErrorCode::invalid_argument, "arena %zu: expected %llu bytes aligned to %zu, found %zu", i,
                  static_cast<unsigned long long>(needed), kCallerArenaAlignment, memory.arenas[i].size());
    }
  }
  if (memory.scratch.size() < method.scratch_bytes ||
      (method.scratch_bytes > 0 && !is_aligned(memory.scratch.data(), Memory::kAlignment))) {
    return fail(ErrorCode::invalid_argument, "scratch: expected %zu bytes aligned to %zu, found %zu",
                method.scratch_bytes, Memory::kAlignment, memory.scratch.size());
  }
  if (memory.prepared.size() < method.prepared_bytes ||
      (method.prepared_bytes > 0 && !is_aligned(memory.prepared.data(), Memory::kAlignment))) {
    return fail(ErrorCode::invalid_argument, "prepared: expected %zu bytes aligned to %zu, found %zu",
                method.prepared_bytes, Memory::kAlignment, memory.prepared.size());
  }
  method.context.scratch = memory.scratch;
  method.context.prepared = memory.prepared;
  return arenas;
}

// Gives every planned tensor its memory, and its initial state where it has one.
Result<void> attach(Method::Impl& method, const Arenas& arenas) {
  for (size_t i = 0; i < method.values.size(); ++i) {
    if (method.values[i].kind != Value::Kind::tensor) continue;
    const pte::Tensor& from = *method.plan.values()->Get(static_cast<flatbuffers::uoffset_t>(i))->val_as_Tensor();
    if (tensor_storage(from) != Storage::planned) continue;
    Tensor& tensor = *method.values[i].tensor;
    const PlannedPlace place = planned_place(*from.allocation_info());
    tensor.set_data(arenas.arena(place.arena) + place.offset, tensor.capacity());
    if (from.data_buffer_idx() == 0 || tensor.nbytes() == 0) continue;
    const std::span<const std::byte> initial = *method.program.file.initial_state(from.data_buffer_idx());
    std::memcpy(tensor.data(), initial.data(), tensor.nbytes());
  }
  if (method.planner != nullptr) INGOT_TRY_VOID(method.planner->finish(method));
  for (size_t i = 0; i < method.instructions.size(); ++i) {
    const Instruction& instruction = method.instructions[i];
    if (instruction.kind != Instruction::Kind::kernel) continue;
    Result<void> result = check_overlap(*instruction.kernel, {instruction.args, instruction.count});
    if (!result) {
      result.error().add_context("in instruction %zu, %s", i, instruction.kernel->name);
      return result;
    }
  }
  return {};
}

// The first call of a delegate; null where nothing calls it. All its calls have the same number of arguments.
Result<const Instruction*> first_call(const Method::Impl& method, size_t delegate) {
  const Instruction* first = nullptr;
  for (const Instruction& instruction : method.instructions) {
    if (instruction.kind != Instruction::Kind::delegate || instruction.delegate != delegate) continue;
    if (first == nullptr) first = &instruction;
    if (first->count != instruction.count) {
      return fail(ErrorCode::invalid_file, "it is called with %u arguments and with %u", first->count,
                  instruction.count);
    }
  }
  return first;
}

Result<void> init_delegate(Method::Impl& method, size_t i, std::span<CompileSpec> specs, DelegateStates& group_states) {
  const pte::BackendDelegate& from = *method.plan.delegates()->Get(static_cast<flatbuffers::uoffset_t>(i));
  const Instruction* call = INGOT_TRY(first_call(method, i));
  if (call == nullptr) return {};
  DelegateInit init;
  init.num_args = call->count;
  init.args = {call->tensors, call->count};
  const size_t number = method.runtime.find_delegate(as_text(from.id()));
  Delegate& delegate = *method.runtime.delegates[number];
  init.payload = INGOT_TRY(method.program.file.delegate_payload(from));
  for (size_t s = 0; s < specs.size(); ++s) {
    const pte::CompileSpec& spec = *from.compile_specs()->Get(static_cast<flatbuffers::uoffset_t>(s));
    specs[s] = {as_text(spec.key()), std::as_bytes(as_span(spec.value()))};
  }
  init.compile_specs = specs;
  init.named_data = &method.program;
  // A Program is immutable to its users; that delegates share a state for it is not seen from outside.
  auto& program_states = const_cast<DelegateStates&>(method.program.delegate_states);
  init.program_state = INGOT_TRY(program_states.get(number, delegate, &Delegate::make_program_state));
  init.group_state = INGOT_TRY(group_states.get(number, delegate, &Delegate::make_group_state));
  init.threadpool = method.runtime.threadpool;
  init.is_profiled = method.profiler != nullptr;
  method.delegates[i] = INGOT_TRY(delegate.init(init));
  return {};
}

Result<void> init_delegates(Method::Impl& method, MethodGroup::Impl& group) {
  std::span<CompileSpec> specs = method.compile_specs;
  for (size_t i = 0; i < method.delegates.size(); ++i) {
    const pte::BackendDelegate& from = *method.plan.delegates()->Get(static_cast<flatbuffers::uoffset_t>(i));
    const size_t num_specs = count(from.compile_specs());
    Result<void> result = init_delegate(method, i, specs.first(num_specs), group.delegate_states);
    if (!result) {
      result.error().add_context("delegate %zu, %s", i, from.id()->c_str());
      return result;
    }
    specs = specs.subspan(num_specs);
  }
  return {};
}

void destroy(Method::Impl* method) {
  if (method == nullptr) return;
  const Memory block = std::move(method->own_block);  // freed after what lies in it is gone
  method->~Impl();
}

// The value of input or output `index`.
Result<Value*> end_value(const Method::Impl& method, const flatbuffers::Vector<int32_t>& ends, const char* what,
                         size_t index) {
  if (index >= ends.size()) {
    return fail(ErrorCode::invalid_argument, "method '%s' has %u %ss, there is no %s %zu", method.plan.name()->c_str(),
                ends.size(), what, what, index);
  }
  return &method.values[static_cast<size_t>(ends.Get(static_cast<flatbuffers::uoffset_t>(index)))];
}

Result<Tensor*> end_tensor(const Method::Impl& method, const flatbuffers::Vector<int32_t>& ends, const char* what,
                           size_t index) {
  const Value* value = INGOT_TRY(end_value(method, ends, what, index));
  if (value->kind == Value::Kind::tensor) return value->tensor;
  return fail(ErrorCode::not_supported, "%s %zu is %s, not a tensor", what, index, to_string(value->kind));
}

const pte::Tensor& file_tensor(const Method::Impl& method, const flatbuffers::Vector<int32_t>& ends, size_t index) {
  const int32_t value = ends.Get(static_cast<flatbuffers::uoffset_t>(index));
  return *method.plan.values()->Get(static_cast<flatbuffers::uoffset_t>(value))->val_as_Tensor();
}

// The least sizes of an input whose sizes are open, where the program says them: one for each dimension, or none.
std::span<const int32_t> least_sizes(const Method::Impl& method, size_t index) {
  char key[128];
  const int length = std::snprintf(key, sizeof key, "%s%s", schema::kInputMinima, method.plan.name()->c_str());
  if (static_cast<size_t>(length) >= sizeof key) return {};
  const auto data = method.program.file.named_data({key, static_cast<size_t>(length)});
  if (!data) return {};
  const auto& inputs = or_empty(method.plan.inputs());
  size_t begin = 0, end = 0;
  for (size_t i = 0; i <= index; ++i) {
    begin = end;
    end += count(file_tensor(method, inputs, i).sizes());
  }
  if (end > data->size() / sizeof(int32_t)) return {};
  return {reinterpret_cast<const int32_t*>(data->data()) + begin, end - begin};
}

Result<void> check_input(const Method::Impl& method, const TensorLayout& expected, size_t index, DType dtype,
                         std::span<const int32_t> sizes) {
  if (dtype != expected.dtype) {
    return fail(ErrorCode::invalid_argument, "input %zu: expected dtype %s, found %s", index, to_string(expected.dtype),
                to_string(dtype));
  }
  if (sizes.size() != expected.sizes.size()) {
    return fail(ErrorCode::invalid_argument, "input %zu: expected rank %zu, found rank %zu", index,
                expected.sizes.size(), sizes.size());
  }
  const std::span<const int32_t> least = expected.resizable ? least_sizes(method, index) : expected.sizes;
  for (size_t dim = 0; dim < sizes.size(); ++dim) {
    const int32_t low = dim < least.size() ? least[dim] : 0, high = expected.sizes[dim];
    if (sizes[dim] >= low && sizes[dim] <= high) continue;
    if (low == high) {
      return fail(ErrorCode::invalid_argument, "input %zu: dimension %zu: expected %d, found %d", index, dim, high,
                  sizes[dim]);
    }
    return fail(ErrorCode::invalid_argument, "input %zu: dimension %zu: expected %d to %d, found %d", index, dim, low,
                high, sizes[dim]);
  }
  return {};
}

}  // namespace

Method::Impl::~Impl() {
  for (DelegateHandle* handle : delegates) delete handle;
}

Result<Method> Method::load(const Program& program, std::string_view name, MethodGroup* group) {
  return load_with(program, name, nullptr, group);
}

Result<Method> Method::load(const Program& program, std::string_view name, const MethodMemory& memory,
                            MethodGroup* group) {
  return load_with(program, name, &memory, group);
}

Result<Method> Method::load_with(const Program& program, std::string_view name, const MethodMemory* memory,
                                 MethodGroup* group) {
  const Program::Impl& file = program.impl();
  const pte::ExecutionPlan* plan = INGOT_TRY(file.plan(name));
  const auto load = [&]() -> Result<Method> {
    Memory block;
    if (memory == nullptr) {
      const size_t bytes = INGOT_TRY(method_bytes(*plan));
      block = INGOT_TRY(Memory::allocate(bytes));
    }
    Impl* impl = INGOT_TRY(make_method(file, *plan, memory == nullptr ? block.bytes() : memory->method));
    impl->own_block = std::move(block);
    Method method(impl);
    impl->context.parallel = impl->runtime.parallel;
    const Arenas arenas = INGOT_TRY(memory == nullptr ? own_arenas(*impl) : caller_arenas(*impl, *memory));
    INGOT_TRY_VOID(attach(*impl, arenas));
    INGOT_TRY_VOID(init_delegates(*impl, group == nullptr ? impl->own_group : group->impl()));
    return method;
  };
  Result<Method> method = load();
  if (!method) method.error().add_context("loading method '%s'", plan->name()->c_str());
  return method;
}

Method::Method(Method&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

Method& Method::operator=(Method&& other) noexcept {
  if (this != &other) {
    destroy(impl_);
    impl_ = std::exchange(other.impl_, nullptr);
  }
  return *this;
}

Method::~Method() {
  destroy(impl_);
}

size_t Method::num_inputs() const {
  return count(impl_->plan.inputs());
}
size_t Method::num_outputs() const {
  return count(impl_->plan.outputs());
}

Result<Tensor*> Method::input(size_t index) {
  return end_tensor(*impl_, or_empty(impl_->plan.inputs()), "input", index);
}

Result<void> Method::set_input(size_t index, DType dtype, std::span<const int32_t> sizes, const void* data) {
  Tensor* tensor = INGOT_TRY(input(index));
  const pte::Tensor& from = file_tensor(*impl_, or_empty(impl_->plan.inputs()), index);
  const TensorLayout expected = INGOT_TRY(tensor_layout(from));
  INGOT_TRY_VOID(check_input(*impl_, expected, index, dtype, sizes));
  const size_t bytes = INGOT_TRY(tensor_nbytes(dtype, sizes));
  if (data == nullptr && bytes > 0) return fail(ErrorCode::invalid_argument, "input %zu: no data given", index);
  switch (tensor_storage(from)) {
    case Storage::constant:
      return fail(ErrorCode::invalid_state, "input %zu is a constant of the program", index);
    case Storage::planned:
      INGOT_TRY_VOID(tensor->resize(sizes));
      if (bytes > 0) std::memmove(tensor->data(), data, bytes);
      return {};
    case Storage::caller:
      if (!is_aligned(data, size_of(dtype))) {
        return fail(ErrorCode::invalid_argument, "input %zu: its data is not aligned for %s", index, to_string(dtype));
      }
      tensor->set_data(tensor->data(), expected.nbytes);
      INGOT_TRY_VOID(tensor->resize(sizes));
      tensor->set_data(const_cast<void*>(data), bytes);
      return {};
  }
  return {};
}

Result<const Tensor*> Method::output(size_t index) const {
  const Tensor* tensor = INGOT_TRY(end_tensor(*impl_, or_empty(impl_->plan.outputs()), "output", index));
  return tensor;
}

Result<const Value*> Method::output_value(size_t index) const {
  const Value* value = INGOT_TRY(end_value(*impl_, or_empty(impl_->plan.outputs()), "output", index));
  return value;
}

Result<void> Method::set_output(size_t index, void* data, size_t bytes) {
  Tensor* tensor = INGOT_TRY(end_tensor(*impl_, or_empty(impl_->plan.outputs()), "output", index));
  const pte::Tensor& from = file_tensor(*impl_, or_empty(impl_->plan.outputs()), index);
  if (tensor_storage(from) != Storage::caller || tensor->read_only()) {
    return fail(ErrorCode::invalid_state, "output %zu has its memory already: the program plans it, or it is an input",
                index);
  }
  const TensorLayout expected = INGOT_TRY(tensor_layout(from));
  if ((data == nullptr && expected.nbytes > 0) || bytes < expected.nbytes ||
      !is_aligned(data, size_of(expected.dtype))) {
    return fail(ErrorCode::invalid_argument, "output %zu: expected %zu bytes aligned for %s, found %zu", index,
                expected.nbytes, to_string(expected.dtype), bytes);
  }
  tensor->set_data(data, expected.nbytes);
  return {};
}

Result<void> Method::execute() {
  const auto check = [&](const flatbuffers::Vector<int32_t>& ends, const char* what) -> Result<void> {
    for (size_t i = 0; i < ends.size(); ++i) {
      const Value& value = impl_->values[static_cast<size_t>(ends.Get(static_cast<flatbuffers::uoffset_t>(i)))];
      if (value.kind != Value::Kind::tensor || value.tensor->data() != nullptr || value.tensor->capacity() == 0)
        continue;
      return fail(ErrorCode::invalid_state, "%s %zu has no memory: call set_%s first", what, i, what);
    }
    return {};
  };
  INGOT_TRY_VOID(check(or_empty(impl_->plan.inputs()), "input"));
  INGOT_TRY_VOID(check(or_empty(impl_->plan.outputs()), "output"));
  return run_method(*impl_);
}

}  // namespace ingot
