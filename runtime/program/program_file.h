// A program file whose every field was checked: what reads it afterwards needs no bounds checks. "Checked" means that
// each table, vector, index, kind, size and range is as the format demands, so that loading and running it touch only
// memory that belongs to them; it does not mean that the program computes something sensible. Immutable; owned by the
// Program; refers to the file's bytes, which outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/core/error.h"
#include "runtime/core/memory.h"
#include "runtime/core/tensor.h"
#include "runtime/core/value.h"
#include "schema/program_generated.h"

namespace ingot {

class ProgramFile {
 public:
  // Verifies everything. Cost: one pass over the FlatBuffer; segments' contents are not looked at. A segment that does
  // not start at a multiple of 16 is copied to memory that does.
  static Result<ProgramFile> open(std::span<const std::byte> file);

  const pte::Program& root() const { return *root_; }
  size_t num_plans() const { return root_->execution_plan()->size(); }
  const pte::ExecutionPlan& plan(size_t i) const {
    return *root_->execution_plan()->Get(static_cast<flatbuffers::uoffset_t>(i));
  }

  // The next three are checked for every tensor and delegate by open(); later calls on these cannot fail.

  // The bytes from a constant's first byte to the end of what holds it.
  Result<std::span<const std::byte>> constant_data(uint32_t index) const;
  // The same for the initial state of planned memory.
  Result<std::span<const std::byte>> initial_state(uint32_t index) const;
  Result<std::span<const std::byte>> delegate_payload(const pte::BackendDelegate& delegate) const;

  Result<std::span<const std::byte>> named_data(std::string_view key) const;

 private:
  Result<void> open_segments(std::span<const std::byte> region);
  Result<void> open_named_data();
  Result<std::span<const std::byte>> segment(uint32_t index) const;
  Result<std::span<const std::byte>> from_offset(const pte::SubsegmentOffsets& offsets, uint32_t index) const;

  const pte::Program* root_ = nullptr;
  std::span<const std::byte> flatbuffer_;
  Memory tables_;  // what the next two spans refer to
  std::span<std::span<const std::byte>> segments_;
  std::span<uint32_t> names_;  // indices of named_data, ordered by key
  Memory copies_;              // of segments that are not aligned
};

// How a tensor of the file is laid out. Checked for all tensors by ProgramFile::open.
struct TensorLayout {
  DType dtype = DType::float32;
  std::span<const int32_t> sizes;
  std::span<const uint8_t> dim_order;
  size_t nbytes = 0;
  bool resizable = false;
};
Result<TensorLayout> tensor_layout(const pte::Tensor& tensor);

// How a Tensor gets its memory.
enum class Storage : uint8_t {
  constant,  // where it lies in the file
  planned,   // an arena
  caller,    // none in the program: the caller's, or nobody's
};
Storage tensor_storage(const pte::Tensor& tensor);

// Arena (counted from 0) and offset of a planned tensor.
struct PlannedPlace {
  uint32_t arena = 0;
  uint64_t offset = 0;
};
PlannedPlace planned_place(const pte::AllocationDetails& details);

// Of a value whose kind is tensor_list.
const flatbuffers::Vector<int32_t>& tensor_items(const pte::EValue& list);

// The kind that a value of the file has in a method's value table.
Value::Kind value_kind(const pte::EValue& value);

// Bytes of each arena: non_const_buffer_sizes without its reserved first entry.
std::span<const int64_t> arena_sizes(const pte::ExecutionPlan& plan);

// An absent vector is an empty one, here and everywhere.
template <typename T>
const flatbuffers::Vector<T>& or_empty(const flatbuffers::Vector<T>* vector) {
  alignas(flatbuffers::Vector<T>) static constexpr flatbuffers::uoffset_t kLength = 0;
  return vector != nullptr ? *vector : *reinterpret_cast<const flatbuffers::Vector<T>*>(&kLength);
}

template <typename T>
size_t count(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

template <typename T>
std::span<const T> as_span(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? std::span<const T>() : std::span<const T>(vector->data(), vector->size());
}

inline std::string_view as_text(const flatbuffers::String* string) {
  return string == nullptr ? std::string_view() : std::string_view(string->c_str(), string->size());
}

}  // namespace ingot
