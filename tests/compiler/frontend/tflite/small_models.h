// Models that several tests of this folder start from.
#pragma once

#include "tests/support/tflite/model_builder.h"

namespace ingot::testing {

// A bit of everything: an 8-bit image, a convolution with a scale a channel, an addition of what went into it and came
// out, a pool, a reshape by a constant, a fully connected layer, a softmax.
TfliteModelBuilder small_quantized_network();

}  // namespace ingot::testing
