#include "compiler/partition/regions.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace ingot::compiler {
namespace {

std::unordered_map<const Node*, size_t> positions(const Graph& graph) {
  std::unordered_map<const Node*, size_t> position;
  for (size_t i = 0; i < graph.nodes().size(); ++i) position.emplace(graph.nodes()[i].get(), i);
  return position;
}

}  // namespace

// A node's level is how often a path to it steps from a node that is not taken to one that is. A path that leaves the
// taken nodes of a level and reaches a taken node again has raised the level, and levels never fall along a path: so
// the taken nodes of one level may be contracted, all of them.
std::vector<size_t> find_regions(const Graph& graph, const std::vector<bool>& taken) {
  const auto position = positions(graph);
  const size_t count = graph.nodes().size();
  std::vector<size_t> level(count, 0);
  std::vector<size_t> regions(count, kNoRegion);
  std::unordered_map<size_t, size_t> region_of_level;
  for (size_t i = 0; i < count; ++i) {
    for (const Value* input : graph.nodes()[i]->inputs()) {
      if (input->producer == nullptr) continue;
      const size_t from = position.at(input->producer);
      level[i] = std::max(level[i], level[from] + (taken[i] && !taken[from] ? 1 : 0));
    }
    if (taken[i]) regions[i] = region_of_level.emplace(level[i], region_of_level.size()).first->second;
  }
  return regions;
}

std::vector<Node*> contiguous_order(const Graph& graph, const std::vector<size_t>& regions) {
  const auto position = positions(graph);
  const size_t count = graph.nodes().size();
  // A group is a region or a single node; its place in line is where its last node stood.
  std::vector<size_t> group(count);
  std::vector<std::vector<size_t>> members;
  std::unordered_map<size_t, size_t> group_of_region;
  for (size_t i = 0; i < count; ++i) {
    group[i] = members.size();
    if (regions[i] != kNoRegion) group[i] = group_of_region.emplace(regions[i], members.size()).first->second;
    if (group[i] == members.size()) members.emplace_back();
    members[group[i]].push_back(i);
  }
  std::vector<std::vector<size_t>> users(members.size());
  std::vector<size_t> waiting(members.size(), 0);
  for (size_t i = 0; i < count; ++i) {
    for (const Value* input : graph.nodes()[i]->inputs()) {
      if (input->producer == nullptr) continue;
      const size_t from = group[position.at(input->producer)];
      if (from == group[i]) continue;
      users[from].push_back(group[i]);
      ++waiting[group[i]];
    }
  }
  using Ready = std::pair<size_t, size_t>;  // position of the last member, group
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
  for (size_t g = 0; g < members.size(); ++g) {
    if (waiting[g] == 0) ready.emplace(members[g].back(), g);
  }
  std::vector<Node*> order;
  order.reserve(count);
  while (!ready.empty()) {
    const size_t g = ready.top().second;
    ready.pop();
    for (const size_t i : members[g]) order.push_back(graph.nodes()[i].get());
    for (const size_t user : users[g]) {
      if (--waiting[user] == 0) ready.emplace(members[user].back(), user);
    }
  }
  return order;
}

}  // namespace ingot::compiler
