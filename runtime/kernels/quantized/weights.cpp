#include "runtime/kernels/quantized/weights.h"

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/quantized/arithmetic.h"
#include "runtime/kernels/quantized/parameters.h"

namespace ingot::quantized {

Result<void> check_weight(const WeightArguments& w, int64_t channels, float in_scale, float out_scale) {
  INGOT_TRY_VOID(portable::check_dtype_in(w.weight, kBytes, "weight"));
  if (w.bias != nullptr) INGOT_TRY_VOID(portable::check_dtype(*w.bias, DType::int32, "bias"));
  INGOT_TRY_VOID(portable::check_dtype(w.scales, DType::float32, "weight_scales"));
  INGOT_TRY_VOID(portable::check_rank(w.scales, 1, "weight_scales"));
  INGOT_TRY_VOID(portable::check_data(w.scales, "weight_scales"));
  if (w.scales.size(0) != 1 && w.scales.size(0) != channels) {
    return fail(ErrorCode::invalid_argument, "weight_scales: expected 1 or %lld, found %d",
                static_cast<long long>(channels), w.scales.size(0));
  }
  const Bounds bounds = bounds_of(w.weight.dtype());
  if (w.zero_point < bounds.least || w.zero_point > bounds.most) {
    return fail(ErrorCode::invalid_argument, "weight_zero_point: expected one of %s, found %lld",
                to_string(w.weight.dtype()), static_cast<long long>(w.zero_point));
  }
  for (int32_t i = 0; i < w.scales.size(0); ++i) {
    const float scale = w.scales.data_as<float>()[i];
    if (scale > 0 && is_product_scale(product_scale(in_scale, scale, out_scale))) continue;
    return fail(ErrorCode::invalid_argument,
                "weight_scales: expected input_scale * weight_scale / output_scale above 0 and below 256, found %g for "
                "channel %d",
                static_cast<double>(product_scale(in_scale, scale, out_scale)), i);
  }
  return {};
}

}  // namespace ingot::quantized
