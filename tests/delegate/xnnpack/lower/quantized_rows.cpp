// Linear layers whose rows are quantized with parameters that are found when the graph runs.

#include <map>
#include <string>

#include "tests/delegate/xnnpack/lower/harness.h"

namespace ingot::testing {
namespace {

// %x, by rows to integers and back, as %d.
const char* const kRows =
    "%s, %n = quantized_decomposed::choose_qparams_per_token_asymmetric(%x, int8)\n"
    "%q = quantized_decomposed::quantize_per_token(%x, %s, %n, -128, 127, int8)\n"
    "%d = quantized_decomposed::dequantize_per_token(%q, %s, %n, -128, 127, int8, float32)\n";
const char* const kWeight =
    "%i = const int8[5, 16] seed 1 %c = const float32[5] [0.01, 0.02, 0.015, 0.03, 0.025] %z = const int64[5] splat 0 "
    "%w = quantized_decomposed::dequantize_per_channel(%i, %c, %z, 0, -127, 127, int8) "
    "%t = aten::permute_copy(%w, [1, 0])\n";

std::string graph(const std::string& body, const std::string& outputs = "%y") {
  return "graph f(%x: float32[3, 16]) {\n" + body + "return " + outputs + " }";
}

TEST(QuantizedRows, AreOneConversion) {
  for (const bool has_bias : {false, true}) {
    const std::string product =
        has_bias ? "%b = const float32[5] seed 2 %y = aten::addmm(%b, %d, %t)\n" : "%y = aten::mm(%d, %t)\n";
    const Outcome outcome = run_both(graph(std::string(kRows) + kWeight + product));
    EXPECT_TRUE(agrees(outcome, 0.01));  // the rows' parameters round otherwise by a hair
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 1}, {"FullyConnected", 1}}));
    EXPECT_EQ(outcome.report.nodes_total, 1);
  }
}

TEST(QuantizedRows, OfOneScaleForTheWholeWeight) {
  const Outcome outcome = run_both(graph(
      std::string(kRows) +
      "%i = const int8[16, 5] seed 1 %w = quantized_decomposed::dequantize_per_tensor(%i, 0.02, 0, -127, 127, int8) "
      "%y = aten::mm(%d, %w)\n"));
  EXPECT_TRUE(agrees(outcome, 0.01));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 1}, {"FullyConnected", 1}}));
}

TEST(QuantizedRows, OthersReadTheRealNumbers) {
  const Outcome outcome =
      run_both(graph(std::string(kRows) + kWeight + "%y = aten::mm(%d, %t) %r = aten::sigmoid(%d)\n", "%y, %r"));
  EXPECT_TRUE(agrees(outcome, 0.02));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 1}, {"FullyConnected", 1}, {"Sigmoid", 1}}));
}

TEST(QuantizedRows, ParametersThatAreUsedElsewhereAreComputedOutside) {
  const Outcome outcome = run_both(graph(std::string(kRows) + kWeight + "%y = aten::mm(%d, %t)\n", "%y, %s"));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.report.nodes_delegated, 1);
  EXPECT_EQ(outcome.count("FullyConnected"), 1);
}

// [5, 64] in groups of 32, as [10, 32] with a scale for each row; the scales are bfloat16 numbers.
std::string groups() {
  std::string codes;
  for (int i = 0; i < 320; ++i) codes += (i > 0 ? ", " : "") + std::to_string(i * 7 % 16 - 8);
  return "%i = const int8[10, 32] [" + codes +
         "] %c = const float32[10] [0.5, 0.25, 0.125, 1, 0.5, 0.25, 0.75, 0.5, 0.375, 1] %z = const int64[10] splat 0 "
         "%g = quantized_decomposed::dequantize_per_channel(%i, %c, %z, 0, -8, 7, int8) "
         "%v = aten::view_copy(%g, [5, 64]) %w = aten::permute_copy(%v, [1, 0]) ";
}

TEST(QuantizedRows, TakeFourBitsInGroups) {
  for (const int rows : {1, 3, 16}) {
    const std::string input = "graph f(%x: float32[" + std::to_string(rows) + ", 64]) {\n";
    const Outcome outcome = run_both(input + kRows + groups() + "%b = const float32[5] seed 2 " +
                                     "%y = aten::addmm(%b, %d, %w) return %y }");
    EXPECT_TRUE(agrees(outcome, 0.03)) << rows;
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 1}, {"FullyConnected", 1}}));
    ASSERT_EQ(outcome.payloads.size(), 1u);
  }
}

// Of each image, as if it were a row.
TEST(QuantizedRows, AreImagesForConvolutions) {
  const Outcome outcome = run_both(
      "graph f(%x: float32[1, 72, 7, 7]) {\n"
      "%s, %n = quantized_decomposed::choose_qparams.tensor(%x, -128, 127, 1e-7, int8)\n"
      "%q = quantized_decomposed::quantize_per_tensor.tensor(%x, %s, %n, -128, 127, int8)\n"
      "%d = quantized_decomposed::dequantize_per_tensor.tensor(%q, %s, %n, -128, 127, int8)\n"
      "%i = const int8[3, 72, 3, 3] seed 1 %c = const float32[3] [0.01, 0.02, 0.015] %z = const int64[3] splat 0 "
      "%w = quantized_decomposed::dequantize_per_channel(%i, %c, %z, 0, -127, 127, int8) "
      "%b = const float32[3] seed 2 %y = aten::convolution(%d, %w, %b, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) "
      "%r = aten::relu(%y) return %r }");
  EXPECT_TRUE(agrees(outcome, 0.01));
  EXPECT_EQ(outcome.count("Conv2d"), 1);
  EXPECT_EQ(outcome.count("Convert"), 1);
  EXPECT_EQ(outcome.clamped, 1);
}

TEST(HalfWeights, StayHalvesInThePayload) {
  const std::string filter =
      "%h = const float16[6, 5, 3, 3] splat 0.3 "
      "%w = dim_order_ops::_to_dim_order_copy(%h, false, none, float32) ";
  const Outcome outcome = run_both("graph f(%x: float32[1, 5, 8, 9]) {\n" + filter +
                                   "%b = const float32[6] seed 2 "
                                   "%y = aten::convolution(%x, %w, %b, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) "
                                   "return %y }");
  EXPECT_TRUE(agrees(outcome, 1e-5));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 1}, {"Conv2d", 1}, {"StaticTranspose", 2}}));
}

}  // namespace
}  // namespace ingot::testing
