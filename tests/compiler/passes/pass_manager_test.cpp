#include "compiler/passes/pass_manager.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

Result<bool> keep(Graph&, Target) {
  return false;
}

Result<bool> rename_outputs(Graph& graph, Target) {
  graph.output_names.assign(graph.outputs().size(), "renamed");
  return true;
}

Result<bool> break_types(Graph& graph, Target) {
  graph.inputs()[0]->type.shape[0] = 3;
  return true;
}

Result<bool> give_up(Graph&, Target) {
  return fail(ErrorCode::not_supported, "no way");
}

constexpr Pass kPasses[] = {{"first", keep}, {"second", rename_outputs}, {"third", keep}};

Graph small() {
  return *parse("graph f(%x: float32[2]) { %y = aten::sigmoid(%x) @\"y\" return %y }");
}

TEST(RunPasses, TimesEachAndTellsWhatChanged) {
  Graph graph = small();
  std::vector<PassTiming> timings;
  std::vector<std::string> seen;
  PassOptions options;
  options.on_pass = [&](std::string_view pass, const Graph&) { seen.emplace_back(pass); };
  const auto done = run_passes(graph, kPasses, options, timings);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(*done);
  ASSERT_EQ(timings.size(), 3u);
  EXPECT_FALSE(timings[0].changed);
  EXPECT_TRUE(timings[1].changed);
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "second", "third"}));
}

TEST(RunPasses, LeavesOutAndStops) {
  Graph graph = small();
  std::vector<PassTiming> timings;
  PassOptions options;
  options.disabled = {"first"};
  options.stop_after = "second";
  const auto done = run_passes(graph, kPasses, options, timings);
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
  ASSERT_EQ(timings.size(), 1u);
  EXPECT_EQ(timings[0].name, "second");
}

TEST(RunPasses, NamesThePassThatBreaksTheGraph) {
  Graph graph = small();
  std::vector<PassTiming> timings;
  constexpr Pass kBroken[] = {{"breaker", break_types}};
  const auto done = run_passes(graph, kBroken, {}, timings);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::internal);
  EXPECT_TRUE(std::string(done.error().message()).starts_with("pass breaker: node 'y' (aten::sigmoid)"));
}

TEST(RunPasses, NamesThePassThatFails) {
  Graph graph = small();
  std::vector<PassTiming> timings;
  constexpr Pass kFailing[] = {{"hopeless", give_up}};
  const auto done = run_passes(graph, kFailing, {}, timings);
  ASSERT_FALSE(done);
  EXPECT_STREQ(done.error().message(), "pass hopeless: no way");
}

TEST(PassList, NamesAreUnique) {
  std::vector<std::string_view> names;
  for (const auto passes : {canonical_passes(), target_passes()}) {
    for (const Pass& pass : passes) names.push_back(pass.name);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(PassList, TargetPassesWorkAroundDelegateCalls) {
  auto graph = parse("graph f(%x: float32[2]) { %a = aten::sigmoid(%x) %y = aten::hardswish(%a) @\"h\" return %y }");
  ASSERT_TRUE(graph) << graph.error().message();
  auto info = std::make_unique<DelegateCallInfo>();
  info->backend_id = "SomeBackend";
  const Value* sigmoid = graph->nodes()[0]->output();
  const Node* call =
      graph->add_delegate_call(std::move(info), {graph->inputs()[0]}, {sigmoid->type}, "call", graph->nodes()[0].get());
  graph->replace_uses({{sigmoid, call->output()}});
  graph->erase({graph->nodes()[1].get()});
  EXPECT_FALSE(verify(*graph, Stage::partitioned));
  std::vector<PassTiming> timings;
  const auto done = run_passes(*graph, target_passes(), {}, timings);
  ASSERT_TRUE(done) << done.error().message();
  const auto verified = verify(*graph, Stage::partitioned);
  EXPECT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(graph->nodes().size(), 5u) << print(*graph);
}

TEST(PassList, LeavesACanonicalGraph) {
  auto graph = parse(R"(graph f(%x: float32[1, 2, 4, 4]) {
    %w = const float32[3, 2, 3, 3] seed 1
    %unused = const float32[1] [0.0]
    %g = const float32[3] [1.0, 2.0, 3.0]
    %m = const float32[3] [0.5, 0.25, 0.0]
    %c = aten::convolution(%x, %w, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"conv"
    %b, %b1, %b2 = aten::_native_batch_norm_legit_no_training(%c, %g, none, %m, %g, 0.1, 1e-05) @"bn"
    %r = aten::clamp(%b, 0) @"relu"
    %d = aten::relu(%x) @"dead"
    %k = aten::clone(%r) @"copy"
    return %k
  })");
  ASSERT_TRUE(graph) << graph.error().message();
  std::vector<PassTiming> timings;
  ASSERT_TRUE(run_passes(*graph, canonical_passes(), {}, timings));
  const auto verified = verify(*graph, Stage::canonical);
  EXPECT_TRUE(verified) << verified.error().message();
  ASSERT_EQ(graph->nodes().size(), 2u) << print(*graph);
  EXPECT_TRUE(graph->nodes()[0]->is("aten::convolution"));
  EXPECT_TRUE(graph->nodes()[1]->is("aten::relu"));
  EXPECT_EQ(graph->nodes()[0]->source(), "conv");
  EXPECT_EQ(graph->nodes()[1]->source(), "relu");
}

}  // namespace
}  // namespace ingot::compiler
