// Graphs whose values pass through quantize and dequantize nodes: single operators that run in integers, against the
// portable kernels on the same graph.

#include <map>
#include <string>
#include <string_view>

#include "tests/delegate/xnnpack/lower/harness.h"

namespace ingot::testing {
namespace {

using Nodes = std::map<std::string, int>;

struct Case {
  const char* name;
  std::string text;
  double step;  // of the output
  Nodes nodes;  // of the payload
  Range range = {};
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Quantized : public ::testing::TestWithParam<Case> {};

TEST_P(Quantized, AgreesWithPortableKernels) {
  const Outcome outcome = run_both(GetParam().text, GetParam().range);
  EXPECT_TRUE(agrees_within(outcome, GetParam().step)) << GetParam().text;
  EXPECT_EQ(outcome.nodes, GetParam().nodes);
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

std::string text(const std::string& call) {
  return "%y = " + call;
}

// Of two dimensions, which need no transposing.
Case table(const char* name, const char* call, const char* node, Affine in, Affine out, Range range = {-6, 6}) {
  return {name, quantized_graph("[2, 30]", in, text(call), out), out.scale, {{"Convert", 2}, {node, 1}}, range};
}

INSTANTIATE_TEST_SUITE_P(
    Tables, Quantized,
    ::testing::Values(table("sigmoid", "aten::sigmoid(%x)", "Sigmoid", {0.05, 3}, {1.0 / 256, -128}),
                      table("tanh", "aten::tanh(%x)", "Tanh", {0.03, -3}, {1.0 / 128, 0}),
                      table("hardswish", "aten::hardswish(%x)", "Hardswish", {0.05, 0}, {0.03, -110}),
                      table("gelu", "aten::gelu(%x)", "Gelu", {0.05, 0}, {0.03, -110}),
                      table("elu", "aten::elu(%x)", "ELU", {0.05, 0}, {0.03, -90}),
                      table("leaky_relu", "aten::leaky_relu(%x, 0.1)", "LeakyReLU", {0.05, 0}, {0.03, -90}),
                      table("abs", "aten::abs(%x)", "Abs", {0.05, 0}, {0.03, -128}),
                      table("square", "aten::mul.Tensor(%x, %x)", "Square", {0.02, 5}, {0.03, -128}, {-2, 2}),
                      table("sqrt", "aten::sqrt(%x)", "SquareRoot", {0.02, -128}, {0.01, -128}, {0, 2}),
                      table("exp", "aten::exp(%x)", "Exp", {0.02, 0}, {0.04, -128}, {-2, 2}),
                      table("negate", "aten::neg(%x)", "Negate", {0.02, 4}, {0.02, 0}, {-2, 2}),
                      table("unsigned_sigmoid", "aten::sigmoid(%x)", "Sigmoid", {0.05, 131, true},
                            {1.0 / 256, 0, true})),
    name_of);

Case binary(const char* name, const char* call, const char* node, Affine out, Range range = {}) {
  const std::string graph = "graph f(%p: float32[2, 3, 5], %q: float32[1, 3, 1]) {\n" + rounded("p", "a", {0.02, 5}) +
                            rounded("q", "b", {0.015, -7}) + text(call) + "\n" + rounded("y", "z", out) + "return %z }";
  return {name, graph, out.scale, {{"Convert", 3}, {node, 1}}, range};
}

INSTANTIATE_TEST_SUITE_P(Binary, Quantized,
                         ::testing::Values(binary("add", "aten::add.Tensor(%a, %b)", "Add", {0.03, 1}),
                                           binary("sub", "aten::sub.Tensor(%a, %b)", "Subtract", {0.03, 1}),
                                           binary("mul", "aten::mul.Tensor(%a, %b)", "Multiply", {0.03, 1}),
                                           binary("div", "aten::div.Tensor(%a, %b)", "Div", {0.03, 1}, {0.5, 2}),
                                           binary("maximum", "aten::maximum(%a, %b)", "Maximum", {0.03, 1}),
                                           binary("minimum", "aten::minimum(%a, %b)", "Minimum", {0.03, 1}),
                                           binary("prelu", "aten::_prelu_kernel(%a, %b)", "PReLU", {0.03, 1})),
                         name_of);

Case constant(const char* name, const char* body, const char* node, Affine out) {
  return {name, quantized_graph("[2, 3, 5]", {0.02, 5}, body, out), out.scale, {{"Convert", 2}, {node, 1}}};
}

INSTANTIATE_TEST_SUITE_P(
    Constants, Quantized,
    ::testing::Values(constant("add_scalar", "%y = aten::add.Scalar(%x, 3)", "Add", {0.03, -100}),
                      constant("add_tiny", "%y = aten::add.Scalar(%x, 0.0001)", "Add", {0.02, 3}),
                      constant("sub_scalar", "%y = aten::sub.Scalar(%x, 1.5, 2)", "Subtract", {0.03, 100}),
                      constant("rsub_scalar", "%y = aten::rsub.Scalar(%x, 1.5)", "Subtract", {0.03, -20}),
                      constant("mul_scalar", "%y = aten::mul.Scalar(%x, -0.3)", "Multiply", {0.01, 0}),
                      constant("mul_tiny", "%y = aten::mul.Scalar(%x, 0.001)", "Multiply", {0.00002, 0}),
                      constant("div_scalar", "%y = aten::div.Scalar(%x, 6)", "Div", {0.003, 0}),
                      constant("add_channels", "%c = const float32[3, 1] [-0.5, 0.25, 1] %y = aten::add.Tensor(%x, %c)",
                               "Add", {0.03, 0}),
                      constant("mul_channels", "%c = const float32[3, 1] [-0.5, 0.25, 1] %y = aten::mul.Tensor(%x, %c)",
                               "Multiply", {0.03, 0}),
                      constant("add_quantized",
                               "%i = const uint8[3, 1] [1, 128, 255] "
                               "%c = quantized_decomposed::dequantize_per_tensor(%i, 0.01, 100, 0, 255, uint8) "
                               "%y = aten::add.Tensor(%x, %c)",
                               "Add", {0.03, 0})),
    name_of);

Case image(const char* name, const char* body, Affine in, Affine out, Nodes nodes) {
  nodes["Convert"] += 2;
  nodes["StaticTranspose"] += 2;
  return {name, quantized_graph("[2, 4, 6, 8]", in, body, out), out.scale, nodes};
}

INSTANTIATE_TEST_SUITE_P(
    Images, Quantized,
    ::testing::Values(
        image("max_pool", "%y, %i = aten::max_pool2d_with_indices(%x, [3, 2], [2, 2], [1, 0])", {}, {},
              {{"MaxPooling2d", 1}}),
        image("max_pool_relu", "%m, %i = aten::max_pool2d_with_indices(%x, [3, 2], [2, 2], [1, 0]) %y = aten::relu(%m)",
              {}, {0.01, -128}, {{"MaxPooling2d", 1}, {"Convert", 1}}),
        image("avg_pool", "%y = aten::avg_pool2d(%x, [3, 2], [2, 1], [1, 1])", {}, {0.01, 0}, {{"DepthwiseConv2d", 1}}),
        image("avg_pool_divisor", "%y = aten::avg_pool2d(%x, [3, 2], [2, 1], [1, 1], true, false, 5)", {}, {0.01, 0},
              {{"DepthwiseConv2d", 1}}),
        image("avg_pool_edges", "%y = aten::avg_pool2d(%x, [3, 3], [2, 1], [1, 1], false, false)", {}, {0.01, 0},
              {{"AvgPooling2d", 1}, {"Convert", 2}}),
        image("adaptive_avg_pool", "%y = aten::_adaptive_avg_pool2d(%x, [3, 2])", {}, {0.01, 0},
              {{"DepthwiseConv2d", 1}}),
        image("bilinear", "%y = aten::upsample_bilinear2d.vec(%x, [12, 20], false, none)", {}, {},
              {{"StaticResizeBilinear2D", 1}})),
    name_of);

Case moves(const char* name, const char* body, Nodes nodes, Affine out = {}) {
  nodes["Convert"] += 2;
  return {name, quantized_graph("[2, 4, 6]", {}, body, out), 0, nodes};
}

INSTANTIATE_TEST_SUITE_P(
    Movement, Quantized,
    ::testing::Values(
        // A node that computes keeps the call from being idle; relu of integers does not round.
        moves("pad", "%r = aten::relu(%x) %y = aten::constant_pad_nd(%r, [1, 2, 0, 1], 0.5)",
              {{"Clamp", 1}, {"StaticConstantPad", 1}}),
        moves("slice", "%r = aten::relu(%x) %y = aten::slice_copy.Tensor(%r, 1, 1, 3)",
              {{"Clamp", 1}, {"StaticSlice", 1}}),
        moves("permute", "%r = aten::relu(%x) %y = aten::permute_copy(%r, [2, 0, 1])",
              {{"Clamp", 1}, {"StaticTranspose", 1}}),
        moves("cat", "%r = aten::relu(%x) %y = aten::cat([%r, %x], 1)", {{"Clamp", 1}, {"Concatenate2", 1}}),
        moves("expand",
              "%r = aten::relu(%x) %s = aten::slice_copy.Tensor(%r, 1, 1, 2) %y = aten::expand_copy(%s, [2, 3, 6])",
              {{"Clamp", 1}, {"StaticSlice", 1}, {"Multiply", 1}}),
        moves("rescaled", "%r = aten::relu(%x) %y = aten::slice_copy.Tensor(%r, 1, 1, 3)",
              {{"Convert", 1}, {"Clamp", 1}, {"StaticSlice", 1}}, {0.03, -2})),
    name_of);

}  // namespace
}  // namespace ingot::testing
