// Shape rules where recorded calls do not reach: symbolic sizes and errors. (recorded_ops_test.cpp has the rest.)
#include <gtest/gtest.h>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

// The type of %y in a graph whose inputs are %x, %w, ... of these types, or the error without its place.
std::string inferred(const std::string& inputs, const std::string& call) {
  const auto graph = parse("graph f(" + inputs + ") where n in [1, 8], h in [16, 64], w in [16, 64] {\n%y = " + call +
                           "\nreturn %y }");
  if (graph) return to_string(graph->outputs()[0]->type);
  const std::string message = graph.error().message();
  return message.substr(message.find(": ") + 2);
}

struct Case {
  const char* inputs;
  const char* call;
  const char* expected;
};

class ShapeRules : public ::testing::TestWithParam<Case> {};

TEST_P(ShapeRules, Infer) {
  EXPECT_EQ(inferred(GetParam().inputs, GetParam().call), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Symbols, ShapeRules,
    ::testing::Values(
        Case{"%x: float32[n, 3]", "aten::relu(%x)", "float32[n, 3]"},
        Case{"%x: float32[n, 3], %z: float32[1, 3]", "aten::add.Tensor(%x, %z)", "float32[n, 3]"},
        Case{"%x: float32[n, 3], %z: float32[n, 1]", "aten::mul.Tensor(%x, %z)", "float32[n, 3]"},
        Case{"%x: float32[n, 4], %z: float32[4, 5]", "aten::mm(%x, %z)", "float32[n, 5]"},
        Case{"%x: float32[n, 3, h, w], %z: float32[8, 3, 3, 3]",
             "aten::convolution(%x, %z, none, [2, 2], [1, 1], [1, 1], false, [0, 0], 1)",
             "float32[n, 8, (h + 1) // 2, (w + 1) // 2]"},
        Case{"%x: float32[n, 8, h, w], %z: float32[8, 3, 2, 2]",
             "aten::convolution(%x, %z, none, [2, 2], [0, 0], [1, 1], true, [0, 0], 1)", "float32[n, 3, 2*h, 2*w]"},
        Case{"%x: float32[n, 3, h, w]", "aten::avg_pool2d(%x, [2, 2], [2, 2])", "float32[n, 3, h // 2, w // 2]"},
        Case{"%x: float32[n, 3, h, w]", "aten::avg_pool2d(%x, [2, 2], [2, 2], [0, 0], true)",
             "float32[n, 3, (h + 1) // 2, (w + 1) // 2]"},
        Case{"%x: float32[n, 3, h, w]", "aten::mean.dim(%x, [2, 3])", "float32[n, 3]"},
        Case{"%x: float32[n, 3, 4, 5]", "aten::view_copy(%x, [n, -1])", "float32[n, 60]"},
        Case{"%x: float32[n, 3, h, w]", "aten::view_copy(%x, [-1, h*w])", "float32[3*n, h*w]"},
        Case{"%x: float32[n, 3], %z: float32[2, 3]", "aten::cat([%x, %z])", "float32[n + 2, 3]"},
        Case{"%x: float32[n, 3]", "aten::expand_copy(%x, [4, -1, 3])", "float32[4, n, 3]"},
        Case{"%x: float32[n, h]", "aten::slice_copy.Tensor(%x, 1, 2, 9223372036854775807)", "float32[n, h - 2]"},
        Case{"%x: float32[n, h]", "aten::slice_copy.Tensor(%x, 1, -4)", "float32[n, 4]"},
        Case{"%x: float32[n, h]", "aten::slice_copy.Tensor(%x, 1, 0, -1, 2)", "float32[n, h // 2]"},
        Case{"%x: float32[n, 3, h, w]", "aten::upsample_bilinear2d.vec(%x, none, false, [2.0, 0.5])",
             "float32[n, 3, 2*h, w // 2]"},
        Case{"%x: float32[n, 12, h, w]", "aten::pixel_shuffle(%x, 2)", "float32[n, 3, 2*h, 2*w]"},
        Case{"%x: float32[n, 3, h, w]", "aten::constant_pad_nd(%x, [1, 2, -1, 0])", "float32[n, 3, h - 1, w + 3]"},
        Case{"%x: float32[10, 4], %z: int64[n, h]", "aten::embedding(%x, %z)", "float32[n, h, 4]"},
        Case{"%x: float32[n, h]", "aten::full([n, 2*h], 0.0)", "float32[n, 2*h]"}));

INSTANTIATE_TEST_SUITE_P(
    Errors, ShapeRules,
    ::testing::Values(
        Case{"%x: float32[2], %z: int32[2]", "aten::add.Tensor(%x, %z)",
             "aten::add.Tensor: argument 'other': expected dtype float32, found int32"},
        Case{"%x: int32[2]", "aten::gelu(%x)", "aten::gelu: argument 'self': expected a floating dtype, found int32"},
        Case{"%x: int32[2]", "aten::add.Scalar(%x, 1, 0.5)",
             "aten::add.Scalar: argument 'alpha': is a float, but the result is int32"},
        Case{"%x: float32[2]", "aten::clamp(%x)", "aten::clamp: argument 'min': is none, and so is 'max'"},
        Case{"%x: float32[2, 3], %z: float32[2, 3]", "aten::mm(%x, %z)",
             "aten::mm: argument 'mat2': expected 3 rows, found 2"},
        Case{"%x: float32[1, 4, 8, 8], %z: float32[8, 3, 3, 3]",
             "aten::convolution(%x, %z, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)",
             "aten::convolution: argument 'input': expected 3 channels for a weight of [8, 3, 3, 3] in 1 groups, "
             "found 4"},
        Case{"%x: float32[1, 3, 2, 2], %z: float32[8, 3, 3, 3]",
             "aten::convolution(%x, %z, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1)",
             "aten::convolution: argument 'weight': a kernel that reaches over 3 does not fit a padded input of 2"},
        Case{"%x: float32[1, 3, 8, 8], %z: float32[8, 3, 3, 3]",
             "aten::convolution(%x, %z, none, [0, 1], [0, 0], [1, 1], false, [0, 0], 1)",
             "aten::convolution: argument 'stride': 0 is outside [1, 2147483647]"},
        Case{"%x: float32[1, 3, 8, 8]", "aten::avg_pool2d(%x, [2, 2], [2, 2], [2, 2])",
             "aten::avg_pool2d: argument 'padding': 2 is more than half of kernel size 2"},
        Case{"%x: float32[2, 3]", "aten::sum.dim_IntList(%x, [0, -2])",
             "aten::sum.dim_IntList: argument 'dim': axis -2 is named twice"},
        Case{"%x: float32[2, 3]", "aten::_softmax(%x, 2, false)",
             "aten::_softmax: argument 'dim': axis 2 is outside [-2, 1] of a tensor of rank 2"},
        Case{"%x: float32[2, 3]", "aten::view_copy(%x, [4, -1])",
             "aten::view_copy: argument 'size': [4, -1] does not hold the 6 elements of [2, 3]"},
        Case{"%x: float32[2, 3]", "aten::view_copy(%x, [-1, -1])",
             "aten::view_copy: argument 'size': [-1, -1] leaves more than one size open"},
        Case{"%x: float32[2, 3]", "aten::expand_copy(%x, [2, 4])",
             "aten::expand_copy: argument 'size': [2, 4] does not expand [2, 3]"},
        Case{"%x: float32[2, 3], %z: float32[2, 4]", "aten::cat([%x, %z])",
             "aten::cat: argument 'tensors': element 1 of shape [2, 4] does not fit [2, 3] but for dimension 0"},
        Case{"%x: float32[2, 3]", "aten::permute_copy(%x, [0, 0])",
             "aten::permute_copy: argument 'dims': axis 0 is named twice"},
        Case{"%x: float32[2, 3]", "aten::slice_copy.Tensor(%x, 0, 0, 2, 0)",
             "aten::slice_copy.Tensor: argument 'step': expected a positive number, found 0"},
        Case{"%x: float32[2, 3]", "aten::select_copy.int(%x, 0, 2)",
             "aten::select_copy.int: argument 'index': 2 is outside dimension 0 of [2, 3]"},
        Case{"%x: float32[n, 3]", "aten::squeeze_copy.dims(%x, [0])",
             "aten::squeeze_copy.dims: argument 'dim': dimension 0 of [n, 3] may be 1 or not"},
        Case{"%x: float32[n, 3]", "aten::split_copy.Tensor(%x, 1)",
             "aten::split_copy.Tensor: argument 'split_size': cuts n into n parts, which must be a known number up to "
             "65536"},
        Case{"%x: float32[4, 3]", "aten::reflection_pad1d(%x, [3, 0])",
             "aten::reflection_pad1d: argument 'padding': 3 is not smaller than the dimension that it reflects, 3"},
        Case{"%x: float32[4, 3]", "aten::repeat(%x, [2147483647, 1])",
             "aten::repeat: its result float32[8589934588, 3] has a size outside [0, 2147483647]"},
        Case{"%x: float32[4]", "aten::arange.start_step(0, 5, -1)",
             "aten::arange.start_step: argument 'step': -1 does not lead from 0 to 5"},
        Case{"%x: float32[4], %z: float32[1]", "aten::embedding(%x, %z)",
             "aten::embedding: argument 'indices': expected dtype int32 or int64, found float32"},
        Case{"%x: float32[4]", "quantized_decomposed::quantize_per_tensor(%x, 0.5, 0, -128, 200, int8)",
             "quantized_decomposed::quantize_per_tensor: argument 'quant_min': [-128, 200] is no range of int8"},
        Case{"%x: float32[4]", "quantized_decomposed::quantize_per_tensor(%x, -0.5, 0, -128, 127, int8)",
             "quantized_decomposed::quantize_per_tensor: argument 'scale': expected a positive number, found -0.5"}));

}  // namespace
}  // namespace ingot::compiler
