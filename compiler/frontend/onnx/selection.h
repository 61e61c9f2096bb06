// Choosing between values by a condition that only the running program knows. All operators are pure, so both ways are
// computed and the condition selects; what could fail on the way not taken is kept from failing. Plain functions.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler::onnx_import {

class GraphImport;

// What a constant condition says; invalid_file where it is not one bool.
Result<bool> known_condition(const Value* condition);

// A condition as a node gives it: one bool, made a scalar. invalid_file for anything else.
Result<Value*> scalar_condition(Calls& c, Value* condition);

// condition ? a : b, of equal types; `what` names them for the error.
Result<Value*> select(Calls& c, const GraphImport& importer, Value* condition, Value* a, Value* b, const char* what);

// Keeps the graph's nodes from the `first` on from failing where `condition` (known before them) is false: indices are
// 0 then, divisors of integers 1.
Result<void> guard_nodes(Calls& c, size_t first, Value* condition);

}  // namespace ingot::compiler::onnx_import
