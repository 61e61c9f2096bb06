// What the converters of recurrent layers share with each other.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/frontend/aten/recurrent.h"
#include "compiler/frontend/onnx/conversion.h"

namespace ingot::compiler::onnx_import {

// recurrent_activations.cpp. What the attributes activations, activation_alpha and activation_beta say: the functions
// of the first direction, then of the second; each as `defaults` has them where there are none.
Result<std::vector<Activation>> read_activations(Conversion& c, const std::vector<std::string>& defaults,
                                                 size_t directions);

// sequence_lengths.cpp. How long each sequence of a batch is; what lies behind its end is neither read nor given. Each
// works on x [T, B, N] as a whole, so that the steps in between stay together.
class SequenceLengths {
 public:
  // Lengths [B] of int32. Without any where all sequences are as long as `steps`.
  static Result<SequenceLengths> read(Conversion& c, Value* lengths, int64_t steps, const Dim& batch);

  bool vary() const { return lengths_ != nullptr; }
  // Each sequence from its own end to its beginning.
  Result<Value*> reversed(Calls& c, Value* x) const;
  // Zeros behind the ends.
  Result<Value*> cut(Calls& c, Value* x) const;
  // What stands at the end of each sequence, [B, N]; zeros where it is empty, as ONNX Runtime has it.
  Result<Value*> last(Calls& c, Value* x) const;

 private:
  Value* lengths_ = nullptr;  // int64 [1, B, 1]
  Value* steps_ = nullptr;    // int64 [T, 1, 1]: 0, 1, ...
};

}  // namespace ingot::compiler::onnx_import
