// Every operator that the lowering takes, attribute by attribute, against the portable kernels.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/delegate/xnnpack/lower/harness.h"

namespace ingot::testing {
namespace {

struct Case {
  const char* name;
  std::string text;
  Range range;
  double tolerance = 1e-5;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Operators : public ::testing::TestWithParam<Case> {};

TEST_P(Operators, AgreesWithPortableKernels) {
  EXPECT_TRUE(agrees(GetParam().text, GetParam().range, GetParam().tolerance)) << GetParam().text;
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// One node between an input and the output.
std::string one(std::string_view input_type, std::string_view call) {
  return "graph f(%x: " + std::string(input_type) + ") { %y = " + std::string(call) + " return %y }";
}

INSTANTIATE_TEST_SUITE_P(
    Unary, Operators,
    ::testing::Values(
        Case{"abs", one("float32[2, 3, 4, 5]", "aten::abs(%x)")}, Case{"neg", one("float32[7]", "aten::neg(%x)")},
        Case{"ceil", one("float32[3, 5]", "aten::ceil(%x)")}, Case{"floor", one("float32[2, 3, 4]", "aten::floor(%x)")},
        Case{"cos", one("float32[40]", "aten::cos(%x)"), {-5, 5}},
        Case{"sin", one("float32[40]", "aten::sin(%x)"), {-5, 5}},
        Case{"exp", one("float32[2, 3, 4]", "aten::exp(%x)")},
        Case{"log", one("float32[2, 3, 4]", "aten::log(%x)"), {0.1f, 5}},
        Case{"rsqrt", one("float32[2, 30]", "aten::rsqrt(%x)"), {0.1f, 5}},
        Case{"sqrt", one("float32[2, 30]", "aten::sqrt(%x)"), {0, 5}},
        Case{"sigmoid", one("float32[2, 2, 2, 2, 2]", "aten::sigmoid(%x)"), {-8, 8}},
        Case{"tanh", one("float32[2, 2, 2, 2, 2, 2]", "aten::tanh(%x)"), {-5, 5}},
        Case{"hardswish", one("float32[40]", "aten::hardswish(%x)"), {-5, 5}},
        Case{"relu", one("float32[40]", "aten::relu(%x)")}, Case{"relu_scalar", one("float32[]", "aten::relu(%x)")},
        Case{"hardtanh", one("float32[40]", "aten::hardtanh(%x, -0.5, 1.0)")},
        Case{"clamp", one("float32[40]", "aten::clamp(%x, -0.5, 1.0)")},
        Case{"clamp_below", one("float32[40]", "aten::clamp(%x, none, 1)")},
        Case{"clamp_above", one("float32[40]", "aten::clamp(%x, 0.5)")},
        Case{"leaky_relu", one("float32[40]", "aten::leaky_relu(%x, 0.2)")},
        Case{"leaky_relu_negative", one("float32[40]", "aten::leaky_relu(%x, -0.2)")},
        Case{"elu", one("float32[40]", "aten::elu(%x)"), {-5, 5}},
        Case{"elu_alpha", one("float32[40]", "aten::elu(%x, 0.5)"), {-5, 5}},
        Case{"gelu", one("float32[40]", "aten::gelu(%x)"), {-5, 5}},
        Case{"reciprocal", one("float32[40]", "aten::reciprocal(%x)"), {0.5f, 5}},
        Case{"square", one("float32[40]", "aten::pow.Tensor_Scalar(%x, 2)")},
        Case{"cube", one("float32[40]", "aten::pow.Tensor_Scalar(%x, 3.0)")},
        Case{"fourth", one("float32[40]", "aten::pow.Tensor_Scalar(%x, 4)")},
        Case{"root", one("float32[40]", "aten::pow.Tensor_Scalar(%x, 0.5)"), {0, 5}},
        Case{"inverse_root", one("float32[40]", "aten::pow.Tensor_Scalar(%x, -0.5)"), {0.1f, 5}},
        Case{"inverse", one("float32[40]", "aten::pow.Tensor_Scalar(%x, -1)"), {0.5f, 5}},
        Case{"add_scalar", one("float32[40]", "aten::add.Scalar(%x, 3, 0.5)")},
        Case{"sub_scalar", one("float32[40]", "aten::sub.Scalar(%x, 3)")},
        Case{"rsub_scalar", one("float32[40]", "aten::rsub.Scalar(%x, 3.5, 2)")},
        Case{"mul_scalar", one("float32[40]", "aten::mul.Scalar(%x, 3)")},
        Case{"div_scalar", one("float32[40]", "aten::div.Scalar(%x, 3)")}),
    name_of);

std::string two(std::string_view a, std::string_view b, std::string_view call, std::string_view output = "%y") {
  return "graph f(%a: float32" + std::string(a) + ", %b: float32" + std::string(b) + ") { %y = " + std::string(call) +
         " return " + std::string(output) + " }";
}

INSTANTIATE_TEST_SUITE_P(
    Binary, Operators,
    ::testing::Values(Case{"add", two("[2, 3, 4, 5]", "[2, 3, 4, 5]", "aten::add.Tensor(%a, %b)")},
                      Case{"add_alpha", two("[2, 3]", "[2, 3]", "aten::add.Tensor(%a, %b, 0.5)")},
                      Case{"sub_alpha", two("[2, 3]", "[2, 3]", "aten::sub.Tensor(%a, %b, -2)")},
                      Case{"mul_lower_rank", two("[2, 3, 4, 5]", "[5]", "aten::mul.Tensor(%a, %b)")},
                      Case{"mul_channels", two("[2, 3, 4, 5]", "[3, 1, 1]", "aten::mul.Tensor(%a, %b)")},
                      Case{"mul_both_broadcast", two("[2, 1, 4, 1]", "[3, 1, 5]", "aten::mul.Tensor(%a, %b)")},
                      Case{"mul_scalar_tensor", two("[]", "[3, 1, 5]", "aten::mul.Tensor(%a, %b)")},
                      Case{"mul_rank_6", two("[2, 1, 2, 1, 2, 3]", "[2, 2, 2, 1]", "aten::mul.Tensor(%a, %b)")},
                      Case{"div", two("[2, 3, 4]", "[3, 1]", "aten::div.Tensor(%a, %b)"), {0.5f, 2}},
                      Case{"maximum", two("[2, 3, 4]", "[2, 3, 4]", "aten::maximum(%a, %b)")},
                      Case{"minimum", two("[3, 4]", "[2, 1, 4]", "aten::minimum(%a, %b)")},
                      Case{"clamp_tensor", two("[3, 4]", "[4]", "aten::clamp.Tensor(%a, %b)")},
                      Case{"prelu", two("[2, 3, 4, 5]", "[1, 3, 1, 1]", "aten::_prelu_kernel(%a, %b)")},
                      Case{"prelu_one", two("[2, 3]", "[1, 1]", "aten::_prelu_kernel(%a, %b)")},
                      Case{"mm", two("[3, 4]", "[4, 5]", "aten::mm(%a, %b)")},
                      Case{"bmm", two("[2, 3, 4]", "[2, 4, 5]", "aten::bmm(%a, %b)")},
                      Case{"cat", two("[2, 3, 4]", "[2, 1, 4]", "aten::relu(%a) %z = aten::cat([%y, %b], 1)", "%z")},
                      Case{"cat_last",
                           two("[2, 3, 4]", "[2, 3, 2]", "aten::relu(%a) %z = aten::cat([%a, %b, %y], -1)", "%z")},
                      Case{"stack", two("[2, 3]", "[2, 3]", "aten::relu(%a) %z = aten::stack([%y, %b], 1)", "%z")}),
    name_of);

// A convolution with the given input and weight, and attributes as written in text.
std::string conv(std::string_view input, std::string_view weight, std::string_view bias, std::string_view attributes) {
  std::string text =
      "graph f(%x: float32" + std::string(input) + ") { %w = const float32" + std::string(weight) + " seed 1 ";
  if (bias != "none") text += "%b = const float32" + std::string(bias) + " seed 2 ";
  return text + "%y = aten::convolution(%x, %w, " + (bias == "none" ? "none" : "%b") + ", " + std::string(attributes) +
         ") return %y }";
}

INSTANTIATE_TEST_SUITE_P(
    Convolution, Operators,
    ::testing::Values(
        Case{"plain", conv("[1, 3, 8, 9]", "[4, 3, 3, 2]", "[4]", "[1, 1], [1, 0], [1, 1], false, [0, 0], 1")},
        Case{"batch", conv("[3, 3, 8, 9]", "[4, 3, 3, 3]", "none", "[2, 1], [1, 2], [1, 1], false, [0, 0], 1")},
        Case{"dilated", conv("[1, 3, 9, 9]", "[4, 3, 3, 3]", "[4]", "[1, 1], [2, 2], [2, 3], false, [0, 0], 1")},
        Case{"grouped", conv("[1, 4, 8, 8]", "[6, 2, 3, 3]", "[6]", "[1, 1], [1, 1], [1, 1], false, [0, 0], 2")},
        Case{"depthwise", conv("[2, 4, 8, 8]", "[4, 1, 3, 3]", "[4]", "[2, 2], [1, 1], [1, 1], false, [0, 0], 4")},
        Case{"depthwise_multiplier",
             conv("[1, 4, 8, 8]", "[8, 1, 3, 3]", "[8]", "[1, 1], [1, 1], [1, 1], false, [0, 0], 4")},
        Case{"pointwise", conv("[1, 4, 8, 8]", "[5, 4, 1, 1]", "[5]", "[1, 1], [0, 0], [1, 1], false, [0, 0], 1")},
        Case{"one_channel", conv("[1, 1, 8, 8]", "[1, 1, 3, 3]", "[1]", "[1, 1], [0, 0], [1, 1], false, [0, 0], 1")},
        Case{"over_one_dimension", conv("[2, 3, 10]", "[4, 3, 3]", "[4]", "[2], [1], [1], false, [0], 1")},
        Case{"depthwise_one_dimension", conv("[2, 3, 10]", "[3, 1, 3]", "[3]", "[1], [2], [2], false, [0], 3")},
        Case{"transposed", conv("[1, 3, 5, 6]", "[3, 4, 3, 3]", "[4]", "[2, 2], [1, 1], [1, 1], true, [1, 1], 1")},
        Case{"transposed_uneven",
             conv("[2, 3, 5, 6]", "[3, 4, 2, 3]", "[4]", "[2, 3], [0, 1], [1, 2], true, [1, 0], 1")},
        Case{"transposed_grouped",
             conv("[1, 4, 5, 5]", "[4, 3, 3, 3]", "[6]", "[2, 2], [1, 1], [1, 1], true, [0, 0], 2")},
        Case{"transposed_one_dimension", conv("[1, 3, 5]", "[3, 4, 3]", "none", "[2], [0], [1], true, [0], 1")}),
    name_of);

std::string addmm(std::string_view bias, std::string_view tail) {
  return "graph f(%x: float32[3, 4]) { %w = const float32[4, 5] seed 1 %b = const float32" + std::string(bias) +
         " seed 2 %y = aten::addmm(%b, %x, %w" + std::string(tail) + ") return %y }";
}

INSTANTIATE_TEST_SUITE_P(
    Product, Operators,
    ::testing::Values(
        Case{"addmm", addmm("[5]", "")}, Case{"addmm_row", addmm("[1, 5]", "")}, Case{"addmm_one", addmm("[1]", "")},
        Case{"addmm_column", addmm("[3, 1]", "")}, Case{"addmm_full", addmm("[3, 5]", "")},
        Case{"addmm_factors", addmm("[5]", ", 0.5, 2")}, Case{"addmm_no_bias", addmm("[5]", ", 0")},
        Case{"mm_constant",
             "graph f(%x: float32[3, 4]) { %w = const float32[4, 5] seed 1 %y = aten::mm(%x, %w) return %y }"},
        Case{"mm_transposed_input",
             "graph f(%x: float32[4, 3]) { %w = const float32[4, 5] seed 1 %t = aten::t_copy(%x) "
             "%y = aten::mm(%t, %w) return %y }"},
        Case{"mm_transposed_factor",
             "graph f(%x: float32[3, 4], %z: float32[5, 4]) { %t = aten::t_copy(%z) %y = aten::mm(%x, %t) return %y }"},
        Case{"bmm_transposed_factor",
             "graph f(%x: float32[2, 3, 4], %z: float32[2, 5, 4]) { %t = aten::transpose_copy.int(%z, 1, 2) "
             "%y = aten::bmm(%x, %t) %r = aten::relu(%y) return %r }"},
        Case{"bmm_constant",
             "graph f(%x: float32[2, 3, 4]) { %w = const float32[2, 4, 5] seed 1 %y = aten::bmm(%x, %w) return %y }"},
        Case{"addmm_computed",
             "graph f(%x: float32[3, 4], %z: float32[4, 5], %b: float32[5]) { %y = aten::addmm(%b, %x, %z, 2, 0.5) "
             "%r = aten::relu(%y) return %r }"}),
    name_of);

std::string max(std::string_view input_type, std::string_view call) {
  return "graph f(%x: " + std::string(input_type) + ") { %y, %i = " + std::string(call) + " return %y }";
}

INSTANTIATE_TEST_SUITE_P(
    Pooling, Operators,
    ::testing::Values(
        Case{"max", max("float32[2, 3, 9, 8]", "aten::max_pool2d_with_indices(%x, [3, 2], [2, 2], [1, 1])")},
        Case{"max_default_stride", max("float32[2, 3, 8, 8]", "aten::max_pool2d_with_indices(%x, [2, 2])")},
        Case{"max_dilated",
             max("float32[1, 3, 9, 9]", "aten::max_pool2d_with_indices(%x, [3, 3], [1, 1], [1, 1], [2, 2])")},
        Case{"max_ceil",
             max("float32[1, 3, 8, 10]", "aten::max_pool2d_with_indices(%x, [3, 3], [2, 2], [0, 0], [1, 1], true)")},
        Case{"max_ceil_padded",
             max("float32[1, 3, 8, 7]", "aten::max_pool2d_with_indices(%x, [3, 3], [2, 2], [1, 1], [1, 1], true)")},
        Case{"max_unbatched", max("float32[3, 8, 8]", "aten::max_pool2d_with_indices(%x, [2, 2])")},
        Case{"average", one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [2, 3], [1, 2])")},
        Case{"average_padded", one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [3, 3], [2, 2], [1, 1])")},
        Case{"average_padding_left_out",
             one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [3, 3], [2, 2], [1, 1], false, false)")},
        Case{"average_ceil", one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [3, 3], [2, 2], [0, 0], true)")},
        Case{"average_ceil_padded", one("float32[2, 3, 9, 8]", "aten::avg_pool2d(%x, [3, 3], [2, 2], [1, 1], true)")},
        Case{"average_ceil_left_out",
             one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [3, 3], [2, 2], [1, 1], true, false)")},
        Case{"average_divisor",
             one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [3, 3], [2, 2], [1, 1], true, true, 5)")},
        Case{"average_divisor_plain",
             one("float32[2, 3, 8, 8]", "aten::avg_pool2d(%x, [2, 2], [], [0, 0], false, true, 5)")},
        Case{"adaptive_global", one("float32[2, 3, 7, 6]", "aten::_adaptive_avg_pool2d(%x, [1, 1])")},
        Case{"adaptive_even", one("float32[2, 3, 8, 6]", "aten::_adaptive_avg_pool2d(%x, [4, 2])")},
        Case{"adaptive_identity_clamped",
             "graph f(%x: float32[2, 3, 4, 4]) { %y = aten::_adaptive_avg_pool2d(%x, [4, 4]) "
             "%r = aten::relu(%y) return %r }"},
        Case{"max_pad_fused",
             "graph f(%x: float32[1, 3, 8, 8]) { %p = aten::constant_pad_nd(%x, [0, 1, 0, 1], -inf) "
             "%y, %i = aten::max_pool2d_with_indices(%p, [3, 3], [2, 2]) return %y }"},
        Case{"bilinear", one("float32[2, 3, 5, 6]", "aten::upsample_bilinear2d.vec(%x, [9, 12], false, none)")},
        Case{"bilinear_down", one("float32[2, 3, 9, 8]", "aten::upsample_bilinear2d.vec(%x, [4, 5], false, none)")},
        Case{"bilinear_corners", one("float32[2, 3, 5, 6]", "aten::upsample_bilinear2d.vec(%x, [9, 1], true, none)")},
        Case{"bilinear_factors",
             one("float32[2, 3, 5, 6]", "aten::upsample_bilinear2d.vec(%x, none, false, [2.0, 3.0])")},
        Case{"nearest", one("float32[2, 3, 5, 6]", "aten::upsample_nearest2d.vec(%x, none, [2.0, 3.0])")},
        Case{"nearest_sizes", one("float32[2, 3, 5, 6]", "aten::upsample_nearest2d.vec(%x, [5, 12], none)")}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Reduction, Operators,
    ::testing::Values(Case{"mean_image", one("float32[2, 3, 4, 5]", "aten::mean.dim(%x, [2, 3], true)")},
                      Case{"mean_image_dropped", one("float32[2, 3, 4, 5]", "aten::mean.dim(%x, [-2, -1])")},
                      Case{"mean_last", one("float32[2, 3, 40]", "aten::mean.dim(%x, [2], true)")},
                      Case{"mean_first", one("float32[4, 3]", "aten::mean.dim(%x, [0])")},
                      Case{"mean_apart", one("float32[2, 3, 4, 5, 6]", "aten::mean.dim(%x, [1, 3])")},
                      Case{"mean_all", one("float32[2, 3, 4]", "aten::mean.dim(%x, none)")},
                      Case{"sum", one("float32[2, 3, 4]", "aten::sum.dim_IntList(%x, [1])")},
                      Case{"sum_all", one("float32[2, 3, 4]", "aten::sum.dim_IntList(%x, none, true)")},
                      Case{"amax", one("float32[2, 3, 4, 5]", "aten::amax(%x, [1, 3])")},
                      Case{"amin", one("float32[2, 3, 4]", "aten::amin(%x, [-1], true)")},
                      Case{"var", one("float32[2, 3, 14]", "aten::var.correction(%x, [2])")},
                      Case{"var_population", one("float32[2, 3, 14]", "aten::var.correction(%x, [0, 2], 0, true)")}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Normalization, Operators,
    ::testing::Values(
        Case{"softmax", one("float32[2, 3, 5]", "aten::_softmax(%x, 2, false)")},
        Case{"softmax_vector", one("float32[11]", "aten::_softmax(%x, -1, false)")},
        Case{"softmax_middle", one("float32[2, 3, 5]", "aten::_softmax(%x, 1, false)")},
        Case{"softmax_first", one("float32[4, 3, 5, 2]", "aten::_softmax(%x, 0, false)")},
        Case{"log_softmax", one("float32[2, 3, 5]", "aten::_log_softmax(%x, 1, false)"), {-60, 60}},
        Case{"layer_norm",
             "graph f(%x: float32[2, 3, 16]) { %w = const float32[16] seed 1 %b = const float32[16] seed 2 "
             "%y, %m, %r = aten::native_layer_norm(%x, [16], %w, %b, 1e-5) return %y }"},
        Case{"layer_norm_two",
             "graph f(%x: float32[2, 3, 16]) { %y, %m, %r = aten::native_layer_norm(%x, [3, 16], none, none, 1e-5) "
             "return %y }"},
        Case{"group_norm",
             "graph f(%x: float32[2, 6, 4, 4]) { %w = const float32[6] seed 1 %b = const float32[6] seed 2 "
             "%y, %m, %r = aten::native_group_norm(%x, %w, %b, 2, 6, 16, 3, 1e-5) return %y }"},
        Case{"batch_norm",
             "graph f(%x: float32[2, 3, 4, 4]) { %w = const float32[3] seed 1 %b = const float32[3] seed 2 "
             "%m = const float32[3] seed 3 %v = const float32[3] [0.5, 1.0, 2.0] "
             "%y, %s, %t = aten::_native_batch_norm_legit_no_training(%x, %w, %b, %m, %v, 0.1, 1e-5) return %y }"}),
    name_of);

// Data movement is delegated beside something that computes: a relu after it.
std::string moved(std::string_view input, std::string_view call) {
  return "graph f(%x: float32" + std::string(input) + ") { %m = " + std::string(call) +
         " %y = aten::relu(%m) return %y }";
}

INSTANTIATE_TEST_SUITE_P(
    Movement, Operators,
    ::testing::Values(
        Case{"permute", moved("[2, 3, 4, 5]", "aten::permute_copy(%x, [3, 1, 0, 2])")},
        Case{"permute_5", moved("[2, 3, 4, 5, 2]", "aten::permute_copy(%x, [4, 1, 0, 2, -2])")},
        Case{"transpose", moved("[2, 3, 4]", "aten::transpose_copy.int(%x, 0, -1)")},
        Case{"t", moved("[2, 3]", "aten::t_copy(%x)")},
        Case{"view", moved("[2, 3, 4]", "aten::view_copy(%x, [6, 2, 2])")},
        Case{"squeeze", moved("[2, 1, 4]", "aten::squeeze_copy.dims(%x, [1])")},
        Case{"unsqueeze", moved("[2, 4]", "aten::unsqueeze_copy(%x, -1)")},
        Case{"expand", moved("[3, 1]", "aten::expand_copy(%x, [2, -1, 4])")},
        Case{"repeat", moved("[2, 3]", "aten::repeat(%x, [2, 3, 2])")},
        Case{"slice", moved("[2, 6, 4]", "aten::slice_copy.Tensor(%x, 1, 2, 5)")},
        Case{"slice_step", moved("[2, 8, 4]", "aten::slice_copy.Tensor(%x, 1, 0, 8, 2)")},
        Case{"slice_step_from_odd", moved("[2, 8, 4]", "aten::slice_copy.Tensor(%x, 1, 1, 8, 2)")},
        Case{"slice_step_to_the_end", moved("[2, 8, 4]", "aten::slice_copy.Tensor(%x, 1, 1, 8, 3)")},
        Case{"slice_step_beyond", moved("[2, 7, 4]", "aten::slice_copy.Tensor(%x, 1, 0, 7, 3)")},
        Case{"slice_step_last", moved("[2, 7, 4]", "aten::slice_copy.Tensor(%x, 2, 1, 4, 2)")},
        Case{"slice_step_one", moved("[2, 7, 4]", "aten::slice_copy.Tensor(%x, 1, 5, 7, 4)")},
        Case{"roll", moved("[2, 7, 4]", "aten::roll(%x, [3, -1], [1, 2])")},
        Case{"roll_around", moved("[2, 7, 4]", "aten::roll(%x, [-16, 4], [-2, 2])")},
        Case{"roll_all", moved("[2, 7, 4]", "aten::roll(%x, [5], [])")},
        Case{"slice_from_end", moved("[2, 6, 4]", "aten::slice_copy.Tensor(%x, -1, -3, 9223372036854775807)")},
        Case{"select", moved("[2, 6, 4]", "aten::select_copy.int(%x, 1, -2)")},
        Case{"pad", moved("[2, 3, 4, 4]", "aten::constant_pad_nd(%x, [1, 2, 0, 3], 0.5)")},
        Case{"pad_and_crop", moved("[2, 3, 4, 4]", "aten::constant_pad_nd(%x, [-1, 2, 1, -2, 1, 0])")},
        Case{"crop", moved("[2, 6]", "aten::constant_pad_nd(%x, [-1, -2])")},
        Case{"pixel_shuffle", moved("[2, 12, 3, 4]", "aten::pixel_shuffle(%x, 2)")},
        Case{"pixel_unshuffle", moved("[2, 3, 4, 6]", "aten::pixel_unshuffle(%x, 2)")},
        Case{"clone", moved("[2, 3]", "aten::clone(%x)")},
        Case{"split",
             "graph f(%x: float32[2, 6, 4]) { %a, %b, %c = aten::split_with_sizes_copy(%x, [1, 2, 3], 1) "
             "%r = aten::relu(%c) %y = aten::cat([%b, %a, %r], 1) %z = aten::relu(%y) return %z }"},
        Case{"split_even",
             "graph f(%x: float32[2, 5]) { %a, %b, %c = aten::split_copy.Tensor(%x, 2, -1) %y = aten::add.Tensor(%a, "
             "%b) "
             "%z = aten::relu(%c) return %y, %z }"},
        Case{"unbind",
             "graph f(%x: float32[2, 5]) { %a, %b = aten::unbind_copy.int(%x) %y = aten::sub.Tensor(%a, %b) return %y "
             "}"},
        Case{"cat_seven",
             "graph f(%x: float32[2, 3], %z: float32[2, 1]) { %c = aten::cat([%x, %z, %x, %z, %z, %x, %z], 1) "
             "%y = aten::relu(%c) return %y }"}),
    name_of);

// The same operators on data that lies in memory as [N, H, W, C].
std::string channels_last(std::string_view tail) {
  return "graph f(%x: float32[2, 3, 4, 4]) { %w = const float32[6, 3, 1, 1] seed 1 "
         "%c = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1) " +
         std::string(tail) + " return %y }";
}

INSTANTIATE_TEST_SUITE_P(
    ChannelsLast, Operators,
    ::testing::Values(
        Case{"cl_softmax_channels", channels_last("%y = aten::_softmax(%c, 1, false)")},
        Case{"cl_softmax_width", channels_last("%y = aten::_softmax(%c, 3, false)")},
        Case{"cl_mean_channels", channels_last("%y = aten::mean.dim(%c, [1], true)")},
        Case{"cl_mean_rows", channels_last("%y = aten::mean.dim(%c, [1, 2])")},
        Case{"cl_flatten", channels_last("%y = aten::view_copy(%c, [2, 96])")},
        Case{"cl_flatten_image", channels_last("%y = aten::view_copy(%c, [2, 6, 16])")},
        Case{"cl_split_channels", channels_last("%y = aten::view_copy(%c, [2, 2, 3, 4, 4])")},
        Case{"cl_slice", channels_last("%y = aten::slice_copy.Tensor(%c, 1, 2, 5)")},
        Case{"cl_roll", channels_last("%y = aten::roll(%c, [1, 1, -2], [1, 2, 3])")},
        Case{"cl_slice_step", channels_last("%y = aten::slice_copy.Tensor(%c, 1, 1, 6, 2)")},
        Case{"cl_slice_rows", channels_last("%y = aten::slice_copy.Tensor(%c, 2, 1, 9, 2)")},
        Case{"cl_pad", channels_last("%y = aten::constant_pad_nd(%c, [1, 0, 0, 2, 1, 1], 1.5)")},
        Case{"cl_cat", channels_last("%r = aten::relu(%c) %y = aten::cat([%r, %c, %x], 1)")},
        Case{"cl_add_constant", channels_last("%k = const float32[6, 1, 1] seed 5 %y = aten::add.Tensor(%k, %c)")},
        Case{"cl_add_row", channels_last("%k = const float32[4] seed 5 %y = aten::add.Tensor(%c, %k)")},
        Case{"cl_add_full", channels_last("%k = const float32[2, 6, 4, 4] seed 5 %y = aten::sub.Tensor(%k, %c)")},
        Case{"cl_add_computed", channels_last("%m = aten::amax(%c, [0, 1]) %y = aten::add.Tensor(%c, %m)")},
        Case{"cl_mm", channels_last("%v = aten::view_copy(%c, [12, 16]) %k = const float32[16, 3] seed 4 "
                                    "%y = aten::mm(%v, %k)")},
        Case{"cl_tokens", channels_last("%v = aten::view_copy(%c, [2, 6, 16]) %t = aten::transpose_copy.int(%v, 1, 2) "
                                        "%y = aten::bmm(%v, %t)")},
        Case{"cl_nearest", channels_last("%y = aten::upsample_nearest2d.vec(%c, none, [2.0, 2.0])")},
        Case{"cl_shuffle", channels_last("%k = const float32[4, 6, 1, 1] seed 4 %d = aten::convolution(%c, %k, none, "
                                         "[1, 1], [0, 0], [1, 1], false, [0, 0], 1) %y = aten::pixel_shuffle(%d, 2)")},
        Case{"cl_group_norm", channels_last("%y, %m, %r = aten::native_group_norm(%c, none, none, 2, 6, 16, 2, 1e-5)")},
        Case{"cl_prelu", channels_last("%k = const float32[1, 6, 1, 1] seed 5 %y = aten::_prelu_kernel(%c, %k)")},
        Case{"cl_expand",
             channels_last("%m = aten::mean.dim(%c, [2, 3], true) %e = aten::expand_copy(%m, [2, 6, 4, 4]) "
                           "%y = aten::sub.Tensor(%c, %e)")}),
    name_of);

TEST(Refusals, SayWhy) {
  EXPECT_EQ(refusal_of("graph f(%x: int64[2]) { %y = aten::add.Scalar(%x, 1) return %y }"), "dtype int64");
  EXPECT_EQ(refusal_of(one("float32[2]", "aten::erf(%x)")), "XNNPACK has no such operator");
  EXPECT_EQ(refusal_of(one("float32[2]", "aten::elu(%x, 1, 2)")),
            "scale 2 and input_scale 1, XNNPACK's ELU has neither (both 1)");
  EXPECT_EQ(
      refusal_of("graph f(%x: float32[1, 3, 8, 8], %w: float32[4, 3, 3, 3]) { %y = aten::convolution(%x, %w, none, "
                 "[1, 1], [1, 1], [1, 1], false, [0, 0], 1) return %y }"),
      "its weight is not constant");
  EXPECT_NE(refusal_of(one("float32[1, 1, 1, 1, 1, 1, 2]", "aten::relu(%x)")).find("7 dimensions"), std::string::npos);
  EXPECT_NE(refusal_of("graph f(%x: float32[s0, 3]) where s0 in [0, 4] { %y = aten::relu(%x) return %y }")
                .find("may be empty"),
            std::string::npos);
  EXPECT_NE(refusal_of(one("float32[2, 3, 5, 5]", "aten::upsample_nearest2d.vec(%x, [7, 7], none)")).find("repetition"),
            std::string::npos);
  EXPECT_NE(refusal_of(one("float32[1]", "aten::expand_copy(%x, [100000])")).find("at most"), std::string::npos);
  EXPECT_NE(refusal_of(one("float32[2, 3, 5, 5]", "aten::_adaptive_avg_pool2d(%x, [2, 2])")).find("one size"),
            std::string::npos);
}

TEST(Refusals, AResultThatXnnpackDoesNotHaveKeepsItsNodeOutside) {
  const Outcome outcome = run_both(
      "graph f(%x: float32[1, 2, 4, 4]) { %r = aten::relu(%x) "
      "%y, %i = aten::max_pool2d_with_indices(%r, [2, 2]) %z = aten::relu(%y) return %z, %i }");
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.report.left_out.size(), 1u);
  EXPECT_EQ(outcome.report.left_out[0].op, "aten::max_pool2d_with_indices");
  EXPECT_NE(outcome.report.left_out[0].reason.find("is used"), std::string::npos);
  EXPECT_EQ(outcome.report.delegate_calls, 2);
  EXPECT_EQ(outcome.expected, outcome.actual);
}

}  // namespace
}  // namespace ingot::testing
