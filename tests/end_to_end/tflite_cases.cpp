// Every recorded TensorFlow Lite case (tests/data/tflite_ops.zip, with what the operators' definitions ask for) through
// the whole pipeline: with XNNPACK taking what it can, with portable kernels alone, and with kernels on integers.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "runtime/core/dtype.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/model_cases.h"

namespace ingot {
namespace {

using compiler::Target;
using testing::Way;

constexpr const char* kFile = "tflite_ops.zip";

const testing::CasesByOperator& cases() {
  static const testing::CasesByOperator all = testing::read_cases({kFile});
  return all;
}

// Integers that stand for real numbers may be one step off; others may not.
double steps_allowed(const Array& expected, const std::string& name) {
  const bool may_be_quantized =
      expected.dtype == DType::int8 || expected.dtype == DType::uint8 || expected.dtype == DType::int16;
  if (!may_be_quantized) return 0;
  // Its own scale is as coarse as its sum's: the sum of five, rounded before.
  return name.starts_with("SUM/") ? 2 : 1;
}

void check(const testing::ZipArchive& archive, const testing::ModelCase& c, Way way, Target target) {
  const auto model = archive.read(c.name + "/model.tflite");
  ASSERT_TRUE(model) << model.error().message();
  compiler::CompileOptions options;
  options.model_bytes = *model;
  options.target = target;
  const auto built = testing::build(options, way);
  ASSERT_TRUE(built) << built.error().message();
  const auto inputs = testing::recorded_inputs(archive, c);
  ASSERT_TRUE(inputs) << inputs.error().message();
  const auto expected = testing::recorded_outputs(archive, c);
  ASSERT_TRUE(expected) << expected.error().message();
  const auto outputs = testing::run(built->file, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), expected->size());
  for (size_t i = 0; i < expected->size(); ++i) {
    const double slack = steps_allowed((*expected)[i], c.name);
    EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], 1e-4, slack)) << "output " << i;
  }
}

TEST(TfliteCases, ArePresent) {
  EXPECT_GT(cases().size(), 100u);
}

class TfliteCases : public ::testing::TestWithParam<std::string> {};

TEST_P(TfliteCases, GiveTheRecordedOutputs) {
  const auto archive = testing::open_cases(kFile);
  ASSERT_TRUE(archive) << archive.error().message();
  for (const testing::ModelCase& c : cases().at(GetParam())) {
    for (const Way way : testing::kBothWays) {
      SCOPED_TRACE(c.name + " " + to_string(way));
      check(*archive, c, way, Target::executorch);
    }
    SCOPED_TRACE(c.name + " on integers");
    check(*archive, c, Way::portable, Target::ingot);
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, TfliteCases, ::testing::ValuesIn(testing::operators_of(cases())),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot
