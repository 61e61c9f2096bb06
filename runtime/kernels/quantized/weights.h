// The checks that operators with a quantized weight share.
#pragma once

#include <cstdint>

#include "runtime/core/error.h"
#include "runtime/core/tensor.h"

namespace ingot::quantized {

struct WeightArguments {
  const Tensor& weight;  // int8 or uint8
  const Tensor* bias;    // int32, or null
  const Tensor& scales;  // float32, one or as many as channels
  int64_t zero_point;
};

// `channels` are those of the output. Every channel's scale must be one that the arithmetic takes.
Result<void> check_weight(const WeightArguments& arguments, int64_t channels, float in_scale, float out_scale);

}  // namespace ingot::quantized
