#include "compiler/ir/text.h"

#include <gtest/gtest.h>

namespace ingot::compiler {
namespace {

std::string reprinted(std::string_view text) {
  const auto graph = parse(text);
  return graph ? print(*graph) : std::string(graph.error().message());
}

TEST(Text, RoundTrips) {
  const std::string text = R"(graph forward(%x: float32[1, 3, 8, 8], %n: int64[2]) {
  %w = const float32[4, 3, 3, 3] splat 0.5
  %b = const float32[4] [1.0, -2.5, 1e-10, inf]
  %i = const int64[1] [-9223372036854775808]
  %m = const bool[2] [true, false]
  %y: float32[1, 4, 8, 8] = aten::convolution(%x, %w, %b, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"conv1"
  %v: float32[1, 4, 4, 4], %"v 1": int64[1, 4, 4, 4] = aten::max_pool2d_with_indices(%y, [2, 2]) @"pool \"1\""
  %s: float32[1, 2, 4, 4], %t: float32[1, 2, 4, 4] = aten::split_copy.Tensor(%v, 2, 1)
  %c: float32[1, 4, 4, 4] = aten::cat([%s, %t], 1)
  %k: float32[1, 4, 4, 4] = aten::clamp(%c, none, 6.0)
  %z: float32[4, 16] = aten::view_copy(%k, [4, -1])
  %h: float16[4, 16] = aten::_to_copy(%z, float16)
  %p: float32[1, 4, 4, 4] order [0, 2, 3, 1] = aten::clone(%k, 2)
  %e: float32[1, 1, 4, 4] = aten::index.Tensor(%k, [none, %i])
  %u: float32[1, 4, 8, 8] = aten::upsample_nearest2d.vec(%k, none, [2.0, 2.0])
  %g: float32[1, 4, 4, 4] = aten::gelu(%k, "tanh")
  return %z as "logits", %h, %p, %e, %u, %g, %v, %"v 1"
}
)";
  EXPECT_EQ(reprinted(text), text);
}

TEST(Text, RoundTripsSymbols) {
  const std::string text =
      R"(graph f(%x: float32[s0, 3, s1, s1]) where s0 in [1, 64], s1 in [8, 100] {
  %w = const float32[4, 3, 3, 3] splat 0.0
  %y: float32[s0, 4, (s1 + 1) // 2, (s1 + 1) // 2] = aten::convolution(%x, %w, none, [2, 2], [1, 1], [1, 1], false, [0, 0], 1)
  %z: float32[s0, 4*((s1 + 1) // 2)*((s1 + 1) // 2)] = aten::view_copy(%y, [s0, -1])
  %r: float32[2*s0, 3, s1, s1] = aten::repeat(%x, [2, 1, 1, 1])
  return %z, %r
}
)";
  EXPECT_EQ(reprinted(text), text);
}

TEST(Text, InfersTypesLeftOff) {
  EXPECT_EQ(reprinted("graph f(%x: float32[2, 3]) { %y = aten::sum.dim_IntList(%x, [1], true) return %y }"),
            "graph f(%x: float32[2, 3]) {\n"
            "  %y: float32[2, 1] = aten::sum.dim_IntList(%x, [1], true)\n"
            "  return %y\n}\n");
}

TEST(Text, ElidesLongConstants) {
  const auto graph = parse("graph f() { %c = const float32[100] seed 3 return %c }");
  ASSERT_TRUE(graph);
  EXPECT_NE(print(*graph).find("const float32[100] elided"), std::string::npos);
  const std::string full = print(*graph, {.max_constant_elements = 100});
  const auto again = parse(full);
  ASSERT_TRUE(again) << again.error().message();
  const Bytes& a = graph->outputs()[0]->data;
  const Bytes& b = again->outputs()[0]->data;
  EXPECT_TRUE(std::ranges::equal(a.span(), b.span()));
}

TEST(Text, ErrorsNameLineAndColumn) {
  const auto message = [](std::string_view text) { return reprinted(text); };
  EXPECT_EQ(message("graph f(%x: float32[2]) {\n  %y = aten::relu(%z)\n  return %y }"),
            "line 2, column 19: value %z is not defined here");
  EXPECT_EQ(message("graph f(%x: float32[2]) {\n  %y = aten::rely(%x)\n  return %y }"),
            "line 2, column 18: operator 'aten::rely' is not known");
  EXPECT_EQ(message("graph f(%x: float32[2], %y: float32[3]) {\n  %z = aten::add.Tensor(%x, %y)\n  return %z }"),
            "line 2, column 3: aten::add.Tensor: argument 'other': shape [3] does not broadcast with [2]: 3 and 2 at "
            "dimension 0");
  EXPECT_EQ(message("graph f(%x: float32[2]) {\n  %y: int8[2] = aten::relu(%x)\n  return %y }"),
            "line 3, column 3: %y is float32[2], not int8[2]");
  EXPECT_EQ(message("graph f(%x: float33[2]) { return %x }"), "line 1, column 20: 'float33' is not a dtype");
  EXPECT_EQ(message("graph f(%x: float32[n]) { return %x }"),
            "line 1, column 21: symbol 'n' has no bounds in the graph's head");
  EXPECT_EQ(message("graph f(%x: float32[2], %x: float32[2]) { return %x }"),
            "line 1, column 27: value %x is defined twice");
  EXPECT_EQ(message("graph f() { %c = const float32[2] [1.0] return %c }"),
            "line 1, column 41: %c has 1 values, expected 2");
  EXPECT_EQ(message("graph f() { %c = const int8[1] [1.5] return %c }"), "line 1, column 36: 1.5 is not int8");
}

TEST(Text, SurvivesBrokenText) {
  const std::string text =
      "graph f(%x: float32[s0, 3]) where s0 in [1, 4] { %c = const float32[3] [1.0, 2.0, 3.0] "
      "%y = aten::add.Tensor(%x, %c) @\"n\\x41\" return %y as \"out\" }";
  ASSERT_TRUE(parse(text));
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(parse(text.substr(0, size))) << size;
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'(', ']', '%', '9', ' ', '"'}) {
      std::string changed = text;
      changed[i] = c;
      (void)parse(changed);  // must return
    }
  }
  EXPECT_FALSE(parse("graph f(%x: float32[" + std::string(10000, '(') + "3" + std::string(10000, ')') + "]) {return}"));
}

}  // namespace
}  // namespace ingot::compiler
