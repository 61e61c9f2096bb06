// Operators between real numbers and integers that stand for them. A tensor's Value is what it means, so most of these
// compute nothing themselves: what takes the result rounds.
#include <algorithm>
#include <cmath>
#include <vector>

#include "compiler/frontend/tflite/operators.h"
#include "runtime/core/half.h"

namespace ingot::compiler::tflite_import {
namespace {

// Weights of 16 bits are used as floats.
Bytes widened(const Bytes& halves) {
  const auto from = halves.as<Float16>();
  std::byte* out = nullptr;
  Bytes bytes = Bytes::allocate(from.size() * sizeof(float), &out);
  std::ranges::transform(from, reinterpret_cast<float*>(out), [](Float16 half) { return to_float(half); });
  return bytes;
}

}  // namespace

// Of floats, or of integers with other parameters.
Result<void> convert_quantize(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  const FileTensor& output = *INGOT_TRY(c.output());
  if (!output.is_quantized())
    return fail(ErrorCode::not_supported, "its result is %s without a scale", to_string(output.dtype));
  const Operand x = INGOT_TRY(c.any(0));
  return c.give(x.value, x.axes);
}

Result<void> convert_dequantize(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  const FileTensor& x = *INGOT_TRY(c.described(0));
  const DType to = INGOT_TRY(c.output())->dtype;
  if (to != DType::float32) return fail(ErrorCode::not_supported, "to %s (float32 is supported)", to_string(to));
  if (x.is_quantized() || x.dtype == to) return c.give_operand(0);
  if (const FileTensor* stored = INGOT_TRY(c.constant(0)); stored != nullptr && stored->dtype == DType::float16)
    return c.give_constant(DType::float32, widened(*stored->data));
  const Operand value = INGOT_TRY(c.any(0));
  return c.give(INGOT_TRY(c.cast(value.value, to)), value.axes);
}

// Rounds to 2^num_bits numbers between min and max, moved a little so that 0 is one of them.
Result<void> convert_fake_quant(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::FakeQuantOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  if (options.num_bits < 2 || options.num_bits > 16) return fail(ErrorCode::not_supported, "%d bits", options.num_bits);
  const double low = options.narrow_range ? 1 : 0, high = static_cast<double>((1 << options.num_bits) - 1);
  const double scale = (static_cast<double>(options.max) - options.min) / (high - low);
  if (!(options.min <= 0) || !(options.max >= 0) || !std::isfinite(scale) || scale <= 0)
    return fail(ErrorCode::invalid_file, "numbers from %g to %g", static_cast<double>(options.min),
                static_cast<double>(options.max));
  const auto zero = static_cast<int64_t>(std::clamp(std::round(low - options.min / scale), low, high));
  const DType dtype = options.num_bits > 8 ? DType::uint16 : DType::uint8;
  const Operand x = INGOT_TRY(c.any(0));
  const std::vector<Argument> parameters = {scale, zero, static_cast<int64_t>(low), static_cast<int64_t>(high), dtype};
  std::vector<Argument> args = {x.value};
  args.insert(args.end(), parameters.begin(), parameters.end());
  args[0] = INGOT_TRY(c.call("quantized_decomposed::quantize_per_tensor", args));
  return c.give(INGOT_TRY(c.call("quantized_decomposed::dequantize_per_tensor", args)), x.axes);
}

}  // namespace ingot::compiler::tflite_import
