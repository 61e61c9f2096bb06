#include "compiler/partition/constant_parts.h"

#include <gtest/gtest.h>

#include <vector>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

TEST(ConstantParts, AreDequantizedConstantsAndWhatMovesThem) {
  const auto graph = parse(R"(graph f(%x: float32[2, 4]) {
    %i = const int8[3, 4] seed 1
    %c = const float32[4, 3] seed 2
    %w = quantized_decomposed::dequantize_per_tensor(%i, 0.5, 0, -127, 127, int8)
    %t = aten::permute_copy(%w, [1, 0])
    %v = aten::view_copy(%t, [4, 3])
    %m = aten::mm(%x, %v)
    %u = aten::permute_copy(%c, [1, 0])
    %p = aten::permute_copy(%m, [1, 0])
    %r = aten::relu(%t)
    return %u, %p, %r
  })");
  ASSERT_TRUE(graph) << graph.error().message();
  const auto node = [&graph](size_t i) { return graph->nodes()[i].get(); };
  for (size_t i = 0; i < graph->nodes().size(); ++i) EXPECT_EQ(prepares_constant(*node(i)), i < 3) << i;
  std::vector<const Node*> nodes;
  add_with_constant_parts(*node(3), &nodes);
  EXPECT_EQ(nodes, (std::vector<const Node*>{node(0), node(1), node(2), node(3)}));
  add_with_constant_parts(*node(6), &nodes);
  EXPECT_EQ(nodes, (std::vector<const Node*>{node(0), node(1), node(2), node(3), node(6)}));
}

}  // namespace
}  // namespace ingot::compiler
