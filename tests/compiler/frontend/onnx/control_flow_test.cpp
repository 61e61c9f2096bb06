// Loops, branches and recurrent layers beyond what ONNX Runtime can be asked (recorded_cases_test.cpp has that): scopes
// of names, and models that are wrong, hostile or more than can be unrolled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/verify.h"
#include "tests/compiler/frontend/onnx/small_models.h"
#include "tests/support/damage.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::compiler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of(const onnx::ModelProto& model) {
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report);
  return graph ? "imported" : graph.error().message();
}

// What the model's first output is for x = [1, 2].
std::vector<float> answer_of(const onnx::ModelProto& model) {
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report);
  EXPECT_TRUE(graph) << graph.error().message();
  if (!graph) return {};
  const auto verified = verify(*graph, Stage::imported);
  EXPECT_TRUE(verified) << verified.error().message();
  const std::vector<float> x = {1, 2};
  const auto bytes = std::as_bytes(std::span(x));
  const std::vector<Array> inputs = {Array{DType::float32, {2}, {bytes.begin(), bytes.end()}}};
  const auto outputs = ingot::testing::run_graph(*graph, inputs);
  EXPECT_TRUE(outputs) << outputs.error().message();
  if (!outputs) return {};
  const auto answer = (*outputs)[0].as<float>();
  return {answer.begin(), answer.end()};
}

// A body that carries on `a` and says that it goes on; what makes "a_out" is left to the caller.
onnx::ModelProto loop_body() {
  onnx::ModelProto body = testing::empty_model();
  for (const char* name : {"i", "on", "a"}) testing::add_input(body, name, {});
  testing::add_node(body, "Identity", {"on"}, {"on_out"}, "goes_on");
  testing::add_output(body, "on_out");
  testing::add_output(body, "a_out");
  return body;
}

// x [2] in, y out, and "n" runs of the body, which starts with x.
onnx::ModelProto model_with_loop(const onnx::ModelProto& body, int64_t n) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2});
  testing::add_integer(model, "n", n);
  testing::add_flag(model, "yes", true);
  testing::set_graph(testing::add_node(model, "Loop", {"n", "yes", "x"}, {"y"}, "loop"), "body", body);
  testing::add_output(model, "y");
  return model;
}

onnx::ModelProto doubling_body() {
  onnx::ModelProto body = loop_body();
  testing::add_node(body, "Add", {"a", "a"}, {"a_out"}, "double");
  return body;
}

onnx::ModelProto branch(const std::string& op, const std::vector<std::string>& inputs) {
  onnx::ModelProto branch = testing::empty_model();
  testing::add_node(branch, op, inputs, {op + "_out"}, "in_" + op);
  testing::add_output(branch, op + "_out");
  return branch;
}

// x [2] and a condition in, y out.
onnx::ModelProto model_with_if(const onnx::ModelProto& then_branch, const onnx::ModelProto& else_branch) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {2});
  testing::add_input(model, "c", {});
  model.mutable_graph()->mutable_input(1)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::BOOL);
  onnx::NodeProto& node = testing::add_node(model, "If", {"c"}, {"y"}, "if");
  testing::set_graph(node, "then_branch", then_branch);
  testing::set_graph(node, "else_branch", else_branch);
  testing::add_output(model, "y");
  return model;
}

TEST(ControlFlow, LoopsRun) {
  EXPECT_EQ(answer_of(model_with_loop(doubling_body(), 3)), (std::vector<float>{8, 16}));
  EXPECT_EQ(answer_of(model_with_loop(doubling_body(), 0)), (std::vector<float>{1, 2}));
  EXPECT_EQ(answer_of(model_with_loop(doubling_body(), -5)), (std::vector<float>{1, 2}));
}

TEST(ControlFlow, InnerNamesHideOuterOnes) {
  // The body's own x is a constant of zeros; the nodes' labels say where they stand.
  onnx::ModelProto body = loop_body();
  testing::add_weights(body, "x", {2});  // -1, -1/8
  testing::add_node(body, "Add", {"a", "x"}, {"a_out"}, "sum");
  onnx::ModelProto model = model_with_loop(body, 2);
  testing::add_node(model, "Add", {"y", "x"}, {"z"});
  model.mutable_graph()->mutable_output(0)->set_name("z");
  EXPECT_EQ(answer_of(model), (std::vector<float>{0, 3.75}));
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report);
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->nodes()[0]->source(), "loop/sum");
  EXPECT_EQ(graph->nodes().back()->source(), "Add z");
}

TEST(ControlFlow, WhatABodyMakesStaysInside) {
  onnx::ModelProto model = model_with_loop(doubling_body(), 2);
  testing::add_node(model, "Neg", {"a_out"}, {"z"}, "outside");
  EXPECT_EQ(error_of(model), "node 'outside' reads 'a_out', which nothing defines");
}

TEST(ControlFlow, NodesMayStandInAnyOrder) {
  // The body reads what a later node makes, and its own nodes stand the wrong way round.
  onnx::ModelProto body = loop_body();
  testing::add_node(body, "Add", {"b", "late"}, {"a_out"});
  testing::add_node(body, "Neg", {"a"}, {"b"});
  onnx::ModelProto model = model_with_loop(body, 2);
  testing::add_node(model, "Mul", {"x", "x"}, {"late"});
  EXPECT_EQ(answer_of(model), (std::vector<float>{1, 2}));  // 1 - (1 - 1), 4 - (4 - 2)
}

TEST(ControlFlow, ABranchMayGiveWhatItDidNotMake) {
  onnx::ModelProto outer_value = testing::empty_model();
  testing::add_output(outer_value, "x");
  onnx::ModelProto model = model_with_if(outer_value, branch("Neg", {"x"}));
  EXPECT_EQ(error_of(model), "imported");
  outer_value.mutable_graph()->mutable_output(0)->set_name("nothing");
  model = model_with_if(outer_value, branch("Neg", {"x"}));
  EXPECT_EQ(error_of(model), "node 'if' reads 'nothing', which nothing defines");
}

TEST(ControlFlow, OwnOutputsInside) {
  EXPECT_THAT(error_of(model_with_if(branch("Neg", {"y"}), branch("Relu", {"x"}))),
              AllOf(HasSubstr("cycle"), HasSubstr("'if' needs its own output")));
  EXPECT_THAT(error_of(model_with_if(branch("Neg", {"Neg_out"}), branch("Relu", {"x"}))),
              AllOf(HasSubstr("cycle"), HasSubstr("'in_Neg' needs its own output")));
}

TEST(ControlFlow, MissingAndWrongGraphs) {
  onnx::ModelProto model = model_with_loop(doubling_body(), 2);
  onnx::AttributeProto* attribute = model.mutable_graph()->mutable_node(0)->mutable_attribute(0);
  attribute->clear_g();
  EXPECT_EQ(error_of(model), "node 'loop' (Loop): attribute 'body' is missing");
  attribute->set_type(onnx::AttributeProto::INT);
  EXPECT_EQ(error_of(model), "node 'loop' (Loop): attribute 'body' is an int, expected a graph");
  model.mutable_graph()->mutable_node(0)->clear_attribute();
  EXPECT_EQ(error_of(model), "node 'loop' (Loop): attribute 'body' is missing");
}

TEST(ControlFlow, CountsThatDoNotFit) {
  onnx::ModelProto body = doubling_body();
  body.mutable_graph()->mutable_input()->RemoveLast();
  EXPECT_THAT(error_of(model_with_loop(body, 2)), HasSubstr("which nothing defines"));  // a
  body = doubling_body();
  testing::add_input(body, "more", {});
  EXPECT_THAT(error_of(model_with_loop(body, 2)), HasSubstr("4 inputs and 2 outputs, expected 3 and 2"));
  body = doubling_body();
  body.mutable_graph()->mutable_output()->RemoveLast();
  EXPECT_THAT(error_of(model_with_loop(body, 2)), HasSubstr("3 inputs and 1 outputs; it carries on 1"));
  body.mutable_graph()->clear_input();
  body.mutable_graph()->clear_output();
  body.mutable_graph()->clear_node();
  EXPECT_THAT(error_of(model_with_loop(body, 2)), HasSubstr("0 inputs and 0 outputs"));

  onnx::ModelProto two = branch("Neg", {"x"});
  testing::add_output(two, "Neg_out");
  EXPECT_THAT(error_of(model_with_if(two, branch("Relu", {"x"}))),
              HasSubstr("0 inputs and 2 outputs, expected 0 and 1"));
  onnx::ModelProto fed = branch("Neg", {"x"});
  testing::add_input(fed, "z", {2});
  EXPECT_THAT(error_of(model_with_if(fed, branch("Relu", {"x"}))), HasSubstr("1 inputs and 1 outputs"));
}

TEST(ControlFlow, BranchesOfOtherTypes) {
  EXPECT_EQ(
      error_of(model_with_if(branch("ReduceSum", {"x"}), branch("Relu", {"x"}))),
      "1 node uses an operator that is not supported: If (if): its output 0 is float32[1] or float32[2]; only the "
      "running model knows which");
  onnx::ModelProto model = model_with_if(branch("Neg", {"x"}), branch("Relu", {"x"}));
  model.mutable_graph()->mutable_node(0)->set_input(0, "x");
  EXPECT_THAT(error_of(model), HasSubstr("its condition is float32[2], expected one bool"));
}

TEST(ControlFlow, WhatOnlyTheRunningModelKnows) {
  onnx::ModelProto model = model_with_loop(doubling_body(), 2);
  testing::add_input(model, "times", {});
  model.mutable_graph()->mutable_input(1)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::INT64);
  model.mutable_graph()->mutable_node(0)->set_input(0, "times");
  EXPECT_THAT(error_of(model), AllOf(HasSubstr("Loop (loop)"), HasSubstr("how often it runs"),
                                     HasSubstr("computed when the model runs")));
  // Whether it goes on.
  onnx::ModelProto body = loop_body();
  testing::add_node(body, "Add", {"a", "a"}, {"a_out"});
  body.mutable_graph()->mutable_node(0)->set_input(0, "c");
  model = model_with_loop(body, 3);
  testing::add_input(model, "c", {});
  model.mutable_graph()->mutable_input(1)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::BOOL);
  EXPECT_EQ(error_of(model), "imported");
  model.mutable_graph()->mutable_node(0)->set_input(0, "");
  EXPECT_THAT(error_of(model), AllOf(HasSubstr("Loop (loop)"), HasSubstr("nothing limits how often")));
  model.mutable_graph()->mutable_node(0)->set_input(0, "n");
  body.mutable_graph()->mutable_node(1)->set_op_type("Concat");
  testing::set_integer(*body.mutable_graph()->mutable_node(1), "axis", 0);
  *model.mutable_graph()->mutable_node(0)->mutable_attribute(0)->mutable_g() = body.graph();
  EXPECT_THAT(error_of(model), HasSubstr("what it carries on is float32[8] or float32[4]"));
}

TEST(ControlFlow, EndlessLoops) {
  for (const int64_t n : {int64_t{1} << 62, INT64_MAX, int64_t{60'000}}) {
    EXPECT_EQ(error_of(model_with_loop(doubling_body(), n)),
              "1 node uses an operator that is not supported: Loop (loop): unrolled, the loops and branches up to here "
              "are more than 50000 nodes");
  }
  // Without a node in it.
  onnx::ModelProto body = testing::empty_model();
  for (const char* name : {"i", "on", "a"}) testing::add_input(body, name, {});
  testing::add_output(body, "on");
  testing::add_output(body, "a");
  EXPECT_THAT(error_of(model_with_loop(body, int64_t{1} << 62)), HasSubstr("more than 50000 nodes"));
  EXPECT_EQ(error_of(model_with_loop(body, 100)), "imported");
}

TEST(ControlFlow, LoopsInLoopsMultiply) {
  onnx::ModelProto body = loop_body();
  testing::add_integer(body, "m", 300);
  onnx::ModelProto inner = doubling_body();
  testing::set_graph(testing::add_node(body, "Loop", {"m", "on", "a"}, {"a_out"}, "inner"), "body", inner);
  EXPECT_THAT(error_of(model_with_loop(body, 300)), AllOf(HasSubstr("Loop (loop/inner)"), HasSubstr("50000")));
  EXPECT_EQ(error_of(model_with_loop(body, 3)), "imported");
}

// One megabyte more with every iteration.
TEST(ControlFlow, LoopsThatComputeGigabytes) {
  onnx::ModelProto body = loop_body();
  testing::add_node(body, "Add", {"a", "step"}, {"a_out"});
  onnx::ModelProto model = model_with_loop(body, 20'000);
  testing::add_weights(model, "start", {512, 512});
  testing::add_weights(model, "step", {512, 512});
  model.mutable_graph()->mutable_node(0)->set_input(2, "start");
  EXPECT_THAT(error_of(model), HasSubstr("constants of more than 268435456 bytes"));
}

// A layer of many steps in a loop of many iterations.
TEST(ControlFlow, LoopsOfRecurrentLayers) {
  onnx::ModelProto body = loop_body();
  testing::add_weights(body, "w", {1, 8, 2});
  testing::add_weights(body, "r", {1, 8, 2});
  testing::add_integers(body, "sizes", {1000, 1, 2});
  testing::add_node(body, "Expand", {"a", "sizes"}, {"long"});
  testing::add_node(body, "LSTM", {"long", "w", "r"}, {"", "h"});
  testing::add_integers(body, "flat", {2});
  testing::add_node(body, "Reshape", {"h", "flat"}, {"a_out"});
  EXPECT_THAT(error_of(model_with_loop(body, 5000)), HasSubstr("more than 200000 nodes"));
}

TEST(ControlFlow, NestedTooDeeply) {
  onnx::ModelProto inner = branch("Neg", {"x"});
  for (int depth = 0; depth < 15; ++depth) {
    const onnx::ModelProto whole = model_with_if(inner, branch("Relu", {"x"}));
    inner = testing::empty_model();
    *inner.mutable_graph()->add_node() = whole.graph().node(0);
    testing::add_output(inner, "y" + std::to_string(depth));
    inner.mutable_graph()->mutable_node(0)->set_output(0, "y" + std::to_string(depth));
  }
  EXPECT_EQ(error_of(model_with_if(inner, branch("Relu", {"x"}))), "imported");
  onnx::ModelProto deeper = testing::empty_model();
  *deeper.mutable_graph()->add_node() = model_with_if(inner, branch("Relu", {"x"})).graph().node(0);
  testing::add_output(deeper, "y");
  EXPECT_EQ(error_of(model_with_if(deeper, branch("Relu", {"x"}))), "graphs are nested more than 16 deep");
}

TEST(ControlFlow, AllThatIsNotSupportedInsideIsListedOnce) {
  // In the body of a loop that runs, in one that is refused, in branches, and behind something unsupported.
  onnx::ModelProto body = doubling_body();
  testing::add_node(body, "Foo", {"a"}, {"f"}, "foo");
  testing::add_node(body, "Neg", {"f"}, {"g"}, "behind");
  onnx::ModelProto model = model_with_loop(body, 5);
  body = doubling_body();
  testing::add_node(body, "Bar", {"a"}, {"b"}, "bar");
  testing::set_graph(testing::add_node(model, "Loop", {"often", "yes", "x"}, {"u"}, "refused"), "body", body);
  testing::add_input(model, "often", {1});
  onnx::NodeProto& node = testing::add_node(model, "If", {"c"}, {"v"}, "if");
  testing::set_graph(node, "then_branch", branch("Baz", {"x"}));
  testing::set_graph(node, "else_branch", branch("Qux", {"x"}));
  testing::add_input(model, "c", {});
  model.mutable_graph()->mutable_input(2)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::BOOL);
  onnx::NodeProto& behind = testing::add_node(model, "If", {"c"}, {"w"}, "behind");
  testing::set_graph(behind, "then_branch", branch("Neg", {"u"}));
  testing::set_graph(behind, "else_branch", branch("Quux", {"x"}));
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report);
  ASSERT_FALSE(graph);
  EXPECT_STREQ(graph.error().message(),
               "6 nodes use operators that are not supported: Foo (loop/foo), Loop (refused), Bar (refused/bar), "
               "Baz (if/in_Baz), Qux (if/in_Qux), Quux (behind/in_Quux)");
}

TEST(ControlFlow, WhatIsNotTakenNeedNotBeSupported) {
  onnx::ModelProto model = model_with_if(branch("Foo", {"x"}), branch("Neg", {"x"}));
  testing::add_flag(model, "no", false);
  model.mutable_graph()->mutable_node(0)->set_input(0, "no");
  model.mutable_graph()->mutable_input()->RemoveLast();
  EXPECT_EQ(answer_of(model), (std::vector<float>{-1, -2}));
}

TEST(ControlFlow, DamagedByteByByte) {
  onnx::ModelProto body = loop_body();
  onnx::NodeProto& node = testing::add_node(body, "If", {"c"}, {"a_out"});
  testing::set_graph(node, "then_branch", branch("Neg", {"a"}));
  testing::set_graph(node, "else_branch", branch("Relu", {"a"}));
  onnx::ModelProto model = model_with_if(branch("Neg", {"x"}), branch("Relu", {"x"}));
  testing::add_integer(model, "n", 2);
  testing::add_flag(model, "yes", true);
  testing::set_graph(testing::add_node(model, "Loop", {"n", "yes", "y"}, {"z"}), "body", body);
  testing::add_output(model, "z");
  testing::add_input(model, "steps", {2, 1, 2});
  testing::add_weights(model, "w", {1, 8, 2});
  testing::add_weights(model, "r", {1, 8, 2});
  testing::set_text(testing::add_node(model, "LSTM", {"steps", "w", "r"}, {"all"}), "direction", "reverse");
  testing::add_output(model, "all");
  EXPECT_EQ(error_of(model), "imported");
  ingot::testing::flip_every_byte(testing::to_bytes(model), testing::expect_sound);
  ingot::testing::cut_at_every_length(testing::to_bytes(model), testing::expect_sound);
}

// x [3, 1, 2] through a layer of 2 numbers in one direction; `change` makes it wrong.
template <typename F>
std::string layer_error(const std::string& op, int64_t gates, F&& change) {
  onnx::ModelProto model = testing::empty_model();
  testing::add_input(model, "x", {3, 1, 2});
  testing::add_weights(model, "w", {1, gates * 2, 2});
  testing::add_weights(model, "r", {1, gates * 2, 2});
  onnx::NodeProto& node = testing::add_node(model, op, {"x", "w", "r"}, {"y"}, "layer");
  testing::add_output(model, "y");
  change(model, node);
  return error_of(model);
}

TEST(RecurrentLayers, AttributesThatAreWrong) {
  const auto with_text = [](const char* name, const char* value) {
    return layer_error("LSTM", 4, [&](auto&, auto& node) { testing::set_text(node, name, value); });
  };
  EXPECT_THAT(with_text("direction", "sideways"), HasSubstr("expected forward, reverse or bidirectional"));
  EXPECT_THAT(with_text("direction", "bidirectional"), HasSubstr("W is float32[1, 8, 2], expected float32[2, 8, 2]"));
  EXPECT_THAT(with_text("hidden_size", "2"), HasSubstr("is a string, expected an int"));
  EXPECT_EQ(with_text("direction", "forward"), "imported");
  const auto with_clip = [](float clip) {
    return layer_error("GRU", 3, [&](auto&, auto& node) { testing::set_float(node, "clip", clip); });
  };
  EXPECT_THAT(with_clip(0), HasSubstr("clip is 0, expected a positive number"));
  EXPECT_THAT(with_clip(-1), HasSubstr("clip is -1"));
  EXPECT_EQ(with_clip(1), "imported");
  EXPECT_THAT(layer_error("RNN", 1, [](auto&, auto& node) { testing::set_integer(node, "hidden_size", 3); }),
              HasSubstr("hidden_size is 3, but R is float32[1, 2, 2]"));
  // From operator set 14 on.
  EXPECT_THAT(layer_error("RNN", 1, [](auto&, auto& node) { testing::set_integer(node, "layout", 1); }),
              HasSubstr("'layout' is not known for opset 13"));
}

TEST(RecurrentLayers, ActivationsThatAreWrong) {
  const auto with = [](const std::vector<std::string>& names, const std::vector<float>& alphas) {
    return layer_error("GRU", 3, [&](auto&, onnx::NodeProto& node) {
      onnx::AttributeProto* list = node.add_attribute();
      list->set_name("activations");
      list->set_type(onnx::AttributeProto::STRINGS);
      for (const std::string& name : names) list->add_strings(name);
      onnx::AttributeProto* values = node.add_attribute();
      values->set_name("activation_alpha");
      values->set_type(onnx::AttributeProto::FLOATS);
      for (const float alpha : alphas) values->add_floats(alpha);
    });
  };
  EXPECT_EQ(with({"sigmoid", "TANH"}, {}), "imported");
  EXPECT_THAT(with({"Sigmoid", "Gelu"}, {}), HasSubstr("the activation function 'gelu'"));
  EXPECT_THAT(with({"Sigmoid", "Affine"}, {0.5f}), HasSubstr("Affine without its alpha and beta"));
  EXPECT_THAT(with({"Sigmoid", "ScaledTanh"}, {}), HasSubstr("ScaledTanh without its alpha and beta"));
  EXPECT_THAT(with({"Sigmoid"}, {}), HasSubstr("1 activations, expected 2 in each of 1 directions"));
  EXPECT_THAT(with({"Sigmoid", "Elu"}, {1, 2}), HasSubstr("2 values of activation_alpha"));
}

TEST(RecurrentLayers, InputsThatAreWrong) {
  const auto with = [](size_t at, const char* name, const std::vector<int64_t>& sizes) {
    return layer_error("LSTM", 4, [&](onnx::ModelProto& model, onnx::NodeProto& node) {
      while (std::cmp_less(node.input_size(), at)) node.add_input("");
      node.add_input(name);
      testing::add_weights(model, name, sizes);
    });
  };
  EXPECT_THAT(with(3, "b", {1, 8}), HasSubstr("B is float32[1, 8], expected float32[1, 16]"));
  EXPECT_THAT(with(4, "l", {1}), HasSubstr("sequence_lens is float32[1], expected int32[1]"));
  EXPECT_THAT(with(5, "h", {1, 2, 2}), HasSubstr("initial_h is float32[1, 2, 2], expected float32[1, 1, 2]"));
  EXPECT_THAT(with(6, "m", {2}), HasSubstr("initial_c is float32[2], expected float32[1, 1, 2]"));
  EXPECT_THAT(with(7, "p", {1, 8}), HasSubstr("P is float32[1, 8], expected float32[1, 6]"));
  EXPECT_EQ(with(7, "p", {1, 6}), "imported");
}

TEST(RecurrentLayers, LengthsOutsideTheSteps) {
  const auto with = [](int32_t length) {
    return layer_error("RNN", 1, [&](onnx::ModelProto& model, onnx::NodeProto& node) {
      node.add_input("");
      node.add_input("l");
      onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
      tensor.set_name("l");
      tensor.set_data_type(onnx::TensorProto::INT32);
      tensor.add_dims(1);
      tensor.add_int32_data(length);
    });
  };
  EXPECT_THAT(with(4), HasSubstr("a sequence of 4 steps of 3"));
  EXPECT_THAT(with(-1), HasSubstr("a sequence of -1 steps of 3"));
  EXPECT_EQ(with(2), "imported");
}

TEST(RecurrentLayers, TooManySteps) {
  const auto with = [](int64_t steps) {
    return layer_error("RNN", 1, [&](onnx::ModelProto& model, onnx::NodeProto&) {
      auto* shape = model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
      shape->mutable_dim(0)->set_dim_value(steps);
    });
  };
  EXPECT_EQ(with(2000), "imported");
  EXPECT_THAT(with(2001), HasSubstr("2001 steps of 1 layers or directions, unrolled"));
  EXPECT_THAT(with(0), HasSubstr("0 steps"));
}

}  // namespace
}  // namespace ingot::compiler
