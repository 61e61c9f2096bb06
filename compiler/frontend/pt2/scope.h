// The names of one graph of an exported program, and what they stand for while it is imported: tensors, or symbolic
// numbers. Knows which tensors are views of one storage, so that changes in place become new values: the changed tensor
// stands for its new value from then on, and views of it, or it as a view of another, follow when they are read next.
// For one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "compiler/frontend/pt2/symbols.h"
#include "compiler/frontend/pt2/views.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

// A tensor under a name, with the value that it has at the moment. Names of one object are the same tensor.
struct Tensor {
  Value* value = nullptr;
  size_t object = 0;
};

class Scope {
 public:
  // `builder` writes what views of changed tensors need; it outlives the Scope.
  explicit Scope(Builder& builder) : builder_(builder) {}

  // A tensor that shares nothing with another. `fixed` says why it must not be changed in place, if so.
  Tensor fresh(Value* value, const char* fixed = nullptr);
  // What an operator makes of `base`: surely a view of it, or perhaps a copy.
  Tensor view_of(const Tensor& base, Value* value, bool surely);

  void bind(const std::string& name, const Tensor& tensor) { tensors_.insert_or_assign(name, tensor.object); }
  void bind(const std::string& name, const SymbolicNumber& number) { numbers_.insert_or_assign(name, number); }
  // A name that stands for nothing, because what should have made it is not supported.
  void bind_unavailable(const std::string& name) { unavailable_.insert(name); }

  bool is_unavailable(const std::string& name) const { return unavailable_.contains(name); }
  // Errors name what is missing, or may have been changed.
  Result<Tensor> tensor(const std::string& name);
  Result<SymbolicNumber> number(const std::string& name) const;

  // The tensor gets a new value in place; gives it under its new value. not_supported where that must not be.
  Result<Tensor> change(const Tensor& tensor, Value* value);
  // The value that the tensor's storage began with.
  Value* origin(const Tensor& tensor) const { return storages_[parts_[objects_[tensor.object].part].storage].origin; }

 private:
  struct Object {
    Value* value;
    size_t part;
    size_t depth = 0;            // in views
    std::optional<size_t> base;  // of a view: the object that it looks at
    ViewChain chain = {};        // and how
    Value* seen = nullptr;       // the base's value that `value` shows
  };
  // Objects of which each is known to be a view of another. Of two parts of a storage nobody knows.
  struct Part {
    size_t storage;
    bool stale = false;  // another part of the storage was changed
  };
  struct Storage {
    Value* origin;
    const char* fixed;
    std::vector<size_t> parts = {};
  };

  Tensor add(Value* value, size_t storage);
  Result<Value*> value_of(size_t object);
  Result<void> set(size_t object, Value* value);

  Builder& builder_;
  std::unordered_map<std::string, size_t> tensors_;  // objects
  std::unordered_map<std::string, SymbolicNumber> numbers_;
  std::unordered_set<std::string> unavailable_;
  std::vector<Object> objects_;
  std::vector<Part> parts_;
  std::vector<Storage> storages_;
};

}  // namespace ingot::compiler::pt2
