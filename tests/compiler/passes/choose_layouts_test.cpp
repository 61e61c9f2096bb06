// The layouts chosen for Ingot's own kernels, which take more channels-last than ExecuTorch's (choose_layouts.txt has
// those): what broadcasts, means, joins; and sizes that stay open. What is computed must stay the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "compiler/ir/text.h"
#include "compiler/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::compiler {
namespace {

size_t copies(const Graph& graph) {
  return static_cast<size_t>(std::ranges::count_if(
      graph.nodes(), [](const auto& node) { return node->is("dim_order_ops::_to_dim_order_copy"); }));
}

// Runs the pass and compares what the graphs compute.
Graph choose(const std::string& text) {
  const Graph before = *parse(text);
  Graph graph = *parse(text);
  const auto changed = choose_layouts(graph, Target::ingot);
  EXPECT_TRUE(changed && *changed);
  const auto verified = verify(graph, Stage::canonical, Target::ingot);
  EXPECT_TRUE(verified) << verified.error().message();
  if (!std::ranges::all_of(before.inputs(), [](const Value* v) { return is_static(v->type.shape); })) return graph;
  const auto inputs = testing::random_inputs(before, 1);
  const auto expected = testing::run_graph(before, inputs), found = testing::run_graph(graph, inputs);
  EXPECT_TRUE(expected && found);
  for (size_t i = 0; i < expected->size(); ++i) {
    EXPECT_EQ(before.outputs()[i]->type, graph.outputs()[i]->type);
    const float* a = reinterpret_cast<const float*>((*expected)[i].data.data());
    const float* b = reinterpret_cast<const float*>((*found)[i].data.data());
    for (size_t k = 0; k < (*expected)[i].data.size() / sizeof(float); ++k) EXPECT_NEAR(a[k], b[k], 1e-4);
  }
  return graph;
}

TEST(ChooseLayouts, SqueezeAndExcitationStaysInside) {
  const Graph graph = choose(R"(graph f(%x: float32[1, 8, 20, 20]) {
  %w = const float32[24, 8, 3, 3] seed 1
  %s = const float32[4, 24, 1, 1] seed 2
  %t = const float32[24, 4, 1, 1] seed 3
  %c = const float32[24, 1, 1] seed 4
  %a = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
  %m = aten::mean.dim(%a, [2, 3], true)
  %e = aten::convolution(%m, %s, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
  %g = aten::convolution(%e, %t, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
  %h = aten::sigmoid(%g)
  %y = aten::mul.Tensor(%a, %h)
  %z = aten::add.Tensor(%y, %c)
  return %z
})");
  EXPECT_EQ(copies(graph), 2u);
}

TEST(ChooseLayouts, JoinsAndReductionsWithoutKeptDimensions) {
  const Graph graph = choose(R"(graph f(%x: float32[2, 8, 12, 12]) {
  %w = const float32[16, 8, 3, 3] seed 1
  %v = const float32[16, 8, 3, 3] seed 2
  %a = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
  %b = aten::convolution(%x, %v, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
  %c = aten::cat([%a, %b], 1)
  %m = aten::mean.dim(%c, [2, 3], false)
  return %m
})");
  EXPECT_EQ(copies(graph), 1u);  // of the input; the result has no images
}

TEST(ChooseLayouts, SizesMayStayOpen) {
  const Graph graph = choose(R"(graph f(%x: float32[1, 8, s0, s1]) where s0 in [8, 64], s1 in [8, 64] {
  %w = const float32[16, 8, 5, 5] seed 1
  %a = aten::convolution(%x, %w, none, [2, 2], [2, 2], [1, 1], false, [0, 0], 1)
  %b = aten::relu(%a)
  return %b
})");
  EXPECT_EQ(copies(graph), 2u);
}

}  // namespace
}  // namespace ingot::compiler
