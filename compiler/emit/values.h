// The value table of one method while it is emitted: tensors get one entry each, equal scalars and lists share theirs.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/emit/segments.h"
#include "compiler/ir/graph.h"
#include "compiler/plan/memory_plan.h"
#include "schema/program_generated.h"

namespace ingot::compiler {

class ValueTable {
 public:
  ValueTable(flatbuffers::FlatBufferBuilder& builder, Segments& segments, const MemoryPlan& plan)
      : builder_(builder), segments_(segments), plan_(plan) {}

  // Indices of entries, added at first use.
  int32_t tensor(const Value* value);
  int32_t none();
  int32_t integer(int64_t value);
  int32_t real(double value);
  int32_t boolean(bool value);
  int32_t string(const std::string& value);
  // The elements are indices of entries themselves.
  int32_t int_list(const std::vector<int32_t>& items);
  int32_t double_list(const std::vector<double>& items);
  int32_t bool_list(const std::vector<bool>& items);
  int32_t tensor_list(const std::vector<int32_t>& items);
  // -1 for an absent element.
  int32_t optional_tensor_list(const std::vector<int32_t>& items);
  // A fresh integer that the program computes.
  int32_t computed_integer();

  const std::vector<flatbuffers::Offset<pte::EValue>>& entries() const { return entries_; }

 private:
  template <typename T>
  int32_t append(pte::KernelTypes type, flatbuffers::Offset<T> value);
  // The entry under the key, made by `make` where there is none.
  template <typename Make>
  int32_t shared(std::string key, Make make);

  flatbuffers::FlatBufferBuilder& builder_;
  Segments& segments_;
  const MemoryPlan& plan_;
  std::vector<flatbuffers::Offset<pte::EValue>> entries_;
  std::unordered_map<const Value*, int32_t> tensors_;
  std::unordered_map<std::string, int32_t> shared_;
};

}  // namespace ingot::compiler
