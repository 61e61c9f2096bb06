// The networks that the delegate exists for are one call each, with nothing left outside.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/frontend/zoo/zoo.h"
#include "compiler/partition/partition.h"
#include "compiler/passes/pass_manager.h"
#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/lower/xnnpack_lowering.h"

namespace ingot::testing {
namespace {

class ZooModels : public ::testing::TestWithParam<const char*> {};

TEST_P(ZooModels, AreOneDelegateCall) {
  compiler::SeededWeights weights(0);
  auto graph = compiler::build_zoo_model(GetParam(), weights);
  ASSERT_TRUE(graph.has_value()) << graph.error().message();
  std::vector<compiler::PassTiming> timings;
  const auto passed = compiler::run_passes(*graph, compiler::canonical_passes(), {}, timings);
  ASSERT_TRUE(passed.has_value()) << passed.error().message();
  xnnpack::XnnpackLowering lowering;
  const auto report = compiler::partition(*graph, lowering);
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->delegate_calls, 1);
  for (const auto& left : report->left_out) ADD_FAILURE() << left.node << " (" << left.op << "): " << left.reason;
  EXPECT_EQ(report->nodes_delegated, report->nodes_total);
  EXPECT_EQ(report->macs_delegated, report->macs_total);
  ASSERT_EQ(graph->nodes().size(), 1u);

  const auto payload = xnnpack::Payload::parse(graph->nodes()[0]->delegate_call()->payload.span());
  ASSERT_TRUE(payload.has_value());
  int transposes = 0, clamps = 0;
  for (size_t i = 0; i < payload->num_nodes(); ++i) {
    const auto type = payload->node(i).xnode_union_type();
    transposes += type == xnnpack::wire::NodeUnion::StaticTranspose ? 1 : 0;
    clamps += type == xnnpack::wire::NodeUnion::Clamp ? 1 : 0;
  }
  EXPECT_LE(transposes, 1);  // the image, once: the answer has no pixels
  EXPECT_EQ(clamps, 0);      // every activation is fused
}

INSTANTIATE_TEST_SUITE_P(Fp32, ZooModels, ::testing::Values("mv2", "mv3", "mv3_large", "resnet18", "resnet50"));

}  // namespace
}  // namespace ingot::testing
