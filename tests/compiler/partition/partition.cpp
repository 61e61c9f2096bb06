#include "compiler/partition/partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/ir/text.h"
#include "compiler/partition/macs.h"
#include "compiler/partition/regions.h"

namespace ingot::compiler {
namespace {

// Takes every operator but those it is told, either when asked about the node or only when it builds a region.
class Fake final : public Lowering {
 public:
  std::set<std::string> refused_alone, refused_in_regions;
  int built = 0;

  std::string_view backend_id() const override { return "Fake"; }
  std::optional<std::string> refuses(const Node& node) override {
    if (refused_alone.contains(node.op().full_name())) return "not " + node.op().full_name();
    return std::nullopt;
  }
  std::expected<LoweredRegion, Refusal> lower(const Region& region) override {
    for (const Node* node : region.nodes) {
      if (refused_in_regions.contains(node->op().full_name())) return std::unexpected(Refusal{node, "not here"});
    }
    ++built;
    return LoweredRegion{Bytes::copy_of({}), {}, {}};
  }
  Result<void> equip(Runtime&) override { return fail(ErrorCode::not_supported, "nothing runs here"); }
};

struct Partitioned {
  Graph graph;
  PartitionReport report;
};

Partitioned run(std::string_view text, Fake& fake) {
  auto graph = parse(text);
  EXPECT_TRUE(graph.has_value()) << graph.error().message();
  auto report = partition(*graph, fake);
  EXPECT_TRUE(report.has_value());
  return {std::move(*graph), std::move(*report)};
}

// Every value is defined before it is used, and belongs to the graph.
void expect_sound(const Graph& graph) {
  std::unordered_set<const Value*> defined(graph.inputs().begin(), graph.inputs().end());
  for (const auto& value : graph.values()) {
    if (value->is_constant()) defined.insert(value.get());
  }
  for (const auto& node : graph.nodes()) {
    for (const Value* input : node->inputs()) EXPECT_TRUE(defined.contains(input)) << input->name;
    for (const Value* output : node->outputs()) defined.insert(output);
  }
  for (const Value* output : graph.outputs()) EXPECT_TRUE(defined.contains(output)) << output->name;
}

TEST(Partition, WholeGraphIsOneCall) {
  Fake fake;
  const auto [graph, report] = run(R"(
    graph f(%x: float32[2, 3], %z: float32[2, 3]) {
      %c = const float32[3] [1.0, 2.0, 3.0]
      %a = aten::add.Tensor(%x, %c) @"first"
      %b = aten::mul.Tensor(%a, %z) @"second"
      return %b, %a
    })",
                                   fake);
  EXPECT_EQ(report.delegate_calls, 1);
  EXPECT_EQ(report.nodes_total, 2);
  EXPECT_EQ(report.nodes_delegated, 2);
  EXPECT_TRUE(report.left_out.empty());
  ASSERT_EQ(graph.nodes().size(), 1u);
  const Node& call = *graph.nodes()[0];
  ASSERT_NE(call.delegate_call(), nullptr);
  EXPECT_EQ(call.delegate_call()->backend_id, "Fake");
  EXPECT_EQ(call.delegate_call()->num_nodes, 2u);
  EXPECT_EQ(call.delegate_call()->node_names, (std::vector<std::string>{"first", "second"}));
  ASSERT_NE(call.delegate_call()->region, nullptr);
  EXPECT_EQ(call.delegate_call()->region->nodes().size(), 2u);
  EXPECT_EQ(call.delegate_call()->region->outputs().size(), 2u);
  EXPECT_EQ(call.tensors(0).size(), 2u);  // the constant is inside
  EXPECT_EQ(graph.outputs(), (std::vector<Value*>{call.output(1), call.output(0)}));
  expect_sound(graph);
}

TEST(Partition, ADiamondWithARefusedSideIsNotContracted) {
  Fake fake;
  fake.refused_alone = {"aten::erf"};
  const auto [graph, report] = run(R"(
    graph f(%x: float32[2, 3]) {
      %a = aten::relu(%x)
      %e = aten::erf(%a) @"error function"
      %b = aten::abs(%a)
      %c = aten::add.Tensor(%b, %e)
      return %c
    })",
                                   fake);
  EXPECT_EQ(report.delegate_calls, 2);
  EXPECT_EQ(report.nodes_delegated, 3);
  ASSERT_EQ(report.left_out.size(), 1u);
  EXPECT_EQ(report.left_out[0].node, "error function");
  EXPECT_EQ(report.left_out[0].op, "aten::erf");
  EXPECT_EQ(report.left_out[0].reason, "not aten::erf");
  ASSERT_EQ(graph.nodes().size(), 3u);
  EXPECT_EQ(graph.nodes()[0]->delegate_call()->num_nodes, 2u);  // relu and abs
  expect_sound(graph);
}

TEST(Partition, IndependentNodesMoveTogether) {
  Fake fake;
  fake.refused_alone = {"aten::erf"};
  const auto [graph, report] = run(R"(
    graph f(%x: float32[2, 3], %z: float32[2, 3]) {
      %a = aten::relu(%x)
      %e = aten::erf(%a)
      %f = aten::erf(%e)
      %b = aten::abs(%z)
      %c = aten::neg(%b)
      return %f, %c
    })",
                                   fake);
  EXPECT_EQ(report.delegate_calls, 1);
  EXPECT_EQ(report.nodes_delegated, 3);
  expect_sound(graph);
}

TEST(Partition, ARegionThatIsRefusedIsGroupedAgain) {
  Fake fake;
  fake.refused_in_regions = {"aten::exp"};
  const auto [graph, report] = run(R"(
    graph f(%x: float32[2, 3]) {
      %a = aten::relu(%x)
      %e = aten::exp(%a)
      %b = aten::abs(%e)
      return %b
    })",
                                   fake);
  EXPECT_EQ(report.delegate_calls, 2);
  ASSERT_EQ(report.left_out.size(), 1u);
  EXPECT_EQ(report.left_out[0].reason, "not here");
  EXPECT_EQ(report.left_out[0].node, "e");  // its result's name, where the model gave it none
  expect_sound(graph);
}

TEST(Partition, DataMovementAloneStaysOutside) {
  Fake fake;
  fake.refused_alone = {"aten::erf"};
  const auto [graph, report] = run(R"(
    graph f(%x: float32[2, 3]) {
      %e = aten::erf(%x)
      %v = aten::view_copy(%e, [3, 2])
      %f = aten::erf(%v)
      %a = aten::abs(%f)
      %w = aten::view_copy(%a, [6])
      return %w
    })",
                                   fake);
  EXPECT_EQ(report.delegate_calls, 1);
  EXPECT_EQ(report.nodes_delegated, 2);
  ASSERT_EQ(report.left_out.size(), 3u);
  EXPECT_NE(report.left_out[1].reason.find("only moves data"), std::string::npos);
}

TEST(Partition, NothingTakenLeavesTheGraphAsItWas) {
  Fake fake;
  fake.refused_alone = {"aten::relu"};
  const auto [graph, report] = run("graph f(%x: float32[2]) { %y = aten::relu(%x) return %y }", fake);
  EXPECT_EQ(report.delegate_calls, 0);
  EXPECT_EQ(graph.nodes().size(), 1u);
  EXPECT_EQ(fake.built, 0);
}

TEST(Partition, QuantizeNodesAreNotCounted) {
  Fake fake;
  const auto [graph, report] = run(R"(
    graph f(%x: float32[2]) {
      %q = quantized_decomposed::quantize_per_tensor(%x, 0.5, 0, -128, 127, int8)
      %d = quantized_decomposed::dequantize_per_tensor(%q, 0.5, 0, -128, 127, int8)
      %y = aten::relu(%d)
      return %y
    })",
                                   fake);
  EXPECT_EQ(report.nodes_total, 1);
  EXPECT_EQ(report.nodes_delegated, 1);
}

// Chains of taken and refused nodes with links across, many times over: contraction must never make a cycle.
TEST(Regions, ContractionKeepsTheGraphAcyclic) {
  for (unsigned pattern = 0; pattern < 64; ++pattern) {
    std::string text = "graph f(%x: float32[2]) {\n %v0 = aten::relu(%x)\n";
    for (unsigned i = 1; i < 12; ++i) {
      const unsigned back = (pattern * 7 + i * 5) % i;
      text += " %v" + std::to_string(i) + " = aten::add.Tensor(%v" + std::to_string(i - 1 - (i > 1 ? back % 2 : 0)) +
              ", %v" + std::to_string(back) + ")\n";
    }
    const auto graph = parse(text + " return %v11\n}");
    ASSERT_TRUE(graph.has_value()) << graph.error().message();
    std::vector<bool> taken;
    for (size_t i = 0; i < graph->nodes().size(); ++i) taken.push_back(((pattern >> (i % 6)) & 1) != 0);
    const std::vector<size_t> regions = find_regions(*graph, taken);
    const std::vector<Node*> order = contiguous_order(*graph, regions);
    ASSERT_EQ(order.size(), graph->nodes().size()) << "a cycle, pattern " << pattern;
    std::unordered_set<const Node*> seen;
    std::vector<size_t> met;
    for (const Node* node : order) {
      for (const Value* input : node->inputs()) {
        EXPECT_TRUE(input->producer == nullptr || seen.contains(input->producer));
      }
      seen.insert(node);
      const auto at = static_cast<size_t>(std::ranges::find(graph->nodes(), node, &std::unique_ptr<Node>::get) -
                                          graph->nodes().begin());
      EXPECT_EQ(regions[at] != kNoRegion, taken[at]);
      if (!met.empty() && met.back() == regions[at]) continue;
      EXPECT_TRUE(regions[at] == kNoRegion || std::ranges::count(met, regions[at]) == 0) << "torn apart";
      met.push_back(regions[at]);
    }
  }
}

int64_t macs_of(std::string_view text) {
  const auto graph = parse(text);
  EXPECT_TRUE(graph.has_value()) << graph.error().message();
  return macs(*graph->nodes().back());
}

TEST(Macs, CountProducts) {
  EXPECT_EQ(macs_of("graph f(%x: float32[3, 4], %y: float32[4, 5]) { %z = aten::mm(%x, %y) return %z }"), 60);
  EXPECT_EQ(macs_of("graph f(%x: float32[2, 3, 4], %y: float32[2, 4, 5]) { %z = aten::bmm(%x, %y) return %z }"), 120);
  EXPECT_EQ(macs_of("graph f(%x: float32[3, 4]) { %w = const float32[4, 5] seed 1 %b = const float32[5] seed 2 "
                    "%z = aten::addmm(%b, %x, %w) return %z }"),
            60);
  EXPECT_EQ(macs_of("graph f(%x: float32[2, 4, 8, 8]) { %w = const float32[6, 2, 3, 3] seed 1 %z = aten::convolution("
                    "%x, %w, none, [2, 2], [1, 1], [1, 1], false, [0, 0], 2) return %z }"),
            2 * 6 * 4 * 4 * 2 * 9);
  EXPECT_EQ(macs_of("graph f(%x: float32[1, 4, 5, 5]) { %w = const float32[4, 3, 2, 2] seed 1 %z = aten::convolution("
                    "%x, %w, none, [2, 2], [0, 0], [1, 1], true, [0, 0], 1) return %z }"),
            4 * 25 * 3 * 4);
  EXPECT_EQ(macs_of("graph f(%x: float32[3, 4]) { %z = aten::relu(%x) return %z }"), 0);
}

}  // namespace
}  // namespace ingot::compiler
