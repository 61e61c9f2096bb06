// What a Program holds. Immutable after open, but for the delegates' states, which a lock guards.
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/core/error.h"
#include "runtime/executor/delegate_states.h"
#include "runtime/include/ingot.hpp"
#include "runtime/program/data_source.h"
#include "runtime/program/program_file.h"

namespace ingot {

// Delegates keep a pointer to it as their NamedData, so it never moves.
struct Program::Impl final : NamedData {
  Impl(const Runtime& owner, DataSource bytes) : runtime(owner), source(std::move(bytes)) {}

  Result<std::span<const std::byte>> find(std::string_view key) const override { return file.named_data(key); }
  void copied(std::span<const std::byte> bytes) const override { source.drop_pages(bytes); }
  Result<const pte::ExecutionPlan*> plan(std::string_view name) const;

  const Runtime& runtime;
  DataSource source;
  ProgramFile file;
  LoadTimes times;
  DelegateStates delegate_states;
};

}  // namespace ingot
