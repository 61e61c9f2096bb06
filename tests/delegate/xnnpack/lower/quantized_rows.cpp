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

}  // namespace
}  // namespace ingot::testing
