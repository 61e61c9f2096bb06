// The full name of an operator as a program calls it.
#pragma once

#include <string>

#include "runtime/program/program_file.h"

namespace ingot::tools {

// "aten::add.out"; what is absent in the file is empty.
std::string operator_name(const pte::Operator& op);

}  // namespace ingot::tools
