// Small ONNX models, built by protobuf in the tests that need them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/onnx_proto.h"

namespace ingot::compiler::testing {

// A model of operator set 13 with an empty graph.
onnx::ModelProto empty_model();
// A float input of these sizes; a size of -1 is open, under `name`_axis.
void add_input(onnx::ModelProto& model, const std::string& name, const std::vector<int64_t>& sizes);
void add_output(onnx::ModelProto& model, const std::string& name);
onnx::NodeProto& add_node(onnx::ModelProto& model, const std::string& op, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, const std::string& name = {});
void set_integer(onnx::NodeProto& node, const std::string& attribute, int64_t value);
void set_float(onnx::NodeProto& node, const std::string& attribute, float value);
void set_text(onnx::NodeProto& node, const std::string& attribute, const std::string& value);
// The graph of another model.
void set_graph(onnx::NodeProto& node, const std::string& attribute, const onnx::ModelProto& body);
void set_ints(onnx::NodeProto& node, const std::string& attribute, const std::vector<int64_t>& values);
// Multiples of 1/8 between -1 and 1.
onnx::TensorProto& add_weights(onnx::ModelProto& model, const std::string& name, const std::vector<int64_t>& sizes);
void add_integers(onnx::ModelProto& model, const std::string& name, const std::vector<int64_t>& values);
// Of shape [].
void add_integer(onnx::ModelProto& model, const std::string& name, int64_t value);
void add_flag(onnx::ModelProto& model, const std::string& name, bool value);

// Convolution, pooling, computed shapes and a classifier, in less than two kilobytes.
onnx::ModelProto digits_like();

// Expects of what may be no model at all that importing it gives a graph that obeys the rules, or one clear line.
void expect_sound(std::span<const std::byte> bytes);

std::vector<std::byte> to_bytes(const onnx::ModelProto& model);

}  // namespace ingot::compiler::testing
