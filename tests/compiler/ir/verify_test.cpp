#include "compiler/ir/verify.h"

#include <gtest/gtest.h>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

Graph parsed(const char* text) {
  auto graph = parse(text);
  EXPECT_TRUE(graph) << graph.error().message();
  return graph ? std::move(*graph) : Graph();
}

Graph good() {
  return parsed(R"(graph f(%x: float32[2, 3]) {
    %c = const float32[3] [1.0, 2.0, 3.0]
    %a = aten::add.Tensor(%x, %c) @"sum"
    %b = aten::relu(%a) @"last"
    return %b
  })");
}

// What verify says, or nothing.
std::string complaint(const Graph& graph, Stage stage = Stage::canonical, Target target = Target::executorch) {
  const auto result = verify(graph, stage, target);
  if (result) return "";
  EXPECT_EQ(result.error().code(), ErrorCode::internal);
  return result.error().message();
}

TEST(Verify, AcceptsAGoodGraph) {
  for (const Stage stage : {Stage::imported, Stage::canonical, Stage::partitioned})
    EXPECT_EQ(complaint(good(), stage), "");
}

TEST(Verify, FindsUseBeforeDefinition) {
  Graph graph = good();
  graph.reorder({graph.nodes()[1].get(), graph.nodes()[0].get()});
  EXPECT_EQ(complaint(graph), "node 'last' (aten::relu) uses a value that is not defined before it");
}

TEST(Verify, FindsValuesOfAnotherGraph) {
  Graph graph = good();
  const Graph other = good();
  graph.nodes()[1]->set_arg(0, other.inputs()[0]);
  EXPECT_EQ(complaint(graph), "node 'last' (aten::relu) uses a value that is not defined before it");
  graph = good();
  graph.outputs()[0] = other.outputs()[0];
  EXPECT_EQ(complaint(graph), "an output of graph 'f' is not defined");
}

TEST(Verify, FindsArgumentsThatDoNotFit) {
  Graph graph = good();
  graph.nodes()[0]->set_arg(2, std::string("two"));
  EXPECT_EQ(complaint(graph),
            "node 'sum' (aten::add.Tensor) aten::add.Tensor: argument 'alpha' is a string, expected a number");
  graph = good();
  graph.nodes()[1]->set_arg(0, std::monostate());
  EXPECT_EQ(complaint(graph), "node 'last' (aten::relu) aten::relu: argument 'self' is none, expected a tensor");
}

TEST(Verify, FindsStaleTypes) {
  Graph graph = good();
  graph.inputs()[0]->type.shape[0] = 5;
  EXPECT_EQ(complaint(graph),
            "node 'sum' (aten::add.Tensor): output 0 is float32[2, 3], its shape rule says float32[5, 3]");
  graph = good();
  graph.inputs()[0]->type.shape[1] = 5;
  EXPECT_NE(complaint(graph).find("does not broadcast"), std::string::npos);
}

TEST(Verify, FindsBrokenConstants) {
  Graph graph = good();
  graph.nodes()[0]->tensor(1)->data = Bytes();
  EXPECT_EQ(complaint(graph), "value 'c' of float32[3] does not hold as many bytes");
}

TEST(Verify, FindsNamesTwice) {
  Graph graph = good();
  graph.nodes()[0]->output()->name = "x";
  EXPECT_EQ(complaint(graph), "value 'x' of float32[2, 3] has no name of its own");
}

TEST(Verify, FindsWhatNothingUses) {
  const Graph dead = parsed("graph f(%x: float32[2]) { %y = aten::relu(%x) @\"y\" return %x }");
  EXPECT_EQ(complaint(dead, Stage::imported), "");
  EXPECT_EQ(complaint(dead), "node 'y' (aten::relu) is dead: nothing uses its results");
  const Graph unused = parsed("graph f(%x: float32[2]) { %c = const float32[1] [0.0] return %x }");
  EXPECT_EQ(complaint(unused), "value 'c' of float32[1] is a constant without users");
}

TEST(Verify, HoldsOperatorsToTheTarget) {
  const Graph graph = parsed("graph f(%x: float32[2]) { %y = aten::hardswish(%x) @\"h\" return %y }");
  EXPECT_EQ(complaint(graph), "");
  EXPECT_EQ(complaint(graph, Stage::partitioned),
            "node 'h' (aten::hardswish) is not an operator that ExecuTorch registers");
}

TEST(Verify, WantsDelegateCallsAfterPartitioningOnly) {
  Graph graph = good();
  auto info = std::make_unique<DelegateCallInfo>();
  info->backend_id = "SomeBackend";
  Node* call = graph.add_delegate_call(std::move(info), {graph.inputs()[0]}, {graph.outputs()[0]->type}, "call",
                                       graph.nodes()[0].get());
  graph.outputs()[0] = call->output();
  graph.erase({graph.nodes()[2].get(), graph.nodes()[1].get()});
  graph.drop_unused_constants();
  EXPECT_EQ(complaint(graph, Stage::partitioned), "");
  EXPECT_EQ(complaint(graph), "node 'call' (executorch_call_delegate) stands in a graph that is not partitioned yet");
  call->delegate_call()->backend_id.clear();
  EXPECT_EQ(complaint(graph, Stage::partitioned), "node 'call' (executorch_call_delegate) does not name its delegate");
}

}  // namespace
}  // namespace ingot::compiler
