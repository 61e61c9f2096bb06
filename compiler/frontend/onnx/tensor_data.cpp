#include "compiler/frontend/onnx/tensor_data.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>

#include "compiler/frontend/aten/calls.h"
#include "compiler/ir/mapped_file.h"
#include "runtime/core/checked_math.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler::onnx_import {
namespace {

using onnx::TensorProto;

constexpr std::pair<TensorProto::DataType, DType> kTypes[] = {
    {TensorProto::FLOAT, DType::float32},     {TensorProto::UINT8, DType::uint8},
    {TensorProto::INT8, DType::int8},         {TensorProto::UINT16, DType::uint16},
    {TensorProto::INT16, DType::int16},       {TensorProto::INT32, DType::int32},
    {TensorProto::INT64, DType::int64},       {TensorProto::BOOL, DType::boolean},
    {TensorProto::FLOAT16, DType::float16},   {TensorProto::DOUBLE, DType::float64},
    {TensorProto::UINT32, DType::uint32},     {TensorProto::UINT64, DType::uint64},
    {TensorProto::BFLOAT16, DType::bfloat16},
};

// The bytes of a tensor in the typed field of the model that holds its elements in their own form.
template <typename T, typename Field>
std::span<const std::byte> bytes_of(const Field& field) {
  static_assert(sizeof(*field.data()) == sizeof(T));
  return std::as_bytes(std::span(field.data(), static_cast<size_t>(field.size())));
}

// Elements that the typed field holds in a wider type.
template <typename T, typename Field>
Bytes narrowed(const Field& field) {
  std::byte* data = nullptr;
  Bytes bytes = Bytes::allocate(static_cast<size_t>(field.size()) * sizeof(T), &data);
  for (int i = 0; i < field.size(); ++i) {
    const T element = static_cast<T>(field[i]);
    std::memcpy(data + static_cast<size_t>(i) * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

// What the typed fields hold: any number of elements, still to be compared with the shape.
Bytes typed_elements(const TensorProto& tensor, DType dtype, const std::shared_ptr<const onnx::ModelProto>& owner) {
  switch (dtype) {
    case DType::float32:
      return {owner, bytes_of<float>(tensor.float_data())};
    case DType::float64:
      return {owner, bytes_of<double>(tensor.double_data())};
    case DType::int64:
      return {owner, bytes_of<int64_t>(tensor.int64_data())};
    case DType::uint64:
      return {owner, bytes_of<uint64_t>(tensor.uint64_data())};
    case DType::uint32:
      return narrowed<uint32_t>(tensor.uint64_data());
    case DType::int32:
      return {owner, bytes_of<int32_t>(tensor.int32_data())};
    case DType::int16:
    case DType::uint16:
    case DType::float16:  // as bits
    case DType::bfloat16:
      return narrowed<uint16_t>(tensor.int32_data());
    case DType::int8:
    case DType::uint8:
    case DType::boolean:
      return narrowed<uint8_t>(tensor.int32_data());
  }
  return {};
}

// `bytes`, or a copy where its place or its values do not suit a kernel.
Bytes usable(Bytes bytes, DType dtype) {
  const auto address = reinterpret_cast<uintptr_t>(bytes.span().data());
  const bool one_or_zero = dtype != DType::boolean ||
                           std::ranges::all_of(bytes.span(), [](std::byte b) { return std::to_integer<int>(b) <= 1; });
  if (address % size_of(dtype) == 0 && one_or_zero) return bytes;
  std::byte* data = nullptr;
  Bytes copy = Bytes::allocate(bytes.size(), &data);
  std::ranges::copy(bytes.span(), data);
  if (!one_or_zero)
    std::ranges::for_each(std::span(data, copy.size()), [](std::byte& b) { b = std::min(b, std::byte{1}); });
  return copy;
}

Result<uint64_t> parse_number(const onnx::StringStringEntryProto& entry) {
  const std::string& text = entry.value();
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || !checked_mul<uint64_t>(value, 10, &value) ||
        !checked_add<uint64_t>(value, static_cast<uint64_t>(c - '0'), &value))
      return fail(ErrorCode::invalid_file, "external data: '%.40s' of '%.20s' is not a number", text.c_str(),
                  entry.key().c_str());
  }
  return value;
}

}  // namespace

Result<DType> to_dtype(int64_t onnx_type) {
  for (const auto& [type, dtype] : kTypes) {
    if (type == onnx_type) return dtype;
  }
  if (onnx_type > 0 && onnx_type <= TensorProto::DataType_MAX)
    return fail(ErrorCode::not_supported, "elements of type %s are not supported",
                onnx::TensorProto_DataType_Name(static_cast<TensorProto::DataType>(onnx_type)).c_str());
  return fail(ErrorCode::invalid_file, "%lld is not an element type of ONNX", static_cast<long long>(onnx_type));
}

int32_t onnx_type(DType dtype) {
  for (const auto& [type, known] : kTypes) {
    if (known == dtype) return type;
  }
  return TensorProto::UNDEFINED;
}

Result<Bytes> ExternalData::open(const std::string& location) {
  if (const auto known = files_.find(location); known != files_.end()) return known->second;
  namespace fs = std::filesystem;
  if (folder_.empty()) return fail(ErrorCode::invalid_file, "external data, but the model has no folder");
  const fs::path relative(location);
  std::error_code error;
  const fs::path folder = fs::canonical(folder_, error);
  const fs::path file = error ? fs::path() : fs::canonical(folder / relative, error);
  if (location.empty() || relative.is_absolute() || std::ranges::contains(relative, fs::path("..")))
    return fail(ErrorCode::invalid_file, "external data '%.60s' is outside the model's folder", location.c_str());
  if (error) return fail(ErrorCode::io, "external data '%.60s': %s", location.c_str(), error.message().c_str());
  // Links may lead outside as well.
  const auto [folder_end, file_end] = std::ranges::mismatch(folder, file);
  if (folder_end != folder.end())
    return fail(ErrorCode::invalid_file, "external data '%.60s' is outside the model's folder", location.c_str());
  Bytes bytes = INGOT_TRY(map_file(file.string()));
  files_.emplace(location, bytes);
  return bytes;
}

Result<Bytes> ExternalData::read(const TensorProto& tensor, size_t size) {
  std::string location;
  uint64_t offset = 0;
  uint64_t length = size;
  for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = INGOT_TRY(parse_number(entry));
    if (entry.key() == "length") length = INGOT_TRY(parse_number(entry));
  }
  const Bytes file = INGOT_TRY(open(location));
  if (length != size)
    return fail(ErrorCode::invalid_file, "external data of %llu bytes, expected %zu",
                static_cast<unsigned long long>(length), size);
  if (!range_within(offset, size, file.size()))
    return fail(ErrorCode::invalid_file, "external data '%.60s' ends at byte %zu, expected %zu bytes from %llu on",
                location.c_str(), file.size(), size, static_cast<unsigned long long>(offset));
  const auto owner = std::make_shared<const Bytes>(file);
  return Bytes(owner, file.span().subspan(offset, size));
}

Result<std::pair<TensorType, Bytes>> read_tensor(const TensorProto& tensor, ExternalData& external_data) {
  const DType dtype = INGOT_TRY(to_dtype(tensor.data_type()));
  if (tensor.has_segment()) return fail(ErrorCode::not_supported, "a tensor stored in segments");
  TensorType type = INGOT_TRY(checked_type(dtype, {tensor.dims().begin(), tensor.dims().end()}));
  const size_t size = static_cast<size_t>(numel(type.shape).value()) * size_of(dtype);

  if (tensor.data_location() == TensorProto::EXTERNAL) {
    Bytes bytes = INGOT_TRY(external_data.read(tensor, size));
    return std::pair(std::move(type), usable(std::move(bytes), dtype));
  }
  Bytes bytes = tensor.has_raw_data() ? Bytes(external_data.model(), std::as_bytes(std::span(tensor.raw_data())))
                                      : typed_elements(tensor, dtype, external_data.model());
  if (bytes.size() != size)
    return fail(ErrorCode::invalid_file, "%s holds %zu bytes, expected %zu", to_string(type).c_str(), bytes.size(),
                size);
  return std::pair(std::move(type), usable(std::move(bytes), dtype));
}

}  // namespace ingot::compiler::onnx_import
