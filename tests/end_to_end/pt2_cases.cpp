// Every recorded torch.export archive (tests/data/pt2.zip, with what PyTorch answers) through the whole pipeline, once
// with XNNPACK taking what it can and once with portable kernels alone. What is refused on the way is listed here, with
// the reason it must give.
#include "tests/support/pt2_cases.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

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

// Of the largest value, and besides.
struct Tolerance {
  double relative = 1e-4;
  double absolute = 0;
};

Tolerance tolerance_of(const testing::Pt2Case& c, Way way) {
  // XNNPACK finds the scales of each row by itself; PyTorch's graph has one for all of them.
  if (c.name.starts_with("dynamic/") && way == Way::delegated) return {0.02, 0};
  return {1e-4, c.step};
}

void check(const testing::ZipArchive& archive, const testing::Pt2Case& c, Way way) {
  const auto model = archive.read(c.name + "/model.pt2");
  ASSERT_TRUE(model) << model.error().message();
  compiler::CompileOptions options;
  options.model_bytes = *model;
  const auto inputs = testing::recorded_inputs(archive, c);
  ASSERT_TRUE(inputs) << inputs.error().message();
  // Some leave sizes open.
  for (const Array& input : *inputs) {
    options.input_shapes.emplace_back("", compiler::to_shape({input.sizes.begin(), input.sizes.end()}));
  }
  const auto built = testing::build(options, way);
  if (const auto entry = refused().find(c.name); entry != refused().end()) {
    ASSERT_FALSE(built) << "it compiles: take it off the list";
    EXPECT_NE(std::string(built.error().message()).find(entry->second), std::string::npos) << built.error().message();
    return;
  }
  ASSERT_TRUE(built) << built.error().message();
  const auto expected = testing::recorded_outputs(archive, c);
  ASSERT_TRUE(expected) << expected.error().message();
  const auto outputs = testing::run(built->file, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_GE(outputs->size(), expected->size());  // numbers that a model gives are outputs too
  const Tolerance tolerance = tolerance_of(c, way);
  for (size_t i = 0; i < expected->size(); ++i) {
    EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], tolerance.relative, tolerance.absolute))
        << "output " << i;
  }
}

TEST(Pt2Cases, ArePresent) {
  EXPECT_GT(testing::pt2_cases().size(), 10u);
}

class Pt2Cases : public ::testing::TestWithParam<std::string> {};

TEST_P(Pt2Cases, GiveTheRecordedOutputs) {
  const auto archive = testing::open_pt2_cases();
  ASSERT_TRUE(archive) << archive.error().message();
  for (const testing::Pt2Case& c : testing::pt2_cases().at(GetParam())) {
    for (const Way way : testing::kBothWays) {
      SCOPED_TRACE(c.name + " " + to_string(way));
      check(*archive, c, way);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Pt2Cases, ::testing::ValuesIn(testing::pt2_case_groups()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot
