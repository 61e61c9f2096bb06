// Weights made smaller, rows rounded as they come: the numbers, and what is left out and why.
#include "compiler/quantize/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/constants.h"
#include "compiler/ir/copy.h"
#include "compiler/ir/quantization.h"
#include "compiler/ir/text.h"
#include "compiler/ir/verify.h"
#include "compiler/quantize/quantize.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::compiler {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kNetwork = R"(graph forward(%x: float32[3, 64], %i: float32[1, 4, 9, 9], %n: int64[2]) {
  %w = const float32[64, 7] seed 1
  %b = const float32[7] seed 2
  %v = const float32[64, 33] seed 3
  %k = const float32[6, 4, 3, 3] seed 4
  %d = const float32[6, 1, 3, 3] seed 5
  %t = const float32[10, 8] seed 6
  %a = aten::addmm(%b, %x, %w) @"first"
  %c = aten::mm(%x, %v) @"second"
  %e = aten::convolution(%i, %k, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"image"
  %f = aten::convolution(%e, %d, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 6) @"depthwise"
  %l = aten::embedding(%t, %n) @"table"
  return %a, %c, %f, %l
})";

Graph graph_of(std::string_view text) {
  auto graph = parse(text);
  EXPECT_TRUE(graph) << graph.error().message();
  return graph ? std::move(*graph) : Graph();
}

struct Quantized {
  Graph graph;
  QuantizeReport report;
};

Quantized quantized(const Graph& graph, const QuantizeOptions& options) {
  Quantized result{copy_graph(graph).graph, {}};
  auto report = quantize(result.graph, options);
  EXPECT_TRUE(report) << report.error().message();
  if (report) result.report = std::move(*report);
  const auto verified = verify(result.graph, Stage::canonical, Target::executorch);
  EXPECT_TRUE(verified) << verified.error().message();
  return result;
}

// The largest difference of an output over its largest number.
std::vector<double> errors(const Graph& expected, const Graph& found) {
  const auto inputs = testing::random_inputs(expected, 5);
  const auto a = testing::run_graph(expected, inputs), b = testing::run_graph(found, inputs);
  EXPECT_TRUE(a && b);
  std::vector<double> errors;
  for (size_t i = 0; a && b && i < a->size(); ++i) {
    double largest = 0, difference = 0;
    for (size_t k = 0; k < (*a)[i].as<float>().size(); ++k) {
      const double x = (*a)[i].as<float>()[k];
      largest = std::max(largest, std::abs(x));
      difference = std::max(difference, std::abs(x - static_cast<double>((*b)[i].as<float>()[k])));
    }
    errors.push_back(difference / largest);
  }
  return errors;
}

std::vector<std::string> dtypes(const QuantizeReport& report) {
  std::vector<std::string> found;
  for (const auto& layer : report.layers) found.push_back(layer.name + " " + layer.dtype);
  return found;
}

size_t count(const Graph& graph, std::string_view op) {
  return static_cast<size_t>(std::ranges::count_if(graph.nodes(), [op](const auto& node) { return node->is(op); }));
}

TEST(WeightsTest, RowsOfEightBits) {
  const Graph graph = graph_of(kNetwork);
  const Quantized result = quantized(graph, {.mode = QuantizeMode::dynamic});
  EXPECT_THAT(dtypes(result.report),
              ::testing::ElementsAre("first int8", "second int8", "image int8", "depthwise float32"));
  EXPECT_THAT(result.report.layers[3].reason, HasSubstr("depthwise"));
  EXPECT_EQ(result.report.done, 3);
  EXPECT_EQ(result.report.total, 4);
  for (size_t i = 0; i < 3; ++i) EXPECT_GT(result.report.layers[i].sqnr_db, 35) << i;
  // Both products read the same rows, which are rounded once.
  EXPECT_EQ(count(result.graph, "quantized_decomposed::quantize_per_token"), 1u);
  for (const double error : errors(graph, result.graph)) EXPECT_LT(error, 0.03);
}

TEST(WeightsTest, FourBitsInGroups) {
  const Graph graph = graph_of(kNetwork);
  const Quantized result = quantized(graph, {.mode = QuantizeMode::int4});
  EXPECT_THAT(dtypes(result.report),
              ::testing::ElementsAre("first int4", "second int4", "image float32", "depthwise float32"));
  for (size_t i = 0; i < 2; ++i) EXPECT_GT(result.report.layers[i].sqnr_db, 18) << i;
  for (const auto& node : result.graph.nodes()) {
    if (!is_dequantize(*node)) continue;
    const auto quantization = quantization_of(*node);
    ASSERT_TRUE(quantization);
    EXPECT_EQ(node->tensor("input")->type.shape[1], Dim(32));
    for (const double code : load_numbers(*node->tensor("input"))) EXPECT_TRUE(code >= -8 && code <= 7) << code;
    for (const double scale : quantization->scales) {
      int exponent = 0;  // a bfloat16 has 8 bits
      const double fraction = std::frexp(scale, &exponent) * 256;
      EXPECT_EQ(fraction, std::nearbyint(fraction)) << scale;
    }
  }
  EXPECT_LT(errors(graph, result.graph)[0], 0.2);
  const Quantized wide = quantized(graph, {.mode = QuantizeMode::int4, .group_size = 96});
  EXPECT_EQ(wide.report.done, 0);
  EXPECT_THAT(wide.report.layers[0].reason, HasSubstr("64 inputs"));
}

// Each weight is off by no more than half a step of its group, and the steps are no wider than they need be.
TEST(WeightsTest, FourBitsAreTheNearest) {
  const Graph graph = graph_of(R"(graph forward(%x: float32[64, 64]) {
    %w = const float32[64, 2] seed 7
    %y = aten::mm(%x, %w)
    return %y
  })");
  const Quantized result = quantized(graph, {.mode = QuantizeMode::int4});
  const auto weights = graph.nodes().front()->tensor(1)->data.as<float>();
  std::vector<float> identity(64 * 64, 0);
  for (size_t i = 0; i < 64; ++i) identity[i * 64 + i] = 127;  // exact in 8 bits
  Array input;
  input.dtype = DType::float32;
  input.sizes = {64, 64};
  const auto bytes = std::as_bytes(std::span(identity));
  input.data.assign(bytes.begin(), bytes.end());
  const auto found = testing::run_graph(result.graph, std::span(&input, 1));
  ASSERT_TRUE(found);
  for (size_t column = 0; column < 2; ++column) {
    for (size_t group = 0; group < 2; ++group) {
      double largest = 0, energy = 0, noise = 0;
      for (size_t i = 32 * group; i < 32 * (group + 1); ++i) {
        const double w = weights[i * 2 + column], d = (*found)[0].as<float>()[i * 2 + column] / 127.0 - w;
        largest = std::max(largest, std::abs(w));
        energy += w * w;
        noise += d * d;
      }
      // Uniform rounding with steps of a 7th of the largest number.
      const double step = largest / 7;
      EXPECT_LT(noise / 32, step * step / 12 * 1.5);
      EXPECT_GT(energy / noise, 50);
    }
  }
}

TEST(WeightsTest, HalvesOfFloats) {
  const Graph graph = graph_of(kNetwork);
  const Quantized result = quantized(graph, {.mode = QuantizeMode::fp16});
  EXPECT_THAT(dtypes(result.report), ::testing::ElementsAre("first float16", "second float16", "image float16",
                                                            "depthwise float16", "table float16"));
  for (const auto& layer : result.report.layers) EXPECT_GT(layer.sqnr_db, 65) << layer.name;
  for (const double error : errors(graph, result.graph)) EXPECT_LT(error, 0x1p-10);
  for (const auto& value : result.graph.values()) {
    EXPECT_TRUE(!value->is_constant() || value->type.dtype != DType::float32 || value->type.rank() == 1) << value->name;
  }
  const Graph large = graph_of(R"(graph forward(%x: float32[1, 4]) {
    %w = const float32[4, 2] splat 70000
    %y = aten::mm(%x, %w)
    return %y
  })");
  const Quantized kept = quantized(large, {.mode = QuantizeMode::fp16});
  EXPECT_EQ(kept.report.done, 0);
  EXPECT_THAT(kept.report.layers[0].reason, HasSubstr("65504"));
}

TEST(WeightsTest, LayersStayFloatByNameAndByError) {
  const Graph graph = graph_of(kNetwork);
  const Quantized named = quantized(graph, {.mode = QuantizeMode::dynamic, .keep_float = {"second"}});
  EXPECT_EQ(named.report.done, 2);
  EXPECT_EQ(named.report.layers[1].reason, "it is kept in float");
  const Quantized all = quantized(graph, {.mode = QuantizeMode::dynamic, .keep_float_below_db = 190});
  EXPECT_EQ(all.report.done, 0);
  for (const double error : errors(graph, all.graph)) EXPECT_EQ(error, 0);
}

TEST(WeightsTest, QuantizedModelsAreRefused) {
  Graph graph = quantized(graph_of(kNetwork), {.mode = QuantizeMode::dynamic}).graph;
  const auto again = quantize(graph, {.mode = QuantizeMode::dynamic});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("quantized already"));
}

}  // namespace
}  // namespace ingot::compiler
