#include "runtime/program/verify.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "runtime/core/checked_math.h"
#include "runtime/core/memory.h"
#include "runtime/program/program_file.h"

namespace ingot {
namespace {

using flatbuffers::uoffset_t;

// Shared vectors could make a small file claim more list elements than it has bytes; this many are allowed on top.
constexpr size_t kSharedElements = 1 << 20;
constexpr size_t kMaxMethods = 4096;
// What ExecuTorch accepts for "namespace::name.overload".
constexpr size_t kMaxOperatorName = 99;

// A value's part in its method, as bits.
constexpr uint8_t kInput = 1;
constexpr uint8_t kOutput = 2;

// FlatBuffers' verifier looks at the alignment of a vector's length only. (Its writer aligns empty vectors no further.)
template <typename T>
Result<void> verify_aligned(std::span<const T> items) {
  if (items.empty() || reinterpret_cast<uintptr_t>(items.data()) % alignof(T) == 0) return {};
  return fail(ErrorCode::invalid_file, "a vector of %zu-byte elements that is not aligned", sizeof(T));
}

class PlanVerifier {
 public:
  // `roles`: a zeroed byte for each value. `budget`: list elements that may still be visited.
  PlanVerifier(const ProgramFile& file, const pte::ExecutionPlan& plan, uint8_t* roles, size_t& budget)
      : file_(file), plan_(plan), num_values_(count(plan.values())), roles_(roles), budget_(budget) {}

  Result<void> verify() {
    INGOT_TRY_VOID(verify_arenas());
    INGOT_TRY_VOID(verify_values());
    INGOT_TRY_VOID(verify_ends(as_span(plan_.inputs()), "input", kInput));
    INGOT_TRY_VOID(verify_ends(as_span(plan_.outputs()), "output", kOutput));
    INGOT_TRY_VOID(verify_operators());
    INGOT_TRY_VOID(verify_delegates());
    if (count(plan_.chains()) == 0) return fail(ErrorCode::invalid_file, "no chain of instructions");
    size_t number = 0;
    for (const pte::Chain* chain : *plan_.chains()) {
      for (const pte::Instruction* instruction : or_empty(chain->instructions())) {
        Result<void> result = verify_instruction(*instruction, chain->instructions()->size());
        if (!result) {
          result.error().add_context("instruction %zu", number);
          return result;
        }
        ++number;
      }
    }
    return {};
  }

 private:
  Result<void> spend(size_t elements) {
    if (elements > budget_) {
      return fail(ErrorCode::limit_exceeded, "the lists have more elements than a file of this size can hold");
    }
    budget_ -= elements;
    return {};
  }

  Result<const pte::EValue*> value_at(int64_t index) const {
    if (index < 0 || static_cast<uint64_t>(index) >= num_values_) {
      return fail(ErrorCode::invalid_file, "value %lld is not one of the %zu", static_cast<long long>(index),
                  num_values_);
    }
    return plan_.values()->Get(static_cast<uoffset_t>(index));
  }

  Result<void> verify_arenas() {
    INGOT_TRY_VOID(verify_aligned(as_span(plan_.non_const_buffer_sizes())));
    for (const int64_t size : arena_sizes(plan_)) {
      if (size < 0 || static_cast<uint64_t>(size) > PTRDIFF_MAX) {
        return fail(ErrorCode::invalid_file, "a planned buffer of %lld bytes", static_cast<long long>(size));
      }
    }
    for (const pte::NonConstBufferDevice* device : or_empty(plan_.non_const_buffer_device())) {
      if (device->device_type() != pte::DeviceType::CPU) {
        return fail(ErrorCode::not_supported, "planned buffer %d lies on another device than the CPU",
                    device->buffer_idx());
      }
    }
    return {};
  }

  Result<void> verify_values() {
    for (size_t i = 0; i < num_values_; ++i) {
      const pte::EValue& value = *plan_.values()->Get(static_cast<uoffset_t>(i));
      Result<void> result = verify_value(value);
      if (!result) {
        result.error().add_context("value %zu", i);
        return result;
      }
    }
    return {};
  }

  Result<void> verify_value(const pte::EValue& value) {
    if (value.val_type() == pte::KernelTypes::Null) return {};
    if (value.val_type() > pte::KernelTypes::MAX || value.val() == nullptr) {
      return fail(ErrorCode::invalid_file, "kind %d without content or unknown", static_cast<int>(value.val_type()));
    }
    switch (value_kind(value)) {
      case Value::Kind::none:
      case Value::Kind::integer:
      case Value::Kind::boolean:
      case Value::Kind::real:
        return {};
      case Value::Kind::tensor:
        return verify_tensor(*value.val_as_Tensor());
      case Value::Kind::string:
        if (value.val_as_String()->string_val() == nullptr)
          return fail(ErrorCode::invalid_file, "a string without text");
        return {};
      case Value::Kind::int_list:
        return verify_int_list(as_span(value.val_as_IntList()->items()));
      case Value::Kind::double_list:
        return verify_aligned(as_span(value.val_as_DoubleList()->items()));
      case Value::Kind::bool_list:
        return verify_bool_list(as_span(value.val_as_BoolList()->items()));
      case Value::Kind::tensor_list:
        return verify_tensor_list(as_span(&tensor_items(value)), value.val_type() != pte::KernelTypes::TensorList);
    }
    return {};
  }

  Result<void> verify_int_list(std::span<const int64_t> items) {
    INGOT_TRY_VOID(verify_aligned(items));
    INGOT_TRY_VOID(spend(items.size()));
    for (const int64_t item : items) {
      const pte::EValue* element = INGOT_TRY(value_at(item));
      if (element->val_type() != pte::KernelTypes::Int) {
        return fail(ErrorCode::invalid_file, "an int list whose element, value %lld, is %s",
                    static_cast<long long>(item), to_string(value_kind(*element)));
      }
    }
    return {};
  }

  Result<void> verify_bool_list(std::span<const uint8_t> items) {
    INGOT_TRY_VOID(spend(items.size()));
    for (const uint8_t item : items) {
      if (item > 1) return fail(ErrorCode::invalid_file, "a bool that is %d", item);
    }
    return {};
  }

  Result<void> verify_tensor_list(std::span<const int32_t> items, bool optional) {
    INGOT_TRY_VOID(spend(items.size()));
    for (const int32_t item : items) {
      if (optional && item == -1) continue;
      const pte::EValue* element = INGOT_TRY(value_at(item));
      if (element->val_type() == pte::KernelTypes::Tensor) continue;
      if (optional && element->val_type() == pte::KernelTypes::Null) continue;
      return fail(ErrorCode::invalid_file, "a tensor list whose element, value %d, is %s", item,
                  to_string(value_kind(*element)));
    }
    return {};
  }

  Result<void> verify_tensor(const pte::Tensor& tensor) {
    const TensorLayout layout = INGOT_TRY(tensor_layout(tensor));
    if (tensor.storage_offset() != 0 || tensor.layout() != 0) {
      return fail(ErrorCode::not_supported, "a tensor with a storage offset or a layout that is not strided");
    }
    if (tensor.shape_dynamism() != pte::TensorShapeDynamism::STATIC &&
        tensor.shape_dynamism() != pte::TensorShapeDynamism::DYNAMIC_BOUND) {
      return fail(ErrorCode::not_supported, "a tensor whose sizes have no bound");
    }
    if (const pte::ExtraTensorInfo* extra = tensor.extra_tensor_info()) {
      if (extra->location() != pte::TensorDataLocation::SEGMENT) {
        return fail(ErrorCode::not_supported,
                    "tensor '%s' is external: data outside the program (.ptd) is not supported",
                    extra->fully_qualified_name() == nullptr ? "" : extra->fully_qualified_name()->c_str());
      }
      if (extra->device_type() != pte::DeviceType::CPU) {
        return fail(ErrorCode::not_supported, "a tensor on another device than the CPU");
      }
    }
    if (tensor.allocation_info() != nullptr) INGOT_TRY_VOID(verify_place(*tensor.allocation_info(), layout));
    if (tensor.data_buffer_idx() == 0) return {};
    const bool constant = tensor_storage(tensor) == Storage::constant;
    const std::span<const std::byte> data = INGOT_TRY(constant ? file_.constant_data(tensor.data_buffer_idx())
                                                               : file_.initial_state(tensor.data_buffer_idx()));
    if (data.size() < layout.nbytes) {
      return fail(ErrorCode::invalid_file, "a tensor of %zu bytes, but its data %u has only %zu", layout.nbytes,
                  tensor.data_buffer_idx(), data.size());
    }
    if (constant && reinterpret_cast<uintptr_t>(data.data()) % size_of(layout.dtype) != 0) {
      return fail(ErrorCode::not_supported, "constant %u is not aligned for %s", tensor.data_buffer_idx(),
                  to_string(layout.dtype));
    }
    return {};
  }

  Result<void> verify_place(const pte::AllocationDetails& details, const TensorLayout& layout) {
    const std::span<const int64_t> arenas = arena_sizes(plan_);
    if (details.memory_id() == 0 || details.memory_id() > arenas.size()) {
      return fail(ErrorCode::invalid_file, "planned buffer %u is not one of the %zu", details.memory_id(),
                  arenas.size());
    }
    const PlannedPlace place = planned_place(details);
    if (!range_within(place.offset, layout.nbytes, static_cast<uint64_t>(arenas[place.arena]))) {
      return fail(ErrorCode::invalid_file, "%zu bytes at offset %llu of a planned buffer of %lld bytes", layout.nbytes,
                  static_cast<unsigned long long>(place.offset), static_cast<long long>(arenas[place.arena]));
    }
    if (place.offset % size_of(layout.dtype) != 0) {
      return fail(ErrorCode::invalid_file, "planned offset %llu is not aligned for %s",
                  static_cast<unsigned long long>(place.offset), to_string(layout.dtype));
    }
    return {};
  }

  Result<void> verify_ends(std::span<const int32_t> indices, const char* what, uint8_t role) {
    for (size_t i = 0; i < indices.size(); ++i) {
      const Result<const pte::EValue*> value = value_at(indices[i]);
      if (!value) return fail(ErrorCode::invalid_file, "%s %zu: %s", what, i, value.error().message());
      roles_[indices[i]] |= role;
    }
    return {};
  }

  Result<void> verify_operators() {
    for (size_t i = 0; i < count(plan_.operators()); ++i) {
      const pte::Operator& op = *plan_.operators()->Get(static_cast<uoffset_t>(i));
      const std::string_view name = as_text(op.name());
      if (name.empty()) return fail(ErrorCode::invalid_file, "operator %zu has no name", i);
      if (name.size() + 1 + as_text(op.overload()).size() > kMaxOperatorName) {
        return fail(ErrorCode::invalid_file, "operator %zu: its name has more than %zu characters", i,
                    kMaxOperatorName);
      }
    }
    return {};
  }

  Result<void> verify_delegates() {
    for (size_t i = 0; i < count(plan_.delegates()); ++i) {
      const pte::BackendDelegate& delegate = *plan_.delegates()->Get(static_cast<uoffset_t>(i));
      const Result<std::span<const std::byte>> payload = file_.delegate_payload(delegate);
      if (!payload) return fail(ErrorCode::invalid_file, "delegate %zu: %s", i, payload.error().message());
      if (as_text(delegate.id()).empty()) return fail(ErrorCode::invalid_file, "delegate %zu has no id", i);
      INGOT_TRY_VOID(spend(count(delegate.compile_specs())));
      for (size_t s = 0; s < count(delegate.compile_specs()); ++s) {
        if (delegate.compile_specs()->Get(static_cast<uoffset_t>(s))->key() == nullptr) {
          return fail(ErrorCode::invalid_file, "delegate %zu: compile spec %zu has no key", i, s);
        }
      }
    }
    return {};
  }

  // An argument of a call: a tensor must have memory, at the latest when the caller supplied it.
  Result<void> verify_has_memory(int32_t index, const pte::EValue& value) const {
    if (value.val_type() != pte::KernelTypes::Tensor) return {};
    const pte::Tensor& tensor = *value.val_as_Tensor();
    if (tensor_storage(tensor) != Storage::caller || roles_[index] != 0) return {};
    if (*tensor_nbytes(static_cast<DType>(tensor.scalar_type()), as_span(tensor.sizes())) == 0) return {};
    return fail(ErrorCode::not_supported, "value %d is used but has no memory, and is no input or output", index);
  }

  Result<void> verify_args(std::span<const int32_t> args) {
    INGOT_TRY_VOID(spend(args.size()));
    for (const int32_t arg : args) {
      const pte::EValue* value = INGOT_TRY(value_at(arg));
      INGOT_TRY_VOID(verify_has_memory(arg, *value));
      if (value_kind(*value) != Value::Kind::tensor_list) continue;
      const std::span<const int32_t> items = as_span(&tensor_items(*value));
      INGOT_TRY_VOID(spend(items.size()));
      for (const int32_t item : items) {
        if (item >= 0) INGOT_TRY_VOID(verify_has_memory(item, *plan_.values()->Get(static_cast<uoffset_t>(item))));
      }
    }
    return {};
  }

  Result<void> verify_instruction(const pte::Instruction& instruction, size_t chain_length) {
    const pte::InstructionArguments kind = instruction.instr_args_type();
    if (kind > pte::InstructionArguments::MAX || instruction.instr_args() == nullptr) {
      return fail(ErrorCode::invalid_file, "kind %d without content or unknown", static_cast<int>(kind));
    }
    switch (kind) {
      case pte::InstructionArguments::KernelCall: {
        const pte::KernelCall& call = *instruction.instr_args_as_KernelCall();
        if (call.op_index() < 0 || static_cast<size_t>(call.op_index()) >= count(plan_.operators())) {
          return fail(ErrorCode::invalid_file, "operator %d is not one of the %zu", call.op_index(),
                      count(plan_.operators()));
        }
        return verify_args(as_span(call.args()));
      }
      case pte::InstructionArguments::DelegateCall:
        return verify_delegate_call(*instruction.instr_args_as_DelegateCall());
      case pte::InstructionArguments::MoveCall:
        return verify_move(*instruction.instr_args_as_MoveCall());
      case pte::InstructionArguments::JumpFalseCall:
        return verify_jump(*instruction.instr_args_as_JumpFalseCall(), chain_length);
      case pte::InstructionArguments::FreeCall: {
        const pte::EValue* value = INGOT_TRY(value_at(instruction.instr_args_as_FreeCall()->value_index()));
        if (value->val_type() == pte::KernelTypes::Tensor) return {};
        return fail(ErrorCode::invalid_file, "frees a value that is %s", to_string(value_kind(*value)));
      }
      case pte::InstructionArguments::NONE:
        break;
    }
    return fail(ErrorCode::invalid_file, "an instruction without a kind");
  }

  Result<void> verify_delegate_call(const pte::DelegateCall& call) {
    if (call.delegate_index() < 0 || static_cast<size_t>(call.delegate_index()) >= count(plan_.delegates())) {
      return fail(ErrorCode::invalid_file, "delegate %d is not one of the %zu", call.delegate_index(),
                  count(plan_.delegates()));
    }
    INGOT_TRY_VOID(verify_args(as_span(call.args())));
    for (const int32_t arg : as_span(call.args())) {
      const pte::EValue& value = *plan_.values()->Get(static_cast<uoffset_t>(arg));
      if (value.val_type() != pte::KernelTypes::Tensor) {
        return fail(ErrorCode::not_supported,
                    "a delegate is called with value %d, which is %s; only tensors are supported", arg,
                    to_string(value_kind(value)));
      }
    }
    return {};
  }

  // A move copies the content: both ends are of one kind, tensors of one dtype, rank and order.
  Result<void> verify_move(const pte::MoveCall& call) {
    const pte::EValue* from = INGOT_TRY(value_at(call.move_from()));
    const pte::EValue* to = INGOT_TRY(value_at(call.move_to()));
    if (value_kind(*from) != value_kind(*to)) {
      return fail(ErrorCode::invalid_file, "moves value %d, which is %s, to value %d, which is %s", call.move_from(),
                  to_string(value_kind(*from)), call.move_to(), to_string(value_kind(*to)));
    }
    switch (value_kind(*from)) {
      case Value::Kind::none:
      case Value::Kind::integer:
      case Value::Kind::real:
      case Value::Kind::boolean:
        return {};
      case Value::Kind::tensor:
        break;
      default:
        return fail(ErrorCode::not_supported, "moves value %d, which is %s", call.move_from(),
                    to_string(value_kind(*from)));
    }
    INGOT_TRY_VOID(verify_has_memory(call.move_from(), *from));
    INGOT_TRY_VOID(verify_has_memory(call.move_to(), *to));
    const pte::Tensor& source = *from->val_as_Tensor();
    const pte::Tensor& target = *to->val_as_Tensor();
    if (source.scalar_type() != target.scalar_type() ||
        !std::ranges::equal(as_span(source.dim_order()), as_span(target.dim_order()))) {
      return fail(ErrorCode::invalid_file, "moves tensor %d to tensor %d of another dtype, rank or dim_order",
                  call.move_from(), call.move_to());
    }
    if (tensor_storage(target) == Storage::constant ||
        (tensor_storage(target) == Storage::caller && (roles_[call.move_to()] & kInput) != 0)) {
      return fail(ErrorCode::invalid_file, "moves to tensor %d, which is constant", call.move_to());
    }
    return {};
  }

  Result<void> verify_jump(const pte::JumpFalseCall& call, size_t chain_length) {
    const pte::EValue* condition = INGOT_TRY(value_at(call.cond_value_index()));
    const bool is_bool = condition->val_type() == pte::KernelTypes::Bool ||
                         (condition->val_type() == pte::KernelTypes::Tensor &&
                          static_cast<DType>(condition->val_as_Tensor()->scalar_type()) == DType::boolean);
    if (!is_bool) {
      return fail(ErrorCode::invalid_file, "a condition, value %d, that is neither a bool nor a bool tensor",
                  call.cond_value_index());
    }
    INGOT_TRY_VOID(verify_has_memory(call.cond_value_index(), *condition));
    if (call.destination_instruction() < 0 || static_cast<size_t>(call.destination_instruction()) > chain_length) {
      return fail(ErrorCode::invalid_file, "jumps to instruction %d of a chain of %zu", call.destination_instruction(),
                  chain_length);
    }
    return {};
  }

  const ProgramFile& file_;
  const pte::ExecutionPlan& plan_;
  size_t num_values_;
  uint8_t* roles_;
  size_t& budget_;
};

}  // namespace

Result<void> verify_constants(const ProgramFile& file) {
  const pte::Program& root = file.root();
  if (count(root.constant_buffer()) > 0 && root.constant_segment() != nullptr &&
      count(root.constant_segment()->offsets()) > 1) {
    return fail(ErrorCode::invalid_file, "constants both inline and in a segment");
  }
  if (root.constant_segment() != nullptr) INGOT_TRY_VOID(verify_aligned(as_span(root.constant_segment()->offsets())));
  for (const pte::SubsegmentOffsets* offsets : or_empty(root.mutable_data_segments())) {
    INGOT_TRY_VOID(verify_aligned(as_span(offsets->offsets())));
  }
  return {};
}

Result<void> verify_plans(const ProgramFile& file, size_t flatbuffer_bytes) {
  const auto* plans = file.root().execution_plan();
  if (count(plans) == 0) return fail(ErrorCode::invalid_file, "a program without methods");
  if (plans->size() > kMaxMethods) {
    return fail(ErrorCode::limit_exceeded, "%u methods, expected at most %zu", plans->size(), kMaxMethods);
  }
  size_t most_values = 0;
  for (size_t i = 0; i < plans->size(); ++i) most_values = std::max(most_values, count(file.plan(i).values()));
  const Memory roles = INGOT_TRY(Memory::allocate(most_values));
  size_t budget = flatbuffer_bytes + kSharedElements;
  for (size_t i = 0; i < plans->size(); ++i) {
    const pte::ExecutionPlan& plan = file.plan(i);
    const std::string_view name = as_text(plan.name());
    if (name.empty()) return fail(ErrorCode::invalid_file, "method %zu has no name", i);
    for (size_t other = 0; other < i; ++other) {
      if (as_text(file.plan(other).name()) == name) {
        return fail(ErrorCode::invalid_file, "two methods are named '%s'", plan.name()->c_str());
      }
    }
    std::ranges::fill(roles.bytes().first(count(plan.values())), std::byte{0});
    PlanVerifier verifier(file, plan, reinterpret_cast<uint8_t*>(roles.bytes().data()), budget);
    Result<void> result = verifier.verify();
    if (!result) {
      result.error().add_context("method '%s'", plan.name()->c_str());
      return result;
    }
  }
  return {};
}

}  // namespace ingot
