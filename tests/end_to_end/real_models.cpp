// Trained networks and PyTorch's exports, where ../shared is: compiled with XNNPACK and with portable kernels alone,
// they give what was recorded, within 1e-4 of the largest value.
#include "tests/support/real_models.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using testing::RealModel;
using testing::Way;

constexpr double kTolerance = 1e-4;

void check_outputs(const RealModel& model, const std::vector<Array>& outputs) {
  const auto expected = testing::recorded_outputs(model);
  ASSERT_TRUE(expected) << expected.error().message();
  ASSERT_EQ(outputs.size(), expected->size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_TRUE(testing::close_to((*expected)[i], outputs[i], kTolerance)) << "output " << i;
    std::printf("output %zu: largest difference %.1e of the largest value\n", i,
                testing::compare((*expected)[i], outputs[i]).relative());
  }
}

// The output of the segmentation network is kept as every eighth value of each row and column, and as the largest class
// of each pixel.
void check_segmentation(const RealModel& model, const std::vector<Array>& outputs) {
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

void check(const RealModel& model, Way way) {
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE(model.name + ".onnx");
  const auto inputs = testing::recorded_inputs(model);
  ASSERT_TRUE(inputs) << inputs.error().message();
  const auto built = testing::build(options, way);
  ASSERT_TRUE(built) << built.error().message();
  const auto outputs = testing::run(built->file, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  if (model.outputs == 0) return check_segmentation(model, *outputs);
  check_outputs(model, *outputs);
}

class RealModels : public ::testing::TestWithParam<RealModel> {};

TEST_P(RealModels, AnswerAsRecordedWithXnnpack) {
  check(GetParam(), Way::delegated);
}

TEST_P(RealModels, AnswerAsRecordedWithPortableKernels) {
  check(GetParam(), Way::portable);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, RealModels, ::testing::ValuesIn(testing::real_models()),
                         [](const auto& info) { return testing::test_name(info.param); });

}  // namespace
}  // namespace ingot
