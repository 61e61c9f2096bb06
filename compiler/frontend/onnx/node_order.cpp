#include "compiler/frontend/onnx/node_order.h"

#include <functional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace ingot::compiler::onnx_import {
namespace {

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

}  // namespace

std::string node_label(const onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  for (const std::string& output : node.output()) {
    if (!output.empty()) return node.op_type() + " " + output;
  }
  return node.op_type();
}

Result<std::vector<const onnx::NodeProto*>> order_nodes(const onnx::GraphProto& graph) {
  const Producers producers = INGOT_TRY(find_producers(graph));
  const auto count = static_cast<size_t>(graph.node_size());
  std::vector<size_t> waiting_for(count, 0);  // how many inputs are still to be made
  std::vector<std::vector<size_t>> users(count);
  for (size_t i = 0; i < count; ++i) {
    const onnx::NodeProto& node = graph.node(static_cast<int>(i));
    for (const std::string& input : node.input()) {
      if (input.empty()) continue;
      const auto producer = producers.find(input);
      if (producer == producers.end())
        return fail(ErrorCode::invalid_file, "node '%.80s' reads '%.80s', which nothing defines",
                    node_label(node).c_str(), input.c_str());
      if (producer->second == kNoNode) continue;
      ++waiting_for[i];
      users[producer->second].push_back(i);
    }
  }

  // Among the nodes that are ready, the one that comes first in the file.
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < count; ++i) {
    if (waiting_for[i] == 0) ready.push(i);
  }
  std::vector<const onnx::NodeProto*> order;
  while (!ready.empty()) {
    const size_t next = ready.top();
    ready.pop();
    order.push_back(&graph.node(static_cast<int>(next)));
    for (const size_t user : users[next]) {
      if (--waiting_for[user] == 0) ready.push(user);
    }
  }
  if (order.size() == count) return order;

  // Walking from a stuck node to a stuck producer, again and again, ends inside a cycle.
  const auto stuck_producer = [&](size_t i) {
    for (const std::string& input : graph.node(static_cast<int>(i)).input()) {
      if (input.empty()) continue;
      const size_t producer = producers.at(input);
      if (producer != kNoNode && waiting_for[producer] > 0) return producer;
    }
    return i;
  };
  size_t at = 0;
  while (waiting_for[at] == 0) ++at;
  for (size_t step = 0; step < count; ++step) at = stuck_producer(at);
  return fail(ErrorCode::invalid_file, "the graph has a cycle: node '%.80s' needs its own output",
              node_label(graph.node(static_cast<int>(at))).c_str());
}

}  // namespace ingot::compiler::onnx_import
