#include "runtime/core/number.h"

#include <cstdint>
#include <cstring>

#include "runtime/core/checked_math.h"
#include "runtime/core/half.h"

namespace ingot {
namespace {

template <typename T>
T read(const std::byte* element) {
  T value;
  std::memcpy(&value, element, sizeof(T));
  return value;
}

template <typename T>
void write(T value, std::byte* element) {
  std::memcpy(element, &value, sizeof(T));
}

}  // namespace

double load_number(DType dtype, const std::byte* element) {
  switch (dtype) {
    case DType::uint8:
      return read<uint8_t>(element);
    case DType::int8:
      return read<int8_t>(element);
    case DType::int16:
      return read<int16_t>(element);
    case DType::int32:
      return read<int32_t>(element);
    case DType::int64:
      return static_cast<double>(read<int64_t>(element));
    case DType::float16:
      return to_float(read<Float16>(element));
    case DType::float32:
      return read<float>(element);
    case DType::float64:
      return read<double>(element);
    case DType::boolean:
      return read<uint8_t>(element) != 0 ? 1 : 0;
    case DType::bfloat16:
      return to_float(read<BFloat16>(element));
    case DType::uint16:
      return read<uint16_t>(element);
    case DType::uint32:
      return read<uint32_t>(element);
    case DType::uint64:
      return static_cast<double>(read<uint64_t>(element));
  }
  return 0;
}

void store_number(DType dtype, double value, std::byte* element) {
  switch (dtype) {
    case DType::uint8:
      return write(saturate_cast<uint8_t>(value), element);
    case DType::int8:
      return write(saturate_cast<int8_t>(value), element);
    case DType::int16:
      return write(saturate_cast<int16_t>(value), element);
    case DType::int32:
      return write(saturate_cast<int32_t>(value), element);
    case DType::int64:
      return write(saturate_cast<int64_t>(value), element);
    case DType::float16:
      return write(to_float16(static_cast<float>(value)), element);
    case DType::float32:
      return write(static_cast<float>(value), element);
    case DType::float64:
      return write(value, element);
    case DType::boolean:
      return write(static_cast<uint8_t>(value != 0 ? 1 : 0), element);
    case DType::bfloat16:
      return write(to_bfloat16(static_cast<float>(value)), element);
    case DType::uint16:
      return write(saturate_cast<uint16_t>(value), element);
    case DType::uint32:
      return write(saturate_cast<uint32_t>(value), element);
    case DType::uint64:
      return write(saturate_cast<uint64_t>(value), element);
  }
}

}  // namespace ingot
