#include "compiler/ir/graph.h"

#include <gtest/gtest.h>

#include "compiler/ir/builder.h"
#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

Graph chain() {
  auto graph = parse(R"(graph f(%x: float32[2]) {
    %c = const float32[2] [1.0, 2.0]
    %a = aten::relu(%x) @"first"
    %b = aten::add.Tensor(%a, %c) @"second"
    %d = aten::mul.Tensor(%b, %b) @"third"
    return %d
  })");
  EXPECT_TRUE(graph) << graph.error().message();
  return std::move(*graph);
}

TEST(Graph, NamesStayUnique) {
  Graph graph;
  EXPECT_EQ(graph.add_input("x", {})->name, "x");
  EXPECT_EQ(graph.add_input("x", {})->name, "x_1");
  EXPECT_EQ(graph.add_constant("x", {DType::float32, {0}, {}}, Bytes())->name, "x_2");
  EXPECT_EQ(graph.unique_name("x"), "x_3");
  EXPECT_EQ(graph.unique_name("y"), "y");
  graph.rename(graph.inputs()[1], "z");
  EXPECT_EQ(graph.unique_name("x_1"), "x_1");
  EXPECT_EQ(graph.unique_name("z"), "z_1");
}

TEST(Graph, ReplacesUsesThroughChains) {
  Graph graph = chain();
  Value* x = graph.inputs()[0];
  const Value* a = graph.nodes()[0]->output();
  const Value* b = graph.nodes()[1]->output();
  graph.replace_uses({{b, const_cast<Value*>(a)}, {a, x}});
  EXPECT_EQ(graph.nodes()[2]->tensor(0), x);
  EXPECT_EQ(graph.nodes()[1]->tensor(0), x);
  graph.erase({graph.nodes()[1].get()});
  graph.drop_unused_constants();
  EXPECT_EQ(graph.nodes().size(), 2u);
  EXPECT_EQ(graph.values().size(), 3u);
}

TEST(Graph, InsertsBeforeAndReorders) {
  Graph graph = chain();
  Node* last = graph.nodes()[2].get();
  Builder builder(graph, last);
  builder.set_source("new");
  auto value = builder.call("aten::neg", {graph.inputs()[0]});
  ASSERT_TRUE(value);
  EXPECT_EQ(graph.nodes()[2]->source(), "new");
  EXPECT_EQ(graph.nodes()[3].get(), last);
  std::vector<Node*> order;
  for (const auto& node : graph.nodes()) order.insert(order.begin(), node.get());
  graph.reorder(order);
  EXPECT_EQ(graph.nodes()[0].get(), last);
}

TEST(Uses, CountsEveryUse) {
  Graph graph = chain();
  const Uses uses(graph);
  EXPECT_TRUE(uses.single(graph.inputs()[0]));
  const Value* b = graph.nodes()[1]->output();
  EXPECT_FALSE(uses.single(b));
  EXPECT_EQ(uses.of(b).size(), 1u);
  const Value* d = graph.nodes()[2]->output();
  EXPECT_FALSE(uses.single(d));
  EXPECT_EQ(uses.as_output(d), 1u);
}

TEST(Bytes, OwnsItsCopy) {
  std::vector<float> values = {1, 2, 3};
  const Bytes bytes = Bytes::copy_of(std::as_bytes(std::span(values)));
  values[0] = 7;
  EXPECT_EQ(bytes.as<float>()[0], 1);
  EXPECT_EQ(bytes.as<float>().size(), 3u);
}

}  // namespace
}  // namespace ingot::compiler
