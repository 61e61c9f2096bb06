// Functions that a model brings along: what is wrong with them is said, and none can ask for an endless graph. (What
// they compute is tested with the recorded cases.)
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

// y = F(x), F being a function of one input `a` and one output `b`, without nodes.
onnx::ModelProto calling_model(onnx::FunctionProto** function) {
  onnx::ModelProto model = testing::empty_model();
  model.set_ir_version(8);
  testing::add_input(model, "x", {2, 3});
  testing::add_node(model, "F", {"x"}, {"y"}, "call").set_domain("own");
  testing::add_output(model, "y");
  *function = model.add_functions();
  (*function)->set_domain("own");
  (*function)->set_name("F");
  (*function)->add_input("a");
  (*function)->add_output("b");
  return model;
}

onnx::NodeProto& add_node(onnx::FunctionProto& function, const std::string& op, const std::string& input,
                          const std::string& output) {
  onnx::NodeProto& node = *function.add_node();
  node.set_op_type(op);
  node.add_input(input);
  node.add_output(output);
  return node;
}

std::string error_of(const onnx::ModelProto& model, ImportReport* report = nullptr) {
  ImportReport own;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report != nullptr ? *report : own);
  return graph ? "imported" : graph.error().message();
}

TEST(Functions, AreWrittenOut) {
  onnx::FunctionProto* function = nullptr;
  onnx::ModelProto model = calling_model(&function);
  add_node(*function, "Relu", "a", "h");
  add_node(*function, "Exp", "h", "b");
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report);
  ASSERT_TRUE(graph) << graph.error().message();
  std::vector<std::string> operators;
  for (const auto& node : graph->nodes()) operators.emplace_back(node->op().row().name);
  EXPECT_THAT(operators, ::testing::ElementsAre("aten::relu", "aten::exp"));
  EXPECT_EQ(graph->output_names, std::vector<std::string>{"y"});
}

TEST(Functions, OperatorsThatAreNotSupportedNameTheCall) {
  onnx::FunctionProto* function = nullptr;
  onnx::ModelProto model = calling_model(&function);
  add_node(*function, "NonZero", "a", "b");
  ImportReport report;
  EXPECT_THAT(error_of(model, &report), AllOf(HasSubstr("NonZero"), HasSubstr("call/")));
  EXPECT_EQ(report.unsupported.size(), 1u);
}

TEST(Functions, OfTheirOwnOperatorSet) {
  onnx::FunctionProto* function = nullptr;
  onnx::ModelProto model = calling_model(&function);
  add_node(*function, "Relu", "a", "b");
  onnx::OperatorSetIdProto& opset = *function->add_opset_import();
  opset.set_version(99);
  EXPECT_THAT(error_of(model), HasSubstr("operator set 99"));
}

TEST(Functions, BrokenBodies) {
  onnx::FunctionProto* function = nullptr;
  onnx::ModelProto model = calling_model(&function);
  EXPECT_THAT(error_of(model), AllOf(HasSubstr("'b'"), HasSubstr("defined nowhere"), HasSubstr("call")));
  add_node(*function, "Relu", "later", "b");
  EXPECT_THAT(error_of(model), HasSubstr("'later' before anything defines it"));
  add_node(*function, "Relu", "a", "later");
  EXPECT_THAT(error_of(model), HasSubstr("'later' before anything defines it"));
  function->mutable_node(0)->set_input(0, "a");
  EXPECT_EQ(error_of(model), "imported");
  add_node(*function, "Relu", "a", "b");
  EXPECT_THAT(error_of(model), HasSubstr("defines 'b' twice"));
  function->mutable_node()->RemoveLast();
  model.mutable_graph()->mutable_node(0)->add_input("x");
  EXPECT_THAT(error_of(model), HasSubstr("2 inputs"));
}

TEST(Functions, ThatCallThemselves) {
  onnx::FunctionProto* function = nullptr;
  onnx::ModelProto model = calling_model(&function);
  add_node(*function, "F", "a", "b").set_domain("own");
  EXPECT_THAT(error_of(model), HasSubstr("its functions lie"));
}

TEST(Functions, ThatGrowWithoutBound) {
  onnx::FunctionProto* function = nullptr;
  onnx::ModelProto model = calling_model(&function);
  // Each calls the next one eight times.
  for (int i = 0; i < 20; ++i) {
    const std::string next = "F" + std::to_string(i);
    std::string value = "a";
    for (int k = 0; k < 8; ++k) {
      const std::string result = k == 7 ? "b" : "h" + std::to_string(k);
      add_node(*function, next, value, result).set_domain("own");
      value = result;
    }
    function = model.add_functions();
    function->set_domain("own");
    function->set_name(next);
    function->add_input("a");
    function->add_output("b");
  }
  add_node(*function, "Relu", "a", "b");
  EXPECT_THAT(error_of(model), HasSubstr("have more than"));
}

}  // namespace
}  // namespace ingot::compiler
