// ONNX tensors as typed bytes. Where the parsed model holds the elements in their own form, they are used in place;
// external data is mapped, one mapping a file.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

// The files that tensors may keep their bytes in: those inside one folder.
class ExternalData {
 public:
  // `folder` is the model's; empty: there are no such files.
  ExternalData(std::shared_ptr<const onnx::ModelProto> model, std::string folder)
      : model_(std::move(model)), folder_(std::move(folder)) {}

  // What keeps the bytes of tensors alive that the model holds itself.
  const std::shared_ptr<const onnx::ModelProto>& model() const { return model_; }
  // The bytes that tensor.external_data() names.
  Result<Bytes> read(const onnx::TensorProto& tensor, size_t bytes);

 private:
  Result<Bytes> open(const std::string& location);

  std::shared_ptr<const onnx::ModelProto> model_;
  std::string folder_;
  std::unordered_map<std::string, Bytes> files_;
};

// A data_type number of ONNX ("float" is 1); not_supported for those that Ingot has no dtype for.
Result<DType> to_dtype(int64_t onnx_type);
// The other way round.
int32_t onnx_type(DType dtype);

// Type and bytes of a tensor inside the model.
Result<std::pair<TensorType, Bytes>> read_tensor(const onnx::TensorProto& tensor, ExternalData& external_data);

}  // namespace ingot::compiler::onnx_import
