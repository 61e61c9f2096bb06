// Runs a text graph twice: with the portable kernels, node by node, and partitioned, with its delegate calls run by the
// XNNPACK delegate.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/partition.h"

namespace ingot::testing {

struct Range {
  float low = -2, high = 2;
};

struct Outcome {
  std::string error;  // empty where all went well
  compiler::PartitionReport report;
  std::map<std::string, int> nodes;                  // of all payloads, by type: {"Conv2d", 1}
  int clamped = 0;                                   // of them, those that bound their result
  std::vector<std::vector<float>> expected, actual;  // by graph output
  std::vector<compiler::Bytes> payloads;
  std::vector<std::vector<std::string>> debug_names;

  int count(const std::string& type) const {
    const auto found = nodes.find(type);
    return found == nodes.end() ? 0 : found->second;
  }
};

// Inputs are filled with seeded numbers from `range`.
Outcome run_both(std::string_view text, Range range = {});

// The outputs of a graph that may hold delegate calls; of those that are not float32, nothing.
Result<std::vector<std::vector<float>>> run(const compiler::Graph& graph, const std::vector<compiler::Bytes>& inputs);

// Everything is delegated, in one call, and the results agree.
::testing::AssertionResult agrees(const Outcome& outcome, double tolerance = 1e-5);
::testing::AssertionResult agrees(std::string_view text, Range range = {}, double tolerance = 1e-5);

// The same with as much as one step of a quantized result between them.
::testing::AssertionResult agrees_within(const Outcome& outcome, double step);

// How a value is rounded to integers of 8 bits in a text graph.
struct Affine {
  double scale = 0.02;
  int zero_point = 3;
  bool is_unsigned = false;
};
// "%to_q = ...quantize_per_tensor(%from, ..) %to = ...dequantize_per_tensor(%to_q, ..)"
std::string rounded(std::string_view from, std::string_view to, const Affine& affine);
// A graph from %p, rounded as %x, over `body`, to %y, rounded and returned.
std::string quantized_graph(std::string_view input, const Affine& in, std::string_view body, const Affine& out);

// Why XNNPACK refuses the graph's last node that it refuses; empty where it takes all.
std::string refusal_of(std::string_view text);

}  // namespace ingot::testing
