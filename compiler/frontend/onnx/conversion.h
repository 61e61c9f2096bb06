// One ONNX node on its way into a Graph: checked access to its inputs and attributes, and (as Calls)
// the operators that it becomes.
//
// Every attribute that a converter asks for counts as known; attributes that nobody asked for make the node
// unsupported, so that none is ever ignored by accident. Errors of code not_supported mean "well-formed, but beyond us"
// and are collected; all others end the import. A Conversion lives while its node is converted, on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "compiler/frontend/aten/calls.h"
#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

class ExternalData;
class GraphImport;
struct OperatorRow;

// What a node gives, by position; a null for an output that it leaves out.
struct Outputs {
  Outputs(Value* value) : values{value} {}                        // NOLINT(google-explicit-constructor)
  Outputs(std::vector<Value*> list) : values(std::move(list)) {}  // NOLINT(google-explicit-constructor)
  std::vector<Value*> values;
};

class Conversion : public Calls {
 public:
  // All of these outlive the Conversion; `inputs` has null for inputs left out.
  Conversion(const onnx::NodeProto& node, const OperatorRow& row, int64_t opset, std::vector<Value*> inputs,
             Builder& builder, ExternalData& external_data, GraphImport& importer)
      : Calls(builder),
        node_(node),
        row_(row),
        opset_(opset),
        inputs_(std::move(inputs)),
        external_(external_data),
        importer_(importer) {}

  const OperatorRow& row() const { return row_; }
  int64_t opset() const { return opset_; }

  // --- Inputs and outputs.
  size_t num_inputs() const { return inputs_.size(); }
  // Null where it is left out; never for those that the operator's row requires.
  Value* input(size_t i) const { return i < inputs_.size() ? inputs_[i] : nullptr; }
  // From here on the node reads these: an operator that is another one on other values passes them to its converter.
  void read_instead(std::vector<Value*> inputs) { inputs_ = std::move(inputs); }
  // A required input that must be of a floating dtype.
  Result<Value*> floats(size_t i) const;
  size_t num_outputs() const { return static_cast<size_t>(node_.output_size()); }
  bool wants_output(size_t i) const { return i < num_outputs() && !node_.output(static_cast<int>(i)).empty(); }

  // --- Attributes, with what stands in where they are absent. Wrong types are errors.
  bool has(std::string_view name) const { return find(name) != nullptr; }
  Result<int64_t> integer(std::string_view name, int64_t otherwise);
  Result<bool> flag(std::string_view name, bool otherwise);
  Result<double> real(std::string_view name, double otherwise);
  Result<std::string> text(std::string_view name, std::string_view otherwise);
  Result<std::optional<std::vector<int64_t>>> integers(std::string_view name);
  Result<std::optional<std::vector<double>>> reals(std::string_view name);
  // Empty where it is absent.
  Result<std::vector<std::string>> texts(std::string_view name);
  // The tensor's type and bytes.
  Result<std::pair<TensorType, Bytes>> tensor(std::string_view name);
  // A graph that the node holds, which must be there.
  Result<const onnx::GraphProto*> graph(std::string_view name);
  GraphImport& importer() { return importer_; }
  // Attributes that do not matter for inference.
  void ignore(std::string_view name) { known_.emplace(name); }
  // Fails where the node has an attribute that nobody asked for.
  Result<void> check_all_attributes_known() const;

  // --- Constants.
  // The elements of an integer input (0-D or 1-D) that must be known now; `what` names it for the error.
  Result<std::vector<int64_t>> constant_integers(size_t input, const char* what) const;
  // One element of it.
  Result<int64_t> constant_integer(size_t input, const char* what) const;
  // All elements of a constant of any dtype, in row-major order.
  Result<std::vector<double>> constant_reals(size_t input, const char* what) const;

 private:
  const onnx::AttributeProto* find(std::string_view name) const;
  Result<const onnx::AttributeProto*> typed(std::string_view name, onnx::AttributeProto::AttributeType type);

  const onnx::NodeProto& node_;
  const OperatorRow& row_;
  int64_t opset_;
  std::vector<Value*> inputs_;
  ExternalData& external_;
  GraphImport& importer_;
  std::unordered_set<std::string_view> known_;
};

}  // namespace ingot::compiler::onnx_import
