// Convolutions and matrix products whose filters and activations are quantized, against the portable kernels on the
// same graph.

#include <string>
#include <string_view>

#include "tests/delegate/xnnpack/lower/harness.h"

namespace ingot::testing {
namespace {

struct Case {
  const char* name;
  std::string text;
  double step;       // of the output
  const char* node;  // that computes it, once, beside conversions, transposes and reshapes
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class QuantizedProducts : public ::testing::TestWithParam<Case> {};

TEST_P(QuantizedProducts, AgreeWithPortableKernels) {
  const Outcome outcome = run_both(GetParam().text);
  EXPECT_TRUE(agrees_within(outcome, GetParam().step)) << GetParam().text;
  EXPECT_EQ(outcome.count(GetParam().node), 1);
  int others = -1;
  for (const auto& [node, count] : outcome.nodes) {
    if (!node.starts_with("Static") && node != "Convert") others += count;
  }
  EXPECT_EQ(others, 0);
  EXPECT_EQ(outcome.count("Convert"), 2);
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// %w, of int8, with a scale for each slice of `axis`.
std::string filter(std::string_view shape, int axis, int channels) {
  std::string scales, zeros;
  for (int i = 0; i < channels; ++i) {
    scales += (i > 0 ? ", " : "") + std::to_string(0.01 + 0.004 * i);
    zeros += i > 0 ? ", 0" : "0";
  }
  const std::string count = std::to_string(channels);
  return "%i = const int8" + std::string(shape) + " seed 1 %s = const float32[" + count + "] [" + scales +
         "] %n = const int64[" + count + "] [" + zeros +
         "] %w = quantized_decomposed::dequantize_per_channel(%i, %s, %n, " + std::to_string(axis) +
         ", -127, 127, int8)\n";
}
// %w, with one scale.
std::string filter(std::string_view shape, Affine affine) {
  return "%i = const " + std::string(affine.is_unsigned ? "uint8" : "int8") + std::string(shape) +
         " seed 1 %w = quantized_decomposed::dequantize_per_tensor(%i, " + std::to_string(affine.scale) + ", " +
         std::to_string(affine.zero_point) + (affine.is_unsigned ? ", 0, 255, uint8)\n" : ", -128, 127, int8)\n");
}
std::string bias(int channels) {
  return "%b = const float32[" + std::to_string(channels) + "] seed 2\n";
}

std::string convolve(std::string_view attributes, bool has_bias = true) {
  return std::string("%y = aten::convolution(%x, %w, ") + (has_bias ? "%b" : "none") + ", " + std::string(attributes) +
         ")\n";
}

Case conv(const char* name, std::string_view input, const std::string& constants, std::string_view attributes,
          const char* node, Affine in = {}, Affine out = {0.01, -4}) {
  const bool has_bias = constants.find("%b =") != std::string::npos;
  return {name, quantized_graph(input, in, constants + convolve(attributes, has_bias), out), out.scale, node};
}

INSTANTIATE_TEST_SUITE_P(
    Convolution, QuantizedProducts,
    ::testing::Values(conv("plain", "[2, 5, 8, 9]", filter("[5, 5, 3, 3]", 0, 5) + bias(5),
                           "[2, 1], [1, 1], [1, 1], false, [0, 0], 1", "Conv2d"),
                      conv("no_bias", "[2, 5, 8, 9]", filter("[5, 5, 3, 3]", 0, 5),
                           "[1, 1], [0, 1], [1, 2], false, [0, 0], 1", "Conv2d"),
                      conv("grouped", "[1, 4, 5, 6]", filter("[6, 2, 3, 3]", 0, 6) + bias(6),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 2", "Conv2d"),
                      conv("depthwise", "[1, 6, 7, 7]", filter("[6, 1, 3, 3]", 0, 6) + bias(6),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 6", "DepthwiseConv2d"),
                      conv("depthwise_multiplier", "[1, 3, 7, 7]", filter("[6, 1, 3, 3]", 0, 6) + bias(6),
                           "[2, 2], [1, 1], [1, 1], false, [0, 0], 3", "DepthwiseConv2d"),
                      conv("one_dimension", "[2, 5, 12]", filter("[4, 5, 3]", 0, 4) + bias(4),
                           "[1], [1], [1], false, [0], 1", "Conv2d"),
                      conv("transposed", "[1, 3, 4, 5]", filter("[3, 4, 3, 3]", 1, 4) + bias(4),
                           "[2, 2], [1, 1], [1, 1], true, [1, 0], 1", "ConvTranspose2d"),
                      conv("transposed_grouped", "[1, 4, 4, 5]", filter("[4, 3, 3, 3]", 1, 3) + bias(6),
                           "[2, 2], [1, 1], [1, 1], true, [0, 0], 2", "ConvTranspose2d"),
                      conv("per_tensor", "[2, 5, 8, 9]", filter("[5, 5, 3, 3]", {0.02, 0}) + bias(5),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 1", "Conv2d"),
                      conv("unsigned", "[2, 5, 8, 9]", filter("[5, 5, 3, 3]", {0.02, 3, true}) + bias(5),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 1", "Conv2d", {0.02, 128, true}, {0.01, 120, true}),
                      conv("unsigned_depthwise", "[1, 6, 7, 7]", filter("[6, 1, 3, 3]", {0.02, 3, true}) + bias(6),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 6", "DepthwiseConv2d", {0.02, 128, true},
                           {0.01, 120, true}),
                      conv("unsigned_transposed", "[1, 3, 4, 5]", filter("[3, 4, 3, 3]", {0.02, 3, true}) + bias(4),
                           "[2, 2], [1, 1], [1, 1], true, [1, 0], 1", "ConvTranspose2d", {0.02, 128, true},
                           {0.01, 120, true}),
                      conv("filter_with_zero_point", "[2, 5, 8, 9]", filter("[5, 5, 3, 3]", {0.02, -2}) + bias(5),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 1", "Conv2d"),
                      conv("unsigned_input_signed_filter", "[2, 5, 8, 9]", filter("[5, 5, 3, 3]", 0, 5) + bias(5),
                           "[1, 1], [1, 1], [1, 1], false, [0, 0], 1", "Conv2d", {0.02, 128, true}, {0.01, 120, true})),
    name_of);

Case linear(const char* name, std::string_view input, const std::string& constants, const std::string& call,
            Affine in = {}, Affine out = {0.01, -4}) {
  return {name, quantized_graph(input, in, constants + call, out), out.scale, "FullyConnected"};
}

const char* const kAddmm = "%t = aten::permute_copy(%w, [1, 0]) %y = aten::addmm(%b, %x, %t)";

INSTANTIATE_TEST_SUITE_P(
    Linear, QuantizedProducts,
    ::testing::Values(
        linear("addmm", "[3, 8]", filter("[5, 8]", 0, 5) + bias(5), kAddmm),
        linear("mm", "[3, 8]", filter("[5, 8]", 0, 5), "%t = aten::t_copy(%w) %y = aten::mm(%x, %t)"),
        linear("by_columns", "[3, 8]", filter("[8, 5]", 1, 5), "%y = aten::mm(%x, %w)"),
        linear("per_tensor", "[3, 8]", filter("[5, 8]", {0.02, 0}) + bias(5), kAddmm),
        linear("unsigned", "[3, 8]", filter("[5, 8]", {0.02, 5, true}) + bias(5), kAddmm, {0.02, 128, true},
               {0.01, 120, true}),
        linear("batch", "[1, 3, 8]", filter("[1, 8, 5]", 2, 5), "%y = aten::bmm(%x, %w)"),
        linear("integer_bias", "[3, 8]",
               filter("[5, 8]", {0.02, 0}) +
                   "%j = const int32[5] [-100, 3, 0, 50, 900] "
                   "%b = quantized_decomposed::dequantize_per_tensor(%j, 0.0004, 0, -2147483648, 2147483647, int32) ",
               kAddmm)),
    name_of);

}  // namespace
}  // namespace ingot::testing
