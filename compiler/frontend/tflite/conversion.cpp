#include "compiler/frontend/tflite/conversion.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "runtime/core/number.h"

namespace ingot::compiler::tflite_import {
namespace {

constexpr size_t kImageRank = 4;

bool is_integer(DType dtype) {
  return dtype == DType::int32 || dtype == DType::int64;
}

}  // namespace

Result<Value*> Conversion::images(size_t i) {
  if (const size_t axes = INGOT_TRY(rank(i)); axes != kImageRank)
    return fail(ErrorCode::invalid_file, "its input %zu is %s, expected 4 axes", i,
                to_string(INGOT_TRY(shape(i))).c_str());
  return tensors_.get(tensor_of(i), Axes::images);
}

Result<Operand> Conversion::any(size_t i) {
  const Axes axes = tensors_.order_of(tensor_of(i));
  return Operand{INGOT_TRY(tensors_.get(tensor_of(i), axes)), axes};
}

Result<Conversion::Operands> Conversion::alike(size_t first, size_t count) {
  Operands operands;
  size_t most = 0;
  for (size_t i = first; i < first + count; ++i) {
    most = std::max(most, INGOT_TRY(rank(i)));
    if (tensors_.order_of(tensor_of(i)) == Axes::images) operands.axes = Axes::images;
  }
  if (most > kImageRank) operands.axes = Axes::filed;
  for (size_t i = first; i < first + count; ++i) {
    operands.values.push_back(INGOT_TRY(operands.axes == Axes::images ? tensors_.get_beside_images(tensor_of(i))
                                                                      : tensors_.get(tensor_of(i), Axes::filed)));
  }
  return operands;
}

Result<void> Conversion::expect_real(size_t i) {
  const FileTensor& tensor = *INGOT_TRY(described(i));
  if (is_floating(tensor.dtype) || tensor.is_quantized()) return {};
  return fail(ErrorCode::not_supported, "its input %zu holds %s, expected floats or quantized integers", i,
              to_string(tensor.dtype));
}

Result<Argument> Conversion::bias(size_t i, size_t x, size_t w, int64_t channels) {
  if (!has(i)) return Argument(std::monostate());
  const FileTensor* stored = INGOT_TRY(constant(i));
  if (stored == nullptr || !is_integer(stored->dtype)) {
    Value* value = INGOT_TRY(filed(i));
    return Argument(INGOT_TRY(view(value, {Dim(channels)})));
  }
  // Its scales are those of the products, whether the file repeats them or not.
  std::vector<double> scales = stored->scales;
  if (scales.empty()) {
    const FileTensor &input = *INGOT_TRY(described(x)), &weight = *INGOT_TRY(described(w));
    if (input.scales.size() != 1 || weight.scales.empty())
      return fail(ErrorCode::invalid_file, "its bias holds %s, and nothing says what they mean",
                  to_string(stored->dtype));
    for (const double scale : weight.scales) scales.push_back(scale * input.scales[0]);
  }
  const auto count = static_cast<size_t>(channels);
  if (stored->data->size() != count * size_of(stored->dtype) || (scales.size() != 1 && scales.size() != count))
    return fail(ErrorCode::invalid_file, "its bias is %s with %zu scales, for %lld channels",
                to_string(stored->type()).c_str(), scales.size(), static_cast<long long>(channels));
  std::vector<float> reals(count);
  for (size_t k = 0; k < count; ++k) {
    const double integer = load_number(stored->dtype, stored->data->span().data() + k * size_of(stored->dtype));
    reals[k] = static_cast<float>(integer * scales[scales.size() == 1 ? 0 : k]);
  }
  return Argument(builder().constant_f32(stored->name.empty() ? "bias" : stored->name, {channels}, reals));
}

Result<std::vector<int64_t>> Conversion::constant_integers(size_t i, const char* what) {
  if (!has(i)) return fail(ErrorCode::invalid_file, "its input %zu (%s) is missing", i, what);
  const FileTensor* tensor = INGOT_TRY(described(i));
  if (!is_integer(tensor->dtype))
    return fail(ErrorCode::invalid_file, "its input %zu (%s) holds %s, expected int32 or int64", i, what,
                to_string(tensor->dtype));
  // Of the file, or folded from such.
  const Bytes* data = nullptr;
  if (const FileTensor* stored = INGOT_TRY(constant(i))) {
    data = &*stored->data;
  } else if (const Value* value = INGOT_TRY(filed(i)); value->is_constant()) {
    data = &value->data;
  } else {
    return fail(ErrorCode::not_supported, "its input %zu (%s) is computed when the model runs; it must be a constant",
                i, what);
  }
  if (tensor->dtype == DType::int64) {
    const auto elements = data->as<int64_t>();
    return std::vector<int64_t>(elements.begin(), elements.end());
  }
  const auto elements = data->as<int32_t>();
  return std::vector<int64_t>(elements.begin(), elements.end());
}

Result<int64_t> Conversion::constant_integer(size_t i, const char* what) {
  const std::vector<int64_t> elements = INGOT_TRY(constant_integers(i, what));
  if (elements.size() != 1)
    return fail(ErrorCode::invalid_file, "its input %zu (%s) has %zu elements, expected one", i, what, elements.size());
  return elements[0];
}

Result<double> Conversion::constant_real(size_t i, const char* what) {
  const FileTensor* stored = has(i) ? INGOT_TRY(constant(i)) : nullptr;
  if (stored == nullptr) return fail(ErrorCode::not_supported, "its input %zu (%s) must be a constant", i, what);
  if (stored->data->size() != size_of(stored->dtype))
    return fail(ErrorCode::invalid_file, "its input %zu (%s) is %s, expected one element", i, what,
                to_string(stored->type()).c_str());
  const double number = load_number(stored->dtype, stored->data->span().data());
  if (!stored->is_quantized()) return number;
  return (number - static_cast<double>(stored->zero_points[0])) * stored->scales[0];
}

std::span<const std::byte> Conversion::custom_options() const {
  const auto* bytes = op_.custom_options();
  if (bytes == nullptr) return {};
  return std::as_bytes(std::span(bytes->data(), bytes->size()));
}

Result<Value*> Conversion::activated(Value* value, wire::ActivationFunctionType activation) {
  using enum wire::ActivationFunctionType;
  switch (activation) {
    case NONE:
      return value;
    case RELU:
      return call("aten::relu", {value});
    case RELU6:
      return call("aten::hardtanh", {value, 0.0, 6.0});
    case RELU_N1_TO_1:
      return call("aten::hardtanh", {value, -1.0, 1.0});
    case TANH:
      return call("aten::tanh", {value});
    case SIGN_BIT:
      break;
  }
  return fail(ErrorCode::not_supported, "activation %d", static_cast<int>(activation));
}

Result<void> Conversion::give(Value* value, Axes axes, wire::ActivationFunctionType activation) {
  return give(INGOT_TRY(activated(value, activation)), axes);
}

Result<Value*> Conversion::padded(size_t input, Value* x, const std::vector<int64_t>& before,
                                  const std::vector<int64_t>& after, Argument value) {
  Value* result = INGOT_TRY(pad(x, before, after, std::move(value)));
  return result == x ? x : rounded_as_input(input, result);
}

}  // namespace ingot::compiler::tflite_import
