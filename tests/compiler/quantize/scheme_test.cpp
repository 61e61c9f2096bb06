// Which nodes of a graph are computed in 8 bits, and which values share their parameters.
#include "compiler/quantize/scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SchemeTest : public ::testing::Test {
 protected:
  void make(std::string_view text, std::string_view kept = {}) {
    auto parsed = parse(text);
    ASSERT_TRUE(parsed) << parsed.error().message();
    graph = std::move(*parsed);
    KeptFloat nodes;
    for (const auto& node : graph.nodes()) {
      if (!kept.empty() && node->source() == kept) nodes.emplace(node.get(), "of its name");
    }
    scheme = make_scheme(graph, nodes);
  }
  std::vector<std::string> units() const {
    std::vector<std::string> names;
    for (const Unit& unit : scheme.units) names.push_back(unit.result()->name);
    return names;
  }
  std::vector<std::string> group(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& [value, number] : scheme.group_of) {
      if (value->name != name) continue;
      for (const auto& member : scheme.groups[number].members) names.push_back(member.value->name);
    }
    return names;
  }

  Graph graph;
  Scheme scheme;
};

TEST_F(SchemeTest, ActivationsBelongToWhatTheyBound) {
  make(R"(graph forward(%x: float32[1, 2, 4, 4]) {
    %w = const float32[3, 2, 1, 1] seed 1
    %y = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
    %z = aten::relu(%y)
    return %z
  })");
  EXPECT_THAT(units(), ElementsAre("z"));
  EXPECT_FALSE(scheme.group_of.contains(scheme.units[0].node->output()));
  EXPECT_THAT(scheme.left, IsEmpty());
}

TEST_F(SchemeTest, AnActivationOfWhatOthersReadTooStandsAlone) {
  make(R"(graph forward(%x: float32[1, 2, 4, 4]) {
    %w = const float32[3, 2, 1, 1] seed 1
    %y = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
    %z = aten::relu(%y)
    return %z, %y
  })");
  EXPECT_THAT(units(), ElementsAre("y", "z"));
  EXPECT_THAT(group("y"), UnorderedElementsAre("y", "z"));
}

TEST_F(SchemeTest, WhatOnlyMovesDataSharesParameters) {
  make(R"(graph forward(%x: float32[1, 2, 4, 4], %u: float32[1, 2, 4, 4]) {
    %a = aten::sigmoid(%x)
    %b = aten::add.Tensor(%x, %u)
    %c = aten::cat([%b, %u], 1)
    %d: float32[1, 4, 2, 2], %i: int64[1, 4, 2, 2] = aten::max_pool2d_with_indices(%c, [2, 2], [2, 2])
    %e = aten::view_copy(%d, [4, 4])
    %f = aten::view_copy(%a, [4, 8])
    return %e, %f
  })");
  EXPECT_THAT(units(), ElementsAre("a", "b", "c", "d", "e", "f"));
  EXPECT_THAT(group("e"), UnorderedElementsAre("b", "c", "d", "e", "u"));
  EXPECT_THAT(group("f"), UnorderedElementsAre("a", "f"));
  EXPECT_EQ(scheme.groups[scheme.group_of.at(graph.outputs()[1])].fixed, ResultRule::unit);
  EXPECT_EQ(scheme.groups[scheme.group_of.at(graph.outputs()[0])].fixed, std::nullopt);
}

TEST_F(SchemeTest, AMultipleHasTheSameIntegersUnderAnotherScale) {
  make(R"(graph forward(%x: float32[4]) {
    %a = aten::add.Scalar(%x, 3.0)
    %b = aten::hardtanh(%a, 0.0, 6.0)
    %c = aten::div.Scalar(%b, 4.0)
    %d = aten::mul.Tensor(%x, %c)
    return %d
  })");
  EXPECT_THAT(units(), ElementsAre("b", "c", "d"));
  const ValueGroup& found = scheme.groups[scheme.group_of.at(scheme.units[1].result())];
  ASSERT_EQ(found.members.size(), 2u);
  EXPECT_EQ(found.members[1].value->name, "c");
  EXPECT_EQ(found.members[1].factor / found.members[0].factor, 0.25);
}

TEST_F(SchemeTest, MovesBetweenFloatsStayFloat) {
  make(R"(graph forward(%x: float32[2, 8]) {
    %a = aten::view_copy(%x, [4, 4])
    %b: float32[4, 4], %m: float32[4, 1], %r: float32[4, 1] = aten::native_layer_norm(%a, [4], none, none, 1e-5)
    %c = aten::permute_copy(%b, [1, 0])
    return %c
  })");
  EXPECT_THAT(units(), IsEmpty());
  ASSERT_EQ(scheme.left.size(), 3u);
  EXPECT_EQ(scheme.left[0].reason, "nothing beside it is 8-bit");
  EXPECT_EQ(scheme.left[1].reason, "there is no 8-bit form of it");
}

// What is quantized behind a float operator is what its activation leaves.
TEST_F(SchemeTest, ActivationsOfFloatOperatorsStayWithThem) {
  make(R"(graph forward(%x: float32[1, 3, 4, 4]) {
    %w = const float32[3, 3, 1, 1] seed 1
    %a = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1) @"kept"
    %b = aten::hardtanh(%a, 0.0, 6.0)
    %c = aten::convolution(%b, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
    return %c
  })",
       "kept");
  EXPECT_THAT(units(), ElementsAre("c"));
  EXPECT_THAT(group("a"), IsEmpty());
  EXPECT_THAT(group("b"), ElementsAre("b"));
  ASSERT_EQ(scheme.left.size(), 1u);
  EXPECT_EQ(scheme.left[0].reason, "of its name");
}

TEST_F(SchemeTest, ReasonsAreKept) {
  make(R"(graph forward(%x: float32[4, 4], %y: float32[4, 4]) {
    %a = aten::mm(%x, %y) @"dynamic"
    %b = aten::sigmoid(%a) @"kept"
    %c = aten::_softmax(%b, 1, false)
    return %c
  })",
       "kept");
  EXPECT_THAT(units(), IsEmpty());
  ASSERT_EQ(scheme.left.size(), 3u);
  EXPECT_EQ(scheme.left[0].reason, "its weight is computed by the graph");
  EXPECT_EQ(scheme.left[1].reason, "of its name");
  EXPECT_EQ(scheme.left[2].reason, "its probabilities leave the graph");
}

}  // namespace
}  // namespace ingot::compiler
