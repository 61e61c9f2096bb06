#include "compiler/frontend/pt2/state.h"

#include <unordered_set>
#include <vector>

namespace ingot::compiler::pt2 {
namespace {

std::unordered_set<const Value*> read_by_outputs(const Graph& graph) {
  std::unordered_set<const Value*> read;
  std::vector<const Value*> next(graph.outputs().begin(), graph.outputs().end());
  while (!next.empty()) {
    const Value* value = next.back();
    next.pop_back();
    if (!read.insert(value).second || value->producer == nullptr) continue;
    for (const Value* input : value->producer->inputs()) next.push_back(input);
  }
  return read;
}

}  // namespace

void State::change(const Value* value, const std::string& by) {
  if (names_.contains(value)) changed_by_.emplace(value, by);
}

void State::change(const std::string& name, const std::string& by) {
  for (const auto& [value, known] : names_) {
    if (known == name) change(value, by);
  }
}

Result<void> State::check(const Graph& graph) const {
  if (changed_by_.empty()) return {};
  const auto read = read_by_outputs(graph);
  for (const auto& value : graph.values()) {
    const auto found = changed_by_.find(value.get());
    if (found == changed_by_.end() || !read.contains(value.get())) continue;
    return fail(
        ErrorCode::not_supported,
        "its outputs depend on '%.80s', which %.80s changes from run to run; programs that keep a state are not "
        "supported",
        names_.at(value.get()).c_str(), found->second.c_str());
  }
  return {};
}

}  // namespace ingot::compiler::pt2
