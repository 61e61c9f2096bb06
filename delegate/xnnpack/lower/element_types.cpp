#include "delegate/xnnpack/lower/element_types.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>

#include "runtime/core/half.h"

namespace ingot::xnnpack::lowering {
namespace {

using compiler::Bytes;
using wire::DataType;

constexpr int64_t kLow = -128, kHigh = 127;  // of signed integers; unsigned ones are 128 more

int64_t moved_by(const ElementType& type) {
  return type.datatype == DataType::quint8 ? 128 : 0;
}

// What integer `index` of the constant is, with 128 taken off unsigned ones.
int64_t integer_at(const ElementType& type, std::span<const std::byte> bytes, size_t index) {
  if (type.datatype == DataType::quint8) return static_cast<int64_t>(static_cast<uint8_t>(bytes[index])) - 128;
  return static_cast<int8_t>(bytes[index]);
}

}  // namespace

bool is_float(const ElementType& type) {
  return type.datatype == DataType::fp32;
}

bool is_affine(const ElementType& type) {
  return type.datatype == DataType::qint8 || type.datatype == DataType::quint8;
}

bool same_type(const ElementType& a, const ElementType& b) {
  if (a.datatype != b.datatype) return false;
  if (is_float(a)) return true;
  if (a.per_token && b.per_token) return a.per_token->nonbatch_dims == b.per_token->nonbatch_dims;
  return a.per_tensor && b.per_tensor && a.per_tensor->scale == b.per_tensor->scale &&
         a.per_tensor->zero_point == b.per_tensor->zero_point;
}

ElementType affine_type(bool is_unsigned, double scale, int64_t zero_point) {
  const auto moved = static_cast<int32_t>(zero_point + (is_unsigned ? 128 : 0));
  return ElementType::quantized(is_unsigned ? DataType::quint8 : DataType::qint8,
                                PerTensor{static_cast<float>(scale), moved});
}

Interval range_of(const ElementType& affine) {
  const double scale = affine.per_tensor->scale;
  const auto zero = static_cast<double>(affine.per_tensor->zero_point - moved_by(affine));
  return {(static_cast<double>(kLow) - zero) * scale, (static_cast<double>(kHigh) - zero) * scale};
}

bool is_exact_in(const ElementType& affine, double number) {
  const auto [low, high] = range_of(affine);
  const double scale = affine.per_tensor->scale, steps = number / scale;
  return number >= low - scale / 1000 && number <= high + scale / 1000 &&
         std::abs(steps - std::nearbyint(steps)) < 1e-3;
}

ElementType affine_type_for(bool is_unsigned, Interval numbers, double least_scale) {
  const double low = std::min(numbers.low, 0.0), high = std::max(numbers.high, 0.0);
  constexpr auto kSteps = static_cast<double>(kHigh - kLow);
  constexpr double kLeast = 1e-30;  // a scale that XNNPACK takes as a number
  const double scale = std::max({(high - low) / kSteps, least_scale, kLeast});
  return affine_type(is_unsigned, scale,
                     std::clamp(std::llround(static_cast<double>(kLow) - low / scale), static_cast<long long>(kLow),
                                static_cast<long long>(kHigh)));
}

bool converts_directly(const ElementType& from, const ElementType& to) {
  if (is_float(from) || is_float(to)) return true;
  if (!is_affine(from) || !is_affine(to) || from.datatype != to.datatype) return false;
  const float ratio = from.per_tensor->scale / to.per_tensor->scale;
  return ratio >= 0x1.0p-8f && ratio <= 0x1.0p+7f;
}

bool are_halves(const ElementType& type, const Bytes& bytes, const Sizes& sizes) {
  return is_float(type) && bytes.size() == static_cast<size_t>(numel(sizes)) * sizeof(uint16_t);
}

std::optional<uint16_t> group_scale(float scale) {
  const auto bits = std::bit_cast<uint32_t>(scale);
  constexpr uint32_t kLowerHalf = 0xFFFF;
  return (bits & kLowerHalf) == 0 ? std::optional(static_cast<uint16_t>(bits >> 16)) : std::nullopt;
}

Bytes packed_in_halves_of_bytes(const Bytes& integers) {
  const auto codes = integers.as<int8_t>();
  std::byte* out = nullptr;
  Bytes packed = Bytes::allocate((codes.size() + 1) / 2, &out);
  const auto stored = [&codes](size_t i) { return i < codes.size() ? static_cast<uint8_t>(codes[i] + 8) & 15 : 0; };
  for (size_t i = 0; i < packed.size(); ++i) out[i] = static_cast<std::byte>(stored(2 * i) | stored(2 * i + 1) << 4);
  return packed;
}

std::vector<float> float_elements(const ConstantElements& from) {
  const auto bytes = from.bytes.span();
  const auto count = static_cast<size_t>(numel(from.sizes));
  std::vector<float> floats(count);
  if (are_halves(from.type, from.bytes, from.sizes)) {
    for (size_t i = 0; i < count; ++i) floats[i] = ingot::to_float(from.bytes.as<Float16>()[i]);
    return floats;
  }
  if (is_float(from.type)) {
    std::memcpy(floats.data(), bytes.data(), bytes.size());
    return floats;
  }
  if (from.type.per_tensor) {
    const double scale = from.type.per_tensor->scale;
    const int64_t zero = from.type.per_tensor->zero_point - moved_by(from.type);
    for (size_t i = 0; i < count; ++i) {
      floats[i] = static_cast<float>(static_cast<double>(integer_at(from.type, bytes, i) - zero) * scale);
    }
    return floats;
  }
  if (from.type.per_group) {
    const auto& groups = *from.type.per_group;
    for (size_t i = 0; i < count; ++i) {
      const auto scale =
          std::bit_cast<float>(uint32_t{groups.scales[i / static_cast<size_t>(groups.group_size)]} << 16);
      floats[i] = static_cast<float>(integer_at(from.type, bytes, i)) * scale;
    }
    return floats;
  }
  const auto& channels = *from.type.per_channel;
  size_t inner = 1;
  for (size_t i = position_of(from.order, static_cast<size_t>(channels.dim)) + 1; i < from.order.size(); ++i) {
    inner *= static_cast<size_t>(from.sizes[from.order[i]]);
  }
  for (size_t i = 0; i < count; ++i) {
    floats[i] =
        static_cast<float>(integer_at(from.type, bytes, i)) * channels.scales[i / inner % channels.scales.size()];
  }
  return floats;
}

Bytes converted_elements(const ConstantElements& from, const ElementType& to) {
  const std::vector<float> floats = float_elements(from);
  if (is_float(to)) return Bytes::copy_of(std::as_bytes(std::span(floats)));
  const double scale = to.per_tensor->scale;
  const int64_t low = kLow + moved_by(to), high = kHigh + moved_by(to);
  std::byte* out = nullptr;
  Bytes result = Bytes::allocate(floats.size(), &out);
  for (size_t i = 0; i < floats.size(); ++i) {
    const double steps = std::nearbyint(floats[i] / scale) + to.per_tensor->zero_point;
    out[i] = static_cast<std::byte>(
        static_cast<int64_t>(std::clamp(steps, static_cast<double>(low), static_cast<double>(high))));
  }
  return result;
}

}  // namespace ingot::xnnpack::lowering
