#include "delegate/xnnpack/graph/payload.h"

#include <algorithm>
#include <cstring>

#include "runtime/core/checked_math.h"

namespace ingot::xnnpack {
namespace {

// What the verifier may follow: a payload nests six tables deep; a table takes at least eight bytes of the blob.
constexpr flatbuffers::uoffset_t kMaxNesting = 16;
constexpr flatbuffers::uoffset_t kMaxTables = 8 * kMaxValues;

struct Parts {
  std::span<const std::byte> flatbuffer;
  std::span<const std::byte> constants;
};

template <typename T>
T read(std::span<const std::byte> blob, size_t offset) {
  T value;
  std::memcpy(&value, blob.data() + offset, sizeof(T));
  return value;
}

Result<Parts> split(std::span<const std::byte> blob) {
  if (blob.size() < kHeaderBytes) {
    return fail(ErrorCode::invalid_file, "the payload has %zu bytes, expected at least %zu", blob.size(), kHeaderBytes);
  }
  if (std::memcmp(blob.data() + 4, "XH00", 4) != 0) return Parts{blob, {}};
  const uint64_t offset = read<uint32_t>(blob, 10), size = read<uint32_t>(blob, 14);
  const uint64_t constants_offset = read<uint32_t>(blob, 18), constants_size = read<uint64_t>(blob, 22);
  if (size < 8 || offset < kHeaderBytes || !range_within(offset, size, blob.size())) {
    return fail(ErrorCode::invalid_file, "header: FlatBuffer at [%llu, +%llu) of a payload of %zu bytes",
                static_cast<unsigned long long>(offset), static_cast<unsigned long long>(size), blob.size());
  }
  if (constants_size > 0 &&
      (constants_offset < offset + size || !range_within(constants_offset, constants_size, blob.size()))) {
    return fail(ErrorCode::invalid_file,
                "header: constants at [%llu, +%llu) overlap the FlatBuffer or leave the payload",
                static_cast<unsigned long long>(constants_offset), static_cast<unsigned long long>(constants_size));
  }
  Parts parts{blob.subspan(offset, size), {}};
  if (constants_size > 0) parts.constants = blob.subspan(constants_offset, constants_size);
  return parts;
}

Result<const wire::Graph*> verify(std::span<const std::byte> bytes) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % 16 != 0) {
    return fail(ErrorCode::invalid_file, "the payload's FlatBuffer is not aligned to 16 bytes");
  }
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) return fail(ErrorCode::invalid_file, "the payload is too large");
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const bool is_01 = flatbuffers::BufferHasIdentifier(data, "XN01");
  if (!is_01 && !flatbuffers::BufferHasIdentifier(data, "XN00")) {
    return fail(ErrorCode::invalid_file, "the payload's identifier is neither XN01 nor XN00");
  }
  flatbuffers::Verifier verifier(data, bytes.size(), kMaxNesting, kMaxTables);
  if (!verifier.VerifyBuffer<wire::Graph>(is_01 ? "XN01" : "XN00")) {
    return fail(ErrorCode::invalid_file, "the payload is not a well-formed FlatBuffer");
  }
  return flatbuffers::GetRoot<wire::Graph>(data);
}

// How a datatype is stored and which quantization it needs.
enum class Quant : uint8_t { none, per_tensor, per_channel, per_token, per_group };
struct Storage {
  const char* name;
  uint8_t bits;  // 0: this delegate cannot hold such values
  Quant quant;
};
constexpr Storage kStorage[] = {
    {"invalid", 0, Quant::none},       {"fp32", 32, Quant::none},           {"fp16", 16, Quant::none},
    {"qint8", 8, Quant::per_tensor},   {"quint8", 8, Quant::per_tensor},    {"qint32", 32, Quant::per_tensor},
    {"qcint8", 8, Quant::per_channel}, {"qcint32", 32, Quant::per_channel}, {"qcint4", 4, Quant::per_channel},
    {"qdint8", 8, Quant::per_token},   {"qbint4", 4, Quant::per_group},     {"qpint8", 0, Quant::per_token},
    {"int32", 32, Quant::none},        {"pfp32", 0, Quant::none},           {"bf16", 0, Quant::none},
};

const Storage* storage_of(wire::DataType datatype) {
  const auto index = static_cast<size_t>(static_cast<int>(datatype));
  return index < std::size(kStorage) ? &kStorage[index] : nullptr;
}

Result<void> read_shape(const wire::TensorValue& tensor, Shape* shape) {
  const auto* dims = tensor.dims();
  const size_t stored = dims == nullptr ? 0 : dims->size();
  if (tensor.num_dims() != stored) {
    return fail(ErrorCode::invalid_file, "num_dims is %u but %zu dimensions are stored", tensor.num_dims(), stored);
  }
  if (stored > kMaxDims) {
    return fail(ErrorCode::not_supported, "it has %zu dimensions, XNNPACK takes at most %zu", stored, kMaxDims);
  }
  shape->rank = stored;
  for (size_t i = 0; i < stored; ++i) {
    shape->dims[i] = dims->Get(static_cast<uint32_t>(i));
    if (shape->dims[i] == 0) return fail(ErrorCode::not_supported, "dimension %zu is 0", i);
  }
  return {};
}

Result<void> read_role(const wire::TensorValue& tensor, uint32_t num_externals, Value* value) {
  const uint32_t flags = tensor.flags();
  if (flags > kFlagExternalOutput) {
    return fail(ErrorCode::invalid_file, "flags 0x%x, expected 0 (internal), 1 (input) or 2 (output)", flags);
  }
  value->is_input = flags == kFlagExternalInput;
  value->is_output = flags == kFlagExternalOutput;
  value->external = tensor.external_id();
  value->constant = tensor.constant_buffer_idx();
  if (flags == 0) {
    if (value->external != kNoId) return fail(ErrorCode::invalid_file, "it has an external id but is not external");
    return {};
  }
  if (value->external >= num_externals) {
    return fail(ErrorCode::invalid_file, "external id %u, expected less than %u", value->external, num_externals);
  }
  if (value->constant != 0) return fail(ErrorCode::invalid_file, "it is external and constant at once");
  return {};
}

Result<void> read_quantization(const wire::XValue& xvalue, Value* value) {
  if (const auto* quantized = xvalue.xvalue_union_as_QuantizedTensorValue()) {
    value->per_tensor = quantized->quant_params_as_PerTensorQuant();
    value->per_channel = quantized->quant_params_as_PerChannelQuant();
    value->per_token = quantized->quant_params_as_PerTokenDynamicQuant();
    value->per_group = quantized->quant_params_as_PerChannelGroupQuant();
  }
  const Quant found = value->per_tensor    ? Quant::per_tensor
                      : value->per_channel ? Quant::per_channel
                      : value->per_token   ? Quant::per_token
                      : value->per_group   ? Quant::per_group
                                           : Quant::none;
  if (found != storage_of(value->datatype)->quant) {
    return fail(ErrorCode::invalid_file, "its quantization is not that of %s", to_string(value->datatype));
  }
  return {};
}

Result<Value> read_value(const wire::XValue& xvalue, uint32_t num_externals) {
  const auto* quantized = xvalue.xvalue_union_as_QuantizedTensorValue();
  const auto* tensor = quantized != nullptr ? quantized->tensor_value() : xvalue.xvalue_union_as_TensorValue();
  if (tensor == nullptr) return fail(ErrorCode::invalid_file, "it has no tensor");
  Value value;
  value.id = tensor->id_out();
  value.datatype = tensor->datatype();
  const Storage* storage = storage_of(value.datatype);
  if (storage == nullptr || storage->bits == 0) {
    return fail(ErrorCode::not_supported, "its datatype is %s", to_string(value.datatype));
  }
  INGOT_TRY_VOID(read_shape(*tensor, &value.shape));
  INGOT_TRY(shape_bytes(value.datatype, value.shape));
  INGOT_TRY_VOID(read_role(*tensor, num_externals, &value));
  INGOT_TRY_VOID(read_quantization(xvalue, &value));
  if (value.per_token != nullptr && (value.is_input || value.is_output || value.constant != 0)) {
    return fail(ErrorCode::invalid_file, "a dynamically quantized value is neither external nor constant");
  }
  return value;
}

}  // namespace

const char* to_string(wire::DataType datatype) {
  const Storage* storage = storage_of(datatype);
  return storage != nullptr ? storage->name : "an unknown datatype";
}

bool Shape::operator==(const Shape& other) const {
  return rank == other.rank && std::equal(dims, dims + rank, other.dims);
}

Result<uint64_t> shape_numel(const Shape& shape) {
  uint64_t numel = 1;
  for (size_t i = 0; i < shape.rank; ++i) {
    if (!checked_mul<uint64_t>(numel, shape.dims[i], &numel) || numel > kMaxValueBytes) {
      return fail(ErrorCode::limit_exceeded, "a value has more than %llu elements",
                  static_cast<unsigned long long>(kMaxValueBytes));
    }
  }
  return numel;
}

Result<uint64_t> shape_bytes(wire::DataType datatype, const Shape& shape) {
  const uint64_t numel = INGOT_TRY(shape_numel(shape));
  const Storage* storage = storage_of(datatype);
  const uint64_t bytes = (numel * (storage != nullptr ? storage->bits : 0) + 7) / 8;
  if (bytes > kMaxValueBytes) {
    return fail(ErrorCode::limit_exceeded, "a value has more than %llu bytes",
                static_cast<unsigned long long>(kMaxValueBytes));
  }
  return bytes;
}

Result<Payload> Payload::parse(std::span<const std::byte> blob) {
  const Parts parts = INGOT_TRY(split(blob));
  Payload payload;
  payload.graph_ = INGOT_TRY(verify(parts.flatbuffer));
  payload.constants_ = parts.constants;
  const wire::Graph& graph = *payload.graph_;
  if (graph.xvalues() == nullptr) return fail(ErrorCode::invalid_file, "the payload has no list of values");
  if (graph.xnodes() == nullptr) return fail(ErrorCode::invalid_file, "the payload has no list of nodes");
  if (graph.xvalues()->size() > kMaxValues || graph.xnodes()->size() > kMaxValues) {
    return fail(ErrorCode::limit_exceeded, "the payload has %u values and %u nodes, the limit is %zu",
                graph.xvalues()->size(), graph.xnodes()->size(), kMaxValues);
  }
  if (graph.num_externs() > kMaxExternals) {
    return fail(ErrorCode::limit_exceeded, "the payload has %u external values, the limit is %u", graph.num_externs(),
                kMaxExternals);
  }
  INGOT_TRY_VOID(payload.read_values());
  payload.find_expansions();
  return payload;
}

Result<void> Payload::read_values() {
  const auto& xvalues = *graph_->xvalues();
  values_.reserve(xvalues.size());
  ids_.reserve(xvalues.size());
  std::vector<bool> seen(graph_->num_externs(), false);
  for (uint32_t i = 0; i < xvalues.size(); ++i) {
    auto value = read_value(*xvalues.Get(i), graph_->num_externs());
    if (!value) {
      value.error().add_context("value %u", i);
      return std::unexpected(value.error());
    }
    if (value->external != kNoId) {
      if (seen[value->external])
        return fail(ErrorCode::invalid_file, "two values have external id %u", value->external);
      seen[value->external] = true;
    }
    ids_.push_back({value->id, i});
    values_.push_back(*value);
  }
  std::sort(ids_.begin(), ids_.end(), [](const Id& a, const Id& b) { return a.id < b.id; });
  const auto same = std::adjacent_find(ids_.begin(), ids_.end(), [](const Id& a, const Id& b) { return a.id == b.id; });
  if (same != ids_.end()) return fail(ErrorCode::invalid_file, "two values have id %u", same->id);
  return {};
}

// XNNPACK takes filters only as constants of the type that it computes in.
void Payload::find_expansions() {
  expansions_.assign(num_nodes(), false);
  for (size_t i = 0; i < num_nodes(); ++i) {
    if (node(i).xnode_union_type() != wire::NodeUnion::Convert || node(i).output_min_max() != nullptr) continue;
    const auto* convert = static_cast<const wire::Node1x1*>(node(i).xnode_union());
    if (convert == nullptr || convert->flags() != 0) continue;
    const size_t from = find(convert->input_id()), to = find(convert->output_id());
    if (from == values_.size() || to == values_.size()) continue;
    const Value& halves = values_[from];
    Value& floats = values_[to];
    const bool expands = halves.constant != 0 && halves.datatype == wire::DataType::fp16 && floats.constant == 0 &&
                         floats.datatype == wire::DataType::fp32 && !floats.is_input && !floats.is_output;
    if (!expands) continue;
    floats.constant = halves.constant;
    floats.shape = halves.shape;
    floats.is_expanded = true;
    expansions_[i] = true;
  }
}

size_t Payload::find(uint32_t id) const {
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id,
                                      [](const Id& entry, uint32_t wanted) { return entry.id < wanted; });
  return found != ids_.end() && found->id == id ? found->index : values_.size();
}

Result<std::span<const std::byte>> Payload::constant(uint32_t index, uint64_t needed, size_t alignment,
                                                     const NamedData& named_data) const {
  std::span<const std::byte> bytes;
  const auto* table = graph_->constant_data();
  const auto* buffers = graph_->constant_buffer();
  if (table != nullptr && index < table->size()) {
    const wire::ConstantDataOffset& entry = *table->Get(index);
    if (entry.named_key() != nullptr) {
      bytes = INGOT_TRY(named_data.find(entry.named_key()->string_view()));
    } else if (range_within(entry.offset(), entry.size(), constants_.size())) {
      bytes = constants_.subspan(entry.offset(), entry.size());
    } else {
      return fail(ErrorCode::invalid_file, "constant %u lies outside the payload's constants", index);
    }
  } else if ((table == nullptr || table->size() == 0) && buffers != nullptr && index < buffers->size()) {
    const auto* storage = buffers->Get(index)->storage();
    if (storage != nullptr) bytes = std::as_bytes(std::span(storage->data(), storage->size()));
  } else {
    return fail(ErrorCode::invalid_file, "there is no constant %u", index);
  }
  if (bytes.size() < needed) {
    return fail(ErrorCode::invalid_file, "constant %u has %zu bytes, expected %llu", index, bytes.size(),
                static_cast<unsigned long long>(needed));
  }
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignment != 0) {
    return fail(ErrorCode::invalid_file, "constant %u is not aligned to %zu bytes", index, alignment);
  }
  return bytes;
}

}  // namespace ingot::xnnpack
