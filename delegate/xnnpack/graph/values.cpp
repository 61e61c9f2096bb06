// Values of the payload to values of an XNNPACK subgraph.

#include "delegate/xnnpack/graph/values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "delegate/xnnpack/graph/faults.h"
#include "delegate/xnnpack/graph/node.h"
#include "delegate/xnnpack/graph/overread.h"
#include "runtime/core/half.h"

namespace ingot::xnnpack {
namespace {

xnn_datatype datatype_of(wire::DataType datatype) {
  switch (datatype) {
    case wire::DataType::fp32:
      return xnn_datatype_fp32;
    case wire::DataType::fp16:
      return xnn_datatype_fp16;
    case wire::DataType::qint8:
      return xnn_datatype_qint8;
    case wire::DataType::quint8:
      return xnn_datatype_quint8;
    case wire::DataType::qint32:
      return xnn_datatype_qint32;
    case wire::DataType::qcint8:
      return xnn_datatype_qcint8;
    case wire::DataType::qcint32:
      return xnn_datatype_qcint32;
    case wire::DataType::qcint4:
      return xnn_datatype_qcint8;  // see expand()
    case wire::DataType::qdint8:
      return xnn_datatype_qdint8;
    case wire::DataType::qbint4:
      return xnn_datatype_qbint4;
    case wire::DataType::int32:
      return xnn_datatype_int32;
    default:
      return xnn_datatype_invalid;
  }
}

// 4-bit elements are stored with 8 added, the first of a pair in the low half.
constexpr int32_t kFourBitZeroPoint = 8;

// Filters of 4 bits with a scale a channel run as 8-bit ones: XNNPACK of 2024-11 computes wrong products with them on
// processors with AVX-512 VNNI and GFNI, from 62 columns on. (Filters with a scale a group are not affected.)
const void* expand(const void* data, const Shape& shape, ValueStorage& storage) {
  const auto* packed = static_cast<const uint8_t*>(data);
  size_t numel = 1;
  for (size_t i = 0; i < shape.rank; ++i) numel *= shape.dims[i];
  auto& codes = storage.until_packed.emplace_back(numel + kOverread);
  for (size_t i = 0; i < numel; ++i) {
    codes[i] = static_cast<std::byte>(((packed[i / 2] >> (i % 2 * 4)) & 15) - kFourBitZeroPoint);
  }
  return codes.data();
}

// Filters that are kept as fp16 are computed with as fp32.
const void* expand_halves(const void* data, const Shape& shape, std::deque<std::vector<std::byte>>& kept) {
  size_t numel = 1;
  for (size_t i = 0; i < shape.rank; ++i) numel *= shape.dims[i];
  auto& bytes = kept.emplace_back(numel * sizeof(float) + kOverread);
  const auto* halves = static_cast<const Float16*>(data);
  auto* floats = reinterpret_cast<float*>(bytes.data());
  for (size_t i = 0; i < numel; ++i) floats[i] = to_float(halves[i]);
  return floats;
}

Result<void> check_scale(float scale) {
  if (std::isnormal(scale) && scale > 0) return {};
  return fail(ErrorCode::invalid_file, "a quantization scale of %g, expected a positive normal number", scale);
}

// A list in the payload, or a constant named by scale_buffer_idx.
Result<std::span<const float>> float_scales(const Payload& payload, const flatbuffers::Vector<float>* list,
                                            uint32_t buffer_index, uint32_t num_scales, uint64_t needed,
                                            const NamedData& named_data) {
  std::span<const float> scales;
  if (buffer_index != 0) {
    if (num_scales < needed) {
      return fail(ErrorCode::invalid_file, "%u scales, expected %llu", num_scales,
                  static_cast<unsigned long long>(needed));
    }
    const auto bytes = INGOT_TRY(payload.constant(buffer_index, needed * sizeof(float), alignof(float), named_data));
    scales = {reinterpret_cast<const float*>(bytes.data()), static_cast<size_t>(needed)};
  } else {
    if (list == nullptr || list->size() < needed) {
      return fail(ErrorCode::invalid_file, "%u scales, expected %llu", list == nullptr ? 0 : list->size(),
                  static_cast<unsigned long long>(needed));
    }
    scales = {list->data(), static_cast<size_t>(needed)};
  }
  for (const float scale : scales) INGOT_TRY_VOID(check_scale(scale));
  return scales;
}

// The upper half of a float, rounded to nearest even.
uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

float from_bfloat16(uint16_t value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

Result<std::span<const uint16_t>> group_scales(const Payload& payload, const wire::PerChannelGroupQuant& quant,
                                               uint64_t needed, const NamedData& named_data, ValueStorage& storage) {
  std::span<const uint16_t> scales;
  const auto expect = [needed](uint64_t found) -> Result<void> {
    if (found >= needed) return {};
    return fail(ErrorCode::invalid_file, "%llu scales, expected %llu", static_cast<unsigned long long>(found),
                static_cast<unsigned long long>(needed));
  };
  if (quant.scale_buffer_idx() != 0) {
    INGOT_TRY_VOID(expect(quant.num_scales()));
    const auto bytes =
        INGOT_TRY(payload.constant(quant.scale_buffer_idx(), needed * sizeof(uint16_t), alignof(uint16_t), named_data));
    scales = {reinterpret_cast<const uint16_t*>(bytes.data()), static_cast<size_t>(needed)};
  } else if (quant.scale_bf16() != nullptr && quant.scale_bf16()->size() > 0) {
    INGOT_TRY_VOID(expect(quant.scale_bf16()->size()));
    scales = {quant.scale_bf16()->data(), static_cast<size_t>(needed)};
  } else {
    INGOT_TRY_VOID(expect(quant.scale() == nullptr ? 0 : quant.scale()->size()));
    auto& converted = storage.group_scales.emplace_back(static_cast<size_t>(needed));
    for (uint32_t i = 0; i < needed; ++i) converted[i] = to_bfloat16(quant.scale()->Get(i));
    scales = converted;
  }
  for (const uint16_t scale : scales) INGOT_TRY_VOID(check_scale(from_bfloat16(scale)));
  return scales;
}

// A filter with a scale a group, as the sum of two of 8 bits with a scale a channel: the second has what the first
// rounds off, which leaves less than 2^-16 of a channel's largest weight.
Result<uint32_t> define_sum(xnn_subgraph_t subgraph, const void* data, const Shape& shape, size_t group_size,
                            std::span<const uint16_t> scales, ValueStorage& storage) {
  constexpr float kMost = 127;
  const size_t rows = shape.dims[0], columns = shape.dims[1];
  const auto* packed = static_cast<const uint8_t*>(data);
  std::byte* parts[2];
  float* part_scales[2];
  for (size_t part = 0; part < 2; ++part) {
    parts[part] = storage.until_packed.emplace_back(rows * columns + kOverread).data();
    part_scales[part] = reinterpret_cast<float*>(storage.until_packed.emplace_back(rows * sizeof(float)).data());
  }
  std::vector<float> row(columns);
  for (size_t r = 0; r < rows; ++r) {
    float largest = 0;
    for (size_t c = 0; c < columns; ++c) {
      const size_t i = r * columns + c;
      const int32_t code = ((packed[i / 2] >> (i % 2 * 4)) & 15) - kFourBitZeroPoint;
      row[c] = static_cast<float>(code) * from_bfloat16(scales[i / group_size]);
      largest = std::max(largest, std::abs(row[c]));
    }
    const float first = largest > 0 ? largest / kMost : 1, second = first / (2 * kMost);
    if (!std::isnormal(second)) return fail(ErrorCode::not_supported, "row %zu of a 4-bit filter is too small", r);
    part_scales[0][r] = first;
    part_scales[1][r] = second;
    for (size_t c = 0; c < columns; ++c) {
      const float code = std::clamp(std::nearbyint(row[c] / first), -kMost, kMost);
      const float rest = std::clamp(std::nearbyint((row[c] - code * first) / second), -kMost, kMost);
      parts[0][r * columns + c] = static_cast<std::byte>(static_cast<int8_t>(code));
      parts[1][r * columns + c] = static_cast<std::byte>(static_cast<int8_t>(rest));
    }
  }
  uint32_t ids[2];
  for (size_t part = 0; part < 2; ++part) {
    INGOT_TRY_VOID(answered(xnn_define_channelwise_quantized_tensor_value_v2(
        subgraph, xnn_datatype_qcint8, 0, part_scales[part], shape.rank, 0, shape.dims, parts[part],
        XNN_INVALID_VALUE_ID, 0, &ids[part])));
  }
  storage.rests[ids[0]] = ids[1];
  return ids[0];
}

Result<void> check_zero_point(const Value& value) {
  const int32_t zero = value.per_tensor->zero_point();
  const int32_t low = value.datatype == wire::DataType::qint8 ? -128 : 0;
  const int32_t high = value.datatype == wire::DataType::qint32 ? 0 : low + 255;
  if (zero >= low && zero <= high) return {};
  return fail(ErrorCode::invalid_file, "zero point %d of a %s, expected %d to %d", zero, to_string(value.datatype), low,
              high);
}

Result<const void*> constant_data(const Payload& payload, const Value& value, const Shape& shape,
                                  const NamedData& named_data, ValueStorage& storage, bool only_packed) {
  if (value.is_expanded) {
    const uint64_t bytes = INGOT_TRY(shape_bytes(wire::DataType::fp16, shape));
    const auto halves = INGOT_TRY(payload.constant(value.constant, bytes, sizeof(uint16_t), named_data));
    return expand_halves(halves.data(), shape, only_packed ? storage.until_packed : storage.constants);
  }
  const uint64_t needed = INGOT_TRY(shape_bytes(value.datatype, shape));
  const bool words = value.datatype == wire::DataType::fp32 || value.datatype == wire::DataType::int32 ||
                     value.datatype == wire::DataType::qint32 || value.datatype == wire::DataType::qcint32;
  const size_t alignment = words ? 4 : value.datatype == wire::DataType::fp16 ? 2 : 1;
  const auto bytes = INGOT_TRY(payload.constant(value.constant, needed, alignment, named_data));
  if (value.datatype == wire::DataType::qcint4) return expand(bytes.data(), shape, storage);
  if (!ends_at_page_end(bytes.data(), needed)) return bytes.data();
  auto& copy = (only_packed ? storage.until_packed : storage.constants).emplace_back(needed + kOverread);
  std::memcpy(copy.data(), bytes.data(), needed);
  return copy.data();
}

}  // namespace

Result<uint32_t> define_value(xnn_subgraph_t subgraph, const Payload& payload, const Value& value, const Shape& shape,
                              const NamedData& named_data, ValueStorage& storage, std::span<const float>* scales,
                              Use use) {
  const bool temporary = use == Use::temporary;
  const xnn_datatype datatype = datatype_of(value.datatype);
  const uint32_t external = temporary ? XNN_INVALID_VALUE_ID : value.external;
  const uint32_t flags = temporary         ? 0
                         : value.is_input  ? XNN_VALUE_FLAG_EXTERNAL_INPUT
                         : value.is_output ? XNN_VALUE_FLAG_EXTERNAL_OUTPUT
                                           : 0;
  const void* data = nullptr;
  if (value.constant != 0 && !temporary) {
    data = INGOT_TRY(constant_data(payload, value, shape, named_data, storage, use == Use::packed));
  }
  uint32_t id = XNN_INVALID_VALUE_ID;
  xnn_status status;
  if (const auto* quant = value.per_tensor) {
    INGOT_TRY_VOID(check_scale(quant->scale()));
    INGOT_TRY_VOID(check_zero_point(value));
    status = xnn_define_quantized_tensor_value(subgraph, datatype, quant->zero_point(), quant->scale(), shape.rank,
                                               shape.dims, data, external, flags, &id);
  } else if (const auto* channels = value.per_channel) {
    const int32_t dim = channels->channel_dim();
    if (data == nullptr) return fail(ErrorCode::not_supported, "it is quantized per channel but not constant");
    if (dim < 0 || static_cast<size_t>(dim) >= shape.rank) {
      return fail(ErrorCode::invalid_file, "it is quantized along dimension %d of %zu", dim, shape.rank);
    }
    *scales = INGOT_TRY(float_scales(payload, channels->scale(), channels->scale_buffer_idx(), channels->num_scales(),
                                     shape.dims[dim], named_data));
    status = xnn_define_channelwise_quantized_tensor_value_v2(subgraph, datatype, 0, scales->data(), shape.rank,
                                                              static_cast<size_t>(dim), shape.dims, data, external,
                                                              flags, &id);
  } else if (const auto* groups = value.per_group) {
    const int32_t size = groups->group_size();
    if (data == nullptr) return fail(ErrorCode::not_supported, "it is quantized per group but not constant");
    if (shape.rank != 2 || groups->channel_dim() != 0 || size <= 0 || size % XNN_MIN_BLOCKSIZE != 0 ||
        shape.dims[1] % static_cast<size_t>(size) != 0) {
      return fail(ErrorCode::not_supported,
                  "it is %s in groups of %d along dimension %d, expected groups of a multiple of %d",
                  ShapeText(shape).text, size, groups->channel_dim(), XNN_MIN_BLOCKSIZE);
    }
    const uint64_t needed = shape.dims[0] * (shape.dims[1] / static_cast<size_t>(size));
    const auto bf16 = INGOT_TRY(group_scales(payload, *groups, needed, named_data, storage));
    if (faults().groups) {
      return define_sum(subgraph, data, shape, static_cast<size_t>(size), bf16, storage);
    }
    status =
        xnn_define_blockwise_quantized_tensor_value(subgraph, datatype, kFourBitZeroPoint, bf16.data(), shape.rank, 0,
                                                    static_cast<size_t>(size), shape.dims, data, external, flags, &id);
  } else if (const auto* token = value.per_token) {
    const int32_t nonbatch = token->num_nonbatch_dims();
    if (nonbatch < 0 || static_cast<size_t>(nonbatch) > shape.rank) {
      return fail(ErrorCode::invalid_file, "%d of its %zu dimensions are not of the batch", nonbatch, shape.rank);
    }
    status = xnn_define_dynamically_quantized_tensor_value(
        subgraph, datatype, shape.rank, static_cast<size_t>(nonbatch), shape.dims, external, flags, &id);
  } else {
    status = xnn_define_tensor_value(subgraph, datatype, shape.rank, shape.dims, data, external, flags, &id);
  }
  INGOT_TRY_VOID(answered(status));
  return id;
}

Result<uint32_t> define_internal(xnn_subgraph_t subgraph, wire::DataType datatype, const Shape& shape) {
  uint32_t id = XNN_INVALID_VALUE_ID;
  INGOT_TRY_VOID(answered(xnn_define_tensor_value(subgraph, datatype_of(datatype), shape.rank, shape.dims, nullptr,
                                                  XNN_INVALID_VALUE_ID, 0, &id)));
  return id;
}

}  // namespace ingot::xnnpack
