#include "compiler/ir/quantization.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

Graph graph_of(const std::string& text) {
  auto graph = parse(text);
  EXPECT_TRUE(graph) << graph.error().message();
  return std::move(*graph);
}

TEST(Quantization, PerTensor) {
  const Graph graph = graph_of(R"(graph f(%x: float32[2, 3]) {
    %q = quantized_decomposed::quantize_per_tensor(%x, 0.25, 7, 0, 200, uint8)
    %d = quantized_decomposed::dequantize_per_tensor(%q, 0.25, 7, 0, 200, uint8)
    %r = aten::relu(%d)
    return %r
  })");
  const Node &quantize = *graph.nodes()[0], &dequantize = *graph.nodes()[1], &relu = *graph.nodes()[2];
  EXPECT_TRUE(is_quantize(quantize));
  EXPECT_FALSE(is_dequantize(quantize));
  EXPECT_TRUE(is_dequantize(dequantize));
  EXPECT_FALSE(is_quantize(relu) || is_dequantize(relu));
  const auto found = quantization_of(quantize);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_per_tensor());
  EXPECT_EQ(found->dtype, DType::uint8);
  EXPECT_EQ(found->scale(), 0.25);
  EXPECT_EQ(found->zero_point(), 7);
  EXPECT_EQ(found->quant_min, 0);
  EXPECT_EQ(found->quant_max, 200);
  EXPECT_EQ(found, quantization_of(dequantize));
  EXPECT_FALSE(quantization_of(relu));
}

TEST(Quantization, PerChannelCountsTheAxisFromTheFront) {
  const Graph graph = graph_of(R"(graph f(%x: float32[2]) {
    %i = const int8[2, 3] seed 1
    %s = const float32[3] [0.5, 1.0, 2.0]
    %n = const int64[3] [0, -1, 4]
    %w = quantized_decomposed::dequantize_per_channel(%i, %s, %n, -1, -127, 127, int8)
    %v = quantized_decomposed::dequantize_per_channel(%i, %s, none, 1, -127, 127, int8)
    return %w, %v
  })");
  const auto found = quantization_of(*graph.nodes()[0]), symmetric = quantization_of(*graph.nodes()[1]);
  ASSERT_TRUE(found && symmetric);
  EXPECT_EQ(found->axis, 1u);
  EXPECT_EQ(found->dtype, DType::int8);
  EXPECT_EQ(found->scales, (std::vector<double>{0.5, 1, 2}));
  EXPECT_EQ(found->zero_points, (std::vector<int64_t>{0, -1, 4}));
  EXPECT_EQ(symmetric->zero_points, (std::vector<int64_t>{0, 0, 0}));
}

TEST(Quantization, ComputedOrImpossibleScalesAreNoParameters) {
  const Graph graph = graph_of(R"(graph f(%s: float32[2]) {
    %i = const int8[2, 3] seed 1
    %n = const int64[2] splat 0
    %t = const float32[2] [0.5, 0.0]
    %w = quantized_decomposed::dequantize_per_channel(%i, %s, %n, 0, -127, 127, int8)
    %v = quantized_decomposed::dequantize_per_channel(%i, %t, %n, 0, -127, 127, int8)
    return %w, %v
  })");
  EXPECT_FALSE(quantization_of(*graph.nodes()[0]));
  EXPECT_FALSE(quantization_of(*graph.nodes()[1]));
}

TEST(Quantization, Neighbours) {
  const Graph graph = graph_of(R"(graph f(%x: float32[2]) {
    %a = aten::relu(%x)
    %q = quantized_decomposed::quantize_per_tensor(%a, 0.25, 7, -128, 127, int8)
    %d = quantized_decomposed::dequantize_per_tensor(%q, 0.25, 7, -128, 127, int8)
    %b = aten::relu(%d)
    %r = quantized_decomposed::quantize_per_tensor(%b, 0.25, 7, -128, 127, int8)
    %c = aten::relu(%b)
    %e = aten::relu(%c)
    %t = quantized_decomposed::quantize_per_tensor(%e, 0.25, 7, -128, 127, int8)
    return %r, %e, %t
  })");
  const auto output = [&graph](size_t node) -> const Value& { return *graph.nodes()[node]->output(); };
  const Uses uses(graph);
  EXPECT_EQ(dequantize_of(output(2)), graph.nodes()[2].get());
  EXPECT_EQ(dequantize_of(output(1)), nullptr);
  EXPECT_EQ(dequantize_of(*graph.inputs()[0]), nullptr);
  EXPECT_EQ(sole_quantize(output(0), uses), graph.nodes()[1].get());
  EXPECT_EQ(sole_quantize(output(3), uses), nullptr) << "another node uses it too";
  EXPECT_EQ(sole_quantize(output(6), uses), nullptr) << "the graph returns it";
  EXPECT_EQ(sole_quantize(output(5), uses), nullptr);
}

}  // namespace
}  // namespace ingot::compiler
