#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "compiler/frontend/zoo/weights.h"
#include "compiler/ir/mapped_file.h"
#include "runtime/core/half.h"

namespace ingot::compiler {

namespace {

std::string list(const std::vector<int64_t>& sizes) {
  return to_string(to_shape(sizes));
}

template <typename T>
Bytes convert(const Bytes& data) {
  const size_t count = data.size() / sizeof(T);
  std::byte* out = nullptr;
  Bytes result = Bytes::allocate(count * sizeof(float), &out);
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data.span().data() + i * sizeof(T), sizeof(T));
    float converted;
    if constexpr (std::is_arithmetic_v<T>) {
      converted = static_cast<float>(value);
    } else {
      converted = to_float(value);
    }
    std::memcpy(out + i * sizeof(float), &converted, sizeof(float));
  }
  return result;
}

Result<Bytes> as_float32(const FileWeights::Entry& entry) {
  switch (entry.dtype) {
    case DType::float32:
      // In place, unless the file does not align it.
      if (reinterpret_cast<uintptr_t>(entry.data.span().data()) % alignof(float) == 0) return entry.data;
      return Bytes::copy_of(entry.data.span());
    case DType::float16:
      return convert<Float16>(entry.data);
    case DType::bfloat16:
      return convert<BFloat16>(entry.data);
    case DType::float64:
      return convert<double>(entry.data);
    default:
      return fail(ErrorCode::not_supported, "expected floating-point values, found %s", to_string(entry.dtype));
  }
}

// As the length of a safetensors header this would be more than the limit there.
bool is_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 &&
         (std::memcmp(bytes.data(), "PK\3\4", 4) == 0 || std::memcmp(bytes.data(), "PK\5\6", 4) == 0);
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
    return fail(ErrorCode::not_found, "%s: no parameter '%.80s', which the model needs with shape %s", path_.c_str(),
                name.c_str(), list(sizes).c_str());
  }
  if (found->second.sizes != sizes) {
    return fail(ErrorCode::invalid_argument, "%s: parameter '%.80s': expected shape %s, found %s", path_.c_str(),
                name.c_str(), list(sizes).c_str(), list(found->second.sizes).c_str());
  }
  used_.insert(name);
  auto bytes = as_float32(found->second);
  if (bytes) return bytes;
  Error error = std::move(bytes).error();
  error.add_context("%s: parameter '%.80s'", path_.c_str(), name.c_str());
  return std::unexpected(error);
}

Result<void> FileWeights::finish() {
  for (const auto& [name, entry] : entries_) {
    // A training-time counter of batch normalisation layers; it has no meaning here.
    if (used_.contains(name) || name.ends_with(".num_batches_tracked")) continue;
    return fail(ErrorCode::invalid_argument, "%s: the model has no parameter '%.80s' (shape %s)", path_.c_str(),
                name.c_str(), list(entry.sizes).c_str());
  }
  return {};
}

}  // namespace ingot::compiler
