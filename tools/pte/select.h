// What a build of the kernels for some programs keeps: `pte select`.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "runtime/program/program_file.h"

namespace ingot::tools {

struct KernelSelection {
  std::set<std::string> operators;  // "aten::add.out"
  uint32_t dtypes = 0;              // of tensors that kernels are called with; a bit for each number of the format
};

// Adds what the program's methods call.
void select_kernels(const ProgramFile& file, KernelSelection& selection);
// As the C++ header that runtime/kernels/selection.h includes.
std::string to_header(const KernelSelection& selection);

}  // namespace ingot::tools
