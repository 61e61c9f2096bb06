// One TensorFlow Lite operator on its way into a Graph: checked access to its operands and options, and (as Calls) the
// operators that it becomes. Results are handed over by give(), which applies the operator's fused activation and
// rounds to the integers that the file asks for.
//
// Errors of code not_supported mean "well-formed, but beyond us" and are collected; all others end the import. A
// Conversion lives while its operator is converted, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/aten/calls.h"
#include "compiler/frontend/tflite/tensors.h"

namespace ingot::compiler::tflite_import {

struct OperatorRow;

// An operand, and how its axes lie.
struct Operand {
  Value* value = nullptr;
  Axes axes = Axes::filed;

  // Where the file's axis stands in it.
  int64_t axis(size_t filed_axis) const { return static_cast<int64_t>(axis_in(axes, filed_axis)); }
};

class Conversion : public Calls {
 public:
  // All of these outlive the Conversion; `inputs` has -1 for operands left out.
  Conversion(const wire::Operator& op, const OperatorRow& row, std::vector<int64_t> inputs,
             std::vector<int64_t> outputs, Builder& builder, Tensors& tensors)
      : Calls(builder),
        op_(op),
        row_(row),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        tensors_(tensors) {}

  const OperatorRow& row() const { return row_; }

  // --- Operands. `i` is that of one that is there, or (for has()) any.
  size_t num_inputs() const { return inputs_.size(); }
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i] >= 0; }
  size_t tensor_of(size_t i) const { return static_cast<size_t>(inputs_[i]); }
  // What the file says of it; its sizes may be outdated (shape() is not).
  Result<const FileTensor*> described(size_t i) { return tensors_.described(tensor_of(i)); }
  Result<Shape> shape(size_t i) { return tensors_.shape(tensor_of(i)); }
  Result<size_t> rank(size_t i) { return INGOT_TRY(shape(i)).size(); }

  // The numbers that it means, with the file's axes.
  Result<Value*> filed(size_t i) { return tensors_.get(tensor_of(i), Axes::filed); }
  // The same as [N, C, H, W]; invalid_file where it has not four axes.
  Result<Value*> images(size_t i);
  // In the order in which it is there.
  Result<Operand> any(size_t i);
  // All operands from the first on in one order, ready to be broadcast against each other.
  struct Operands {
    std::vector<Value*> values;
    Axes axes = Axes::filed;
  };
  Result<Operands> alike(size_t first, size_t count);
  // Dimension k of the result is dimension order[k] of the operand as filed: for weights.
  Result<Value*> permuted(size_t i, const std::vector<int64_t>& order) {
    return tensors_.get_permuted(tensor_of(i), order);
  }
  // The bias of a product of operands x and w with that many results, as real numbers [channels]; none where it is left
  // out.
  Result<Argument> bias(size_t i, size_t x, size_t w, int64_t channels);
  // Must hold floats (or integers that mean reals).
  Result<void> expect_real(size_t i);

  // --- Constants; `what` names one for the error.
  // Null where it is none.
  Result<const FileTensor*> constant(size_t i) { return tensors_.constant(tensor_of(i)); }
  // The elements of an integer operand (0-D or 1-D, or of any shape) that must be known now.
  Result<std::vector<int64_t>> constant_integers(size_t i, const char* what);
  Result<int64_t> constant_integer(size_t i, const char* what);
  // The one number that it means.
  Result<double> constant_real(size_t i, const char* what);

  // --- Options.
  // The table of this type with its fields' defaults where the operator has none.
  template <typename Table>
  Result<typename Table::NativeTableType> options() const;
  std::span<const std::byte> custom_options() const;

  // --- Results.
  size_t num_outputs() const { return outputs_.size(); }
  Result<const FileTensor*> output(size_t i = 0) { return tensors_.described(static_cast<size_t>(outputs_[i])); }
  Result<void> give(size_t i, Value* value, Axes axes = Axes::filed) {
    return tensors_.define(static_cast<size_t>(outputs_[i]), value, axes);
  }
  Result<void> give(Value* value, Axes axes = Axes::filed) { return give(0, value, axes); }
  Result<void> give(Value* value, Axes axes, wire::ActivationFunctionType activation);
  // The result is the same numbers as the operand.
  Result<void> give_operand(size_t i) { return tensors_.define_as(static_cast<size_t>(outputs_[0]), tensor_of(i)); }
  Result<void> give_constant(DType dtype, Bytes data) {
    return tensors_.define_constant(static_cast<size_t>(outputs_[0]), dtype, std::move(data));
  }

  Result<Value*> activated(Value* value, wire::ActivationFunctionType activation);
  // Rounded as the operand's, or the result's, integers are: what stands between two operators that may run on them.
  Result<Value*> rounded_as_input(size_t i, Value* real) {
    return tensors_.rounded(*INGOT_TRY(tensors_.described(tensor_of(i))), real);
  }
  Result<Value*> rounded_as_output(Value* real) { return tensors_.rounded(*INGOT_TRY(output()), real); }

  // x padded on its axes, whatever order they stand in; `input` is the operand that x comes from.
  Result<Value*> padded(size_t input, Value* x, const std::vector<int64_t>& before, const std::vector<int64_t>& after,
                        Argument value);

 private:
  const wire::Operator& op_;
  const OperatorRow& row_;
  std::vector<int64_t> inputs_;
  std::vector<int64_t> outputs_;
  Tensors& tensors_;
};

template <typename Table>
Result<typename Table::NativeTableType> Conversion::options() const {
  typename Table::NativeTableType options;
  if (op_.builtin_options_type() == wire::BuiltinOptions::NONE || op_.builtin_options() == nullptr) return options;
  if (op_.builtin_options_type() != wire::BuiltinOptionsTraits<Table>::enum_value)
    return fail(ErrorCode::invalid_file, "its options are of kind %d, expected %d",
                static_cast<int>(op_.builtin_options_type()),
                static_cast<int>(wire::BuiltinOptionsTraits<Table>::enum_value));
  static_cast<const Table*>(op_.builtin_options())->UnPackTo(&options);
  return options;
}

}  // namespace ingot::compiler::tflite_import
