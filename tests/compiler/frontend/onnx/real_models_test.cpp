// Trained networks and PyTorch's exports, where ../shared is: they import, and portable kernels give what was recorded.
#include "tests/support/real_models.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/verify.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"
#include "tests/support/shared.h"

namespace ingot::compiler {
namespace {

class RealModels : public ::testing::TestWithParam<testing::RealModel> {};

TEST_P(RealModels, ImportAndAnswerAsRecorded) {
  const testing::RealModel& model = GetParam();
  const std::string path = INGOT_SHARED_FILE(model.name + ".onnx");
  ImportReport report;
  const auto graph = import_onnx(path, {}, report);
  ASSERT_TRUE(graph) << graph.error().message();
  const auto verified = verify(*graph, Stage::imported);
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(graph->inputs().size(), model.inputs);
  for (const auto& node : graph->nodes()) EXPECT_FALSE(node->source().empty());

  const auto inputs = testing::recorded_inputs(model);
  ASSERT_TRUE(inputs) << inputs.error().message();
  // deeplab's answer is kept in another form and is compared end to end; here it must import.
  if (model.outputs == 0) return;
  const auto outputs = testing::run_graph(*graph, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  const auto expected = testing::recorded_outputs(model);
  ASSERT_TRUE(expected) << expected.error().message();
  ASSERT_EQ(outputs->size(), expected->size());
  for (size_t i = 0; i < expected->size(); ++i) {
    EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], 1e-4)) << "output " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Onnx, RealModels, ::testing::ValuesIn(testing::real_models()),
                         [](const auto& info) { return testing::test_name(info.param); });

}  // namespace
}  // namespace ingot::compiler
