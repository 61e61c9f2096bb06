// Running a method's instructions.

#include <algorithm>
#include <chrono>
#include <cstring>

#include "runtime/executor/method_impl.h"

namespace ingot {
namespace {

Result<void> run_kernel(Method::Impl& method, const Instruction& instruction) {
  const Kernel& kernel = *instruction.kernel;
  const KernelArgs args({instruction.args, instruction.count});
  if (kernel.scratch != nullptr) {
    // What a kernel needs for the sizes and numbers of this run; planned was what it needs for the largest.
    const size_t bytes = INGOT_TRY(kernel.scratch(args));
    if (bytes > method.context.scratch.size()) {
      return fail(ErrorCode::out_of_memory, "%zu bytes of scratch needed, %zu were planned", bytes,
                  method.context.scratch.size());
    }
  }
  method.context.prepared = instruction.prepared;
  method.context.epilogue = instruction.epilogue;
  return kernel.run(method.context, args);
}

// Copies the content, so that each value keeps its own memory and kind.
Result<void> move(const Value& from, Value& to) {
  if (to.kind != Value::Kind::tensor) {
    to = from;
    return {};
  }
  INGOT_TRY_VOID(to.tensor->resize(from.tensor->sizes()));
  if (from.tensor->nbytes() > 0) std::memmove(to.tensor->data(), from.tensor->data(), from.tensor->nbytes());
  return {};
}

bool is_true(const Value& condition) {
  if (condition.kind == Value::Kind::boolean) return condition.boolean;
  const auto* begin = condition.tensor->data_as<const uint8_t>();
  return std::all_of(begin, begin + condition.tensor->numel(), [](uint8_t b) { return b != 0; });
}

Result<void> run_instruction(Method::Impl& method, const Instruction& instruction, size_t& next) {
  switch (instruction.kind) {
    case Instruction::Kind::kernel:
      return run_kernel(method, instruction);
    case Instruction::Kind::delegate:
      return method.delegates[instruction.delegate]->execute({instruction.tensors, instruction.count});
    case Instruction::Kind::move:
      return move(*instruction.move_from, *instruction.move_to);
    case Instruction::Kind::jump_false:
      if (!is_true(*instruction.condition)) next = instruction.destination;
      return {};
    case Instruction::Kind::folded:
    case Instruction::Kind::once:
    case Instruction::Kind::nothing:
      return {};
  }
  return {};
}

// Null where it is nothing that takes time.
const char* name_of(const Method::Impl& method, const Instruction& instruction) {
  switch (instruction.kind) {
    case Instruction::Kind::kernel:
      return instruction.kernel->name;
    case Instruction::Kind::delegate:
      return method.plan.delegates()->Get(static_cast<flatbuffers::uoffset_t>(instruction.delegate))->id()->c_str();
    case Instruction::Kind::move:
      return "move";
    case Instruction::Kind::jump_false:
    case Instruction::Kind::folded:
    case Instruction::Kind::once:
    case Instruction::Kind::nothing:
      break;
  }
  return nullptr;
}

using Clock = std::chrono::steady_clock;

void tell_profiler(Method::Impl& method, const Instruction& instruction, size_t place, Clock::duration time) {
  const char* name = name_of(method, instruction);
  if (name == nullptr) return;
  if (instruction.kind == Instruction::Kind::delegate) {
    method.delegates[instruction.delegate]->profile(place, *method.profiler);
  }
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  method.profiler->took({place, -1, name, static_cast<uint64_t>(nanoseconds)});
}

}  // namespace

Result<void> run_method(Method::Impl& method) {
  size_t next = 0;
  for (uint64_t steps = 0; next < method.instructions.size(); ++steps) {
    const size_t current = next++;
    if (steps == method.runtime.instruction_limit) {
      return fail(ErrorCode::limit_exceeded, "stopped at instruction %zu after %llu instructions", current,
                  static_cast<unsigned long long>(steps));
    }
    const Instruction& instruction = method.instructions[current];
    const bool is_profiled = method.profiler != nullptr;
    const Clock::time_point start = is_profiled ? Clock::now() : Clock::time_point();
    Result<void> result = run_instruction(method, instruction, next);
    if (result && is_profiled) tell_profiler(method, instruction, current, Clock::now() - start);
    if (result) continue;
    const char* name = name_of(method, instruction);
    result.error().add_context("in instruction %zu, %s", current, name != nullptr ? name : "");
    return result;
  }
  return {};
}

}  // namespace ingot
