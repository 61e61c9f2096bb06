#include "tests/support/tflite/model_builder.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace ingot::testing {

TfliteModelBuilder::TfliteModelBuilder() {
  model_.version = 3;
  model_.subgraphs.push_back(std::make_unique<tflite::SubGraphT>());
  model_.buffers.push_back(std::make_unique<tflite::BufferT>());
}

int32_t TfliteModelBuilder::tensor(const std::string& name, std::vector<int32_t> shape, tflite::TensorType type) {
  auto tensor = std::make_unique<tflite::TensorT>();
  tensor->name = name;
  tensor->shape = std::move(shape);
  tensor->type = type;
  graph().tensors.push_back(std::move(tensor));
  return static_cast<int32_t>(graph().tensors.size() - 1);
}

int32_t TfliteModelBuilder::input(const std::string& name, std::vector<int32_t> shape, tflite::TensorType type) {
  const int32_t index = tensor(name, std::move(shape), type);
  graph().inputs.push_back(index);
  return index;
}

int32_t TfliteModelBuilder::constant_bytes(const std::string& name, std::vector<int32_t> shape, tflite::TensorType type,
                                           const void* data, size_t size) {
  const int32_t index = tensor(name, std::move(shape), type);
  auto buffer = std::make_unique<tflite::BufferT>();
  buffer->data.resize(size);
  if (size > 0) std::memcpy(buffer->data.data(), data, size);
  graph().tensors.back()->buffer = static_cast<uint32_t>(model_.buffers.size());
  model_.buffers.push_back(std::move(buffer));
  return index;
}

void TfliteModelBuilder::quantize(int32_t tensor, std::vector<float> scales, std::vector<int64_t> zero_points,
                                  int32_t axis) {
  auto parameters = std::make_unique<tflite::QuantizationParametersT>();
  parameters->scale = std::move(scales);
  parameters->zero_point = std::move(zero_points);
  parameters->quantized_dimension = axis;
  graph().tensors[static_cast<size_t>(tensor)]->quantization = std::move(parameters);
}

tflite::OperatorT& TfliteModelBuilder::op(tflite::BuiltinOperator code, std::vector<int32_t> inputs,
                                          std::vector<int32_t> outputs) {
  auto made_code = std::make_unique<tflite::OperatorCodeT>();
  made_code->builtin_code = code;
  made_code->deprecated_builtin_code = static_cast<int8_t>(std::min(static_cast<int32_t>(code), 127));
  auto made = std::make_unique<tflite::OperatorT>();
  made->opcode_index = static_cast<uint32_t>(model_.operator_codes.size());
  made->inputs = std::move(inputs);
  made->outputs = std::move(outputs);
  model_.operator_codes.push_back(std::move(made_code));
  graph().operators.push_back(std::move(made));
  return *graph().operators.back();
}

tflite::OperatorT& TfliteModelBuilder::custom_op(const std::string& name, std::vector<int32_t> inputs,
                                                 std::vector<int32_t> outputs) {
  tflite::OperatorT& made = op(tflite::BuiltinOperator::CUSTOM, std::move(inputs), std::move(outputs));
  model_.operator_codes.back()->custom_code = name;
  return made;
}

std::vector<std::byte> TfliteModelBuilder::bytes() const {
  flatbuffers::FlatBufferBuilder builder;
  tflite::FinishModelBuffer(builder, tflite::Model::Pack(builder, &model_));
  const auto written = std::as_bytes(builder.GetBufferSpan());
  return {written.begin(), written.end()};
}

}  // namespace ingot::testing
