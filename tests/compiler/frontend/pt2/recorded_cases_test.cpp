// Small exported programs with what PyTorch answers (tests/data/pt2.zip): each is imported, checked, and run node by
// node with portable kernels.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/frontend/pt2/import.h"
#include "compiler/ir/verify.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"
#include "tests/support/pt2_cases.h"

namespace ingot::compiler {
namespace {

void check(const testing::ZipArchive& archive, const testing::Pt2Case& c) {
  const auto model = archive.read(c.name + "/model.pt2");
  ASSERT_TRUE(model) << model.error().message();
  const auto inputs = testing::recorded_inputs(archive, c);
  ASSERT_TRUE(inputs) << inputs.error().message();
  Pt2ImportOptions options;
  // Some leave sizes open.
  for (const Array& input : *inputs) {
    options.input_shapes.emplace_back("", to_shape({input.sizes.begin(), input.sizes.end()}));
  }
  ImportReport report;
  auto graph = import_pt2(*model, options, report);
  ASSERT_TRUE(graph) << graph.error().message();
  const auto verified = verify(*graph, Stage::imported);
  ASSERT_TRUE(verified) << verified.error().message();

  const auto outputs = testing::run_graph(*graph, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  const auto expected = testing::recorded_outputs(archive, c);
  ASSERT_TRUE(expected) << expected.error().message();
  ASSERT_GE(outputs->size(), expected->size());  // numbers that a model gives are outputs too
  for (size_t i = 0; i < expected->size(); ++i) {
    EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], 1e-4, c.step)) << "output " << i;
  }
}

TEST(RecordedCases, ArePresent) {
  EXPECT_GT(testing::pt2_cases().size(), 10u);
}

class RecordedCases : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedCases, GiveTheRecordedOutputs) {
  const auto archive = testing::open_pt2_cases();
  ASSERT_TRUE(archive) << archive.error().message();
  for (const testing::Pt2Case& c : testing::pt2_cases().at(GetParam())) {
    SCOPED_TRACE(c.name);
    check(*archive, c);
  }
}

INSTANTIATE_TEST_SUITE_P(Pt2, RecordedCases, ::testing::ValuesIn(testing::pt2_case_groups()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot::compiler
