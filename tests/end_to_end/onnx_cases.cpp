// Every recorded ONNX case (tests/data/onnx_ops.zip and onnx_control_flow.zip, with what ONNX Runtime answers) through
// the whole pipeline, once with XNNPACK taking what it can and once with portable kernels alone: passes, partitioning,
// planning, emitting, loading, running. What is refused on the way is listed here, with the reason it must give.
#include "tests/support/onnx_cases.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"

namespace ingot {
namespace {

using testing::Way;

// Case -> what the error must contain.
const std::map<std::string, std::string>& refused() {
  static const std::map<std::string, std::string> cases = {};
  return cases;
}

// Case -> how many of its elements are answered otherwise for infinities, NaN and numbers close to the largest:
// PyTorch's sign(NaN) is 0, its hardswish multiplies by 6 before it divides, XNNPACK's log(3e38) is infinite.
struct Differing {
  size_t delegated = 0;
  size_t portable = 0;
};
size_t differing_elements(const std::string& name, Way way) {
  static const std::map<std::string, Differing> cases = {
      {"HardSwish/special", {0, 1}}, {"Log/special", {1, 0}}, {"Sign/special", {1, 1}}};
  const auto found = cases.find(name);
  if (found == cases.end()) return 0;
  return way == Way::delegated ? found->second.delegated : found->second.portable;
}

void check(const testing::OnnxCase& c, Way way) {
  const auto opened = testing::open_cases(c.file);
  ASSERT_TRUE(opened) << opened.error().message();
  const testing::ZipArchive& archive = *opened;
  const auto model = archive.read(c.name + "/model.onnx");
  ASSERT_TRUE(model) << model.error().message();
  compiler::CompileOptions options;
  options.model_bytes = *model;
  const auto built = testing::build(options, way);
  if (const auto entry = refused().find(c.name); entry != refused().end()) {
    ASSERT_FALSE(built) << "it compiles: take it off the list";
    EXPECT_NE(std::string(built.error().message()).find(entry->second), std::string::npos) << built.error().message();
    return;
  }
  ASSERT_TRUE(built) << built.error().message();
  const auto inputs = testing::recorded_inputs(archive, c);
  ASSERT_TRUE(inputs) << inputs.error().message();
  const auto expected = testing::recorded_outputs(archive, c);
  ASSERT_TRUE(expected) << expected.error().message();
  const auto outputs = testing::run(built->file, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), expected->size());
  for (size_t i = 0; i < expected->size(); ++i) {
    const testing::Difference difference = testing::compare((*expected)[i], (*outputs)[i]);
    if (const size_t differing = differing_elements(c.name, way); differing > 0) {
      EXPECT_EQ(difference.nonfinite_mismatches, differing) << "output " << i;
      EXPECT_LE(difference.largest_difference, 1e-4 * difference.largest_expected) << "output " << i;
    } else {
      EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], 1e-4)) << "output " << i;
    }
  }
}

TEST(OnnxCases, ArePresent) {
  EXPECT_GT(testing::onnx_cases().size(), 100u);
  for (const char* name : {"GRU", "If", "LSTM", "Loop", "RNN", "Scan"})
    EXPECT_TRUE(testing::onnx_cases().contains(name));
}

class OnnxCases : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxCases, GiveTheRecordedOutputs) {
  for (const testing::OnnxCase& c : testing::onnx_cases().at(GetParam())) {
    for (const Way way : testing::kBothWays) {
      SCOPED_TRACE(c.name + " " + to_string(way));
      check(c, way);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, OnnxCases, ::testing::ValuesIn(testing::onnx_case_operators()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot
