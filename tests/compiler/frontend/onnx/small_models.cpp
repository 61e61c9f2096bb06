#include "tests/compiler/frontend/onnx/small_models.h"

#include <cstring>

#include "compiler/frontend/onnx/import.h"
#include "tests/support/graph/sound.h"

namespace ingot::compiler::testing {

onnx::ModelProto empty_model() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  model.mutable_graph()->set_name("g");
  return model;
}

void add_input(onnx::ModelProto& model, const std::string& name, const std::vector<int64_t>& sizes) {
  onnx::ValueInfoProto* input = model.mutable_graph()->add_input();
  input->set_name(name);
  onnx::TypeProto::Tensor* type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape();
  for (size_t i = 0; i < sizes.size(); ++i) {
    auto* dim = type->mutable_shape()->add_dim();
    if (sizes[i] >= 0) {
      dim->set_dim_value(sizes[i]);
    } else {
      dim->set_dim_param("d" + std::to_string(i));
    }
  }
}

void add_output(onnx::ModelProto& model, const std::string& name) {
  model.mutable_graph()->add_output()->set_name(name);
}

onnx::NodeProto& add_node(onnx::ModelProto& model, const std::string& op, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, const std::string& name) {
  onnx::NodeProto& node = *model.mutable_graph()->add_node();
  node.set_op_type(op);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return node;
}

namespace {

onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const std::string& name,
                                    onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

}  // namespace

void set_integer(onnx::NodeProto& node, const std::string& attribute, int64_t value) {
  add_attribute(node, attribute, onnx::AttributeProto::INT).set_i(value);
}

void set_float(onnx::NodeProto& node, const std::string& attribute, float value) {
  add_attribute(node, attribute, onnx::AttributeProto::FLOAT).set_f(value);
}

void set_text(onnx::NodeProto& node, const std::string& attribute, const std::string& value) {
  add_attribute(node, attribute, onnx::AttributeProto::STRING).set_s(value);
}

void set_graph(onnx::NodeProto& node, const std::string& attribute, const onnx::ModelProto& body) {
  *add_attribute(node, attribute, onnx::AttributeProto::GRAPH).mutable_g() = body.graph();
}

void set_ints(onnx::NodeProto& node, const std::string& attribute, const std::vector<int64_t>& values) {
  onnx::AttributeProto& proto = add_attribute(node, attribute, onnx::AttributeProto::INTS);
  for (const int64_t value : values) proto.add_ints(value);
}

onnx::TensorProto& add_weights(onnx::ModelProto& model, const std::string& name, const std::vector<int64_t>& sizes) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  size_t count = 1;
  for (const int64_t size : sizes) {
    tensor.add_dims(size);
    count *= static_cast<size_t>(size);
  }
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(static_cast<int>(i * 7 % 17) - 8) / 8;
  tensor.set_raw_data(values.data(), count * sizeof(float));
  return tensor;
}

void add_integers(onnx::ModelProto& model, const std::string& name, const std::vector<int64_t>& values) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<int64_t>(values.size()));
  for (const int64_t value : values) tensor.add_int64_data(value);
}

void add_integer(onnx::ModelProto& model, const std::string& name, int64_t value) {
  add_integers(model, name, {value});
  model.mutable_graph()->mutable_initializer(model.graph().initializer_size() - 1)->clear_dims();
}

void add_flag(onnx::ModelProto& model, const std::string& name, bool value) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::BOOL);
  tensor.set_raw_data(std::string(1, value ? '\1' : '\0'));
}

onnx::ModelProto digits_like() {
  onnx::ModelProto model = empty_model();
  add_input(model, "x", {1, 1, 8, 8});
  add_weights(model, "w", {2, 1, 3, 3});
  add_weights(model, "b", {2});
  add_weights(model, "v", {3, 32});
  add_integers(model, "first", {0});
  add_integers(model, "rest", {-1});
  set_ints(add_node(model, "Conv", {"x", "w", "b"}, {"c"}, "conv"), "pads", {1, 1, 1, 1});
  add_node(model, "Relu", {"c"}, {"r"});
  onnx::NodeProto& pool = add_node(model, "MaxPool", {"r"}, {"p"}, "pool");
  set_ints(pool, "kernel_shape", {2, 2});
  set_ints(pool, "strides", {2, 2});
  add_node(model, "Shape", {"p"}, {"s"});
  add_node(model, "Gather", {"s", "first"}, {"n"});
  set_integer(add_node(model, "Concat", {"n", "rest"}, {"t"}), "axis", 0);
  add_node(model, "Reshape", {"p", "t"}, {"f"});
  set_integer(add_node(model, "Gemm", {"f", "v"}, {"g"}, "head"), "transB", 1);
  add_node(model, "Softmax", {"g"}, {"y"});
  add_output(model, "y");
  return model;
}

std::vector<std::byte> to_bytes(const onnx::ModelProto& model) {
  std::vector<std::byte> bytes(model.ByteSizeLong());
  model.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void expect_sound(std::span<const std::byte> bytes) {
  ImportReport report;
  ingot::testing::expect_sound(import_onnx(bytes, {}, report));
}

}  // namespace ingot::compiler::testing
