// The payload of a delegate call, parsed and checked: the values and nodes that define an XNNPACK subgraph.
//
// A blob is a header of 30 bytes, a FlatBuffer (schema/xnnpack_graph.fbs) and constant bytes:
//   0 four zero bytes | 4 "XH00" | 8 u16 30 | 10 u32 FlatBuffer offset | 14 u32 FlatBuffer size
//   | 18 u32 constants offset | 22 u64 constants size | 32 FlatBuffer ("XN01" or "XN00"), padded to 16 | constants
// or, where byte 4 says otherwise, a bare FlatBuffer. Nothing of a blob is trusted: parse() verifies the FlatBuffer's
// structure and every value; whether the nodes fit their values is decided where they are defined (define.h).
//
// A Payload refers to the blob's bytes, which outlive it. It is immutable and may be shared by threads. Parsing costs
// one pass over the blob and one allocation a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/delegate.h"
#include "schema/xnnpack_graph_generated.h"

namespace ingot::xnnpack {

inline constexpr size_t kMaxDims = 6;            // XNN_MAX_TENSOR_DIMS
inline constexpr uint32_t kNoId = 0xFFFFFFFFu;   // a missing optional value; a value that is not external
inline constexpr uint32_t kMaxExternals = 4096;  // arguments of one call
inline constexpr size_t kMaxValues = 1u << 20;   // values, and likewise nodes, of one payload
inline constexpr uint64_t kMaxValueBytes = uint64_t{1} << 32;
inline constexpr size_t kHeaderBytes = 30;
inline constexpr size_t kFlatBufferOffset = 32;
inline constexpr uint32_t kFlagExternalInput = 1;
inline constexpr uint32_t kFlagExternalOutput = 2;

struct Shape {
  size_t rank = 0;
  size_t dims[kMaxDims] = {};

  size_t operator[](size_t i) const { return dims[i]; }
  bool operator==(const Shape& other) const;
};

// Elements and bytes of a tensor of this shape; an error where they exceed kMaxValueBytes.
Result<uint64_t> shape_numel(const Shape& shape);
Result<uint64_t> shape_bytes(wire::DataType datatype, const Shape& shape);

// One value of the list, checked: the enum is known, the shape has 1..kMaxDims (or no) dimensions of at least 1, the
// quantization suits the datatype, and a constant's bytes are as many as its shape needs.
struct Value {
  uint32_t id = kNoId;  // by which nodes name it
  uint32_t external = kNoId;
  bool is_input = false;
  bool is_output = false;
  uint32_t constant = 0;  // index into the constants; 0 for none
  wire::DataType datatype = wire::DataType::invalid;
  bool is_expanded = false;  // an fp32 constant whose bytes are fp16
  Shape shape;               // as declared; those of inputs and constants are binding, the others are computed
  // At most one of these.
  const wire::PerTensorQuant* per_tensor = nullptr;
  const wire::PerChannelQuant* per_channel = nullptr;
  const wire::PerTokenDynamicQuant* per_token = nullptr;
  const wire::PerChannelGroupQuant* per_group = nullptr;
};

class Payload {
 public:
  static Result<Payload> parse(std::span<const std::byte> blob);

  std::span<const Value> values() const { return values_; }
  // The index in values() of the value with this wire id, or values().size().
  size_t find(uint32_t id) const;
  size_t num_nodes() const { return graph_->xnodes()->size(); }
  const wire::XNode& node(size_t index) const { return *graph_->xnodes()->Get(static_cast<uint32_t>(index)); }
  // Does the node only make fp32 of an fp16 constant? Its result is a constant too, so it has nothing left to do.
  bool is_expansion(size_t index) const { return expansions_[index]; }
  uint32_t num_externals() const { return graph_->num_externs(); }

  // The bytes of constant `index` (of a value or of scales), at least `needed`, aligned to `alignment`. Fails where the
  // name is unknown or there are fewer bytes.
  Result<std::span<const std::byte>> constant(uint32_t index, uint64_t needed, size_t alignment,
                                              const NamedData& named_data) const;

 private:
  struct Id {
    uint32_t id;
    uint32_t index;
  };

  Result<void> read_values();
  void find_expansions();

  const wire::Graph* graph_ = nullptr;
  std::span<const std::byte> constants_;
  std::vector<Value> values_;
  std::vector<Id> ids_;           // sorted by id
  std::vector<bool> expansions_;  // by node
};

// For messages: "fp32", "qint8".
const char* to_string(wire::DataType datatype);

}  // namespace ingot::xnnpack
