// The pass that makes integer operators: what operators it leaves, and that the graph's answers stay within a step of
// what the float operators between dequantize and quantize nodes give.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "compiler/ir/text.h"
#include "compiler/passes/pass_manager.h"
#include "compiler/passes/passes.h"
#include "runtime/core/number.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::compiler {
namespace {

// "q" and "dq" in a case's text stand for the two operators' long names, `b` for int8's range and name.
std::string expanded(std::string text) {
  const std::pair<std::string, std::string> words[] = {
      {" q(", " quantized_decomposed::quantize_per_tensor("},
      {" dq(", " quantized_decomposed::dequantize_per_tensor("},
      {" dqc(", " quantized_decomposed::dequantize_per_channel("},
      {" qop::", " ingot::quantized_"},
      {"|i8)", "-128, 127, int8)"},
      {"|u8)", "0, 255, uint8)"},
  };
  for (const auto& [from, to] : words) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string>
      operators;  // after the pass, in order, but for the quantize and dequantize nodes at the ends
  double step;    // of the output
  double steps_off = 1;
};

std::vector<std::string> inner_operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.nodes()) {
    const std::string& name = node->op().full_name();
    if (!name.starts_with("quantized_decomposed::")) names.push_back(name);
  }
  return names;
}

size_t conversions(const Graph& graph) {
  return static_cast<size_t>(std::ranges::count_if(
      graph.nodes(), [](const auto& node) { return node->op().full_name().starts_with("quantized_decomposed::"); }));
}

const char* const kConvolution = R"(graph f(%x: float32[1, 2, 5, 5]) {
  %xq = q(%x, 0.01, 3, |i8)
  %w = const int8[2, 2, 1, 1] [100, -50, 25, 127]
  %s = const float32[2] [0.01, 0.02]
  %z = const int64[2] [0, 0]
  %b = const float32[2] [0.5, -0.25]
  %xd = dq(%xq, 0.01, 3, |i8)
  %wd = dqc(%w, %s, %z, 0, -127, 127, int8)
  %y = aten::convolution(%xd, %wd, %b, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)
  %r = aten::relu(%y)
  %yq = q(%r, 0.02, -128, |i8)
  %yd = dq(%yq, 0.02, -128, |i8)
  return %yd
})";

std::vector<Case> cases() {
  return {
      {"convolution with bias and relu", kConvolution, {"ingot::quantized_convolution"}, 0.02},
      {"linear",
       R"(graph f(%x: float32[3, 2]) {
  %w = const int8[2, 3] [100, -50, 25, 127, 3, -9]
  %s = const float32[3] [0.01, 0.02, 0.005]
  %z = const int64[3] [0, 0, 0]
  %b = const float32[3] [0.5, -0.25, 0.125]
  %xq = q(%x, 0.01, 3, |i8)
  %xd = dq(%xq, 0.01, 3, |i8)
  %wd = dqc(%w, %s, %z, 1, -127, 127, int8)
  %y = aten::addmm(%b, %xd, %wd)
  %yq = q(%y, 0.03, 7, |i8)
  %yd = dq(%yq, 0.03, 7, |i8)
  return %yd
})",
       {"ingot::quantized_linear"},
       0.03},
      {"a chain",
       R"(graph f(%x: float32[1, 2, 4, 4], %v: float32[1, 2, 4, 4]) {
  %xq = q(%x, 0.01, 3, |i8)
  %xd = dq(%xq, 0.01, 3, |i8)
  %vq = q(%v, 0.02, -9, |i8)
  %vd = dq(%vq, 0.02, -9, |i8)
  %a = aten::add.Tensor(%xd, %vd)
  %aq = q(%a, 0.025, 4, |i8)
  %ad = dq(%aq, 0.025, 4, |i8)
  %h = aten::hardswish(%ad)
  %hq = q(%h, 0.02, -100, |i8)
  %hd = dq(%hq, 0.02, -100, |i8)
  %p, %i = aten::max_pool2d_with_indices(%hd, [2, 2])
  %pq = q(%p, 0.02, -100, |i8)
  %pd = dq(%pq, 0.02, -100, |i8)
  %m = aten::mean.dim(%pd, [-1, -2], true)
  %mq = q(%m, 0.015, -90, |i8)
  %md = dq(%mq, 0.015, -90, |i8)
  %t = aten::mul.Tensor(%pd, %md)
  %tq = q(%t, 0.02, 0, |i8)
  %td = dq(%tq, 0.02, 0, |i8)
  return %td
})",
       {"ingot::quantized_add", "ingot::quantized_table", "aten::max_pool2d_with_indices", "ingot::quantized_mean",
        "ingot::quantized_mul"},
       0.02,
       2},
      {"movement and joining with other parameters",
       R"(graph f(%x: float32[1, 2, 4], %v: float32[1, 2, 4]) {
  %xq = q(%x, 0.01, 3, |i8)
  %xd = dq(%xq, 0.01, 3, |i8)
  %p = aten::permute_copy(%xd, [0, 2, 1])
  %pq = q(%p, 0.01, 3, |i8)
  %pd = dq(%pq, 0.01, 3, |i8)
  %r = aten::view_copy(%pd, [1, 2, 4])
  %rq = q(%r, 0.01, 3, |i8)
  %rd = dq(%rq, 0.01, 3, |i8)
  %vq = q(%v, 0.02, -9, |i8)
  %vd = dq(%vq, 0.02, -9, |i8)
  %c = aten::cat([%rd, %vd], 1)
  %cq = q(%c, 0.02, -9, |i8)
  %cd = dq(%cq, 0.02, -9, |i8)
  %z = aten::constant_pad_nd(%cd, [1, 1], 0.0)
  %zq = q(%z, 0.02, -9, |i8)
  %zd = dq(%zq, 0.02, -9, |i8)
  return %zd
})",
       {"aten::permute_copy", "aten::view_copy", "ingot::quantized_table", "aten::cat", "aten::constant_pad_nd"},
       0.02},
      {"splitting",
       R"(graph f(%x: float32[1, 4]) {
  %xq = q(%x, 0.01, 3, |i8)
  %xd = dq(%xq, 0.01, 3, |i8)
  %p, %r = aten::split_copy.Tensor(%xd, 2, 1)
  %aq = q(%p, 0.01, 3, |i8)
  %ad = dq(%aq, 0.01, 3, |i8)
  return %ad
})",
       {"aten::split_copy.Tensor"},
       0.01},
      {"clamp, softmax, average pooling in uint8",
       R"(graph f(%x: float32[1, 2, 4, 4]) {
  %xq = q(%x, 0.01, 120, |u8)
  %xd = dq(%xq, 0.01, 120, |u8)
  %c = aten::hardtanh(%xd, -0.5, 0.25)
  %cq = q(%c, 0.01, 120, |u8)
  %cd = dq(%cq, 0.01, 120, |u8)
  %a = aten::avg_pool2d(%cd, [2, 2])
  %aq = q(%a, 0.005, 130, |u8)
  %ad = dq(%aq, 0.005, 130, |u8)
  %s = aten::_softmax(%ad, 1, false)
  %sq = q(%s, 0.00390625, 0, |u8)
  %sd = dq(%sq, 0.00390625, 0, |u8)
  return %sd
})",
       {"aten::clamp", "ingot::quantized_avg_pool2d", "ingot::quantized_softmax"},
       0.00390625,
       2},
      {"what has no integer form stays",
       R"(graph f(%x: float32[2, 3]) {
  %xq = q(%x, 0.01, 3, |i8)
  %xd = dq(%xq, 0.01, 3, |i8)
  %y = aten::cumsum(%xd, 1)
  %yq = q(%y, 0.02, 7, |i8)
  %yd = dq(%yq, 0.02, 7, |i8)
  return %yd
})",
       {"aten::cumsum"},
       0.02},
      {"floats that others need stay",
       R"(graph f(%x: float32[2, 3]) {
  %xq = q(%x, 0.01, 3, |i8)
  %xd = dq(%xq, 0.01, 3, |i8)
  %y = aten::sigmoid(%xd)
  %yq = q(%y, 0.00390625, -128, |i8)
  %yd = dq(%yq, 0.00390625, -128, |i8)
  return %yd, %y
})",
       {"aten::sigmoid"},
       0.00390625},
  };
}

TEST(IntegerOperators, ReplaceFloatsWithinAStep) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(test.name);
    auto graph = parse(expanded(test.text));
    ASSERT_TRUE(graph) << graph.error().message();
    const auto before = parse(expanded(test.text));
    std::vector<PassTiming> timings;
    const Pass pass{"integer_operators", integer_operators};
    PassOptions options;
    ASSERT_TRUE(run_passes(*graph, {&pass, 1}, options, timings));
    EXPECT_FALSE(timings.at(0).changed) << "only Target::ingot has integer operators";
    options.target = Target::ingot;
    const auto done = run_passes(*graph, {&pass, 1}, options, timings);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(inner_operators(*graph), test.operators) << print(*graph);
    EXPECT_EQ(timings.at(1).changed,
              inner_operators(*graph) != inner_operators(*before) || conversions(*graph) != conversions(*before));
    for (uint32_t seed = 0; seed < 4; ++seed) {
      const auto inputs = testing::random_inputs(*before, seed);
      const auto expected = testing::run_graph(*before, inputs), found = testing::run_graph(*graph, inputs);
      ASSERT_TRUE(expected) << expected.error().message();
      ASSERT_TRUE(found) << found.error().message();
      for (size_t i = 0; i < expected->at(0).data.size(); i += sizeof(float)) {
        const double a = load_number(DType::float32, expected->at(0).data.data() + i);
        const double b = load_number(DType::float32, found->at(0).data.data() + i);
        ASSERT_LE(std::abs(a - b), test.step * test.steps_off * 1.001) << "element " << i / sizeof(float);
      }
    }
  }
}

// No float is left between two integer operators. Running sums and sigmoids between other parameters than theirs are
// computed in float.
TEST(IntegerOperators, LeaveConversionsOnlyAtTheEnds) {
  for (const Case& test : cases()) {
    auto graph = parse(expanded(test.text));
    ASSERT_TRUE(graph) << graph.error().message();
    const std::string& computed = test.operators.front();
    if (computed.starts_with("aten::cumsum") || computed == "aten::sigmoid") continue;
    std::vector<PassTiming> timings;
    const Pass pass{"integer_operators", integer_operators};
    PassOptions options;
    options.target = Target::ingot;
    ASSERT_TRUE(run_passes(*graph, {&pass, 1}, options, timings));
    EXPECT_EQ(conversions(*graph), graph->inputs().size() + graph->outputs().size()) << test.name;
  }
}

}  // namespace
}  // namespace ingot::compiler
