// Whole small graphs through the stage: what comes out is canonical, computes nearly the same, and says how nearly.
#include "compiler/quantize/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/copy.h"
#include "compiler/ir/quantization.h"
#include "compiler/ir/text.h"
#include "compiler/ir/verify.h"
#include "compiler/quantize/channels.h"
#include "compiler/quantize/equalize.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::compiler {
namespace {

using ::testing::HasSubstr;

Graph graph_of(std::string_view text) {
  auto graph = parse(text);
  EXPECT_TRUE(graph) << graph.error().message();
  return graph ? std::move(*graph) : Graph();
}

// The energy of the expected numbers over that of the differences, over outputs on random inputs.
double sqnr_db(const Graph& expected, const Graph& found) {
  double signal = 0, noise = 0;
  const auto inputs = testing::random_inputs(expected, 5);
  const auto a = testing::run_graph(expected, inputs), b = testing::run_graph(found, inputs);
  EXPECT_TRUE(a && b);
  if (!a || !b) return 0;
  for (size_t i = 0; i < a->size(); ++i) {
    for (size_t k = 0; k < (*a)[i].as<float>().size(); ++k) {
      const double x = (*a)[i].as<float>()[k], d = x - static_cast<double>((*b)[i].as<float>()[k]);
      signal += x * x;
      noise += d * d;
    }
  }
  return noise > 0 ? 10 * std::log10(signal / noise) : 200;
}

struct Quantized {
  Graph graph;
  QuantizeReport report;
};

Quantized quantized(const Graph& graph, const QuantizeOptions& options = {}) {
  Quantized result{copy_graph(graph).graph, {}};
  auto report = quantize(result.graph, options);
  EXPECT_TRUE(report) << report.error().message();
  if (report) result.report = std::move(*report);
  const auto verified = verify(result.graph, Stage::canonical, Target::executorch);
  EXPECT_TRUE(verified) << verified.error().message();
  return result;
}

constexpr std::string_view kNetwork = R"(graph forward(%x: float32[1, 3, 8, 8]) {
  %w1 = const float32[6, 3, 3, 3] seed 1
  %b1 = const float32[6] seed 2
  %w2 = const float32[6, 1, 3, 3] seed 3
  %w3 = const float32[4, 6, 1, 1] seed 4
  %w4 = const float32[16, 5] seed 5
  %b4 = const float32[5] seed 6
  %a = aten::convolution(%x, %w1, %b1, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"first"
  %b = aten::hardtanh(%a, 0.0, 6.0)
  %c = aten::convolution(%b, %w2, none, [2, 2], [1, 1], [1, 1], false, [0, 0], 6) @"depthwise"
  %d = aten::relu(%c)
  %e = aten::convolution(%d, %w3, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1) @"pointwise"
  %f: float32[1, 4, 2, 2], %i: int64[1, 4, 2, 2] = aten::max_pool2d_with_indices(%e, [2, 2], [2, 2])
  %g = aten::view_copy(%f, [1, 16])
  %h = aten::addmm(%b4, %g, %w4) @"last"
  return %h
})";

TEST(QuantizeTest, ANetworkComputesNearlyTheSame) {
  const Graph graph = graph_of(kNetwork);
  for (const bool equalized : {false, true}) {
    const Quantized result = quantized(graph, {.equalize = equalized});
    EXPECT_GT(sqnr_db(graph, result.graph), 25) << equalized;
    EXPECT_EQ(result.report.done, 5);
    EXPECT_EQ(result.report.total, 5);
    for (const auto& layer : result.report.layers) EXPECT_GT(layer.sqnr_db, 25) << layer.name;
  }
}

TEST(QuantizeTest, ThePairsStandAroundUnits) {
  const Quantized result = quantized(graph_of(kNetwork));
  const Uses uses(result.graph);
  for (const auto& node : result.graph.nodes()) {
    if (!node->is("aten::convolution") && !node->is("aten::addmm")) continue;
    const Node* input = dequantize_of(*node->tensor(node->is("aten::addmm") ? 1 : 0));
    ASSERT_NE(input, nullptr);
    const Node* weight = dequantize_of(*node->tensor(node->is("aten::addmm") ? 2 : 1));
    ASSERT_NE(weight, nullptr);
    const auto of_weight = quantization_of(*weight);
    ASSERT_TRUE(of_weight);
    EXPECT_EQ(of_weight->axis, node->is("aten::addmm") ? 1u : 0u);
    EXPECT_EQ(of_weight->quant_min, -127);
    EXPECT_TRUE(weight->tensor("input")->is_constant());
    EXPECT_EQ(weight->tensor("input")->type.dtype, DType::int8);
    const Value* bias = node->is("aten::addmm") ? node->tensor("self") : node->tensor("bias");
    EXPECT_TRUE(bias == nullptr || bias->type.dtype == DType::float32);
  }
  const Node* output = dequantize_of(*result.graph.outputs()[0]);
  ASSERT_NE(output, nullptr);
}

TEST(QuantizeTest, EveryKindOfUnitComputesNearlyTheSame) {
  const Graph graph = graph_of(R"(graph forward(%x: float32[2, 4, 6, 6], %y: float32[2, 4, 6, 6]) {
    %k = const float32[4, 1, 1] seed 1
    %p = const float32[1] splat 0.25
    %w = const float32[4, 3, 2, 2] seed 2
    %a = aten::add.Tensor(%x, %y)
    %b = aten::sub.Tensor(%a, %k)
    %c = aten::mul.Tensor(%b, %y)
    %d = aten::sigmoid(%c)
    %e = aten::tanh(%a)
    %f = aten::cat([%d, %e], 1)
    %g = aten::hardswish(%f)
    %h = aten::mean.dim(%g, [2, 3], true)
    %i = aten::maximum(%g, %h)
    %j = aten::constant_pad_nd(%i, [1, 0, 0, 1], 0.5)
    %l = aten::avg_pool2d(%j, [2, 2], [2, 2])
    %m = aten::permute_copy(%l, [0, 2, 3, 1])
    %n = aten::convolution(%x, %w, none, [2, 2], [0, 0], [1, 1], true, [0, 0], 1)
    %o = aten::_prelu_kernel(%n, %p)
    %q = aten::gelu(%o)
    return %m, %q
  })");
  const Quantized result = quantized(graph);
  EXPECT_EQ(result.report.done, result.report.total);
  EXPECT_GT(sqnr_db(graph, result.graph), 22);
}

TEST(QuantizeTest, LayersAreKeptFloatByNameAndByError) {
  const Graph graph = graph_of(kNetwork);
  Quantized named = quantized(graph, {.keep_float = {"last"}});
  EXPECT_EQ(named.report.done, 4);
  EXPECT_EQ(named.report.layers.back().dtype, "float32");
  EXPECT_EQ(named.report.layers.back().reason, "it is kept in float");
  const Quantized all = quantized(graph, {.keep_float_below_db = 190});
  EXPECT_EQ(all.report.done, 0);
  EXPECT_GT(sqnr_db(graph, all.graph), 100);

  Graph copy = copy_graph(graph).graph;
  const auto unknown = quantize(copy, {.keep_float = {"lost"}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("no layer 'lost'"));
  const auto twice = quantize(named.graph, {});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message(), HasSubstr("quantized already"));
}

TEST(QuantizeTest, WhatIsNotFiniteIsRefused) {
  Graph graph = graph_of(R"(graph forward(%x: float32[4]) {
    %a = aten::log(%x)
    %b = aten::add.Scalar(%a, 1.0)
    return %b
  })");
  const auto result = quantize(graph, {});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("is not finite"));
}

TEST(QuantizeTest, TheSameSeedGivesTheSameGraph) {
  const Graph graph = graph_of(kNetwork);
  const PrintOptions all{.max_constant_elements = 10000};
  EXPECT_EQ(print(quantized(graph, {.seed = 3}).graph, all), print(quantized(graph, {.seed = 3}).graph, all));
  EXPECT_NE(print(quantized(graph, {.seed = 3}).graph, all), print(quantized(graph, {.seed = 4}).graph, all));
}

TEST(QuantizeTest, BiasesTakeBackWhatRoundingShifts) {
  const Graph graph = graph_of(R"(graph forward(%x: float32[1, 2, 8, 8]) {
    %w = const float32[1, 2, 1, 1] [1.0, 0.0118]
    %a = aten::abs(%x)
    %y = aten::convolution(%a, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
    return %y
  })");
  // The mean difference on the samples that it calibrates on; the second weight is rounded to 0.0157.
  const auto shift = [&](bool corrected) {
    const Graph found = quantized(graph, {.correct_biases = corrected}).graph;
    const auto samples = random_samples(graph, 0, 8);
    double sum = 0;
    for (size_t i = 0; i < samples->size(); ++i) {
      const std::vector<Array> inputs = samples->read(i).value().inputs;
      const auto a = testing::run_graph(graph, inputs), b = testing::run_graph(found, inputs);
      for (size_t k = 0; k < 64; ++k) sum += static_cast<double>((*b)[0].as<float>()[k] - (*a)[0].as<float>()[k]);
    }
    return std::abs(sum) / 512;
  };
  EXPECT_GT(shift(false), 1.5 * shift(true));
}

// Channels of very different size, through everything that ties channels.
constexpr std::string_view kUneven = R"(graph forward(%x: float32[1, 2, 6, 6]) {
  %w1 = const float32[4, 2, 1, 1] [1.0, 2.0, 0.01, 0.02, 0.1, -0.3, 0.002, 0.003]
  %b1 = const float32[4] [0.5, 0.01, 0.1, 0.001]
  %w2 = const float32[4, 1, 3, 3] seed 3
  %w3 = const float32[4, 4, 1, 1] seed 4
  %w4 = const float32[3, 8, 2, 2] seed 5
  %w5 = const float32[3, 2] seed 6
  %a = aten::convolution(%x, %w1, %b1, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
  %b = aten::hardtanh(%a, 0.0, 6.0)
  %c = aten::convolution(%b, %w2, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 4)
  %d = aten::relu(%c)
  %e = aten::convolution(%d, %w3, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
  %f = aten::add.Tensor(%e, %d)
  %g = aten::cat([%f, %b], 1)
  %h: float32[1, 8, 3, 3], %i: int64[1, 8, 3, 3] = aten::max_pool2d_with_indices(%g, [2, 2], [2, 2])
  %j = aten::convolution(%h, %w4, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)
  %k = aten::mean.dim(%j, [2, 3], true)
  %l = aten::view_copy(%k, [1, 3])
  %m = aten::mm(%l, %w5)
  return %m
})";

TEST(EqualizeTest, ChannelsAreTiedByWhatStandsBetweenProducts) {
  const Graph graph = graph_of(kUneven);
  const Channels channels(graph);
  const auto value = [&](std::string_view name) {
    for (const auto& found : graph.values()) {
      if (found->name == name) return static_cast<const Value*>(found.get());
    }
    return static_cast<const Value*>(nullptr);
  };
  EXPECT_EQ(channels.products().size(), 5u);
  EXPECT_TRUE(channels.is_held(channels.class_of(value("x"), 0)));
  EXPECT_TRUE(channels.is_held(channels.class_of(value("m"), 1)));
  EXPECT_FALSE(channels.is_held(channels.class_of(value("b"), 0)));
  EXPECT_EQ(channels.class_of(value("d"), 1), channels.class_of(value("e"), 1));
  EXPECT_EQ(channels.class_of(value("h"), 5), channels.class_of(value("a"), 1));
  EXPECT_NE(channels.class_of(value("h"), 1), channels.class_of(value("a"), 1));
  EXPECT_EQ(channels.class_of(value("l"), 2), channels.class_of(value("j"), 2));
}

TEST(EqualizeTest, TheGraphComputesTheSameAndQuantizesBetter) {
  const Graph graph = graph_of(kUneven);
  Graph scaled = copy_graph(graph).graph;
  const Scheme scheme = make_scheme(scaled, {});
  const auto samples = random_samples(scaled, 0, 8);
  const auto changed = equalize(scaled, scheme, *samples, nullptr, nullptr);
  ASSERT_TRUE(changed && *changed);
  EXPECT_GT(sqnr_db(graph, scaled), 110);
  // All layers' decibels.
  const auto sum = [&](bool equalized) {
    double decibels = 0;
    for (const auto& layer : quantized(graph, {.equalize = equalized}).report.layers) decibels += layer.sqnr_db;
    return decibels;
  };
  EXPECT_GT(sum(true), sum(false));
}

}  // namespace
}  // namespace ingot::compiler
