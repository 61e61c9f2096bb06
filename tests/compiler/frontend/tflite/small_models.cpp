#include "tests/compiler/frontend/tflite/small_models.h"

#include <utility>

namespace ingot::testing {

using enum tflite::BuiltinOperator;
using tflite::TensorType;

TfliteModelBuilder small_quantized_network() {
  TfliteModelBuilder b;
  const auto quantized = [&b](const std::string& name, std::vector<int32_t> shape, float scale, int64_t zero) {
    const int32_t index = b.tensor(name, std::move(shape), TensorType::INT8);
    b.quantize(index, {scale}, {zero});
    return index;
  };
  const int32_t x = b.input("image", {1, 4, 4, 2}, TensorType::INT8);
  b.quantize(x, {0.02f}, {3});
  std::vector<int8_t> weights(2 * 3 * 3 * 2);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<int8_t>(i * 7 % 100 - 50);
  const int32_t w = b.constant("conv/weights", {2, 3, 3, 2}, TensorType::INT8, weights);
  b.quantize(w, {0.01f, 0.02f}, {0, 0});
  const int32_t bias = b.constant("conv/bias", {2}, TensorType::INT32, std::vector<int32_t>{100, -200});
  b.quantize(bias, {0.0002f, 0.0004f}, {0, 0});
  const int32_t convolved = quantized("conv", {1, 4, 4, 2}, 0.05f, -5);
  auto& conv = b.op_with<tflite::Conv2DOptionsT>(CONV_2D, {x, w, bias}, {convolved});
  conv.stride_w = conv.stride_h = 1;
  const int32_t sum = quantized("sum", {1, 4, 4, 2}, 0.06f, 0);
  b.op_with<tflite::AddOptionsT>(ADD, {x, convolved}, {sum}).fused_activation_function =
      tflite::ActivationFunctionType::RELU;
  const int32_t pooled = quantized("pool", {1, 2, 2, 2}, 0.06f, 0);
  auto& pool = b.op_with<tflite::Pool2DOptionsT>(MAX_POOL_2D, {sum}, {pooled});
  pool.padding = tflite::Padding::VALID;
  pool.stride_w = pool.stride_h = pool.filter_width = pool.filter_height = 2;
  const int32_t shape = b.constant("shape", {2}, TensorType::INT32, std::vector<int32_t>{1, -1});
  const int32_t flat = quantized("flat", {1, 8}, 0.06f, 0);
  b.op(RESHAPE, {pooled, shape}, {flat});
  const int32_t matrix = b.constant("dense/weights", {3, 8}, TensorType::INT8, std::vector<int8_t>(24, 5));
  b.quantize(matrix, {0.03f}, {0});
  const int32_t logits = quantized("dense", {1, 3}, 0.1f, 0);
  b.op_with<tflite::FullyConnectedOptionsT>(FULLY_CONNECTED, {flat, matrix, -1}, {logits});
  const int32_t y = quantized("probabilities", {1, 3}, 1.0f / 256, -128);
  b.op_with<tflite::SoftmaxOptionsT>(SOFTMAX, {logits}, {y}).beta = 1;
  b.output(y);
  return b;
}

}  // namespace ingot::testing
