#include "delegate/xnnpack/graph/payload_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "delegate/xnnpack/graph/sha256.h"

namespace ingot::xnnpack {
namespace {

constexpr size_t kConstantAlignment = 16;

size_t align_up(size_t x) {
  return (x + kConstantAlignment - 1) / kConstantAlignment * kConstantAlignment;
}

template <typename T>
void put(std::vector<std::byte>& blob, size_t offset, T value) {
  std::memcpy(blob.data() + offset, &value, sizeof(T));
}

template <typename T>
std::vector<std::byte> copy_bytes(std::span<const T> items) {
  const auto bytes = std::as_bytes(items);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

WrittenData::WrittenData(const WrittenPayload& payload) {
  for (const auto& [key, bytes] : payload.named_data) entries_.emplace(key, bytes);
}

Result<std::span<const std::byte>> WrittenData::find(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return fail(ErrorCode::not_found, "no constant '%.*s'", static_cast<int>(key.size()), key.data());
  }
  return found->second;
}

uint32_t PayloadWriter::add_input(uint32_t external_id, const ElementType& type, std::span<const uint32_t> dims) {
  return add_value(external_id, kFlagExternalInput, type, dims, 0);
}

uint32_t PayloadWriter::add_output(uint32_t external_id, const ElementType& type, std::span<const uint32_t> dims) {
  return add_value(external_id, kFlagExternalOutput, type, dims, 0);
}

uint32_t PayloadWriter::add_internal(const ElementType& type, std::span<const uint32_t> dims) {
  return add_value(kNoId, 0, type, dims, 0);
}

void PayloadWriter::make_output(uint32_t id, uint32_t external_id) {
  WrittenValue& value = values_[id];
  value.external_id = external_id;
  value.flags = kFlagExternalOutput;
  num_externals_ = std::max(num_externals_, external_id + 1);
}

uint32_t PayloadWriter::add_constant(const ElementType& type, std::span<const uint32_t> dims,
                                     std::span<const std::byte> bytes) {
  return add_value(kNoId, 0, type, dims, add_bytes(bytes, ""));
}

uint32_t PayloadWriter::add_constant(const ElementType& type, std::span<const uint32_t> dims,
                                     std::vector<std::byte>&& bytes) {
  return add_constant(type, dims, keep(std::move(bytes)));
}

uint32_t PayloadWriter::add_value(uint32_t external_id, uint32_t flags, const ElementType& type,
                                  std::span<const uint32_t> dims, uint32_t constant) {
  const auto id = static_cast<uint32_t>(values_.size());
  if (external_id != kNoId && external_id >= num_externals_) num_externals_ = external_id + 1;
  WrittenValue& value = values_.emplace_back();
  value.external_id = external_id;
  value.flags = flags;
  value.constant = constant;
  value.dims.assign(dims.begin(), dims.end());
  value.type = type;
  if (type.per_channel) {
    value.num_scales = static_cast<uint32_t>(type.per_channel->scales.size());
    value.scales = add_bytes(keep(copy_bytes(type.per_channel->scales)), "scale_");
    value.type.per_channel->scales = {};
  } else if (type.per_group) {
    value.num_scales = static_cast<uint32_t>(type.per_group->scales.size());
    value.scales = add_bytes(keep(copy_bytes(type.per_group->scales)), "scale_");
    value.type.per_group->scales = {};
  }
  return id;
}

uint32_t PayloadWriter::add_bytes(std::span<const std::byte> bytes, const char* prefix) {
  const auto index = static_cast<uint32_t>(written_.named_data.size()) + 1;  // index 0 means none
  const std::string name = prefix + (names_ == Names::by_content ? sha256_hex(bytes) : std::to_string(index));
  const auto [known, added] = constants_.emplace(name, index);
  if (!added) return known->second;
  written_.named_data.emplace_back(name, bytes);
  return index;
}

std::span<const std::byte> PayloadWriter::keep(std::vector<std::byte>&& bytes) {
  return written_.owned.emplace_back(std::move(bytes));
}

void PayloadWriter::add_node(std::unique_ptr<wire::XNodeT> node, std::optional<std::pair<float, float>> bounds,
                             uint32_t debug_handle) {
  node->debug_handle = debug_handle;
  if (bounds && (!std::isinf(bounds->first) || !std::isinf(bounds->second))) {
    node->output_min_max = std::make_unique<wire::OutputMinMaxT>();
    node->output_min_max->output_min = bounds->first;
    node->output_min_max->output_max = bounds->second;
  }
  nodes_.push_back(std::move(node));
}

// Vectors are written even where they are empty: ExecuTorch's reader takes them as present.
flatbuffers::Offset<wire::XValue> PayloadWriter::pack_value(flatbuffers::FlatBufferBuilder& builder,
                                                            uint32_t id) const {
  const WrittenValue& value = values_[id];
  const auto tensor =
      wire::CreateTensorValue(builder, value.type.datatype, static_cast<uint32_t>(value.dims.size()),
                              builder.CreateVector(value.dims), value.constant, value.external_id, value.flags, id);
  wire::QuantParams kind = wire::QuantParams::NONE;
  flatbuffers::Offset<void> quant;
  if (const auto& per_tensor = value.type.per_tensor) {
    kind = wire::QuantParams::PerTensorQuant;
    quant = wire::CreatePerTensorQuant(builder, per_tensor->scale, per_tensor->zero_point).Union();
  } else if (const auto& per_channel = value.type.per_channel) {
    kind = wire::QuantParams::PerChannelQuant;
    const auto none = builder.CreateVector(std::vector<float>());
    quant = wire::CreatePerChannelQuant(builder, none, per_channel->dim, value.scales, value.num_scales).Union();
  } else if (const auto& per_token = value.type.per_token) {
    kind = wire::QuantParams::PerTokenDynamicQuant;
    quant = wire::CreatePerTokenDynamicQuant(builder, per_token->nonbatch_dims).Union();
  } else if (const auto& per_group = value.type.per_group) {
    kind = wire::QuantParams::PerChannelGroupQuant;
    const auto none = builder.CreateVector(std::vector<float>());
    quant = wire::CreatePerChannelGroupQuant(builder, none, 0, per_group->group_size, 0, value.scales, value.num_scales)
                .Union();
  }
  if (kind == wire::QuantParams::NONE)
    return wire::CreateXValue(builder, wire::ValueUnion::TensorValue, tensor.Union());
  const auto quantized = wire::CreateQuantizedTensorValue(builder, tensor, kind, quant);
  return wire::CreateXValue(builder, wire::ValueUnion::QuantizedTensorValue, quantized.Union());
}

WrittenPayload PayloadWriter::finish() && {
  flatbuffers::FlatBufferBuilder builder(1024);
  std::vector<flatbuffers::Offset<wire::XNode>> nodes;
  for (const auto& node : nodes_) nodes.push_back(wire::XNode::Pack(builder, node.get()));
  std::vector<flatbuffers::Offset<wire::XValue>> values;
  std::vector<uint32_t> inputs, outputs;
  for (uint32_t id = 0; id < values_.size(); ++id) {
    values.push_back(pack_value(builder, id));
    if (values_[id].flags == kFlagExternalInput) inputs.push_back(id);
    if (values_[id].flags == kFlagExternalOutput) outputs.push_back(id);
  }
  // An offset of all ones: the bytes are not in this blob.
  std::vector<flatbuffers::Offset<wire::ConstantDataOffset>> constants_table = {
      wire::CreateConstantDataOffset(builder, 0, 0, builder.CreateString(""))};
  for (const auto& [name, bytes] : written_.named_data) {
    constants_table.push_back(wire::CreateConstantDataOffset(builder, std::numeric_limits<uint64_t>::max(),
                                                             bytes.size(), builder.CreateString(name)));
  }
  const auto version = builder.CreateString("0");
  const auto node_list = builder.CreateVector(nodes);
  const auto value_list = builder.CreateVector(values);
  const auto input_list = builder.CreateVector(inputs), output_list = builder.CreateVector(outputs);
  const auto constant_list = builder.CreateVector(constants_table);
  wire::FinishGraphBuffer(builder, wire::CreateGraph(builder, version, node_list, value_list, num_externals_,
                                                     input_list, output_list, 0, 0, constant_list));
  const size_t size = builder.GetSize(), constants = align_up(kFlatBufferOffset + size);
  auto& blob = written_.blob;
  blob.assign(constants, std::byte{0});
  std::memcpy(blob.data() + 4, "XH00", 4);
  put<uint16_t>(blob, 8, kHeaderBytes);
  put<uint32_t>(blob, 10, kFlatBufferOffset);
  put<uint32_t>(blob, 14, static_cast<uint32_t>(size));
  put<uint32_t>(blob, 18, static_cast<uint32_t>(constants));
  put<uint64_t>(blob, 22, 0);  // constants are named data
  std::memcpy(blob.data() + kFlatBufferOffset, builder.GetBufferPointer(), size);
  return std::move(written_);
}

}  // namespace ingot::xnnpack
