// The safetensors format: 8 bytes of little-endian header length, a JSON header {name: {dtype, shape, data_offsets}},
// then the data. Source: the format's own description.
#include <cstdint>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "compiler/frontend/zoo/weights.h"
#include "runtime/core/checked_math.h"

namespace ingot::compiler {

namespace {

using Json = nlohmann::json;

// Some 100,000 parameters. Parsed JSON takes many times the space of its text.
constexpr size_t kMaxHeaderBytes = 16 << 20;

Result<DType> dtype_of(const std::string& text) {
  static constexpr std::pair<std::string_view, DType> kNames[] = {
      {"F16", DType::float16}, {"BF16", DType::bfloat16}, {"F32", DType::float32}, {"F64", DType::float64},
      {"I8", DType::int8},     {"U8", DType::uint8},      {"I16", DType::int16},   {"I32", DType::int32},
      {"I64", DType::int64},   {"BOOL", DType::boolean},
  };
  for (const auto& [name, dtype] : kNames) {
    if (name == text) return dtype;
  }
  return fail(ErrorCode::not_supported, "its dtype '%.40s' is not supported", text.c_str());
}

Result<FileWeights::Entry> entry_of(const Json& json, const Bytes& file, size_t data_start) {
  if (!json.is_object() || !json.contains("dtype") || !json["dtype"].is_string() || !json.contains("shape") ||
      !json["shape"].is_array() || !json.contains("data_offsets") || !json["data_offsets"].is_array() ||
      json["data_offsets"].size() != 2) {
    return fail(ErrorCode::invalid_file, "expected a dtype, a shape and two data_offsets");
  }
  FileWeights::Entry entry;
  entry.dtype = INGOT_TRY(dtype_of(json["dtype"].get<std::string>()));
  uint64_t bytes = size_of(entry.dtype);
  for (const Json& size : json["shape"]) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX ||
        !checked_mul(bytes, size.get<uint64_t>(), &bytes)) {
      return fail(ErrorCode::invalid_file, "its shape is no list of sizes that can be counted");
    }
    entry.sizes.push_back(size.get<int64_t>());
  }
  const Json& offsets = json["data_offsets"];
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    return fail(ErrorCode::invalid_file, "its data_offsets are no positive integers");
  }
  const auto begin = offsets[0].get<uint64_t>();
  const auto end = offsets[1].get<uint64_t>();
  if (begin > end || end - begin != bytes || !range_within(begin, bytes, file.size() - data_start)) {
    return fail(ErrorCode::invalid_file,
                "its data_offsets [%llu, %llu] do not fit the %llu bytes of its shape or the file's %zu bytes of data",
                static_cast<unsigned long long>(begin), static_cast<unsigned long long>(end),
                static_cast<unsigned long long>(bytes), file.size() - data_start);
  }
  entry.data = Bytes(std::make_shared<Bytes>(file), file.span().subspan(data_start + begin, bytes));
  return entry;
}

}  // namespace

Result<std::map<std::string, FileWeights::Entry>> parse_safetensors(const Bytes& file) {
  uint64_t header_bytes = 0;
  if (file.size() < sizeof header_bytes) return fail(ErrorCode::invalid_file, "neither a safetensors nor an npz file");
  std::memcpy(&header_bytes, file.span().data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes || !range_within(sizeof header_bytes, header_bytes, file.size())) {
    return fail(ErrorCode::invalid_file, "neither a safetensors nor an npz file (a header of %llu bytes)",
                static_cast<unsigned long long>(header_bytes));
  }
  const auto* text = reinterpret_cast<const char*>(file.span().data()) + sizeof header_bytes;
  // The fourth argument: no exceptions; a broken text gives a discarded value.
  const Json header = Json::parse(text, text + header_bytes, nullptr, false);
  if (!header.is_object()) return fail(ErrorCode::invalid_file, "the safetensors header is no JSON object");
  std::map<std::string, FileWeights::Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") continue;
    auto entry = entry_of(json, file, sizeof header_bytes + header_bytes);
    if (!entry) {
      Error error = std::move(entry).error();
      error.add_context("parameter '%.80s'", name.c_str());
      return std::unexpected(error);
    }
    entries.emplace(name, std::move(*entry));
  }
  return entries;
}

}  // namespace ingot::compiler
