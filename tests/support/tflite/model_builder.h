// Writes small TensorFlow Lite models, tensor by tensor and operator by operator, through the FlatBuffers object API.
// Everything stays open to damage by hand until bytes() is called. For tests of one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/frontend/tflite/tflite_generated.h"

namespace ingot::testing {

class TfliteModelBuilder {
 public:
  TfliteModelBuilder();

  // Each gives the tensor's index. float32 unless said.
  int32_t tensor(const std::string& name, std::vector<int32_t> shape,
                 tflite::TensorType type = tflite::TensorType::FLOAT32);
  int32_t input(const std::string& name, std::vector<int32_t> shape,
                tflite::TensorType type = tflite::TensorType::FLOAT32);
  template <typename T>
  int32_t constant(const std::string& name, std::vector<int32_t> shape, tflite::TensorType type,
                   const std::vector<T>& elements) {
    return constant_bytes(name, std::move(shape), type, elements.data(), elements.size() * sizeof(T));
  }
  void quantize(int32_t tensor, std::vector<float> scales, std::vector<int64_t> zero_points, int32_t axis = 0);
  void output(int32_t tensor) { graph().outputs.push_back(tensor); }

  // The options' fields stay open: op.builtin_options.AsConv2DOptions()->stride_w = 2.
  tflite::OperatorT& op(tflite::BuiltinOperator code, std::vector<int32_t> inputs, std::vector<int32_t> outputs);
  template <typename Options>
  Options& op_with(tflite::BuiltinOperator code, std::vector<int32_t> inputs, std::vector<int32_t> outputs) {
    tflite::OperatorT& made = op(code, std::move(inputs), std::move(outputs));
    made.builtin_options.Set(Options());
    return *static_cast<Options*>(made.builtin_options.value);
  }
  tflite::OperatorT& custom_op(const std::string& name, std::vector<int32_t> inputs, std::vector<int32_t> outputs);

  tflite::ModelT& model() { return model_; }
  tflite::SubGraphT& graph() { return *model_.subgraphs[0]; }
  std::vector<std::byte> bytes() const;

 private:
  int32_t constant_bytes(const std::string& name, std::vector<int32_t> shape, tflite::TensorType type, const void* data,
                         size_t size);

  tflite::ModelT model_;
};

}  // namespace ingot::testing
