// From a verified plan to a method's tables. The file was checked as a whole, so indices are followed without looking.

#include <algorithm>
#include <new>

#include "runtime/executor/method_impl.h"

namespace ingot {
namespace {

using flatbuffers::uoffset_t;

// How many objects of each kind a plan needs.
struct Counts {
  size_t values = 0;
  size_t tensors = 0;
  size_t dims = 0;             // of all tensors
  size_t value_pointers = 0;   // of int lists and kernel calls
  size_t ints = 0;             // of int lists
  size_t tensor_pointers = 0;  // of tensor lists and delegate calls
  size_t instructions = 0;
  size_t kernel_calls = 0;
  size_t operators = 0;
  size_t delegates = 0;
  size_t compile_specs = 0;
};

Counts count_objects(const pte::ExecutionPlan& plan) {
  Counts n;
  n.values = count(plan.values());
  n.operators = count(plan.operators());
  n.delegates = count(plan.delegates());
  for (size_t i = 0; i < n.values; ++i) {
    const pte::EValue& value = *plan.values()->Get(static_cast<uoffset_t>(i));
    switch (value_kind(value)) {
      case Value::Kind::tensor:
        ++n.tensors;
        n.dims += count(value.val_as_Tensor()->sizes());
        break;
      case Value::Kind::int_list:
        n.value_pointers += count(value.val_as_IntList()->items());
        n.ints += count(value.val_as_IntList()->items());
        break;
      case Value::Kind::tensor_list:
        n.tensor_pointers += tensor_items(value).size();
        break;
      default:
        break;
    }
  }
  for (const pte::Chain* chain : *plan.chains()) {
    n.instructions += count(chain->instructions());
    for (const pte::Instruction* instruction : or_empty(chain->instructions())) {
      if (const auto* call = instruction->instr_args_as_KernelCall()) {
        n.value_pointers += count(call->args());
        ++n.kernel_calls;
      }
      if (const auto* call = instruction->instr_args_as_DelegateCall()) n.tensor_pointers += count(call->args());
    }
  }
  for (size_t i = 0; i < n.delegates; ++i) {
    n.compile_specs += count(plan.delegates()->Get(static_cast<uoffset_t>(i))->compile_specs());
  }
  return n;
}

// The arrays of a method, where they lie in its block.
struct Arrays {
  Method::Impl* method;
  Value* values;
  Place* places;
  Epilogue* epilogues;
  Tensor* tensors;
  Instruction* instructions;
  const Kernel** kernels;
  DelegateHandle** delegates;
  CompileSpec* compile_specs;
  Value** value_pointers;
  Tensor** tensor_pointers;
  int64_t* strides;
  int64_t* ints;
  int32_t* sizes;
  bool* varies;
};

Arrays place(Carver& carver, const Counts& n) {
  return {carver.take<Method::Impl>(1),
          carver.take<Value>(n.values),
          carver.take<Place>(n.tensors),
          carver.take<Epilogue>(n.kernel_calls),
          carver.take<Tensor>(n.tensors),
          carver.take<Instruction>(n.instructions),
          carver.take<const Kernel*>(n.operators),
          carver.take<DelegateHandle*>(n.delegates),
          carver.take<CompileSpec>(n.compile_specs),
          carver.take<Value*>(n.value_pointers),
          carver.take<Tensor*>(n.tensor_pointers),
          carver.take<int64_t>(n.dims),
          carver.take<int64_t>(n.ints),
          carver.take<int32_t>(n.dims),
          carver.take<bool>(n.values)};
}

// Fills the arrays; each `next_` pointer is the first free element of one.
class TableBuilder {
 public:
  TableBuilder(Method::Impl& method, const Arrays& arrays) : method_(method), plan_(method.plan), next_(arrays) {}

  void build_values() {
    for (size_t i = 0; i < method_.values.size(); ++i) build_value(*plan_.values()->Get(static_cast<uoffset_t>(i)), i);
    // Lists refer to the values built above.
    for (size_t i = 0; i < method_.values.size(); ++i) build_list(*plan_.values()->Get(static_cast<uoffset_t>(i)), i);
    for (const int32_t input : as_span(plan_.inputs())) {
      const pte::EValue& value = *plan_.values()->Get(static_cast<uoffset_t>(input));
      if (value.val_type() == pte::KernelTypes::Tensor && tensor_storage(*value.val_as_Tensor()) == Storage::caller) {
        method_.values[static_cast<size_t>(input)].tensor->set_read_only();
      }
    }
  }

  Result<void> build_instructions() {
    size_t number = 0;
    for (const pte::Chain* chain : *plan_.chains()) {
      const size_t chain_start = number;
      for (const pte::Instruction* from : or_empty(chain->instructions())) {
        Result<void> result = build_instruction(*from, chain_start, method_.instructions[number]);
        if (!result) {
          result.error().add_context("in instruction %zu", number);
          return result;
        }
        ++number;
      }
    }
    return {};
  }

 private:
  void build_value(const pte::EValue& from, size_t index) {
    Value& value = method_.values[index];
    value.kind = value_kind(from);
    switch (value.kind) {
      case Value::Kind::integer:
        value.integer = from.val_as_Int()->int_val();
        break;
      case Value::Kind::boolean:
        value.boolean = from.val_as_Bool()->bool_val();
        break;
      case Value::Kind::real:
        value.real = from.val_as_Double()->double_val();
        break;
      case Value::Kind::tensor:
        value.tensor = build_tensor(*from.val_as_Tensor());
        break;
      case Value::Kind::string:
        value.string = as_text(from.val_as_String()->string_val());
        break;
      case Value::Kind::double_list:
        value.doubles = as_span(from.val_as_DoubleList()->items());
        break;
      case Value::Kind::bool_list: {
        const std::span<const uint8_t> items = as_span(from.val_as_BoolList()->items());
        value.bools = {reinterpret_cast<const bool*>(items.data()), items.size()};
        break;
      }
      case Value::Kind::none:
      case Value::Kind::int_list:
      case Value::Kind::tensor_list:
        break;
    }
  }

  Tensor* build_tensor(const pte::Tensor& from) {
    const TensorLayout layout = *tensor_layout(from);
    const size_t rank = layout.sizes.size();
    std::ranges::copy(layout.sizes, next_.sizes);
    // A Tensor never writes its dim_order.
    auto* dim_order = const_cast<uint8_t*>(layout.dim_order.data());
    auto* tensor = new (next_.tensors++)
        Tensor(layout.dtype, rank, next_.sizes, dim_order, next_.strides, nullptr, layout.nbytes, layout.resizable);
    next_.sizes += rank;
    next_.strides += rank;
    if (tensor_storage(from) == Storage::constant) {
      const std::span<const std::byte> data = *method_.program.file.constant_data(from.data_buffer_idx());
      tensor->set_data(const_cast<std::byte*>(data.data()), layout.nbytes);
      tensor->set_constant();
    }
    return tensor;
  }

  void build_list(const pte::EValue& from, size_t index) {
    Value& value = method_.values[index];
    if (value.kind == Value::Kind::int_list) {
      const auto& items = or_empty(from.val_as_IntList()->items());
      value.ints = {{next_.value_pointers, items.size()}, next_.ints};
      for (const int64_t item : items) *next_.value_pointers++ = &method_.values[static_cast<size_t>(item)];
      next_.ints += items.size();
    } else if (value.kind == Value::Kind::tensor_list) {
      const auto& items = tensor_items(from);
      value.tensors = {next_.tensor_pointers, items.size()};
      for (const int32_t item : items) {
        const Value* element = item < 0 ? nullptr : &method_.values[static_cast<size_t>(item)];
        const bool present = element != nullptr && element->kind == Value::Kind::tensor;
        *next_.tensor_pointers++ = present ? element->tensor : nullptr;
      }
    }
  }

  Value* value(int32_t index) const { return &method_.values[static_cast<size_t>(index)]; }

  Result<void> build_instruction(const pte::Instruction& from, size_t chain_start, Instruction& to) {
    switch (from.instr_args_type()) {
      case pte::InstructionArguments::KernelCall:
        return build_kernel_call(*from.instr_args_as_KernelCall(), to);
      case pte::InstructionArguments::DelegateCall: {
        const pte::DelegateCall& call = *from.instr_args_as_DelegateCall();
        to.kind = Instruction::Kind::delegate;
        to.delegate = static_cast<size_t>(call.delegate_index());
        to.count = static_cast<uint32_t>(count(call.args()));
        to.tensors = next_.tensor_pointers;
        for (const int32_t arg : or_empty(call.args())) *next_.tensor_pointers++ = value(arg)->tensor;
        return {};
      }
      case pte::InstructionArguments::MoveCall:
        to.kind = Instruction::Kind::move;
        to.move_from = value(from.instr_args_as_MoveCall()->move_from());
        to.move_to = value(from.instr_args_as_MoveCall()->move_to());
        return {};
      case pte::InstructionArguments::JumpFalseCall: {
        const pte::JumpFalseCall& call = *from.instr_args_as_JumpFalseCall();
        to.kind = Instruction::Kind::jump_false;
        to.condition = value(call.cond_value_index());
        to.destination = chain_start + static_cast<size_t>(call.destination_instruction());
        return {};
      }
      case pte::InstructionArguments::FreeCall:
      case pte::InstructionArguments::NONE:
        return {};
    }
    return {};
  }

  Result<void> build_kernel_call(const pte::KernelCall& call, Instruction& to) {
    const Kernel& kernel = *method_.kernels[static_cast<size_t>(call.op_index())];
    const std::span<Value* const> args(next_.value_pointers, count(call.args()));
    for (const int32_t arg : or_empty(call.args())) *next_.value_pointers++ = value(arg);
    const Result<uint32_t> used = check_call(kernel, args);
    if (!used) {
      Error error = used.error();
      error.add_context("%s", kernel.name);
      return std::unexpected(error);
    }
    to.kind = Instruction::Kind::kernel;
    to.kernel = &kernel;
    to.count = *used;
    to.args = args.data();
    if (kernel.scratch == nullptr) return {};
    Result<size_t> scratch = kernel.scratch(KernelArgs(args.first(*used)));
    if (!scratch) {
      scratch.error().add_context("%s", kernel.name);
      return std::unexpected(scratch.error());
    }
    method_.scratch_bytes = std::max(method_.scratch_bytes, *scratch);
    return {};
  }

  Method::Impl& method_;
  const pte::ExecutionPlan& plan_;
  Arrays next_;
};

template <typename T>
std::span<T> construct(T* first, size_t n) {
  std::uninitialized_value_construct_n(first, n);
  return {first, n};
}

}  // namespace

Result<size_t> method_bytes(const pte::ExecutionPlan& plan) {
  Carver carver(nullptr);
  place(carver, count_objects(plan));
  return carver.used();
}

Result<Method::Impl*> make_method(const Program::Impl& program, const pte::ExecutionPlan& plan,
                                  std::span<std::byte> block) {
  const Counts n = count_objects(plan);
  Carver carver(block.data());
  const Arrays arrays = place(carver, n);
  if (carver.used() > block.size() || reinterpret_cast<uintptr_t>(block.data()) % alignof(std::max_align_t) != 0) {
    return fail(ErrorCode::out_of_memory, "the method needs %zu bytes aligned to 16, found %zu", carver.used(),
                block.size());
  }
  auto* method = new (arrays.method) Method::Impl(program, plan);
  method->values = construct(arrays.values, n.values);
  method->varies = construct(arrays.varies, n.values);
  method->tensors = {arrays.tensors, n.tensors};
  method->places = construct(arrays.places, n.tensors);
  method->epilogues = construct(arrays.epilogues, n.kernel_calls);
  method->instructions = construct(arrays.instructions, n.instructions);
  method->kernels = construct(arrays.kernels, n.operators);
  method->delegates = construct(arrays.delegates, n.delegates);
  method->compile_specs = construct(arrays.compile_specs, n.compile_specs);
  TableBuilder builder(*method, arrays);
  Result<void> result = find_kernels(*method);
  if (result) {
    builder.build_values();
    result = builder.build_instructions();
  }
  if (result && method->planner != nullptr) result = method->planner->plan(*method);
  if (!result) {
    method->~Impl();
    return std::unexpected(result.error());
  }
  return method;
}

}  // namespace ingot
