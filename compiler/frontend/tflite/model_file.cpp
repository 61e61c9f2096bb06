#include "compiler/frontend/tflite/model_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "compiler/ir/quantization.h"
#include "runtime/core/checked_math.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler::tflite_import {
namespace {

constexpr uint32_t kVersion = 3;

std::unexpected<Error> in_tensor(Error error, const std::string& label) {
  error.add_context("%.150s", label.c_str());
  return std::unexpected(std::move(error));
}

Result<DType> to_dtype(wire::TensorType type) {
  using enum wire::TensorType;
  switch (type) {
    case FLOAT32:
      return DType::float32;
    case FLOAT16:
      return DType::float16;
    case INT32:
      return DType::int32;
    case UINT8:
      return DType::uint8;
    case INT64:
      return DType::int64;
    case BOOL:
      return DType::boolean;
    case INT16:
      return DType::int16;
    case INT8:
    case INT4:  // unpacked
      return DType::int8;
    case FLOAT64:
      return DType::float64;
    case UINT64:
      return DType::uint64;
    case UINT32:
      return DType::uint32;
    case UINT16:
      return DType::uint16;
    case BFLOAT16:
      return DType::bfloat16;
    case STRING:
    case COMPLEX64:
    case COMPLEX128:
    case RESOURCE:
    case VARIANT:
    case INT2:
    case UINT4:
    case FLOAT8_E4M3FN:
    case FLOAT8_E5M2:
      return fail(ErrorCode::not_supported, "its elements are %s", wire::EnumNameTensorType(type));
  }
  return fail(ErrorCode::invalid_file, "its elements are of type %d, which there is not", static_cast<int>(type));
}

bool may_be_quantized(DType dtype) {
  return dtype == DType::int8 || dtype == DType::uint8 || dtype == DType::int16 || dtype == DType::int32 ||
         dtype == DType::int64;
}

// Verifying does not tell whether elements of 8 bytes lie at multiples of 8.
int64_t long_at(const flatbuffers::Vector<int64_t>& list, size_t index) {
  int64_t element = 0;
  std::memcpy(&element, list.Data() + index * sizeof(element), sizeof(element));
  return flatbuffers::EndianScalar(element);
}

Result<void> read_quantization(const wire::Tensor& tensor, FileTensor* out) {
  const wire::QuantizationParameters* given = tensor.quantization();
  // Floats may carry the range that they were seen in.
  if (given == nullptr || !may_be_quantized(out->dtype)) return {};
  if (given->details_type() != 0)
    return fail(ErrorCode::not_supported, "it is quantized by scheme %d (0 is supported)", given->details_type());
  if (given->scale() == nullptr || given->scale()->size() == 0) return {};
  const size_t count = given->scale()->size();
  if (count > 1) {
    // Along the only axis that there is to speak of, whatever the file calls it.
    const auto is_one = [](int64_t size) { return size == 1; };
    const auto longest = std::ranges::find_if_not(out->sizes, is_one);
    const bool only = longest != out->sizes.end() && std::all_of(longest + 1, out->sizes.end(), is_one);
    const int64_t axis = only ? longest - out->sizes.begin() : given->quantized_dimension();
    if (axis < 0 || std::cmp_greater_equal(axis, out->sizes.size()) ||
        std::cmp_not_equal(out->sizes[static_cast<size_t>(axis)], count))
      return fail(ErrorCode::invalid_file, "%zu scales along axis %lld of %s", count, static_cast<long long>(axis),
                  to_string(to_shape(out->sizes)).c_str());
    out->axis = static_cast<size_t>(axis);
  }
  const size_t zeros = given->zero_point() == nullptr ? 0 : given->zero_point()->size();
  if (zeros > 1 && zeros != count) return fail(ErrorCode::invalid_file, "%zu scales, %zu zero points", count, zeros);
  for (size_t i = 0; i < count; ++i) {
    const double scale = given->scale()->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (!std::isfinite(scale) || scale <= 0) return fail(ErrorCode::invalid_file, "its scale %zu is %g", i, scale);
    const int64_t zero = zeros == 0 ? 0 : long_at(*given->zero_point(), zeros == 1 ? 0 : i);
    const auto range = integer_range(out->dtype);
    if (range && (zero < range->min || zero > range->max))
      return fail(ErrorCode::invalid_file, "its zero point %lld is no %s", static_cast<long long>(zero),
                  to_string(out->dtype));
    out->scales.push_back(scale);
    out->zero_points.push_back(zero);
  }
  return {};
}

// Two numbers of 4 bits a byte, the first in the lower half.
Bytes unpacked(std::span<const std::byte> packed, size_t count) {
  std::byte* out = nullptr;
  Bytes bytes = Bytes::allocate(count, &out);
  for (size_t i = 0; i < count; ++i) {
    const auto pair = static_cast<uint8_t>(packed[i / 2]);
    const int nibble = i % 2 == 0 ? pair & 15 : pair >> 4;
    out[i] = static_cast<std::byte>(nibble < 8 ? nibble : nibble - 16);
  }
  return bytes;
}

Bytes as_bools(std::span<const std::byte> bytes) {
  std::byte* out = nullptr;
  Bytes bools = Bytes::allocate(bytes.size(), &out);
  std::ranges::transform(bytes, out, [](std::byte byte) { return std::byte{byte != std::byte{0}}; });
  return bools;
}

}  // namespace

bool FileTensor::is_quantized() const {
  return !scales.empty() && (dtype == DType::int8 || dtype == DType::uint8 || dtype == DType::int16);
}

wire::BuiltinOperator builtin_of(const wire::OperatorCode& code) {
  const auto old = static_cast<wire::BuiltinOperator>(code.deprecated_builtin_code());
  return std::max(old, code.builtin_code());
}

Result<ModelFile> ModelFile::open(Bytes file) {
  // What lies beyond a FlatBuffer's largest size is bytes of constants.
  const size_t size = std::min<size_t>(file.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
  const auto* start = reinterpret_cast<const uint8_t*>(file.span().data());
  constexpr size_t kSmallest = 16;
  flatbuffers::Verifier verifier(start, size);
  if (size < kSmallest || !wire::ModelBufferHasIdentifier(start) || !wire::VerifyModelBuffer(verifier))
    return fail(ErrorCode::invalid_file, "it is no TensorFlow Lite model, or it is damaged");
  const wire::Model& model = *wire::GetModel(start);
  if (model.version() != kVersion)
    return fail(ErrorCode::not_supported, "it is of version %u, expected %u", model.version(), kVersion);
  if (model.subgraphs() == nullptr || model.subgraphs()->size() == 0)
    return fail(ErrorCode::invalid_file, "it has no graph");
  return ModelFile(std::move(file), model, *model.subgraphs()->Get(0));
}

size_t ModelFile::num_tensors() const {
  return graph_->tensors() == nullptr ? 0 : graph_->tensors()->size();
}

std::string ModelFile::name(size_t index) const {
  const auto* name = graph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(index))->name();
  return name == nullptr ? std::string() : name->str();
}

std::string ModelFile::label(size_t index) const {
  const std::string given = name(index);
  return "tensor " + std::to_string(index) + (given.empty() ? "" : " '" + given.substr(0, 80) + "'");
}

const wire::OperatorCode* ModelFile::code(const wire::Operator& op) const {
  const auto* codes = model_->operator_codes();
  return codes == nullptr || op.opcode_index() >= codes->size() ? nullptr : codes->Get(op.opcode_index());
}

Result<FileTensor> ModelFile::tensor(size_t index) const {
  const wire::Tensor& tensor = *graph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  FileTensor out;
  out.label = label(index);
  out.name = name(index);
  const auto read = [&]() -> Result<void> {
    out.dtype = INGOT_TRY(to_dtype(tensor.type()));
    INGOT_TRY_VOID(read_sizes(tensor, &out));
    INGOT_TRY_VOID(read_quantization(tensor, &out));
    return read_data(tensor, &out);
  };
  if (auto done = read(); !done) return in_tensor(std::move(done.error()), out.label);
  return out;
}

Result<void> ModelFile::read_sizes(const wire::Tensor& tensor, FileTensor* out) const {
  const size_t rank = tensor.shape() == nullptr ? 0 : tensor.shape()->size();
  if (rank > kMaxRank) return fail(ErrorCode::not_supported, "it has %zu axes (at most %zu)", rank, kMaxRank);
  if (rank > 0) out->sizes.assign(tensor.shape()->begin(), tensor.shape()->end());
  out->signature = out->sizes;
  if (tensor.shape_signature() != nullptr && tensor.shape_signature()->size() == rank && rank > 0)
    out->signature.assign(tensor.shape_signature()->begin(), tensor.shape_signature()->end());
  for (const int64_t size : out->sizes) {
    if (size < -1) return fail(ErrorCode::invalid_file, "its sizes are %s", to_string(to_shape(out->sizes)).c_str());
  }
  return {};
}

// Nothing where the tensor is no constant.
Result<std::optional<Bytes>> ModelFile::stored_bytes(const wire::Tensor& tensor) const {
  if (tensor.external_buffer() != 0) return fail(ErrorCode::not_supported, "its bytes lie in another file");
  if (tensor.buffer() == 0) return std::nullopt;
  if (model_->buffers() == nullptr || tensor.buffer() >= model_->buffers()->size())
    return fail(ErrorCode::invalid_file, "its buffer is number %u of %u", tensor.buffer(),
                model_->buffers() == nullptr ? 0 : model_->buffers()->size());
  const wire::Buffer& buffer = *model_->buffers()->Get(tensor.buffer());
  std::span<const std::byte> bytes;
  if (buffer.offset() > 1) {
    if (!range_within(buffer.offset(), buffer.size(), file_.size()))
      return fail(ErrorCode::invalid_file, "its bytes, %llu from %llu on, lie outside the file",
                  static_cast<unsigned long long>(buffer.size()), static_cast<unsigned long long>(buffer.offset()));
    bytes = file_.span().subspan(buffer.offset(), buffer.size());
  } else if (buffer.data() != nullptr) {
    bytes = std::as_bytes(std::span(buffer.data()->data(), buffer.data()->size()));
  }
  if (bytes.empty()) return std::nullopt;
  return Bytes(std::make_shared<Bytes>(file_), bytes);
}

Result<void> ModelFile::read_data(const wire::Tensor& tensor, FileTensor* out) const {
  const std::optional<Bytes> stored = INGOT_TRY(stored_bytes(tensor));
  if (!stored) return {};
  if (tensor.is_variable()) return fail(ErrorCode::not_supported, "it is a variable");
  if (tensor.sparsity() != nullptr) return fail(ErrorCode::not_supported, "it is stored sparsely");
  const bool packed = tensor.type() == wire::TensorType::INT4;
  const size_t element = size_of(out->dtype);
  size_t count = 1;
  bool fits = true;
  for (const int64_t size : out->sizes)
    fits = fits && size >= 0 && checked_mul(count, static_cast<size_t>(size), &count);
  size_t expected = 0;
  fits = fits && checked_mul(count, element, &expected);
  if (packed) expected = count / 2 + count % 2;
  if (!fits || stored->size() != expected)
    return fail(ErrorCode::invalid_file, "it holds %zu bytes, expected %s of %s", stored->size(),
                packed ? "int4" : to_string(out->dtype), to_string(to_shape(out->sizes)).c_str());
  if (packed) {
    out->data = unpacked(stored->span(), count);
  } else if (out->dtype == DType::boolean) {
    out->data = as_bools(stored->span());
  } else if (reinterpret_cast<uintptr_t>(stored->span().data()) % element != 0) {
    out->data = Bytes::copy_of(stored->span());
  } else {
    out->data = *stored;
  }
  return {};
}

}  // namespace ingot::compiler::tflite_import
