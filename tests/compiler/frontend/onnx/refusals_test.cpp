// What cannot be imported is said in words that help: all unsupported operators at once, open sizes, broken graphs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/frontend/onnx/import.h"
#include "tests/compiler/frontend/onnx/small_models.h"

namespace ingot::compiler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of(const onnx::ModelProto& model, const OnnxImportOptions& options = {}) {
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), options, report);
  return graph ? "imported" : graph.error().message();
}

TEST(Refusals, ListsEveryUnsupportedNode) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2, 3});
  testing::add_node(model, "NonZero", {"x"}, {"a"}, "first");
  testing::add_node(model, "Relu", {"a"}, {"b"}, "behind");  // not to blame
  testing::add_node(model, "GroupQueryAttention", {"b"}, {"c"}, "second").set_domain("com.microsoft");
  testing::add_node(model, "NonZero", {"x"}, {"d"});
  testing::add_node(model, "Relu", {"c"}, {"y"});
  testing::add_output(model, "y");
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::not_supported);
  EXPECT_STREQ(graph.error().message(),
               "3 nodes use operators that are not supported: NonZero (first, NonZero d), "
               "com.microsoft::GroupQueryAttention (second)");
  ASSERT_EQ(report.unsupported.size(), 3u);
  EXPECT_EQ(report.unsupported[1].node, "second");
  EXPECT_EQ(report.unsupported[1].op, "com.microsoft::GroupQueryAttention");
}

TEST(Refusals, SaysWhyOneNodeIsRefused) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2, 3});
  testing::add_input(model, "shape", {2});
  model.mutable_graph()->mutable_input(1)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::INT64);
  testing::add_node(model, "Reshape", {"x", "shape"}, {"y"}, "r");
  testing::add_output(model, "y");
  EXPECT_THAT(error_of(model), AllOf(HasSubstr("Reshape (r)"), HasSubstr("computed when the model runs")));
}

TEST(Refusals, UnknownAttribute) {
  onnx::ModelProto model = testing::digits_like();
  testing::set_ints(*model.mutable_graph()->mutable_node(1), "surprise", {1});
  EXPECT_THAT(error_of(model), HasSubstr("'surprise'"));
}

TEST(Refusals, AttributeTwice) {
  onnx::ModelProto model = testing::digits_like();
  testing::set_ints(*model.mutable_graph()->mutable_node(0), "pads", {0, 0, 0, 0});
  EXPECT_THAT(error_of(model), HasSubstr("'pads' is there twice"));
}

TEST(Refusals, AttributeOfTheWrongType) {
  onnx::ModelProto model = testing::digits_like();
  onnx::AttributeProto* pads = model.mutable_graph()->mutable_node(0)->mutable_attribute(0);
  pads->set_type(onnx::AttributeProto::FLOAT);
  EXPECT_EQ(error_of(model), "node 'conv' (Conv): attribute 'pads' is a float, expected a list of ints");
}

TEST(Refusals, OpenSizesAreNamedWithTheWayOut) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {-1, 3, -1, -1});
  testing::add_node(model, "Relu", {"x"}, {"y"});
  testing::add_output(model, "y");
  EXPECT_EQ(error_of(model),
            "sizes of inputs are open: 'x' [d0, 3, d2, d3]; fix them, for example with --shape x=1x3x224x224");
  EXPECT_EQ(error_of(model, {{{"x", {2, 3, 8, 8}}}}), "imported");
  EXPECT_EQ(error_of(model, {{{"", {2, 3, 8, 8}}}}), "imported");
  EXPECT_THAT(error_of(model, {{{"x", {2, 4, 8, 8}}}}), HasSubstr("which [2, 4, 8, 8] does not fit"));
  EXPECT_THAT(error_of(model, {{{"x", {2, 3}}}}), HasSubstr("does not fit"));
  EXPECT_THAT(error_of(model, {{{"z", {2, 3}}}}), HasSubstr("no input 'z'; its inputs: x"));
}

TEST(Refusals, OneNameIsOneSize) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {-1, 3});
  testing::add_input(model, "z", {-1, 3});
  testing::add_node(model, "Add", {"x", "z"}, {"y"});
  testing::add_output(model, "y");
  EXPECT_EQ(error_of(model, {{{"z", {5, 3}}}}), "imported");
  EXPECT_THAT(error_of(model, {{{"z", {5, 3}}, {"x", {4, 3}}}}), HasSubstr("'d0' is"));
}

TEST(Refusals, Cycle) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2});
  testing::add_node(model, "Relu", {"x"}, {"a"});
  testing::add_node(model, "Add", {"a", "c"}, {"b"}, "left");
  testing::add_node(model, "Relu", {"b"}, {"c"}, "right");
  testing::add_node(model, "Relu", {"c"}, {"y"});
  testing::add_output(model, "y");
  EXPECT_THAT(error_of(model), AllOf(HasSubstr("cycle"), HasSubstr("needs its own output")));
}

TEST(Refusals, NodesMayStandInAnyOrder) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2});
  testing::add_node(model, "Relu", {"a"}, {"y"});
  testing::add_node(model, "Neg", {"x"}, {"a"});
  testing::add_output(model, "y");
  EXPECT_EQ(error_of(model), "imported");
}

TEST(Refusals, NamesThatLeadNowhereOrTwice) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2});
  testing::add_node(model, "Add", {"x", "nothing"}, {"y"}, "sum");
  testing::add_output(model, "y");
  EXPECT_EQ(error_of(model), "node 'sum' reads 'nothing', which nothing defines");
  model.mutable_graph()->mutable_node(0)->set_input(1, "x");
  EXPECT_EQ(error_of(model), "imported");
  testing::add_node(model, "Relu", {"x"}, {"y"}, "again");
  EXPECT_EQ(error_of(model), "the value 'y' of node 'again' is defined twice");
  model.mutable_graph()->mutable_node(1)->set_output(0, "z");
  testing::add_output(model, "w");
  EXPECT_EQ(error_of(model), "output 'w' is defined nowhere");
}

TEST(Refusals, OperatorSetsOutsideTheRange) {
  onnx::ModelProto model = testing::digits_like();
  model.mutable_opset_import(0)->set_version(0);
  EXPECT_EQ(error_of(model), "operator set 0, expected 1 to 22");
  model.mutable_opset_import(0)->set_version(23);
  EXPECT_EQ(error_of(model), "operator set 23, expected 1 to 22");
}

TEST(Refusals, MixedDtypes) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2});
  testing::add_integers(model, "n", {1, 2});
  testing::add_node(model, "Add", {"x", "n"}, {"y"}, "sum");
  testing::add_output(model, "y");
  EXPECT_THAT(error_of(model), HasSubstr("node 'sum' (Add): "));
}

}  // namespace
}  // namespace ingot::compiler
