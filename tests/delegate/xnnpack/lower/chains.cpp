// Layouts across several nodes: how many transposes a payload has.

#include <algorithm>
#include <map>
#include <string>

#include "tests/delegate/xnnpack/lower/harness.h"

namespace ingot::testing {
namespace {

TEST(Chains, ConvolutionsAndAdditionStayChannelsLast) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[1, 3, 8, 8]) {
      %w = const float32[4, 3, 3, 3] seed 1
      %b = const float32[4] seed 2
      %v = const float32[4, 4, 3, 3] seed 3
      %y = aten::convolution(%x, %w, %b, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
      %r = aten::relu(%y)
      %s = aten::add.Tensor(%r, %y)
      %z = aten::convolution(%s, %v, none, [2, 2], [1, 1], [1, 1], false, [0, 0], 1)
      return %z
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticTranspose"), 2);
  EXPECT_EQ(outcome.count("Clamp"), 1);  // the convolution's own result is used too
  EXPECT_EQ(outcome.count("StaticReshape"), 0);
}

TEST(Chains, ActivationIsFused) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[2, 3, 8, 8]) {
      %w = const float32[4, 3, 3, 3] seed 1
      %y = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"conv"
      %r = aten::hardtanh(%y, 0.0, 6.0) @"relu6"
      return %r
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Conv2d", 1}, {"StaticTranspose", 2}}));
  EXPECT_EQ(outcome.report.nodes_delegated, 2);
  ASSERT_EQ(outcome.debug_names.size(), 1u);
  EXPECT_EQ(outcome.debug_names[0].front(), "conv");
}

TEST(Chains, ClassifierHeadNeedsOneTranspose) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[2, 3, 8, 8]) {
      %w = const float32[6, 3, 3, 3] seed 1
      %f = const float32[6, 10] seed 2
      %b = const float32[10] seed 3
      %y = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
      %m = aten::mean.dim(%y, [2, 3], true)
      %v = aten::view_copy(%m, [2, 6])
      %z = aten::addmm(%b, %v, %f)
      return %z
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticTranspose"), 1);
  EXPECT_EQ(outcome.count("FullyConnected"), 1);
}

TEST(Chains, PermutationIsFree) {  // a detector's head: channels last is what it asks for
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[1, 3, 8, 8]) {
      %w = const float32[6, 3, 3, 3] seed 1
      %y = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
      %p = aten::permute_copy(%y, [0, 2, 3, 1])
      %v = aten::view_copy(%p, [1, 128, 3])
      return %v
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticTranspose"), 1);
}

TEST(Chains, ChannelShuffleMovesDataOnce) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[2, 3, 4, 4]) {
      %w = const float32[6, 3, 1, 1] seed 1
      %u = const float32[6, 3, 1, 1] seed 2
      %y = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
      %a = aten::view_copy(%y, [2, 2, 3, 4, 4])
      %p = aten::permute_copy(%a, [0, 2, 1, 3, 4])
      %v = aten::view_copy(%p, [2, 6, 4, 4])
      %z = aten::convolution(%v, %u, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 2)
      return %z
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticTranspose"), 3);
}

TEST(Chains, SqueezeAndExcite) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[2, 4, 6, 6]) {
      %w = const float32[8, 4, 1, 1] seed 1
      %d = const float32[2, 8, 1, 1] seed 2
      %u = const float32[8, 2, 1, 1] seed 3
      %y = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
      %m = aten::mean.dim(%y, [-1, -2], true)
      %a = aten::convolution(%m, %d, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
      %r = aten::relu(%a)
      %b = aten::convolution(%r, %u, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
      %c = aten::add.Scalar(%b, 3)
      %h = aten::clamp(%c, 0, 6)
      %g = aten::div.Scalar(%h, 6)
      %z = aten::mul.Tensor(%y, %g)
      return %z
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticTranspose"), 2);
  EXPECT_EQ(outcome.count("Clamp"), 0);
}

TEST(Chains, HardswishIsRecognised) {
  for (const char* body :
       {"%a = aten::add.Scalar(%x, 3) %c = aten::clamp(%a, 0, 6) %m = aten::mul.Tensor(%x, %c) "
        "%z = aten::div.Scalar(%m, 6) ",
        "%a = aten::add.Scalar(%x, 3) %c = aten::hardtanh(%a, 0.0, 6.0) %s = aten::mul.Scalar(%c, 0.16666667) "
        "%z = aten::mul.Tensor(%s, %x) ",
        "%s = aten::mul.Scalar(%x, 0.16666667) %a = aten::add.Scalar(%s, 0.5) %c = aten::clamp(%a, 0, 1) "
        "%z = aten::mul.Tensor(%x, %c) "}) {
    const Outcome outcome = run_both("graph f(%x: float32[2, 5]) { " + std::string(body) + " return %z }", {-5, 5});
    EXPECT_TRUE(agrees(outcome)) << body;
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Hardswish", 1}})) << body;
  }
}

TEST(Chains, PaddingIsFusedIntoConvolution) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[1, 3, 7, 8]) {
      %w = const float32[4, 3, 3, 3] seed 1
      %p = aten::constant_pad_nd(%x, [0, 1, 1, 2])
      %y = aten::convolution(%p, %w, none, [2, 2], [0, 1], [1, 1], false, [0, 0], 1)
      return %y
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticConstantPad"), 0);
}

TEST(Chains, OneDimensionalConvolutionsNeedNoReshapesBetween) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[2, 3, 16]) {
      %w = const float32[4, 3, 3] seed 1
      %v = const float32[4, 1, 3] seed 2
      %y = aten::convolution(%x, %w, none, [1], [1], [1], false, [0], 1)
      %r = aten::relu(%y)
      %z = aten::convolution(%r, %v, none, [2], [1], [1], false, [0], 4)
      return %z
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("StaticTranspose"), 2);
  EXPECT_EQ(outcome.count("StaticReshape"), 2);
}

TEST(Chains, OutputsThatAreInputsOrEqualAreCopied) {
  const Outcome outcome = run_both(R"(
    graph f(%x: float32[2, 3]) {
      %c = aten::clone(%x)
      %y = aten::add.Tensor(%c, %c)
      %d = aten::clone(%y)
      return %c, %y, %d
    })");
  EXPECT_TRUE(agrees(outcome));
  EXPECT_EQ(outcome.count("Copy"), 2);
}

TEST(Chains, TheSameGraphGivesTheSameBytes) {
  const char* text = R"(
    graph f(%x: float32[1, 3, 8, 8]) {
      %w = const float32[4, 3, 3, 3] seed 1
      %y = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
      %z = aten::mul.Tensor(%y, %y)
      return %z
    })";
  const Outcome a = run_both(text), b = run_both(text);
  ASSERT_EQ(a.payloads.size(), 1u);
  ASSERT_EQ(b.payloads.size(), 1u);
  EXPECT_TRUE(std::ranges::equal(a.payloads[0].span(), b.payloads[0].span()));
  EXPECT_EQ(a.count("Square"), 1);
}

}  // namespace
}  // namespace ingot::testing
