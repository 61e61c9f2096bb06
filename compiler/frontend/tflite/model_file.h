// A TensorFlow Lite file whose structure has been verified: its tensors as plain values, checked one by one when they
// are asked for, and the operators that run on them. Bytes of constants are used where the file holds them. Errors name
// the tensor. Immutable; safe from several threads. Cost: one walk over the FlatBuffer, weights left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/tflite/tflite_generated.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::tflite_import {

namespace wire = ingot::tflite;

// A tensor as the file describes it.
struct FileTensor {
  std::string label;  // "tensor 7 'conv1/weights'"
  std::string name;   // may be empty
  DType dtype = DType::float32;
  // As the file says. What operators compute may be recorded wrongly there where sizes are open.
  std::vector<int64_t> sizes;
  std::vector<int64_t> signature;  // `sizes` with -1 where they are open
  std::optional<Bytes> data;       // of a constant: aligned to its elements
  // real = scale * (integer - zero point), for all elements, or, with several scales, for each slice along `axis`. None
  // where the numbers are what they are. As many zero points as scales.
  std::vector<double> scales;
  std::vector<int64_t> zero_points;
  size_t axis = 0;

  // Integers of 8 or 16 bits that stand for real numbers. (Scales of 32-bit ones matter for biases alone.)
  bool is_quantized() const;
  TensorType type() const { return {dtype, to_shape(sizes), {}}; }
};

class ModelFile {
 public:
  // invalid_file where it is damaged or none, not_supported for versions that nobody has written for years.
  static Result<ModelFile> open(Bytes file);

  const wire::SubGraph& graph() const { return *graph_; }
  size_t num_tensors() const;
  // `index` is below num_tensors(). Errors of code not_supported: types that Ingot does not have.
  Result<FileTensor> tensor(size_t index) const;
  // "tensor 7 'conv1/weights'"
  std::string label(size_t index) const;
  // Empty where it has none.
  std::string name(size_t index) const;
  // Null where the operator names one that is not there.
  const wire::OperatorCode* code(const wire::Operator& op) const;

 private:
  ModelFile(Bytes file, const wire::Model& model, const wire::SubGraph& graph)
      : file_(std::move(file)), model_(&model), graph_(&graph) {}

  Result<void> read_sizes(const wire::Tensor& tensor, FileTensor* out) const;
  Result<std::optional<Bytes>> stored_bytes(const wire::Tensor& tensor) const;
  Result<void> read_data(const wire::Tensor& tensor, FileTensor* out) const;

  Bytes file_;
  const wire::Model* model_;
  const wire::SubGraph* graph_;
};

// Which of the numbered operators a code means.
wire::BuiltinOperator builtin_of(const wire::OperatorCode& code);

}  // namespace ingot::compiler::tflite_import
