// Trained networks and PyTorch's exports, where ../shared is: compiled with XNNPACK and with portable kernels alone,
// they give what was recorded, within 1e-4 of the largest value.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using testing::Way;

struct Model {
  std::string name;  // below ../shared, without the suffix
  size_t inputs = 1;
  size_t outputs = 1;
};

void PrintTo(const Model& model, std::ostream* out) {
  *out << model.name;
}

constexpr double kTolerance = 1e-4;

void check_outputs(const Model& model, const std::vector<Array>& outputs) {
  ASSERT_EQ(outputs.size(), model.outputs);
  for (size_t i = 0; i < model.outputs; ++i) {
    const auto expected = read_npy(INGOT_SHARED_FILE(model.name + ".output" + std::to_string(i) + ".npy"));
    ASSERT_TRUE(expected) << expected.error().message();
    EXPECT_TRUE(testing::close_to(*expected, outputs[i], kTolerance)) << "output " << i;
    std::printf("output %zu: largest difference %.1e of the largest value\n", i,
                testing::compare(*expected, outputs[i]).relative());
  }
}

// The output of the segmentation network is kept as every eighth value of each row and column, and as the largest class
// of each pixel.
void check_segmentation(const Model& model, const std::vector<Array>& outputs) {
  const auto every8 = read_npy(INGOT_SHARED_FILE(model.name + ".output0_every8.npy"));
  const auto argmax = read_npy(INGOT_SHARED_FILE(model.name + ".output0_argmax.npy"));
  ASSERT_TRUE(every8 && argmax);
  ASSERT_EQ(outputs.size(), 1u);
  constexpr size_t kClasses = 21, kSize = 513;
  ASSERT_EQ(outputs[0].sizes, (std::vector<int32_t>{1, kClasses, kSize, kSize}));
  const auto logits = outputs[0].as<float>();
  Array sample;
  sample.sizes = every8->sizes;
  for (size_t c = 0; c < kClasses; ++c) {
    for (size_t y = 0; y < kSize; y += 8) {
      for (size_t x = 0; x < kSize; x += 8) {
        const auto bytes = std::as_bytes(logits.subspan((c * kSize + y) * kSize + x, 1));
        sample.data.insert(sample.data.end(), bytes.begin(), bytes.end());
      }
    }
  }
  EXPECT_TRUE(testing::close_to(*every8, sample, kTolerance));

  std::printf("largest difference %.1e of the largest value\n", testing::compare(*every8, sample).relative());

  const double margin = kTolerance * testing::compare(*every8, sample).largest_expected;
  const auto classes = argmax->as<uint8_t>();
  ASSERT_EQ(classes.size(), kSize * kSize);
  size_t wrong = 0;
  for (size_t pixel = 0; pixel < classes.size(); ++pixel) {
    float best = logits[pixel];
    for (size_t c = 1; c < kClasses; ++c) best = std::max(best, logits[c * kSize * kSize + pixel]);
    // Two classes may be as good as equal.
    wrong += logits[classes[pixel] * kSize * kSize + pixel] < best - margin;
  }
  EXPECT_EQ(wrong, 0u) << "pixels whose recorded class is not the best";
}

void check(const Model& model, Way way) {
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE(model.name + ".onnx");
  std::vector<Array> inputs;
  for (size_t i = 0; i < model.inputs; ++i) {
    auto array = read_npy(INGOT_SHARED_FILE(model.name + ".input" + std::to_string(i) + ".npy"));
    ASSERT_TRUE(array) << array.error().message();
    inputs.push_back(std::move(*array));
  }
  const auto built = testing::build(options, way);
  ASSERT_TRUE(built) << built.error().message();
  const auto outputs = testing::run(built->file, inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  if (model.outputs == 0) return check_segmentation(model, *outputs);
  check_outputs(model, *outputs);
}

class RealModels : public ::testing::TestWithParam<Model> {};

TEST_P(RealModels, AnswerAsRecordedWithXnnpack) {
  check(GetParam(), Way::delegated);
}

TEST_P(RealModels, AnswerAsRecordedWithPortableKernels) {
  check(GetParam(), Way::portable);
}

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

INSTANTIATE_TEST_SUITE_P(EndToEnd, RealModels, ::testing::ValuesIn(kModels), [](const auto& info) {
  std::string name = info.param.name.substr(info.param.name.rfind('/') + 1);
  for (char& c : name) {
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace ingot
