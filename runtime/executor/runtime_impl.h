// What a Runtime holds: the kernel tables and delegates that were handed to it. Filled first, then only read.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "runtime/executor/delegate_states.h"
#include "runtime/include/ingot.hpp"

namespace ingot {

inline constexpr size_t kMaxKernelTables = 32;

struct Runtime::Impl {
  // Null where there is none. `name` and `overload` are separate in a program; a kernel's name holds both.
  const Kernel* find_kernel(std::string_view name, std::string_view overload) const;
  // kMaxDelegates where there is none.
  size_t find_delegate(std::string_view id) const;

  std::span<const Kernel> tables[kMaxKernelTables];
  size_t num_tables = 0;
  Delegate* delegates[kMaxDelegates] = {};
  size_t num_delegates = 0;
  Parallel parallel;
  void* threadpool = nullptr;
  uint64_t instruction_limit = 10'000'000;
  Profiler* profiler = nullptr;
};

struct MethodGroup::Impl {
  DelegateStates delegate_states;
};

// Operators on numbers and sizes, which every Runtime has (their names begin with "executorch_prim::").
std::span<const Kernel> number_kernels();

}  // namespace ingot
