// Quantized convolution as its loops see it. Internal to ingot::quantized_convolution's kernel; views and numbers only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/quantized/arithmetic.h"
#include "runtime/kernels/quantized/byte_rows.h"

namespace ingot::quantized {

struct QuantizedConvolution {
  portable::Convolution shape;  // in, weight and out are bytes; bias is int32
  int32_t in_zero_point = 0;
  int32_t weight_zero_point = 0;
  float in_scale = 1;
  float out_scale = 1;
  const float* weight_scales = nullptr;
  bool per_channel = false;  // a scale for each output channel, or one
  OutputRange out;
  void (*load_rows)(const portable::FloatRows& rows) = nullptr;  // of the input
  LoadRow load_weight = nullptr;
  LoadPanel load_panel = nullptr;
  LoadRow16 load_weight_16 = nullptr;

  float scale(int64_t channel) const {
    return product_scale(in_scale, weight_scales[per_channel ? channel : 0], out_scale);
  }
  int32_t bias(int64_t channel) const {
    return shape.bias != nullptr ? static_cast<const int32_t*>(shape.bias)[channel] : 0;
  }
};

// Where portable::is_depthwise.
void convolve_depthwise(const Parallel& parallel, const QuantizedConvolution& convolution);
// Everything else, as products of the packed weight and gathered panels of the input. The packed weight of a
// convolution that is not transposed may be made beforehand; otherwise `packed` is null and it is made in `scratch`.
// Both have packed_integer_bytes.
Result<size_t> packed_integer_bytes(const portable::Convolution& shape);
void pack_integer_weights(const portable::Convolution& shape, LoadRow16 load, int32_t zero_point, int32_t* packed);
void convolve_blocks(const Parallel& parallel, const QuantizedConvolution& convolution, const int32_t* packed,
                     int32_t* scratch);

}  // namespace ingot::quantized
