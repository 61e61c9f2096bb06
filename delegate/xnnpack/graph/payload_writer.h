// Writes a payload: values, nodes and constants in, a blob and named data out. The host side's counterpart of
// payload.h; a device that only runs programs does not link it. The same calls give the same bytes.
//
//   PayloadWriter writer;
//   const uint32_t x = writer.add_input(0, fp32, {1, 8});               // external ids: positions among the call's
//   args const uint32_t w = writer.add_constant(fp32, {4, 8}, weights); const uint32_t y = writer.add_output(1, fp32,
//   {1, 4}); wire::NodeFullyConnectedT fc; fc.input1_id = x; fc.filter_id = w; fc.bias_id = kNoId; fc.output_id = y;
//   writer.add_node(wire::NodeUnion::FullyConnected, fc);
//   auto written = std::move(writer).finish();                          // blob, named_data
//
// Every value must be added before finish(), in any order relative to nodes; nodes are added in the order they run.
// Owned by one thread. Bytes given as constants are referred to, not copied, until finish(); they stay with the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "delegate/xnnpack/graph/payload.h"
#include "runtime/core/error.h"
#include "runtime/delegate.h"
#include "schema/xnnpack_graph_generated.h"

namespace ingot::xnnpack {

struct PerTensor {
  float scale = 1;
  int32_t zero_point = 0;
};
struct PerChannel {
  std::span<const float> scales;  // copied
  int32_t dim = 0;
};
struct PerToken {
  int32_t nonbatch_dims = 1;
};
struct PerGroup {
  std::span<const uint16_t> scales;  // bfloat16, group by group for each row; copied
  int32_t group_size = 32;
};

// What kind of elements a value has: a plain datatype or a quantized one.
struct ElementType {
  wire::DataType datatype = wire::DataType::fp32;
  std::optional<PerTensor> per_tensor;
  std::optional<PerChannel> per_channel;
  std::optional<PerToken> per_token;
  std::optional<PerGroup> per_group;

  static ElementType plain(wire::DataType datatype) { return {datatype, {}, {}, {}, {}}; }
  static ElementType quantized(wire::DataType datatype, PerTensor quant) { return {datatype, quant, {}, {}, {}}; }
  static ElementType quantized(wire::DataType datatype, PerChannel quant) { return {datatype, {}, quant, {}, {}}; }
  static ElementType quantized(wire::DataType datatype, PerToken quant) { return {datatype, {}, {}, quant, {}}; }
  static ElementType quantized(wire::DataType datatype, PerGroup quant) { return {datatype, {}, {}, {}, quant}; }
};

struct WrittenPayload {
  std::vector<std::byte> blob;
  // Name and bytes; the bytes are those given to the writer, or in `owned`.
  std::vector<std::pair<std::string, std::span<const std::byte>>> named_data;
  std::deque<std::vector<std::byte>> owned;
};

// The named data of a payload that has just been written, for building it in place.
class WrittenData final : public NamedData {
 public:
  explicit WrittenData(const WrittenPayload& payload);
  Result<std::span<const std::byte>> find(std::string_view key) const override;

 private:
  std::unordered_map<std::string_view, std::span<const std::byte>> entries_;
};

class PayloadWriter {
 public:
  // How constants are named: by the SHA-256 of their bytes, as files want it, or by their number, which costs nothing
  // and does for a payload that is only tried.
  enum class Names : uint8_t { by_content, by_number };

  explicit PayloadWriter(Names names = Names::by_content) : names_(names) {}

  // Each returns the id by which nodes name the value.
  uint32_t add_input(uint32_t external_id, const ElementType& type, std::span<const uint32_t> dims);
  uint32_t add_output(uint32_t external_id, const ElementType& type, std::span<const uint32_t> dims);
  uint32_t add_internal(const ElementType& type, std::span<const uint32_t> dims);
  // Turns an internal value into an output.
  void make_output(uint32_t id, uint32_t external_id);
  uint32_t add_constant(const ElementType& type, std::span<const uint32_t> dims, std::span<const std::byte> bytes);
  // The writer keeps the bytes (a transposed filter, a bias it computed).
  uint32_t add_constant(const ElementType& type, std::span<const uint32_t> dims, std::vector<std::byte>&& bytes);

  // `node` is the table of this type (wire::Node1x1T, ...). Bounds are for fused activations; infinite ones are not
  // written.
  template <typename NodeT>
  void add_node(wire::NodeUnion type, const NodeT& node) {
    add_node(type, node, std::nullopt);
  }
  template <typename NodeT>
  void add_node(wire::NodeUnion type, const NodeT& node, std::optional<std::pair<float, float>> bounds,
                uint32_t debug_handle = 0) {
    auto entry = std::make_unique<wire::XNodeT>();
    entry->xnode_union.type = type;
    entry->xnode_union.value = new NodeT(node);
    add_node(std::move(entry), bounds, debug_handle);
  }

  size_t num_nodes() const { return nodes_.size(); }

  WrittenPayload finish() &&;

 private:
  uint32_t add_value(uint32_t external_id, uint32_t flags, const ElementType& type, std::span<const uint32_t> dims,
                     uint32_t constant);
  uint32_t add_bytes(std::span<const std::byte> bytes, const char* prefix);
  std::span<const std::byte> keep(std::vector<std::byte>&& bytes);
  void add_node(std::unique_ptr<wire::XNodeT> node, std::optional<std::pair<float, float>> bounds,
                uint32_t debug_handle);

  flatbuffers::Offset<wire::XValue> pack_value(flatbuffers::FlatBufferBuilder& builder, uint32_t id) const;

  struct WrittenValue {
    uint32_t external_id = kNoId;
    uint32_t flags = 0;
    uint32_t constant = 0;  // index among the constants
    uint32_t scales = 0;    // likewise
    uint32_t num_scales = 0;
    std::vector<uint32_t> dims;
    ElementType type;  // without its scales, which stay with the caller
  };

  Names names_;
  uint32_t num_externals_ = 0;
  std::vector<WrittenValue> values_;
  std::vector<std::unique_ptr<wire::XNodeT>> nodes_;
  WrittenPayload written_;
  std::unordered_map<std::string, uint32_t> constants_;  // name to index
};

}  // namespace ingot::xnnpack
