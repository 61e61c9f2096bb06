// Quantized graphs of several operators: what is fused, what runs in float between, and that all stays one call.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "delegate/xnnpack/graph/payload.h"
#include "tests/delegate/xnnpack/lower/harness.h"

namespace ingot::testing {
namespace {

// %w, of int8, with one scale for each of the four outputs.
std::string filter(std::string_view shape) {
  return "%i = const int8" + std::string(shape) +
         " seed 1 %s = const float32[4] [0.02, 0.03, 0.025, 0.04] %n = const int64[4] splat 0 "
         "%w = quantized_decomposed::dequantize_per_channel(%i, %s, %n, 0, -127, 127, int8)\n";
}
const char* const kConvolve = "aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1)\n";

TEST(QuantizedChains, ActivationsVanishWhereTheRangeImpliesThem) {
  for (const char* activation : {"aten::relu(%c)", "aten::hardtanh(%c, 0.0, 6.0)"}) {
    const Affine out = {6.0 / 255, -128};
    const std::string conv = filter("[4, 5, 3, 3]") + "%c = " + kConvolve + "%y = " + activation;
    const Outcome outcome = run_both(quantized_graph("[1, 5, 6, 6]", {}, conv, out), {-6, 6});
    EXPECT_TRUE(agrees_within(outcome, out.scale));
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Conv2d", 1}, {"Convert", 2}, {"StaticTranspose", 2}}));
    EXPECT_EQ(outcome.clamped, 0);
  }
}

TEST(QuantizedChains, ActivationBehindARoundingIsFused) {
  const Affine out = {0.02, -128};
  const std::string conv = filter("[4, 5, 3, 3]") + "%c = " + kConvolve + rounded("c", "r", {0.02, 0}) +
                           "%y = aten::hardtanh(%r, 0.0, 1.0)\n";
  const Outcome outcome = run_both(quantized_graph("[1, 5, 6, 6]", {}, conv, out), {-6, 6});
  EXPECT_TRUE(agrees_within(outcome, out.scale));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Conv2d", 1}, {"Convert", 2}, {"StaticTranspose", 2}}));
  EXPECT_EQ(outcome.clamped, 1);
}

TEST(QuantizedChains, HardswishInPartsIsATable) {
  const Affine out = {0.03, -112};
  for (const bool between : {false, true}) {
    std::string body = "%a = aten::add.Scalar(%x, 3)\n";
    if (between) body += rounded("a", "b", {0.03, -100});
    body += std::string("%c = aten::clamp(%") + (between ? "b" : "a") + ", 0, 6)\n";
    if (between) body += rounded("c", "d", {6.0 / 255, -128});
    body += std::string("%m = aten::mul.Tensor(%x, %") + (between ? "d" : "c") + ") %y = aten::div.Scalar(%m, 6)\n";
    const Outcome outcome = run_both(quantized_graph("[2, 30]", {0.04, 0}, body, out), {-5, 5});
    EXPECT_TRUE(agrees_within(outcome, between ? 2 * out.scale : out.scale)) << between;
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 2}, {"Hardswish", 1}}));
  }
}

TEST(QuantizedChains, HardsigmoidIsASumAndAProduct) {
  const Affine out = {1.0 / 255, -128};
  const std::string body = "%a = aten::add.Scalar(%x, 3) %c = aten::clamp(%a, 0, 6) %y = aten::div.Scalar(%c, 6)\n";
  const Outcome outcome = run_both(quantized_graph("[2, 30]", {0.04, 0}, body, out), {-5, 5});
  EXPECT_TRUE(agrees_within(outcome, out.scale));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Add", 1}, {"Convert", 2}, {"Multiply", 1}}));
}

TEST(QuantizedChains, GatesNeedNoParametersOfTheirOwn) {
  const Affine out = {0.03, -112};
  const Outcome silu = run_both(
      quantized_graph("[2, 30]", {0.04, 0}, "%g = aten::sigmoid(%x) %y = aten::mul.Tensor(%x, %g)\n", out), {-5, 5});
  EXPECT_TRUE(agrees_within(silu, out.scale));
  EXPECT_EQ(silu.nodes, (std::map<std::string, int>{{"Convert", 2}, {"Multiply", 1}, {"Sigmoid", 1}}));
}

// Bytes of few channels are slow to transpose, and the image is there in float.
TEST(QuantizedChains, ImagesOfFewChannelsAreTransposedInFloat) {
  const Affine out = {6.0 / 255, -128};
  for (const int channels : {3, 24}) {
    const std::string n = std::to_string(channels);
    const std::string conv = filter("[4, " + n + ", 3, 3]") + "%c = " + kConvolve + "%y = aten::relu(%c)";
    const Outcome outcome = run_both(quantized_graph("[1, " + n + ", 6, 6]", {0.02, 0}, conv, out));
    EXPECT_TRUE(agrees_within(outcome, out.scale));
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Conv2d", 1}, {"Convert", 2}, {"StaticTranspose", 2}}));
    ASSERT_EQ(outcome.payloads.size(), 1u);
    const auto payload = xnnpack::Payload::parse(outcome.payloads[0].span());
    ASSERT_TRUE(payload);
    const auto floats = std::ranges::count(payload->values(), xnnpack::wire::DataType::fp32, &xnnpack::Value::datatype);
    EXPECT_EQ(floats, channels == 3 ? 3 : 2);  // the input, the output, and between them the input once more
  }
}

// Windows that move on by several pixels of few channels: these are merged where that comes out even.
TEST(QuantizedChains, PixelsOfFewChannelsAreMerged) {
  struct Case {
    const char* filter;
    const char* image;
    const char* geometry;  // stride, padding, dilation
    bool is_merged;
  };
  const Case cases[] = {
      {"[4, 3, 3, 3]", "[1, 3, 8, 8]", "[2, 2], [1, 1], [1, 1]", true},
      {"[4, 3, 3, 3]", "[2, 3, 9, 12]", "[2, 2], [0, 0], [1, 1]", true},
      {"[4, 3, 7, 7]", "[1, 3, 12, 16]", "[2, 2], [3, 3], [1, 1]", true},
      {"[4, 3, 2, 4]", "[1, 3, 7, 10]", "[1, 2], [0, 2], [1, 1]", true},
      {"[4, 2, 5, 5]", "[1, 2, 9, 12]", "[3, 3], [2, 2], [1, 1]", true},
      {"[4, 2, 3, 8]", "[1, 2, 9, 16]", "[1, 4], [1, 3], [1, 1]", true},
      {"[4, 3, 3, 3]", "[1, 3, 8, 9]", "[2, 2], [1, 1], [1, 1]", false},    // an odd width
      {"[4, 3, 3, 3]", "[1, 3, 8, 8]", "[1, 1], [1, 1], [1, 1]", false},    // every pixel begins a window
      {"[4, 3, 3, 1]", "[1, 3, 8, 8]", "[2, 2], [1, 0], [1, 1]", false},    // one tap as it is
      {"[4, 3, 3, 3]", "[1, 3, 12, 12]", "[2, 2], [1, 1], [2, 2]", false},  // taps apart
      {"[4, 5, 3, 3]", "[1, 5, 8, 8]", "[2, 2], [1, 1], [1, 1]", false},    // more than 8 channels together
      {"[4, 3, 3, 2]", "[1, 3, 8, 8]", "[2, 4], [1, 0], [1, 1]", false},    // likewise
      {"[4, 2, 3, 2]", "[1, 2, 8, 12]", "[2, 4], [1, 0], [1, 1]", true},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(std::string(test.filter) + " on " + test.image + ": " + test.geometry);
    const Affine out = {0.05, 3};
    const std::string conv =
        filter(test.filter) + "%y = aten::convolution(%x, %w, none, " + test.geometry + ", false, [0, 0], 1)\n";
    Outcome outcome = run_both(quantized_graph(test.image, {0.02, 7}, conv, out), {-2, 2});
    EXPECT_TRUE(agrees_within(outcome, out.scale));
    EXPECT_EQ(outcome.nodes["Conv2d"], 1);
    EXPECT_EQ(outcome.nodes["StaticReshape"], test.is_merged ? 1 : 0);
    EXPECT_EQ(outcome.nodes["Convert"], 2);
  }
}

TEST(QuantizedChains, FloatStretchesStayInsideTheCall) {
  const Affine out = {1.0 / 256, -128};
  const Outcome softmax = run_both(quantized_graph("[2, 30]", {}, "%y = aten::_softmax(%x, 1, false)\n", out));
  EXPECT_TRUE(agrees_within(softmax, out.scale));
  EXPECT_EQ(softmax.nodes, (std::map<std::string, int>{{"Convert", 4}, {"Softmax", 1}}));

  const std::string normalize =
      "%w = const float32[4] seed 1 %b = const float32[4] seed 2 "
      "%y, %m, %r = aten::native_group_norm(%x, %w, %b, 2, 4, 15, 2, 0.00001)\n";
  const Affine wide = {0.02, 0};
  EXPECT_TRUE(agrees_within(run_both(quantized_graph("[2, 4, 3, 5]", {}, normalize, wide)), wide.scale));
  const std::string product = "%t = aten::permute_copy(%x, [0, 2, 1]) %y = aten::bmm(%x, %t)\n";
  const Affine large = {0.1, 0};
  EXPECT_TRUE(agrees_within(run_both(quantized_graph("[2, 4, 6]", {}, product, large)), large.scale));
}

TEST(QuantizedChains, PartsAreConvertedToTheResultsParameters) {
  const Affine out = {0.03, 5};
  const Outcome outcome =
      run_both("graph f(%p: float32[2, 3], %q: float32[2, 5]) {" + rounded("p", "a", {0.02, 1}) +
               rounded("q", "b", {0.03, 5}) + "%s = aten::sigmoid(%a)\n" + rounded("s", "t", {0.004, -128}) +
               "%y = aten::cat([%t, %b, %a], 1)\n" + rounded("y", "z", out) + "return %z }");
  EXPECT_TRUE(agrees_within(outcome, out.scale));
  EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Concatenate3", 1}, {"Convert", 5}, {"Sigmoid", 1}}));
}

TEST(QuantizedChains, ChannelShuffleMovesIntegers) {
  const std::string body =
      "%a = aten::view_copy(%x, [2, 2, 3, 4, 5]) %b = aten::permute_copy(%a, [0, 2, 1, 3, 4]) "
      "%c = aten::view_copy(%b, [2, 6, 4, 5]) %y = aten::relu(%c)\n";
  const Outcome outcome = run_both(quantized_graph("[2, 6, 4, 5]", {}, body, {}));
  EXPECT_TRUE(agrees_within(outcome, 0));
  EXPECT_EQ(outcome.count("Convert"), 2);
}

// Every place has a filter of its own: places become groups of a convolution of one pixel.
TEST(QuantizedChains, LocallyConnectedIsAGroupedConvolution) {
  const std::string body =
      "%a = aten::slice_copy.Tensor(%x, 2, 0, 3) %b = aten::slice_copy.Tensor(%x, 2, 1, 4) "
      "%c = aten::stack([%a, %b], 1) %d = aten::permute_copy(%c, [0, 3, 2, 1]) "
      "%e = aten::view_copy(%d, [2, 12, 1, 1])\n"
      "%i = const int8[6, 4, 1, 1] seed 1 %s = const float32[6] [0.02, 0.03, 0.025, 0.04, 0.01, 0.05] "
      "%n = const int64[6] splat 0 %w = quantized_decomposed::dequantize_per_channel(%i, %s, %n, 0, -127, 127, int8) "
      "%f = aten::convolution(%e, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 3) "
      "%g = aten::view_copy(%f, [2, 3, 2]) %y = aten::permute_copy(%g, [0, 2, 1])\n";
  const Affine out = {0.01, 0};
  const Outcome outcome = run_both(quantized_graph("[2, 2, 4]", {}, body, out));
  EXPECT_TRUE(agrees_within(outcome, out.scale));
  EXPECT_EQ(outcome.count("Conv2d"), 1);
  EXPECT_EQ(outcome.count("Convert"), 2);
}

TEST(QuantizedChains, GlobalAverage) {
  const Affine out = {0.005, 0};
  const Outcome outcome = run_both(quantized_graph("[2, 4, 6, 6]", {}, "%y = aten::mean.dim(%x, [2, 3], true)\n", out));
  EXPECT_TRUE(agrees_within(outcome, out.scale));
  EXPECT_EQ(outcome.count("GlobalAvgPooling2d"), 1);
  EXPECT_EQ(outcome.count("Convert"), 2);
}

TEST(QuantizedChains, ResidualBlockStaysInIntegers) {
  const std::string body = filter("[4, 4, 3, 3]") + "%c = " + kConvolve + rounded("c", "d", {0.02, 0}) +
                           "%e = aten::add.Tensor(%x, %d) %y = aten::relu(%e)\n";
  const Affine out = {0.02, -128};
  const Outcome outcome = run_both(quantized_graph("[1, 4, 6, 6]", {}, body, out));
  EXPECT_TRUE(agrees_within(outcome, out.scale));
  EXPECT_EQ(outcome.nodes,
            (std::map<std::string, int>{{"Add", 1}, {"Conv2d", 1}, {"Convert", 2}, {"StaticTranspose", 2}}));
}

TEST(QuantizedChains, IntegersMayEnterAndLeave) {
  for (const char* rest : {"0.02, 3, -128, 127, int8", "0.02, 131, 0, 255, uint8"}) {
    const std::string dtype = std::string(rest).substr(std::string(rest).rfind(' ') + 1);
    const Outcome outcome =
        run_both("graph f(%q: " + dtype + "[2, 30]) { %x = quantized_decomposed::dequantize_per_tensor(%q, " + rest +
                 ") %y = aten::sigmoid(%x) %r = quantized_decomposed::quantize_per_tensor(%y, " + rest +
                 ") %z = quantized_decomposed::dequantize_per_tensor(%r, " + rest + ") return %r, %z }");
    EXPECT_TRUE(agrees_within(outcome, 0.02)) << rest;
    EXPECT_EQ(outcome.nodes, (std::map<std::string, int>{{"Convert", 1}, {"Sigmoid", 1}}));
  }
}

TEST(QuantizedChains, QuantizedWeightsBesideFloats) {
  const std::string body = filter("[4, 8]") + "%b = const float32[4] seed 3 %t = aten::permute_copy(%w, [1, 0]) ";
  const Outcome linear = run_both("graph f(%x: float32[3, 8]) {" + body + "%y = aten::addmm(%b, %x, %t) return %y }");
  EXPECT_TRUE(agrees(linear));
  EXPECT_EQ(linear.nodes, (std::map<std::string, int>{{"Add", 1}, {"FullyConnected", 1}}));
  const Outcome conv =
      run_both("graph f(%x: float32[1, 3, 6, 6]) {" + filter("[4, 3, 3, 3]") + "%y = " + kConvolve + "return %y }");
  EXPECT_TRUE(agrees(conv));
  EXPECT_EQ(conv.count("Conv2d"), 1);
}

// The operator in the middle stays outside; the weight that both sides share crosses no border.
TEST(QuantizedChains, PreparedConstantsBelongToWhoeverReadsThem) {
  const Outcome outcome = run_both("graph f(%p: float32[1, 4, 6, 6]) {" + rounded("p", "x", {}) +
                                   filter("[4, 4, 3, 3]") + "%c = " + kConvolve + rounded("c", "d", {0.02, 0}) +
                                   "%e = aten::cumsum(%d, 1) " + rounded("e", "f", {0.05, 0}) +
                                   "%y = aten::convolution(%f, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) " +
                                   rounded("y", "z", {0.1, 0}) + "return %z }");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.report.delegate_calls, 2);
  EXPECT_EQ(outcome.report.nodes_total, 3);
  EXPECT_EQ(outcome.report.nodes_delegated, 2);
  EXPECT_EQ(outcome.count("Conv2d"), 2);
}

TEST(QuantizedChains, RefusalsSayWhy) {
  const auto refusal = [](std::string_view call) {
    return refusal_of("graph f(%x: float32[2, 3]) { %q = quantized_decomposed::" + std::string(call) + " return %q }");
  };
  EXPECT_EQ(refusal("quantize_per_tensor(%x, 0.1, 0, -32768, 32767, int16)"),
            "dtype int16, XNNPACK has int8 and uint8");
  EXPECT_EQ(refusal("quantize_per_tensor(%x, 0.1, 300, -128, 127, int8)"), "zero point 300 of int8");
}

}  // namespace
}  // namespace ingot::testing
