// What the names of an ONNX graph stand for while it is imported. A graph inside a node sees the names of the graphs
// around it, and its own before those. For one thread.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

class Scope {
 public:
  // `outer` (null at the top) outlives the scope.
  explicit Scope(const Scope* outer) : outer_(outer) {}

  // The name must outlive the scope. What a name stands for already, it keeps; false then.
  bool bind(std::string_view name, Value* value) { return values_.emplace(name, value).second; }
  // A name that stands for nothing, because what should have made it is not supported.
  void bind_unavailable(std::string_view name) { values_.emplace(name, nullptr); }
  // Null where it is unavailable; nothing where no graph defines it (yet).
  std::optional<Value*> find(std::string_view name) const;
  bool is_unavailable(std::string_view name) const { return find(name) == std::optional<Value*>(nullptr); }

 private:
  const Scope* outer_;
  std::unordered_map<std::string_view, Value*> values_;
};

}  // namespace ingot::compiler::onnx_import
