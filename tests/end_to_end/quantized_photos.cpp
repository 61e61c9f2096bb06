// A network that ONNX Runtime quantized, where ../shared is: one delegate call, the recorded answer, and as many photos
// right as were recorded.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "compiler/quantize/samples.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/include/ingot.hpp"
#include "tests/end_to_end/photos.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

const char* const kNetwork = "models/onnx/mobilenet_v2_1.0_224_google_qdq_u8s8";

TEST(QuantizedPhotos, AnsweredAsRecorded) {
  const std::string network = INGOT_SHARED_FILE(std::string(kNetwork) + ".onnx");
  INGOT_SHARED_FILE("models/photos/labels.tsv");
  compiler::CompileOptions options;
  options.model_path = network;
  const auto built = testing::build(options, testing::Way::delegated);
  ASSERT_TRUE(built) << built.error().message();
  EXPECT_EQ(built->report.partition.delegate_calls, 1);
  EXPECT_TRUE(built->report.partition.left_out.empty());

  const auto input = read_npy(testing::shared_file(std::string(kNetwork) + ".input0.npy"));
  const auto expected = read_npy(testing::shared_file(std::string(kNetwork) + ".output0.npy"));
  ASSERT_TRUE(input && expected);
  const auto outputs = testing::run(built->file, std::span(&*input, 1));
  ASSERT_TRUE(outputs) << outputs.error().message();
  EXPECT_TRUE(testing::close_to(*expected, outputs->front(), 0.03));

  const auto samples = compiler::open_samples(
      built->graph, testing::photo_list(testing::Half::test, testing::Labels::of_1001), compiler::kTensorflow);
  ASSERT_TRUE(samples) << samples.error().message();
  XnnpackDelegate delegate;
  Runtime runtime;
  ASSERT_TRUE(runtime.add_delegate(delegate));
  const auto program = Program::from_memory(runtime, built->file);
  ASSERT_TRUE(program) << program.error().message();
  auto method = Method::load(*program, "forward");
  ASSERT_TRUE(method) << method.error().message();
  int right = 0;
  for (size_t i = 0; i < (*samples)->size(); ++i) {
    const auto sample = (*samples)->read(i);
    ASSERT_TRUE(sample) << sample.error().message();
    const Array& image = sample->inputs.front();
    ASSERT_TRUE(method->set_input(0, image.dtype, image.sizes, image.data.data()));
    ASSERT_TRUE(method->execute());
    const Tensor& scores = **method->output(0);
    const float* first = scores.data_as<float>();
    right += std::max_element(first, first + scores.numel()) - first == *sample->label;
  }
  EXPECT_EQ((*samples)->size(), 100u);
  EXPECT_NEAR(right, 73, 2);  // ONNX Runtime's count
}

}  // namespace
}  // namespace ingot
