// Trained TensorFlow Lite networks, where ../shared is: each becomes one delegate call without a transpose, and gives
// what was recorded with TensorFlow Lite, with XNNPACK and with portable kernels alone: floats within 1e-4 of the
// largest value, integers within two steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "delegate/xnnpack/graph/payload.h"
#include "runtime/core/dtype.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using compiler::Target;
using testing::Way;

constexpr double kTolerance = 1e-4;
constexpr double kSteps = 2;

struct TfliteModel {
  std::string name;
  size_t outputs = 1;
  // TensorFlow Lite's own kernels round every sum twice, to 32 bits and to 8. Over MobileNetV2's layers that moves the
  // winner's probability by three steps against products that are computed exactly, and by one more against XNNPACK's.
  double steps = kSteps;
};

const TfliteModel kModels[] = {
    {"face_detection_short_range", 2},
    {"hello_world_float"},
    {"hello_world_int8"},
    {"kws_ref_model"},
    {"micro_speech_quantized"},
    {"mobilenet_v1_0.25_128_quant"},
    {"mobilenet_v2_1.0_224_quant"},
    {"person_detect"},
    {"pretrainedResnet"},
    {"pretrainedResnet_quant"},
    {"selfie_segmentation"},
    {"tf2_mobilenet_v2_1.0_224_ptq", 1, 4},
    {"vww_96_float"},
    {"vww_96_int8"},
};

void PrintTo(const TfliteModel& model, std::ostream* out) {
  *out << model.name;
}

std::string test_name(const TfliteModel& model) {
  std::string name = model.name;
  std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

void expect_one_call_without_transposes(const testing::Built& built) {
  EXPECT_EQ(built.report.partition.delegate_calls, 1);
  EXPECT_EQ(built.report.partition.nodes_delegated, built.report.partition.nodes_total);
  ASSERT_EQ(built.graph.nodes().size(), 1u);
  const compiler::DelegateCallInfo* call = built.graph.nodes()[0]->delegate_call();
  ASSERT_NE(call, nullptr);
  const auto payload = xnnpack::Payload::parse(call->payload.span());
  ASSERT_TRUE(payload) << payload.error().message();
  for (size_t i = 0; i < payload->num_nodes(); ++i) {
    EXPECT_NE(payload->node(i).xnode_union_type(), xnnpack::wire::NodeUnion::StaticTranspose);
  }
}

void check(const TfliteModel& model, Way way, Target target) {
  const std::string stem = "models/tflite/" + model.name;
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE(stem + ".tflite");
  options.target = target;
  const auto input = read_npy(INGOT_SHARED_FILE(stem + ".input0.npy"));
  ASSERT_TRUE(input) << input.error().message();
  const auto built = testing::build(options, way);
  ASSERT_TRUE(built) << built.error().message();
  if (way == Way::delegated) expect_one_call_without_transposes(*built);
  const auto outputs = testing::run(built->file, {{*input}});
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), model.outputs);
  for (size_t i = 0; i < outputs->size(); ++i) {
    const auto expected = read_npy(INGOT_SHARED_FILE(stem + ".output" + std::to_string(i) + ".npy"));
    ASSERT_TRUE(expected) << expected.error().message();
    const bool floats = is_floating(expected->dtype);
    EXPECT_TRUE(testing::close_to(*expected, (*outputs)[i], kTolerance, floats ? 0 : model.steps)) << "output " << i;
    const testing::Difference difference = testing::compare(*expected, (*outputs)[i]);
    std::printf("output %zu: largest difference %.1e%s\n", i,
                floats ? difference.relative() : difference.largest_difference,
                floats ? " of the largest value" : " steps");
  }
}

class TfliteModels : public ::testing::TestWithParam<TfliteModel> {};

TEST_P(TfliteModels, AnswerAsRecordedWithXnnpack) {
  check(GetParam(), Way::delegated, Target::executorch);
}

TEST_P(TfliteModels, AnswerAsRecordedWithPortableKernels) {
  check(GetParam(), Way::portable, Target::executorch);
}

TEST_P(TfliteModels, AnswerAsRecordedWithKernelsOnIntegers) {
  check(GetParam(), Way::portable, Target::ingot);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, TfliteModels, ::testing::ValuesIn(kModels),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace ingot
