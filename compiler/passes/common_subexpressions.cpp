#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "compiler/ir/rewrite.h"
#include "compiler/passes/passes.h"

namespace ingot::compiler {
namespace {

using Replacements = std::unordered_map<const Value*, Value*>;

std::string_view content(const Value& constant) {
  const std::span<const std::byte> data = constant.data.span();
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// Constants of equal type and bytes become the first of them. All bytes are looked at only where the type and the first
// few agree.
Replacements equal_constants(const Graph& graph) {
  constexpr size_t kFirstBytes = 64;
  std::map<std::string, std::vector<Value*>> alike;
  for (const auto& value : graph.values()) {
    if (!value->is_constant()) continue;
    alike[to_string(value->type) + std::string(content(*value).substr(0, kFirstBytes))].push_back(value.get());
  }
  Replacements equal;
  for (const auto& [key, constants] : alike) {
    if (constants.size() < 2) continue;
    std::unordered_multimap<size_t, Value*> seen;
    for (Value* constant : constants) {
      const size_t hash = std::hash<std::string_view>()(content(*constant));
      const auto [begin, end] = seen.equal_range(hash);
      const auto same =
          std::find_if(begin, end, [&](const auto& item) { return content(*item.second) == content(*constant); });
      if (same == end) {
        seen.emplace(hash, constant);
      } else {
        equal[constant] = same->second;
      }
    }
  }
  return equal;
}

// Writes what a call computes, so that equal calls have equal texts. Values stand as their addresses.
class Key {
 public:
  Key(const Node& node, const Replacements& replaced) : replaced_(replaced) {
    add(&node.op());
    for (const Argument& arg : node.args()) {
      add(arg.index());
      std::visit([this](const auto& value) { add(value); }, arg);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  template <typename T>
    requires std::is_arithmetic_v<T> || std::is_pointer_v<T> || std::is_enum_v<T>
  void add(const T& value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void add(Value* const& value) {
    const auto found = replaced_.find(value);
    const Value* last = found == replaced_.end() ? value : found->second;
    text_.append(reinterpret_cast<const char*>(&last), sizeof(last));
  }
  void add(std::monostate) {}
  void add(const std::string& value) {
    add(value.size());
    text_ += value;
  }
  void add(const Dim& dim) { add(dim.str()); }
  template <typename T>
  void add(const std::vector<T>& list) {
    add(list.size());
    for (const T& item : list) add(item);
  }
  void add(const std::vector<bool>& list) {
    add(list.size());
    for (const bool item : list) add(item);
  }

  const Replacements& replaced_;
  std::string text_;
};

}  // namespace

Result<bool> common_subexpressions(Graph& graph, Target) {
  Replacements replaced = equal_constants(graph);
  std::unordered_map<std::string, const Node*> seen;
  for (const auto& node : graph.nodes()) {
    if (node->delegate_call() != nullptr) continue;
    const auto [first, fresh] = seen.emplace(Key(*node, replaced).take(), node.get());
    if (fresh) continue;
    for (size_t i = 0; i < node->outputs().size(); ++i) replaced[node->output(i)] = first->second->output(i);
  }
  if (replaced.empty()) return false;
  graph.replace_uses(replaced);
  remove_dead(graph);
  return true;
}

}  // namespace ingot::compiler
