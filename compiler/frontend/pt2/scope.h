// The names of one graph of an exported program, and what they stand for while it is imported: tensors, or symbolic
// numbers. Knows which tensors are views of one storage, so that changes in place become new values: every name of the
// changed tensor stands for its new value from then on, and other views of its storage are stale. For one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "compiler/frontend/pt2/symbols.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

// A tensor under a name. Names of one object are the same tensor; objects of one storage are views of each other.
struct Tensor {
  Value* value = nullptr;
  size_t object = 0;
  size_t storage = 0;
};

class Scope {
 public:
  // A tensor that shares nothing with another. `fixed` says why it must not be changed in place, if so.
  Tensor fresh(Value* value, const char* fixed = nullptr);
  // Another object of the same storage.
  Tensor view_of(const Tensor& base, Value* value);

  void bind(const std::string& name, const Tensor& tensor);
  void bind(const std::string& name, const SymbolicNumber& number) { numbers_.insert_or_assign(name, number); }
  // A name that stands for nothing, because what should have made it is not supported.
  void bind_unavailable(const std::string& name) { unavailable_.insert(name); }

  bool is_unavailable(const std::string& name) const { return unavailable_.contains(name); }
  // Errors name what is missing, or was changed through another view.
  Result<Tensor> tensor(const std::string& name) const;
  Result<SymbolicNumber> number(const std::string& name) const;

  // The tensor gets a new value in place; gives it under its new value. not_supported where that must not be.
  Result<Tensor> change(const Tensor& tensor, Value* value);

 private:
  struct Storage {
    std::vector<std::string> names;
    const char* fixed = nullptr;
  };

  std::unordered_map<std::string, Tensor> tensors_;
  std::unordered_map<std::string, SymbolicNumber> numbers_;
  std::unordered_set<std::string> unavailable_;
  std::unordered_set<std::string> stale_;
  std::vector<Storage> storages_;
  size_t objects_ = 0;
};

}  // namespace ingot::compiler::pt2
