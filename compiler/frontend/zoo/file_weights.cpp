#include <algorithm>
#include <bit>
#include <cstring>

#include "compiler/frontend/zoo/weights.h"
#include "compiler/ir/mapped_file.h"

namespace ingot::compiler {

namespace {

std::string list(const std::vector<int64_t>& sizes) {
  return to_string(to_shape(sizes));
}

float half_to_float(uint16_t bits) {
  return static_cast<float>(std::bit_cast<_Float16>(bits));
}
float bfloat_to_float(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

template <typename T, typename Convert>
Bytes convert(const Bytes& data, Convert to_float) {
  const size_t count = data.size() / sizeof(T);
  std::byte* out = nullptr;
  Bytes result = Bytes::allocate(count * sizeof(float), &out);
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data.span().data() + i * sizeof(T), sizeof(T));
    const float converted = to_float(value);
    std::memcpy(out + i * sizeof(float), &converted, sizeof(float));
  }
  return result;
}

Result<Bytes> as_float32(const FileWeights::Entry& entry) {
  switch (entry.dtype) {
    case DType::float32:
      return entry.data;
    case DType::float16:
      return convert<uint16_t>(entry.data, half_to_float);
    case DType::bfloat16:
      return convert<uint16_t>(entry.data, bfloat_to_float);
    case DType::float64:
      return convert<double>(entry.data, [](double x) { return static_cast<float>(x); });
    default:
      return fail(ErrorCode::not_supported, "expected floating-point values, found %s", to_string(entry.dtype));
  }
}

bool is_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK", 2) == 0;
}

}  // namespace

Result<std::unique_ptr<FileWeights>> FileWeights::open(const std::string& path) {
  const Bytes file = INGOT_TRY(map_file(path));
  auto entries = is_zip(file.span()) ? parse_npz(file) : parse_safetensors(file);
  if (!entries) {
    Error error = std::move(entries).error();
    error.add_context("%s", path.c_str());
    return std::unexpected(error);
  }
  return std::unique_ptr<FileWeights>(new FileWeights(path, std::move(*entries)));
}

Result<Bytes> FileWeights::get(const std::string& name, const std::vector<int64_t>& sizes, double /*mean*/,
                               double /*stddev*/) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return fail(ErrorCode::not_found, "%s: no parameter '%s', which the model needs with shape %s", path_.c_str(),
                name.c_str(), list(sizes).c_str());
  }
  if (found->second.sizes != sizes) {
    return fail(ErrorCode::invalid_argument, "%s: parameter '%s': expected shape %s, found %s", path_.c_str(),
                name.c_str(), list(sizes).c_str(), list(found->second.sizes).c_str());
  }
  used_.insert(name);
  auto bytes = as_float32(found->second);
  if (bytes) return bytes;
  Error error = std::move(bytes).error();
  error.add_context("%s: parameter '%s'", path_.c_str(), name.c_str());
  return std::unexpected(error);
}

Result<void> FileWeights::finish() {
  for (const auto& [name, entry] : entries_) {
    // A training-time counter of batch normalisation layers; it has no meaning here.
    if (used_.contains(name) || name.ends_with(".num_batches_tracked")) continue;
    return fail(ErrorCode::invalid_argument, "%s: the model has no parameter '%s' (shape %s)", path_.c_str(),
                name.c_str(), list(entry.sizes).c_str());
  }
  return {};
}

}  // namespace ingot::compiler
