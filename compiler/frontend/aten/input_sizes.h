// Sizes of a model's inputs that its file leaves open, and those that the user fixes. Plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.h"
#include "runtime/core/dtype.h"
#include "runtime/core/error.h"

namespace ingot::compiler {

// Sizes of inputs, by name; the model's own sizes must agree where it has any. An empty name stands for the inputs in
// their order: the first empty one is input 0, the second input 1, and so on. A Dim that is not static leaves a size
// open within its bounds; its symbol takes the name that the model has for the size, if it has one.
using InputShapes = std::vector<std::pair<std::string, Shape>>;

// A size as the file gives it: a number, a name, or nothing; then as the user completes it, perhaps within bounds.
struct OpenDim {
  std::optional<Dim> size;
  std::string name;
};

struct OpenInput {
  std::string name;
  DType dtype = DType::float32;
  std::optional<std::vector<OpenDim>> dims;  // absent: not even the rank is known
};

// Puts the user's sizes in place, and with each size all those of the same name. invalid_argument where they do not fit
// the model or each other.
Result<void> fix_sizes(const InputShapes& shapes, std::vector<OpenInput>* inputs);

// The type of an input whose sizes are all known.
Result<TensorType> type_of(const OpenInput& input);

// invalid_argument names every size that is still open and says how to give it.
Result<void> check_all_sizes_known(const std::vector<OpenInput>& inputs);

}  // namespace ingot::compiler
