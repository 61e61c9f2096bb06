// What cannot be imported is said in one line that names the tensor or operator; all unsupported operators at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "compiler/frontend/tflite/import.h"
#include "tests/compiler/frontend/tflite/small_models.h"

namespace ingot::compiler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using enum tflite::BuiltinOperator;
using testing::TfliteModelBuilder;
using tflite::TensorType;

std::string error_of(const TfliteModelBuilder& builder) {
  ImportReport report;
  const auto graph = import_tflite(Bytes::copy_of(builder.bytes()), {}, report);
  return graph ? "imported" : graph.error().message();
}

TEST(Refusals, ListsEveryUnsupportedOperator) {
  TfliteModelBuilder b;
  const int32_t x = b.input("x", {2, 3});
  const auto made = [&b](const std::string& name) { return b.tensor(name, {2, 3}); };
  const int32_t unique = made("u"), behind = made("behind"), detected = made("d"), odd = made("y");
  b.op(UNIQUE, {x}, {unique});
  b.op(ABS, {unique}, {behind});  // not to blame
  b.custom_op("TFLite_Detection_PostProcess", {behind, x}, {detected});
  b.op(static_cast<tflite::BuiltinOperator>(250), {x}, {odd});
  b.output(odd);
  ImportReport report;
  const auto graph = import_tflite(Bytes::copy_of(b.bytes()), {}, report);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::not_supported);
  EXPECT_STREQ(graph.error().message(),
               "3 nodes use operators that are not supported: UNIQUE (u), TFLite_Detection_PostProcess (d), "
               "operator 250 (y)");
  ASSERT_EQ(report.unsupported.size(), 3u);
  EXPECT_EQ(report.unsupported[1].reason, "the importer does not know this operator");
}

TEST(Refusals, SaysWhyOneOperatorIsRefused) {
  TfliteModelBuilder b;
  const int32_t x = b.input("x", {2, 3}), shape = b.input("shape", {2}, TensorType::INT32);
  const int32_t y = b.tensor("y", {3, 2});
  b.op(RESHAPE, {x, shape}, {y});
  b.output(y);
  EXPECT_THAT(error_of(b), AllOf(HasSubstr("RESHAPE (y)"), HasSubstr("computed when the model runs")));
}

struct Damage {
  const char* name;
  std::function<void(TfliteModelBuilder&)> apply;
  const char* expected;  // part of the message
};

tflite::TensorT& tensor(TfliteModelBuilder& b, const std::string& name) {
  for (auto& found : b.graph().tensors) {
    if (found->name == name) return *found;
  }
  ADD_FAILURE() << name;
  return *b.graph().tensors[0];
}

std::vector<uint8_t>& bytes_of(TfliteModelBuilder& b, const std::string& name) {
  return b.model().buffers[tensor(b, name).buffer]->data;
}

// The small network, and what is said once one thing in it is wrong.
const Damage kDamages[] = {
    {"version", [](auto& b) { b.model().version = 2; }, "it is of version 2, expected 3"},
    {"no_graph", [](auto& b) { b.model().subgraphs.clear(); }, "it has no graph"},
    {"no_output", [](auto& b) { b.graph().outputs.clear(); }, "its graph has no output"},
    {"output_never_computed", [](auto& b) { b.graph().operators.pop_back(); },
     "output 0, tensor 10 'probabilities', is computed nowhere"},
    {"tensor_out_of_range", [](auto& b) { b.graph().operators[0]->inputs[0] = 99; },
     "operator 0 (CONV_2D 'conv'): it names tensor 99 of 11"},
    {"input_out_of_range", [](auto& b) { b.graph().inputs[0] = -1; }, "it names tensor -1 of 11"},
    {"input_twice", [](auto& b) { b.graph().inputs.push_back(0); }, "tensor 0 'image': an input that is there twice"},
    {"constant_input", [](auto& b) { b.graph().inputs.push_back(1); },
     "tensor 1 'conv/weights': an input that is constant"},
    {"kind_out_of_range", [](auto& b) { b.graph().operators[1]->opcode_index = 50; }, "its kind is number 50"},
    {"missing_operand", [](auto& b) { b.graph().operators[0]->inputs[1] = -1; },
     "operator 0 (CONV_2D 'conv'): its input 1 is missing"},
    {"too_few_operands", [](auto& b) { b.graph().operators[1]->inputs.pop_back(); }, "1 inputs, expected 2"},
    {"too_many_operands", [](auto& b) { b.graph().operators[5]->inputs.push_back(0); }, "2 inputs, expected 1"},
    {"no_result", [](auto& b) { b.graph().operators[1]->outputs.clear(); }, "operator 1 (ADD): 0 outputs, expected 1"},
    {"cycle", [](auto& b) { b.graph().operators[0]->inputs[0] = b.graph().operators[1]->outputs[0]; },
     "it reads tensor 4 'sum' before it is computed"},
    {"computed_twice", [](auto& b) { b.graph().operators[1]->outputs[0] = b.graph().operators[0]->outputs[0]; },
     "operator 1 (ADD 'conv'): it computes tensor 3 'conv', which has its elements already"},
    {"constant_computed", [](auto& b) { b.graph().operators[1]->outputs[0] = 1; },
     "it computes tensor 1 'conv/weights', which has its elements already"},
    {"buffer_out_of_range", [](auto& b) { tensor(b, "conv/weights").buffer = 77; }, "its buffer is number 77 of 5"},
    {"buffer_too_short", [](auto& b) { bytes_of(b, "conv/weights").pop_back(); },
     "tensor 1 'conv/weights': it holds 35 bytes, expected int8 of [2, 3, 3, 2]"},
    {"sizes_overflow", [](auto& b) { tensor(b, "dense/weights").shape = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}; },
     "it holds 24 bytes"},
    {"negative_size", [](auto& b) { tensor(b, "conv/weights").shape = {-7, 3, 3, 2}; }, "its sizes are [-7, 3, 3, 2]"},
    {"rank", [](auto& b) { tensor(b, "image").shape.assign(100, 1); }, "it has 100 axes"},
    {"type", [](auto& b) { tensor(b, "conv").type = TensorType::STRING; }, "its elements are STRING"},
    {"unknown_type", [](auto& b) { tensor(b, "conv").type = static_cast<TensorType>(99); }, "type 99"},
    {"scale_zero", [](auto& b) { tensor(b, "conv").quantization->scale[0] = 0; }, "tensor 3 'conv': its scale 0 is 0"},
    {"scale_infinite", [](auto& b) { tensor(b, "conv").quantization->scale[0] = HUGE_VALF; }, "its scale 0 is inf"},
    {"zero_point", [](auto& b) { tensor(b, "conv").quantization->zero_point[0] = 128; },
     "its zero point 128 is no int8"},
    {"scales_and_sizes", [](auto& b) { tensor(b, "conv/weights").quantization->scale.push_back(1); },
     "3 scales along axis 0 of [2, 3, 3, 2]"},
    {"scales_axis", [](auto& b) { tensor(b, "conv/weights").quantization->quantized_dimension = 4; },
     "2 scales along axis 4 of [2, 3, 3, 2]"},
    {"scales_and_zero_points", [](auto& b) { tensor(b, "conv/weights").quantization->zero_point.assign(5, 0); },
     "2 scales, 5 zero points"},
    {"activation_scales",
     [](auto& b) {
       tensor(b, "conv").quantization->scale.assign(2, 1);
       tensor(b, "conv").quantization->zero_point.assign(2, 0);
       tensor(b, "conv").quantization->quantized_dimension = 3;
     },
     "it is computed, and has 2 scales"},
    {"quantization_scheme", [](auto& b) { tensor(b, "conv").quantization->details_type = 2; }, "scheme 2"},
    {"sparse", [](auto& b) { tensor(b, "conv/weights").sparsity = std::make_unique<tflite::SparsityParametersT>(); },
     "it is stored sparsely"},
    {"external", [](auto& b) { tensor(b, "conv/weights").external_buffer = 1; }, "its bytes lie in another file"},
    {"options_of_another", [](auto& b) { b.graph().operators[0]->builtin_options.Set(tflite::AddOptionsT()); },
     "its options are of kind 11, expected 1"},
    {"stride_zero", [](auto& b) { b.graph().operators[0]->builtin_options.AsConv2DOptions()->stride_w = 0; },
     "a window of 3, stride 0, dilation 1"},
    {"stride_huge", [](auto& b) { b.graph().operators[0]->builtin_options.AsConv2DOptions()->stride_h = INT32_MAX; },
     "stride 2147483647"},
    {"padding",
     [](auto& b) {
       b.graph().operators[0]->builtin_options.AsConv2DOptions()->padding = static_cast<tflite::Padding>(9);
     },
     "padding 9"},
    {"activation",
     [](auto& b) {
       b.graph().operators[1]->builtin_options.AsAddOptions()->fused_activation_function =
           tflite::ActivationFunctionType::SIGN_BIT;
     },
     "activation 5"},
    {"filter_channels", [](auto& b) { tensor(b, "conv/weights").shape = {2, 2, 3, 3}; },
     "its filter has 3 channels, its input 2"},
    {"bias_size", [](auto& b) { tensor(b, "conv/bias").shape = {1, 2, 1}; }, "imported"},
    {"result_shape", [](auto& b) { tensor(b, "conv").shape = {1, 4, 4, 3}; },
     "the file says that it computes [1, 4, 4, 3], but it computes [1, 4, 4, 2]"},
    {"result_type", [](auto& b) { tensor(b, "sum").type = TensorType::INT32; },
     "tensor 4 'sum': the file says int32, computed are float32"},
    {"reshape", [](auto& b) { bytes_of(b, "shape")[0] = 3; }, "[1, 2, 2, 2] does not reshape to [3, -1]"},
    {"weights_format",
     [](auto& b) {
       b.graph().operators[4]->builtin_options.AsFullyConnectedOptions()->weights_format =
           tflite::FullyConnectedOptionsWeightsFormat::SHUFFLED4x16INT8;
     },
     "weights in format 1"},
    {"name",
     [](auto& b) {
       tensor(b, "conv").name = "two\nlines";
       b.graph().operators[0]->inputs[0] = 99;
     },
     "two?lines"},
};

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

class Damages : public ::testing::TestWithParam<Damage> {};

TEST_P(Damages, AreSaidInOneLine) {
  TfliteModelBuilder builder = testing::small_quantized_network();
  ASSERT_EQ(error_of(builder), "imported");
  GetParam().apply(builder);
  const std::string message = error_of(builder);
  EXPECT_THAT(message, HasSubstr(GetParam().expected));
  for (const char c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << message;
}

INSTANTIATE_TEST_SUITE_P(Refusals, Damages, ::testing::ValuesIn(kDamages),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Refusals, CustomOptionsAreReadWithCare) {
  TfliteModelBuilder b;
  const int32_t x = b.input("x", {1, 2, 2, 1});
  const int32_t w = b.constant("w", {1, 2, 2, 1}, TensorType::FLOAT32, std::vector<float>(4, 1));
  const int32_t bias = b.constant("b", {1}, TensorType::FLOAT32, std::vector<float>(1, 0));
  const int32_t y = b.tensor("y", {1, 4, 4, 1});
  auto& options = b.custom_op("Convolution2DTransposeBias", {x, w, bias}, {y}).custom_options;
  b.output(y);
  EXPECT_THAT(error_of(b), HasSubstr("its options are 0 bytes, expected 12"));
  options.assign(12, 0);
  EXPECT_THAT(error_of(b), HasSubstr("padding 0"));
  options[0] = 1;
  EXPECT_THAT(error_of(b), HasSubstr("stride 0"));
  options[4] = options[8] = 2;
  EXPECT_EQ(error_of(b), "imported");
  options[7] = 0x80;
  EXPECT_THAT(error_of(b), HasSubstr("stride -2147483646"));
}

}  // namespace
}  // namespace ingot::compiler
