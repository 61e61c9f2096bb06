// quantized_decomposed::choose_qparams: the scale and zero point that cover a tensor's values.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

// choose_qparams.Tensor_out(Tensor input, int quant_min, int quant_max, float eps, ScalarType dtype, *,
//                           scale_out, zero_point_out)
Result<void> choose_per_tensor(KernelContext&, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& scale_out = args.tensor(5);
  Tensor& zero_point_out = args.tensor(6);
  constexpr int64_t kFarthest = int64_t{1} << 31;
  const int64_t low = args.integer(1), high = args.integer(2);
  if (low >= high || low < -kFarthest || high > kFarthest) {
    return fail(ErrorCode::invalid_argument, "quant_min and quant_max: expected a range of 32 bits, found %lld to %lld",
                static_cast<long long>(low), static_cast<long long>(high));
  }
  INGOT_TRY_VOID(check_dtype(input, DType::float32, "input"));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_dtype_in(scale_out, dtype_set({DType::float32, DType::float64}), "scale_out"));
  INGOT_TRY_VOID(check_dtype_in(zero_point_out, kIntegers, "zero_point_out"));
  if (input.numel() == 0) return fail(ErrorCode::invalid_argument, "input: has no elements to choose from");
  static constexpr int32_t kOne[] = {1};
  if (scale_out.rank() > 0) INGOT_TRY_VOID(scale_out.resize(kOne));
  if (zero_point_out.rank() > 0) INGOT_TRY_VOID(zero_point_out.resize(kOne));
  INGOT_TRY_VOID(check_data(scale_out, "scale_out"));
  INGOT_TRY_VOID(check_data(zero_point_out, "zero_point_out"));

  float least = 0, most = 0;  // 0 is always within
  bool numbers = true;
  const float* x = input.data_as<float>();
  for (size_t i = 0; i < input.numel(); ++i) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
    numbers &= x[i] == x[i];
  }
  if (!numbers || !std::isfinite(most - least)) {
    return fail(ErrorCode::invalid_argument, "input: holds values that are not finite");
  }
  const float scale = std::max((most - least) / static_cast<float>(high - low), static_cast<float>(args.real(3)));
  const float steps = round_even(least / scale);
  const int64_t zero_point =
      std::clamp<int64_t>(low - saturate_cast<int64_t>(steps == steps ? steps : 0.0f), low, high);
  store_block<float>(scale_out.dtype())(scale_out.data(), 1, &scale, 1);
  store_block<int64_t>(zero_point_out.dtype())(zero_point_out.data(), 1, &zero_point, 1);
  return {};
}

constexpr Kernel kRows[] = {
    {"quantized_decomposed::choose_qparams.Tensor_out", "TiifiOO", choose_per_tensor},
};

}  // namespace

std::span<const Kernel> choose_parameters_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
