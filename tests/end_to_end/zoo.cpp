// The networks that are built by name: one delegate call each with nothing left outside, the same answers with and
// without XNNPACK, an arena as small as it can be.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/plan/memory_plan.h"
#include "schema/program_generated.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/executorch_rules.h"
#include "tests/support/expect_no_overlap.h"

namespace ingot {
namespace {

using testing::Way;

class Zoo : public ::testing::TestWithParam<std::string> {};

void check_plan(const testing::Built& built) {
  const std::vector<compiler::Lifetime> lifetimes = compiler::lifetimes(built.graph);
  const compiler::MemoryPlan plan = compiler::plan_memory(built.graph);
  std::vector<size_t> offsets;
  for (const compiler::Lifetime& item : lifetimes) offsets.push_back(plan.offsets.at(item.value));
  testing::expect_no_overlap(lifetimes, offsets, plan.arena_bytes);
  EXPECT_EQ(plan.arena_bytes, plan.lower_bound_bytes);
  EXPECT_EQ(built.report.arena_bytes, plan.arena_bytes);
}

TEST_P(Zoo, IsOneDelegateCall) {
  const auto built = testing::build_named(GetParam(), Way::delegated);
  ASSERT_TRUE(built) << built.error().message();
  const compiler::PartitionReport& partition = built->report.partition;
  EXPECT_EQ(partition.delegate_calls, 1);
  EXPECT_EQ(partition.nodes_delegated, partition.nodes_total);
  EXPECT_EQ(partition.macs_delegated, partition.macs_total);
  EXPECT_TRUE(partition.left_out.empty());
  ASSERT_EQ(built->graph.nodes().size(), 1u);
  EXPECT_NE(built->graph.nodes()[0]->delegate_call(), nullptr);
  EXPECT_EQ(testing::executorch_objections(built->file), std::vector<std::string>());
  check_plan(*built);
}

TEST_P(Zoo, AnswersTheSameWithPortableKernels) {
  const auto delegated = testing::build_named(GetParam(), Way::delegated);
  const auto portable = testing::build_named(GetParam(), Way::portable);
  ASSERT_TRUE(delegated) << delegated.error().message();
  ASSERT_TRUE(portable) << portable.error().message();
  EXPECT_EQ(portable->report.partition.delegate_calls, 0);
  EXPECT_EQ(portable->report.partition.macs_total, delegated->report.partition.macs_total);
  EXPECT_EQ(testing::executorch_objections(portable->file), std::vector<std::string>());
  check_plan(*portable);
  const std::vector<Array> inputs = testing::random_inputs(delegated->graph, 1);
  const auto expected = testing::run(portable->file, inputs);
  const auto actual = testing::run(delegated->file, inputs);
  ASSERT_TRUE(expected) << expected.error().message();
  ASSERT_TRUE(actual) << actual.error().message();
  ASSERT_EQ(expected->size(), 1u);
  EXPECT_TRUE(testing::close_to((*expected)[0], (*actual)[0], 1e-4));
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Zoo, ::testing::Values("mv2", "mv3", "mv3_large", "resnet18", "resnet50"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot
