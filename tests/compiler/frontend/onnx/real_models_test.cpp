// Trained networks and PyTorch's exports, where ../shared is: they import, and portable kernels give what was recorded.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/verify.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"
#include "tests/support/shared.h"

namespace ingot::compiler {
namespace {

struct Model {
  std::string name;  // below ../shared, without the suffix
  size_t inputs = 1;
  size_t outputs = 1;
};

void PrintTo(const Model& model, std::ostream* out) {
  *out << model.name;
}

class RealModels : public ::testing::TestWithParam<Model> {};

TEST_P(RealModels, ImportAndAnswerAsRecorded) {
  const Model& model = GetParam();
  const std::string path = INGOT_SHARED_FILE(model.name + ".onnx");
  ImportReport report;
  const auto graph = import_onnx(path, {}, report);
  ASSERT_TRUE(graph) << graph.error().message();
  const auto verified = verify(*graph, Stage::imported);
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(graph->inputs().size(), model.inputs);
  for (const auto& node : graph->nodes()) EXPECT_FALSE(node->source().empty());

  std::vector<Array> inputs;
  for (size_t i = 0; i < model.inputs; ++i) {
    auto array = read_npy(INGOT_SHARED_FILE(model.name + ".input" + std::to_string(i) + ".npy"));
    ASSERT_TRUE(array) << array.error().message();
    inputs.push_back(std::move(*array));
  }
  if (model.outputs == 0) return;
  const auto outputs = testing::run_graph(*graph, inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), model.outputs);
  for (size_t i = 0; i < model.outputs; ++i) {
    const auto expected = read_npy(INGOT_SHARED_FILE(model.name + ".output" + std::to_string(i) + ".npy"));
    ASSERT_TRUE(expected) << expected.error().message();
    EXPECT_TRUE(testing::close_to(*expected, (*outputs)[i], 1e-4)) << "output " << i;
  }
}

// deeplab's answer is kept in another form and is compared end to end; here it must import.
const Model kModels[] = {
    {"executorch/add_mul", 3},
    {"executorch/add_mul_elem", 2},
    {"executorch/bigmlp"},
    {"executorch/conv1"},
    {"executorch/linear"},
    {"executorch/mlp"},
    {"executorch/mobilenet_v2"},
    {"executorch/mobilenet_v3_small"},
    {"executorch/softmax"},
    {"executorch/transformer_encoder"},
    {"models/onnx/deeplabv3_mnv2_pascal_fp32", 1, 0},
    {"models/onnx/from_tflite/mlperf_tiny_kws_fp32"},
    {"models/onnx/from_tflite/mlperf_tiny_resnet8_cifar10_fp32"},
    {"models/onnx/from_tflite/mlperf_tiny_vww96_fp32"},
    {"models/onnx/mobilenet_v2_1.0_224_google_fp32"},
    {"models/onnx/squeezenet1.1_fp32"},
    {"models/onnx/ultraface_version-RFB-320", 1, 2},
};

INSTANTIATE_TEST_SUITE_P(Onnx, RealModels, ::testing::ValuesIn(kModels), [](const auto& info) {
  std::string name = info.param.name.substr(info.param.name.rfind('/') + 1);
  for (char& c : name) {
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace ingot::compiler
