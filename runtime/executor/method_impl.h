// What a Method holds: its value table, tensors and instructions, all in one block of memory whose size is known from
// the program alone. One thread at a time. Made in steps: make_method builds the tables and finds the kernels, then
// arenas are attached, then delegates are initialised (Method::load does all three).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/memory.h"
#include "runtime/executor/runtime_impl.h"
#include "runtime/include/ingot.hpp"
#include "runtime/program/program_impl.h"

namespace ingot {

struct Instruction {
  enum class Kind : uint8_t {
    kernel,
    delegate,
    move,
    jump_false,
    folded,   // a kernel call that is part of the one before it
    once,     // a kernel call on constants: it ran when the method was loaded
    nothing,  // freeing: what a program may free is planned, so there is nothing to do
  };
  Kind kind = Kind::nothing;
  uint32_t count = 0;  // of args (kernel) or tensors (delegate)
  union {
    const Kernel* kernel = nullptr;
    size_t delegate;     // index of the method's delegates
    size_t destination;  // index of the method's instructions
    Value* move_from;
  };
  union {
    Value* const* args = nullptr;
    Tensor* const* tensors;
    Value* condition;
    Value* move_to;
  };
  std::span<std::byte> prepared;       // kernel; before the arenas are attached: without data
  const Epilogue* epilogue = nullptr;  // kernel; null where nothing was folded into it
};

// Where a planned tensor lies, and when it is in use: from its first instruction to its last.
struct Place {
  uint32_t arena = 0;
  uint32_t first = 0;
  uint32_t last = 0;
  uint32_t uses = 0;
  uint32_t writes = 0;
  size_t offset = 0;
  size_t file_offset = 0;  // what the file says
  size_t bytes = 0;        // 0: not planned, or empty
  uint32_t until = 0;      // how long another reads these bytes under a name of its own
  bool exclusive = false;  // shares its bytes with no other tensor of the file's plan
  bool shared = false;     // holds what another reads, or reads what another holds
  bool reads_first = false;
  bool constant = false;
  bool placed = false;
};

// Uses KernelExtras of a method's kernels.
struct MethodPlanner {
  // When the tables are there: folds calls, and finds out what kernels prepare.
  Result<void> (*plan)(Method::Impl& method);
  // When planned tensors have their memory: moves those that were planned anew, and lets kernels prepare.
  Result<void> (*finish)(Method::Impl& method);
};

struct Method::Impl {
  Impl(const Program::Impl& p, const pte::ExecutionPlan& e) : program(p), runtime(p.runtime.impl()), plan(e) {}
  ~Impl();

  const Program::Impl& program;
  const Runtime::Impl& runtime;
  const pte::ExecutionPlan& plan;
  Profiler* const profiler = runtime.profiler;

  std::span<Value> values;
  std::span<bool> varies;     // of each value: is it a number that the caller gives or an instruction computes?
  std::span<Tensor> tensors;  // of the values that are tensors, in their order
  std::span<Place> places;    // of each tensor
  std::span<Instruction> instructions;
  std::span<const Kernel*> kernels;        // of the plan's operators
  std::span<DelegateHandle*> delegates;    // of the plan's delegates; null where no instruction calls it
  std::span<CompileSpec> compile_specs;    // of all delegates, one after the other
  std::span<Epilogue> epilogues;           // room for one a kernel call
  size_t scratch_bytes = 0;                // the largest that a kernel asks for
  size_t prepared_bytes = 0;               // of all kernel calls, each rounded up to Memory::kAlignment
  const MethodPlanner* planner = nullptr;  // of the first kernel that has extras
  KernelContext context;

  Memory own_block;   // this very object and its tables, unless the caller supplied them
  Memory own_arenas;  // likewise
  MethodGroup::Impl own_group;
};

// Bytes of the block that make_method needs, aligned to 16.
Result<size_t> method_bytes(const pte::ExecutionPlan& plan);

// Builds everything that needs neither arenas nor delegates. The result lies at the start of `block`; destroy it by its
// destructor.
Result<Method::Impl*> make_method(const Program::Impl& program, const pte::ExecutionPlan& plan,
                                  std::span<std::byte> block);

// Fills Impl::kernels. An error names everything that is missing in any method of the program.
Result<void> find_kernels(Method::Impl& method);

// Do the arguments of a call fit the kernel's signature, returned values included? The number of arguments without
// these.
Result<uint32_t> check_call(const Kernel& kernel, std::span<Value* const> args);

// Would the call write over what it reads? Called when all tensors have their memory.
Result<void> check_overlap(const Kernel& kernel, std::span<Value* const> args);

Result<void> run_method(Method::Impl& method);

}  // namespace ingot
