#include "compiler/frontend/onnx/node_order.h"

#include <functional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace ingot::compiler::onnx_import {
namespace {

// Graphs inside graphs; each is a call of functions here.
constexpr size_t kDeepest = 16;

constexpr size_t kNoNode = static_cast<size_t>(-1);  // given from outside: an input or a constant

// Value name -> index of the node that makes it.
using Producers = std::unordered_map<std::string_view, size_t>;

Result<Producers> find_producers(const onnx::GraphProto& graph) {
  Producers producers;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (!producers.emplace(input.name(), kNoNode).second)
      return fail(ErrorCode::invalid_file, "two inputs are called '%.80s'", input.name().c_str());
  }
  std::unordered_set<std::string_view> initializers;
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (!initializers.insert(tensor.name()).second)
      return fail(ErrorCode::invalid_file, "two initializers are called '%.80s'", tensor.name().c_str());
    producers.emplace(tensor.name(), kNoNode);  // may be listed among the inputs too
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (!output.empty() && !producers.emplace(output, static_cast<size_t>(i)).second)
        return fail(ErrorCode::invalid_file, "the value '%.80s' of node '%.80s' is defined twice", output.c_str(),
                    node_label(graph.node(i)).c_str());
    }
  }
  return producers;
}

// What a node reads: its inputs, and what the graphs that it holds take from around them (by nodes inside them).
std::vector<OuterRead> reads_of(const onnx::NodeProto& node, const GraphOrders& orders) {
  std::vector<OuterRead> reads;
  for (const std::string& input : node.input()) {
    if (!input.empty()) reads.push_back({input, &node});
  }
  for (const onnx::GraphProto* graph : graphs_of(node)) {
    for (OuterRead read : orders.at(graph).outer_reads) {
      if (read.reader == nullptr) read.reader = &node;
      reads.push_back(read);
    }
  }
  return reads;
}

// One graph while its nodes are put in order.
struct Sorting {
  Producers producers;
  std::vector<std::vector<OuterRead>> reads;  // of each node
  std::vector<size_t> waiting_for;            // how many reads of each node are still to be made
  std::vector<std::vector<size_t>> users;
};

// Walking from a stuck node to a stuck producer, again and again, ends inside a cycle.
std::unexpected<Error> cycle_error(const onnx::GraphProto& graph, const Sorting& sorting) {
  const auto stuck_producer = [&](size_t i) {
    for (const OuterRead& read : sorting.reads[i]) {
      const auto producer = sorting.producers.find(read.name);
      if (producer == sorting.producers.end() || producer->second == kNoNode) continue;
      if (sorting.waiting_for[producer->second] > 0) return producer->second;
    }
    return i;
  };
  size_t at = 0;
  while (sorting.waiting_for[at] == 0) ++at;
  for (size_t step = 0; step < sorting.reads.size(); ++step) at = stuck_producer(at);
  return fail(ErrorCode::invalid_file, "the graph has a cycle: node '%.80s' needs its own output",
              node_label(graph.node(static_cast<int>(at))).c_str());
}

// Among the nodes that are ready, the one that comes first in the file.
std::vector<const onnx::NodeProto*> sort(const onnx::GraphProto& graph, Sorting* sorting) {
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < sorting->waiting_for.size(); ++i) {
    if (sorting->waiting_for[i] == 0) ready.push(i);
  }
  std::vector<const onnx::NodeProto*> order;
  while (!ready.empty()) {
    const size_t next = ready.top();
    ready.pop();
    order.push_back(&graph.node(static_cast<int>(next)));
    for (const size_t user : sorting->users[next]) {
      if (--sorting->waiting_for[user] == 0) ready.push(user);
    }
  }
  return order;
}

Result<void> order_graph(const onnx::GraphProto& graph, size_t depth, GraphOrders* orders) {
  if (depth > kDeepest) return fail(ErrorCode::not_supported, "graphs are nested more than %zu deep", kDeepest);
  for (const onnx::NodeProto& node : graph.node()) {
    for (const onnx::GraphProto* inner : graphs_of(node)) INGOT_TRY_VOID(order_graph(*inner, depth + 1, orders));
  }
  Sorting sorting;
  sorting.producers = INGOT_TRY(find_producers(graph));
  const auto count = static_cast<size_t>(graph.node_size());
  sorting.waiting_for.assign(count, 0);
  sorting.users.resize(count);
  GraphOrder result;
  std::unordered_set<std::string_view> outer;
  const auto read_outside = [&](std::string_view name, const onnx::NodeProto* reader) {
    if (outer.insert(name).second) result.outer_reads.push_back({name, reader});
  };
  for (size_t i = 0; i < count; ++i) {
    sorting.reads.push_back(reads_of(graph.node(static_cast<int>(i)), *orders));
    for (const OuterRead& read : sorting.reads[i]) {
      const auto producer = sorting.producers.find(read.name);
      if (producer == sorting.producers.end()) {
        read_outside(read.name, read.reader);
      } else if (producer->second != kNoNode) {
        ++sorting.waiting_for[i];
        sorting.users[producer->second].push_back(i);
      }
    }
  }
  if (depth > 0) {  // the top's are checked apart
    for (const onnx::ValueInfoProto& output : graph.output()) {
      if (!sorting.producers.contains(output.name())) read_outside(output.name(), nullptr);
    }
  }
  result.nodes = sort(graph, &sorting);
  if (result.nodes.size() < count) return cycle_error(graph, sorting);
  orders->emplace(&graph, std::move(result));
  return {};
}

}  // namespace

std::string node_label(const onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  for (const std::string& output : node.output()) {
    if (!output.empty()) return node.op_type() + " " + output;
  }
  return node.op_type();
}

std::vector<const onnx::GraphProto*> graphs_of(const onnx::NodeProto& node) {
  std::vector<const onnx::GraphProto*> graphs;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) graphs.push_back(&attribute.g());
    for (const onnx::GraphProto& graph : attribute.graphs()) graphs.push_back(&graph);
  }
  return graphs;
}

Result<GraphOrders> order_nodes(const onnx::GraphProto& graph) {
  GraphOrders orders;
  INGOT_TRY_VOID(order_graph(graph, 0, &orders));
  for (const OuterRead& read : orders.at(&graph).outer_reads)
    return fail(ErrorCode::invalid_file, "node '%.80s' reads '%.80s', which nothing defines",
                node_label(*read.reader).c_str(), std::string(read.name).c_str());
  return orders;
}

Result<void> order_graphs_of(const onnx::NodeProto& node, GraphOrders* orders) {
  for (const onnx::GraphProto* graph : graphs_of(node)) INGOT_TRY_VOID(order_graph(*graph, 1, orders));
  return {};
}

}  // namespace ingot::compiler::onnx_import
