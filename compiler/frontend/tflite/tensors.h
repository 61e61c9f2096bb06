// The file's tensors as Values of the graph. A tensor of quantized integers stands for the real numbers that it means:
// its value is what a dequantize node makes of the integers (compiler/ir/quantization.h), and what is computed for it
// passes through quantize and dequantize nodes.
//
// The file's images are [N, H, W, C], ATen's are [N, C, H, W]. A tensor of four axes may be held in either order, or in
// both: it is kept in the order in which it was computed, and permuted once it is asked for in the other. So chains of
// operators on images hold no permutes, whatever order the file speaks of.
//
// For one import, on one thread. Errors name the tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/tflite/model_file.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::tflite_import {

// How a value of four axes lies beside the file's tensor. Values of other ranks are always as in the file.
enum class Axes : uint8_t {
  filed,   // as in the file
  images,  // the last axis of the file's comes second: [N, C, H, W]
};

// Which of the file's axes each axis of an image is.
inline constexpr int64_t kImageOfFiled[] = {0, 3, 1, 2};
// Where the file's axis stands.
size_t axis_in(Axes axes, size_t filed_axis);

class Tensors {
 public:
  Tensors(const ModelFile& file, Builder& builder) : file_(file), builder_(builder), entries_(file.num_tensors()) {}

  // What the file says of a tensor; `index` is in range here and below.
  Result<const FileTensor*> described(size_t index);

  // --- Giving values. A tensor gets one once.

  Result<void> add_input(size_t index, const std::string& name, std::vector<int64_t> sizes);
  // The real numbers that an operator computed.
  Result<void> define(size_t index, Value* value, Axes axes);
  // The tensor is the same numbers as another.
  Result<void> define_as(size_t index, size_t other);
  Result<void> define_constant(size_t index, DType dtype, Bytes data);
  // Nothing can be computed from it: its operator is not supported.
  void make_unavailable(size_t index) { entries_[index].unavailable = true; }
  bool is_unavailable(size_t index) const { return entries_[index].unavailable; }
  // Is it constant, or has an operator or the caller given it a value?
  Result<bool> is_given(size_t index);
  // The same, or is it a list without elements?
  Result<bool> has_value(size_t index);

  // --- Values of tensors that have one.

  // The numbers that it means. `images` where it has four axes.
  Result<Value*> get(size_t index, Axes axes);
  // The order that costs nothing.
  Axes order_of(size_t index) const;
  // The same, to be broadcast against images: fewer than four axes are taken as the last of four.
  Result<Value*> get_beside_images(size_t index);
  // Dimension i of the result is dimension order[i] of the tensor in the file: for weights.
  Result<Value*> get_permuted(size_t index, const std::vector<int64_t>& order);
  // The elements as they are stored, integers where it is quantized: for the outputs of the model.
  Result<Value*> get_stored(size_t index);
  // Of a constant, also behind DEQUANTIZE; null of others.
  Result<const FileTensor*> constant(size_t index);
  // As the file orders them.
  Result<Shape> shape(size_t index);

  // Real numbers rounded as the tensor's integers are; themselves where it has none. What stands between two operators
  // that run on integers goes through this.
  Result<Value*> rounded(const FileTensor& as, Value* real);

 private:
  struct Entry {
    std::optional<FileTensor> described;
    Value* filed = nullptr;
    Value* images = nullptr;
    Axes order = Axes::filed;
    std::optional<size_t> same_as;
    bool unavailable = false;
  };

  bool is_held(size_t index) const { return entries_[index].filed != nullptr || entries_[index].images != nullptr; }
  size_t source_of(size_t index) const { return entries_[index].same_as.value_or(index); }
  Result<Value*> quantized(const FileTensor& as, Value* real);
  Result<Value*> dequantized(const FileTensor& as, Value* integers, size_t axis);
  Result<Value*> permuted_constant(const FileTensor& constant, const Shape& shape, const std::vector<int64_t>& order);
  Result<Value*> permuted_value(const FileTensor& as, Value* value, const std::vector<int64_t>& order);

  const ModelFile& file_;
  Builder& builder_;
  std::vector<Entry> entries_;
};

}  // namespace ingot::compiler::tflite_import
