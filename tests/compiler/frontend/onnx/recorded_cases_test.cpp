// Small models with what ONNX Runtime answers (tests/data/onnx_ops.zip, onnx_control_flow.zip): each is imported,
// checked, and run node by node with portable kernels. Cases that the importer refuses are listed here, with the reason
// it must give.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/verify.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"
#include "tests/support/onnx_cases.h"

namespace ingot::compiler {
namespace {

// Case -> what the reason for the refusal must contain.
const std::map<std::string, std::string>& refused() {
  static const std::map<std::string, std::string> cases = {};
  return cases;
}

// Case -> how many of its elements PyTorch's definition of the operator answers otherwise: sign(NaN) is 0 there, and
// hardswish multiplies by 6 before it divides, which overflows at 3e38.
const std::map<std::string, size_t>& differing_elements() {
  static const std::map<std::string, size_t> cases = {{"HardSwish/special", 1}, {"Sign/special", 1}};
  return cases;
}

void check(const testing::OnnxCase& c) {
  const auto opened = testing::open_cases(c.file);
  ASSERT_TRUE(opened) << opened.error().message();
  const testing::ZipArchive& archive = *opened;
  const auto model = archive.read(c.name + "/model.onnx");
  ASSERT_TRUE(model) << model.error().message();
  ImportReport report;
  auto graph = import_onnx(*model, {}, report);
  if (const auto entry = refused().find(c.name); entry != refused().end()) {
    ASSERT_FALSE(graph) << "the import succeeds: take it off the list";
    ASSERT_EQ(report.unsupported.size(), 1u) << graph.error().message();
    EXPECT_NE(report.unsupported[0].reason.find(entry->second), std::string::npos) << report.unsupported[0].reason;
    return;
  }
  ASSERT_TRUE(graph) << graph.error().message();
  const auto verified = verify(*graph, Stage::imported);
  ASSERT_TRUE(verified) << verified.error().message();

  const auto inputs = testing::recorded_inputs(archive, c);
  ASSERT_TRUE(inputs) << inputs.error().message();
  const auto outputs = testing::run_graph(*graph, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  const auto expected = testing::recorded_outputs(archive, c);
  ASSERT_TRUE(expected) << expected.error().message();
  ASSERT_EQ(outputs->size(), expected->size());
  for (size_t i = 0; i < expected->size(); ++i) {
    if (const auto entry = differing_elements().find(c.name); entry != differing_elements().end()) {
      const testing::Difference difference = testing::compare((*expected)[i], (*outputs)[i]);
      EXPECT_EQ(difference.nonfinite_mismatches, entry->second);
      EXPECT_EQ(difference.largest_difference, 0);
      continue;
    }
    EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], 1e-4)) << "output " << i;
  }
}

TEST(RecordedCases, ArePresent) {
  EXPECT_GT(testing::onnx_cases().size(), 100u);
}

class RecordedCases : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedCases, GiveTheRecordedOutputs) {
  for (const testing::OnnxCase& c : testing::onnx_cases().at(GetParam())) {
    SCOPED_TRACE(c.name);
    check(c);
  }
}

INSTANTIATE_TEST_SUITE_P(Onnx, RecordedCases, ::testing::ValuesIn(testing::onnx_case_operators()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot::compiler
