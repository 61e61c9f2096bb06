#include "compiler/ir/evaluate.h"

#include <gtest/gtest.h>

#include "compiler/ir/builder.h"
#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

// The first output of the graph's only node.
Result<Bytes> evaluated(const char* text) {
  const auto graph = parse(text);
  if (!graph) return std::unexpected(graph.error());
  return INGOT_TRY(evaluate(*graph->nodes()[0]))[0];
}

TEST(Evaluate, RunsTheRuntimesKernel) {
  const auto full = evaluated("graph f() { %y = aten::full([2, 2], 1.5) return %y }");
  ASSERT_TRUE(full) << full.error().message();
  EXPECT_EQ(std::vector<float>(full->as<float>().begin(), full->as<float>().end()), std::vector<float>(4, 1.5f));
  // The dtype is not an argument of the kernel, but that of its result.
  const auto range = evaluated("graph f() { %y = aten::arange.start_step(1, 4, 1, int32) return %y }");
  ASSERT_TRUE(range) << range.error().message();
  EXPECT_EQ(std::vector<int32_t>(range->as<int32_t>().begin(), range->as<int32_t>().end()),
            (std::vector<int32_t>{1, 2, 3}));
}

TEST(Evaluate, WantsConstants) {
  const auto result = evaluated("graph f(%x: float32[2]) { %y = aten::full_like(%x, 1.0) return %y }");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument);
}

TEST(Evaluate, LargeResultsOfSmallInputsAreNotWorthKeeping) {
  Value small{.kind = Value::Kind::constant, .type = {DType::float32, {1}, {}}, .data = Bytes::copy_of({})};
  const Argument arg = &small;
  const TensorType large{DType::float32, {1024, 1024}, {}};
  const TensorType fine{DType::float32, {512, 512}, {}};
  EXPECT_FALSE(worth_folding({&arg, 1}, {&large, 1}));
  EXPECT_TRUE(worth_folding({&arg, 1}, {&fine, 1}));
}

TEST(Builder, FoldsWhereAsked) {
  Graph graph;
  Builder builder(graph);
  builder.set_folding(true);
  const auto constant = builder.call("aten::full", {std::vector<int64_t>{3}, int64_t{2}});
  ASSERT_TRUE(constant) << constant.error().message();
  EXPECT_TRUE((*constant)->is_constant());
  EXPECT_EQ((*constant)->type.dtype, DType::int64);
  EXPECT_TRUE(graph.nodes().empty());
}

}  // namespace
}  // namespace ingot::compiler
