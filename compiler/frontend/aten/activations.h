// Activation functions that ATen's core has no operator for. Each takes floats. Shared by the front ends.
#pragma once

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler {

// log(1 + exp(x))
Result<Value*> softplus(Calls& c, Value* x);
// x tanh(softplus(x))
Result<Value*> mish(Calls& c, Value* x);
// max(0, min(1, alpha x + beta))
Result<Value*> hard_sigmoid(Calls& c, Value* x, double alpha, double beta);
// x / (1 + |x|)
Result<Value*> softsign(Calls& c, Value* x);
// x where it is above alpha, else 0
Result<Value*> thresholded_relu(Calls& c, Value* x, double alpha);

}  // namespace ingot::compiler
