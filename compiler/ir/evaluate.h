// Runs single operators on constants with the runtime's own portable kernels: what constant folding, shape arithmetic
// and tests use. There is no second interpreter.
#pragma once

#include <span>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// The outputs of a call whose tensor arguments are all constants (static shapes), as bytes, contiguous. `types` are
// those of infer_types. not_supported where no portable kernel is registered for the operator.
Result<std::vector<Bytes>> evaluate(const OpSchema& op, std::span<const Argument> args,
                                    std::span<const TensorType> types);

// Is a portable kernel registered for the operator?
bool has_kernel(const OpSchema& op);

// Is a result worth keeping as a constant? Not where it is over 1 MB and larger than the constants that it is made from
// (expand, repeat, full).
bool worth_folding(std::span<const Argument> args, std::span<const TensorType> types);

// evaluate() for a node of a graph; invalid_argument where an input is no constant.
Result<std::vector<Bytes>> evaluate(const Node& node);

}  // namespace ingot::compiler
