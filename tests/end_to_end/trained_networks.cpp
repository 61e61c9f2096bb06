// What 8 bits cost trained networks, where ../shared is: calibrated on a hundred photos, measured on a hundred others,
// of classes that calibration did not see.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/copy.h"
#include "compiler/quantize/samples.h"
#include "compiler/quantize/session.h"
#include "delegate/xnnpack/lower/xnnpack_lowering.h"
#include "tests/end_to_end/photos.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using compiler::Graph;
using compiler::Session;
using testing::Half;
using testing::Labels;

struct Classifier {
  std::string name;
  std::string file;
  Labels labels;
  compiler::Preprocess preprocess;
  int least_agreement = 0;  // of a hundred photos, with the float network
};

const Classifier kClassifiers[] = {
    {"mobilenet_v2", "mobilenet_v2_1.0_224_google_fp32", Labels::of_1001, compiler::kTensorflow, 95},
    {"squeezenet", "squeezenet1.1_fp32", Labels::of_1000, compiler::kTorchvision, 92},
};

void PrintTo(const Classifier& network, std::ostream* out) {
  *out << network.name;
}

// Before it is partitioned, quantized where there is calibration data.
Result<Graph> canonical(const std::string& path, compiler::QuantizeOptions quantization) {
  compiler::CompileOptions options;
  options.model_path = path;
  options.stop_after = "quantize";
  if (!quantization.calibration_data.empty()) options.quantize = std::move(quantization);
  compiler::CompileReport report;
  return std::move(INGOT_TRY(compiler::compile(options, report)).graph);
}

// What one photo's scores are in each form.
struct Answers {
  int float_right = 0, delegated_right = 0;
  int delegated_as_float = 0, on_kernels_as_delegated = 0;
  double largest_difference = 0;  // between kernels and delegate, as a share of the photo's largest score
};

size_t best(std::span<const float> scores) {
  return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
}

Result<void> add_photo(const compiler::Sample& photo, Session& of_float, Session& delegated, Session& on_kernels,
                       Answers* answers) {
  for (Session* session : {&of_float, &delegated, &on_kernels}) INGOT_TRY_VOID(session->run(photo.inputs));
  const auto expected = INGOT_TRY(of_float.floats(0)), found = INGOT_TRY(delegated.floats(0)),
             other = INGOT_TRY(on_kernels.floats(0));
  const auto label = static_cast<size_t>(*photo.label);
  answers->float_right += best(expected) == label;
  answers->delegated_right += best(found) == label;
  answers->delegated_as_float += best(found) == best(expected);
  answers->on_kernels_as_delegated += best(other) == best(found);
  double difference = 0, largest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    difference = std::max(difference, std::abs(static_cast<double>(found[i]) - static_cast<double>(other[i])));
    largest = std::max(largest, std::abs(static_cast<double>(found[i])));
  }
  answers->largest_difference = std::max(answers->largest_difference, difference / largest);
  return {};
}

class Classifiers : public ::testing::TestWithParam<Classifier> {};

TEST_P(Classifiers, AnswerTheSameInEightBits) {
  const Classifier& network = GetParam();
  const std::string path = INGOT_SHARED_FILE("models/onnx/" + network.file + ".onnx");
  INGOT_SHARED_FILE("models/photos/labels.tsv");
  xnnpack::XnnpackLowering lowering;
  compiler::QuantizeOptions quantization;
  quantization.lowering = &lowering;
  quantization.calibration_data = testing::photo_list(Half::calibration, Labels::none);
  quantization.preprocess = network.preprocess;
  const auto graph = canonical(path, {}), quantized = canonical(path, quantization);
  ASSERT_TRUE(graph) << graph.error().message();
  ASSERT_TRUE(quantized) << quantized.error().message();

  auto of_float = Session::make(compiler::copy_graph(*graph).graph, &lowering);
  auto delegated = Session::make(compiler::copy_graph(*quantized).graph, &lowering);
  auto on_kernels = Session::make(compiler::copy_graph(*quantized).graph, nullptr);
  ASSERT_TRUE(of_float && delegated && on_kernels);
  const auto photos =
      compiler::open_samples(*graph, testing::photo_list(Half::test, network.labels), network.preprocess);
  ASSERT_TRUE(photos) << photos.error().message();
  ASSERT_EQ((*photos)->size(), 100u);
  Answers answers;
  for (size_t i = 0; i < (*photos)->size(); ++i) {
    const auto photo = (*photos)->read(i);
    ASSERT_TRUE(photo) << photo.error().message();
    const auto added = add_photo(*photo, *of_float, *delegated, *on_kernels, &answers);
    ASSERT_TRUE(added) << added.error().message();
  }
  std::printf("top-1 %d in float, %d in 8 bits, equal %d; without a delegate equal %d, within %.1f %%\n",
              answers.float_right, answers.delegated_right, answers.delegated_as_float, answers.on_kernels_as_delegated,
              100 * answers.largest_difference);
  EXPECT_GE(answers.delegated_as_float, network.least_agreement);
  EXPECT_GE(answers.delegated_right, answers.float_right - 1);
  // The kernels round as XNNPACK does, but for a few operators that may differ by a step.
  EXPECT_GE(answers.on_kernels_as_delegated, 97);
  EXPECT_LE(answers.largest_difference, 0.03);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Classifiers, ::testing::ValuesIn(kClassifiers),
                         [](const auto& info) { return info.param.name; });

// With fewer photos: of the network's 513 by 513 pixels each has an answer of its own.
TEST(SegmentationNetwork, AnswersTheSameInEightBits) {
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE("models/onnx/deeplabv3_mnv2_pascal_fp32.onnx");
  INGOT_SHARED_FILE("models/photos/labels.tsv");
  constexpr size_t kStep = 20;
  xnnpack::XnnpackLowering lowering;
  options.quantize.emplace();
  options.quantize->lowering = options.quantize->target = &lowering;
  options.quantize->preprocess = compiler::kTensorflow;
  options.quantize->calibration_data = testing::photo_list(Half::calibration, Labels::none, kStep);
  options.quantize->evaluation_data = testing::photo_list(Half::test, Labels::none, kStep);
  const auto built = testing::build(options, testing::Way::delegated);
  ASSERT_TRUE(built) << built.error().message();
  EXPECT_EQ(built->report.partition.delegate_calls, 1);
  EXPECT_TRUE(built->report.partition.left_out.empty());
  const compiler::Accuracy& accuracy = *built->report.quantize->accuracy;
  std::printf("equal at %.2f %% of the pixels of %zu photos\n", 100 * accuracy.agreement, accuracy.n);
  EXPECT_EQ(accuracy.n, 5u);
  EXPECT_GE(accuracy.agreement, 0.97);
}

}  // namespace
}  // namespace ingot
