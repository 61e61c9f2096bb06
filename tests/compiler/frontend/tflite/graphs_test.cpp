// What graphs come out: their inputs and outputs as in the file, quantized constants as they are, no permutes between
// operators on images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/tflite/import.h"
#include "compiler/ir/constants.h"
#include "compiler/ir/quantization.h"
#include "compiler/ir/verify.h"
#include "tests/compiler/frontend/tflite/small_models.h"

namespace ingot::compiler {
namespace {

using ::testing::ElementsAre;
using enum tflite::BuiltinOperator;
using tflite::TensorType;

Graph imported(const testing::TfliteModelBuilder& builder, const TfliteImportOptions& options = {}) {
  ImportReport report;
  auto graph = import_tflite(Bytes::copy_of(builder.bytes()), options, report);
  EXPECT_TRUE(graph) << graph.error().message();
  if (!graph) return Graph();
  const auto verified = verify(*graph, Stage::imported);
  EXPECT_TRUE(verified) << verified.error().message();
  return std::move(*graph);
}

size_t count(const Graph& graph, std::string_view op) {
  return static_cast<size_t>(std::ranges::count_if(graph.nodes(), [op](const auto& node) { return node->is(op); }));
}

const Node* first(const Graph& graph, std::string_view op) {
  const auto found = std::ranges::find_if(graph.nodes(), [op](const auto& node) { return node->is(op); });
  return found == graph.nodes().end() ? nullptr : found->get();
}

TEST(Graphs, KeepInputsAndOutputs) {
  const Graph graph = imported(testing::small_quantized_network());
  ASSERT_EQ(graph.inputs().size(), 1u);
  EXPECT_EQ(graph.inputs()[0]->name, "image");
  EXPECT_EQ(to_string(graph.inputs()[0]->type), "int8[1, 4, 4, 2]");
  ASSERT_EQ(graph.outputs().size(), 1u);
  EXPECT_EQ(to_string(graph.outputs()[0]->type), "int8[1, 3]");
  EXPECT_THAT(graph.output_names, ElementsAre("probabilities"));
  EXPECT_EQ(first(graph, "aten::convolution")->source(), "conv");
}

TEST(Graphs, KeepQuantizedConstants) {
  const Graph graph = imported(testing::small_quantized_network());
  const Node* convolution = first(graph, "aten::convolution");
  ASSERT_NE(convolution, nullptr);
  const Node* weight = dequantize_of(*convolution->tensor("weight"));
  ASSERT_NE(weight, nullptr);
  const auto quantization = quantization_of(*weight);
  ASSERT_TRUE(quantization);
  EXPECT_EQ(quantization->dtype, DType::int8);
  EXPECT_EQ(quantization->axis, 0u);
  EXPECT_THAT(quantization->scales, ElementsAre(0.01f, 0.02f));
  // [out, H, W, in] became [out, in, H, W].
  const Value& integers = *weight->tensor("input");
  EXPECT_EQ(to_string(integers.type), "int8[2, 2, 3, 3]");
  const auto elements = integers.data.as<int8_t>();
  for (size_t i = 0; i < elements.size(); ++i) {
    const size_t o = i / 18, c = i / 9 % 2, at = i % 9;
    EXPECT_EQ(elements[i], static_cast<int8_t>((o * 18 + at * 2 + c) * 7 % 100 - 50));
  }
  // Biases are floats: the integers times the products' scales.
  const std::vector<double> bias = load_numbers(*convolution->tensor("bias"));
  EXPECT_FLOAT_EQ(static_cast<float>(bias[0]), 0.02f);
  EXPECT_FLOAT_EQ(static_cast<float>(bias[1]), -0.08f);
}

TEST(Graphs, UnsignedWeightsKeepTheirZeroPoint) {
  testing::TfliteModelBuilder b;
  const int32_t x = b.input("x", {1, 4}, TensorType::UINT8);
  b.quantize(x, {0.1f}, {128});
  const int32_t w = b.constant("w", {2, 4}, TensorType::UINT8, std::vector<uint8_t>{0, 1, 2, 3, 252, 253, 254, 255});
  b.quantize(w, {0.5f}, {77});
  const int32_t y = b.tensor("y", {1, 2}, TensorType::UINT8);
  b.quantize(y, {0.2f}, {3});
  b.op_with<tflite::FullyConnectedOptionsT>(FULLY_CONNECTED, {x, w}, {y});
  b.output(y);
  const Graph graph = imported(b);
  const Node* product = first(graph, "aten::mm");
  ASSERT_NE(product, nullptr);
  const Node* weight = dequantize_of(*product->tensor("mat2"));
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(quantization_of(*weight)->dtype, DType::uint8);
  EXPECT_EQ(quantization_of(*weight)->zero_point(), 77);
}

// One permute in front, one behind, none between: images stay [N, C, H, W], whatever operators stand between.
TEST(Graphs, PermuteImagesAtTheirEndsOnly) {
  testing::TfliteModelBuilder b;
  const std::vector<int32_t> shape = {1, 4, 4, 3};
  int32_t x = b.input("x", shape);
  const int32_t w = b.constant("w", {3, 1, 1, 3}, TensorType::FLOAT32, std::vector<float>(9, 0.5f));
  const int32_t slope = b.constant("slope", {1, 1, 3}, TensorType::FLOAT32, std::vector<float>{0.1f, 0.2f, 0.3f});
  const int32_t pads = b.constant("pads", {4, 2}, TensorType::INT32, std::vector<int32_t>{0, 0, 0, 0, 0, 0, 0, 3});
  const auto conv = [&](int32_t from, const std::string& name, const std::vector<int32_t>& to) {
    const int32_t y = b.tensor(name, to);
    auto& options = b.op_with<tflite::Conv2DOptionsT>(CONV_2D, {from, w}, {y});
    options.stride_w = options.stride_h = 1;
    return y;
  };
  const int32_t a = conv(x, "a", shape);
  const int32_t p = b.tensor("p", shape);
  b.op(PRELU, {a, slope}, {p});
  const int32_t c = conv(p, "c", shape);
  const int32_t sum = b.tensor("sum", shape);
  b.op_with<tflite::AddOptionsT>(ADD, {x, c}, {sum});
  const int32_t wide = b.tensor("wide", {1, 4, 4, 6});
  b.op(PAD, {sum, pads}, {wide});
  const int32_t joined = b.tensor("joined", {1, 4, 4, 9});
  b.op_with<tflite::ConcatenationOptionsT>(CONCATENATION, {wide, c}, {joined}).axis = 3;
  const int32_t y = b.tensor("y", {1, 4, 4, 9});
  b.op_with<tflite::SoftmaxOptionsT>(SOFTMAX, {joined}, {y}).beta = 1;
  b.output(y);
  const Graph graph = imported(b);
  EXPECT_EQ(count(graph, "aten::permute_copy"), 2u);
  EXPECT_EQ(first(graph, "aten::permute_copy")->tensor(0), graph.inputs()[0]);
  EXPECT_TRUE(graph.outputs()[0]->producer->is("aten::permute_copy"));
  EXPECT_EQ(first(graph, "aten::cat")->integer("dim"), 1);
  EXPECT_EQ(first(graph, "aten::_softmax")->integer("dim"), 1);
}

TEST(Graphs, FoldShapeArithmetic) {
  testing::TfliteModelBuilder b;
  const int32_t x = b.input("x", {2, 3, 4});
  const int32_t shape = b.tensor("shape", {3}, TensorType::INT32);
  b.op(SHAPE, {x}, {shape});
  const auto list = [&b](const std::string& name, int32_t value) {
    return b.constant(name, {1}, TensorType::INT32, std::vector<int32_t>{value});
  };
  const int32_t rows = b.tensor("rows", {}, TensorType::INT32);
  b.op_with<tflite::StridedSliceOptionsT>(STRIDED_SLICE, {shape, list("b", 0), list("e", 1), list("s", 1)}, {rows})
      .shrink_axis_mask = 1;
  const int32_t rest = b.constant("rest", {}, TensorType::INT32, std::vector<int32_t>{-1});
  const int32_t target = b.tensor("target", {2}, TensorType::INT32);
  b.op_with<tflite::PackOptionsT>(PACK, {rows, rest}, {target}).values_count = 2;
  const int32_t y = b.tensor("y", {2, 12});
  b.op(RESHAPE, {x, target}, {y});
  b.output(y);
  const Graph graph = imported(b);
  ASSERT_EQ(graph.nodes().size(), 1u);
  EXPECT_TRUE(graph.nodes()[0]->is("aten::view_copy"));
}

TEST(Graphs, TakeSizesWhereTheyAreOpen) {
  testing::TfliteModelBuilder b;
  const int32_t x = b.input("x", {1, 4});
  b.graph().tensors[0]->shape_signature = {-1, 4};
  const int32_t y = b.tensor("y", {1, 4});
  b.op(ABS, {x}, {y});
  b.output(y);
  EXPECT_EQ(to_string(imported(b).outputs()[0]->type), "float32[1, 4]");
  EXPECT_EQ(to_string(imported(b, {{{"x", {5, 4}}}}).outputs()[0]->type), "float32[5, 4]");
  EXPECT_EQ(to_string(imported(b, {{{"", {7, 4}}}}).outputs()[0]->type), "float32[7, 4]");
  ImportReport report;
  const auto refused = import_tflite(Bytes::copy_of(b.bytes()), {{{"x", {5, 6}}}}, report);
  ASSERT_FALSE(refused);
  EXPECT_STREQ(refused.error().message(), "input 'x': it is [-1, 4] in the model, which [5, 6] does not fit");
  const auto unknown = import_tflite(Bytes::copy_of(b.bytes()), {{{"z", {5, 4}}}}, report);
  ASSERT_FALSE(unknown);
  EXPECT_STREQ(unknown.error().message(), "the model has no input 'z'; it has 1");
}

// Large files keep weights behind the FlatBuffer.
TEST(Graphs, ReadBuffersBehindTheTables) {
  testing::TfliteModelBuilder b;
  const int32_t x = b.input("x", {2});
  const int32_t w = b.constant("w", {2}, TensorType::FLOAT32, std::vector<float>{0, 0});
  const int32_t y = b.tensor("y", {2});
  b.op_with<tflite::AddOptionsT>(ADD, {x, w}, {y});
  b.output(y);
  tflite::BufferT& buffer = *b.model().buffers.back();
  buffer.data.clear();
  buffer.offset = 2;  // keeps the fields' place
  buffer.size = 8;
  std::vector<std::byte> bytes = b.bytes();
  buffer.offset = bytes.size() + 4;  // not aligned to anything
  bytes = b.bytes();
  bytes.resize(bytes.size() + 4);
  for (const float number : {1.5f, -2.5f}) {
    const auto* raw = reinterpret_cast<const std::byte*>(&number);
    bytes.insert(bytes.end(), raw, raw + sizeof(number));
  }
  ImportReport report;
  const auto graph = import_tflite(Bytes::copy_of(bytes), {}, report);
  ASSERT_TRUE(graph) << graph.error().message();
  EXPECT_THAT(load_numbers(*first(*graph, "aten::add.Tensor")->tensor(1)), ElementsAre(1.5, -2.5));
  bytes.pop_back();
  const auto cut = import_tflite(Bytes::copy_of(bytes), {}, report);
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message(), ::testing::HasSubstr("lie outside the file"));
}

TEST(Graphs, UnpackHalfBytes) {
  testing::TfliteModelBuilder b;
  const int32_t x = b.input("x", {1, 3});
  // 1, -1, 7
  const int32_t w = b.constant("w", {1, 3}, TensorType::INT4, std::vector<uint8_t>{0xF1, 0x07});
  b.quantize(w, {0.5f}, {0});
  const int32_t y = b.tensor("y", {1, 1});
  b.op_with<tflite::FullyConnectedOptionsT>(FULLY_CONNECTED, {x, w}, {y});
  b.output(y);
  const Graph graph = imported(b);
  const Node* weight = dequantize_of(*first(graph, "aten::mm")->tensor("mat2"));
  ASSERT_NE(weight, nullptr);
  EXPECT_THAT(load_numbers(*weight->tensor("input")), ElementsAre(1, -1, 7));
}

}  // namespace
}  // namespace ingot::compiler
