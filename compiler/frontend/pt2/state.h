// What a program changes in its parameters and buffers when it runs. The next run would begin with what this one has
// left; programs do not keep that. So a change is harmless where no output depends on what the buffer held before: a
// counter that nobody reads, a buffer that is written before it is read. For one thread, while a program is imported.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>

#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

class State {
 public:
  // `value` holds what parameter or buffer `name` begins with.
  void add(const Value* value, std::string name) { names_.emplace(value, std::move(name)); }
  // A node, or "the program", gives it another value for the next run. Other values are none of ours.
  void change(const Value* value, const std::string& by);
  void change(const std::string& name, const std::string& by);

  // not_supported where an output of the finished graph reads something that is changed.
  Result<void> check(const Graph& graph) const;

 private:
  std::unordered_map<const Value*, std::string> names_;
  std::unordered_map<const Value*, std::string> changed_by_;
};

}  // namespace ingot::compiler::pt2
