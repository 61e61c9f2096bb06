#include "tests/support/compare.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace ingot::testing {
namespace {

double half_to_double(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = (bits >> 10) & 0x1F;
  const int mantissa = bits & 0x3FF;
  if (exponent == 0x1F) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(mantissa + 1024, exponent - 25);
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// long double holds every int64 and uint64 exactly on the reference system.
long double element(const Array& array, size_t i) {
  const std::byte* at = array.data.data() + i * size_of(array.dtype);
  switch (array.dtype) {
    case DType::uint8:
    case DType::boolean:
      return load<uint8_t>(at);
    case DType::int8:
      return load<int8_t>(at);
    case DType::int16:
      return load<int16_t>(at);
    case DType::uint16:
      return load<uint16_t>(at);
    case DType::int32:
      return load<int32_t>(at);
    case DType::uint32:
      return load<uint32_t>(at);
    case DType::int64:
      return load<int64_t>(at);
    case DType::uint64:
      return load<uint64_t>(at);
    case DType::float16:
      return half_to_double(load<uint16_t>(at));
    case DType::bfloat16:
      return std::bit_cast<float>(static_cast<uint32_t>(load<uint16_t>(at)) << 16);
    case DType::float32:
      return load<float>(at);
    case DType::float64:
      return load<double>(at);
  }
  return 0;
}

std::string describe(const Array& array) {
  std::string text = to_string(array.dtype);
  text += '[';
  for (size_t i = 0; i < array.sizes.size(); ++i) text += (i == 0 ? "" : "x") + std::to_string(array.sizes[i]);
  return text + ']';
}

}  // namespace

double Difference::relative() const {
  if (nonfinite_mismatches > 0 || !shape_or_dtype_mismatch.empty()) return std::numeric_limits<double>::infinity();
  if (largest_difference == 0) return 0;
  return largest_expected > 0 ? largest_difference / largest_expected : largest_difference;
}

Array to_array(const Tensor& tensor) {
  Array array{tensor.dtype(), {tensor.sizes().begin(), tensor.sizes().end()}, std::vector<std::byte>(tensor.nbytes())};
  const size_t item = size_of(tensor.dtype());
  std::vector<int64_t> index(tensor.rank(), 0);
  for (size_t out = 0; out < array.data.size(); out += item) {
    int64_t in = 0;
    for (size_t dim = 0; dim < tensor.rank(); ++dim) in += index[dim] * tensor.strides()[dim];
    std::memcpy(array.data.data() + out, tensor.data_as<std::byte>() + static_cast<size_t>(in) * item, item);
    for (size_t dim = tensor.rank(); dim-- > 0;) {
      if (++index[dim] < tensor.size(dim)) break;
      index[dim] = 0;
    }
  }
  return array;
}

Difference compare(const Array& expected, const Array& actual) {
  Difference result;
  if (expected.dtype != actual.dtype || expected.sizes != actual.sizes) {
    result.shape_or_dtype_mismatch = "expected " + describe(expected) + ", found " + describe(actual);
    return result;
  }
  const size_t count = expected.data.size() / size_of(expected.dtype);
  for (size_t i = 0; i < count; ++i) {
    const long double want = element(expected, i);
    const long double have = element(actual, i);
    if (!std::isfinite(want) || !std::isfinite(have)) {
      result.nonfinite_mismatches += !(want == have || (std::isnan(want) && std::isnan(have)));
      continue;
    }
    result.largest_expected = std::max(result.largest_expected, static_cast<double>(std::fabs(want)));
    const auto difference = static_cast<double>(std::fabs(want - have));
    if (difference > result.largest_difference) {
      result.largest_difference = difference;
      result.worst = i;
    }
  }
  return result;
}

::testing::AssertionResult close_to(const Array& expected, const Array& actual, double tolerance,
                                    double absolute_slack) {
  const Difference difference = compare(expected, actual);
  if (!difference.shape_or_dtype_mismatch.empty()) {
    return ::testing::AssertionFailure() << difference.shape_or_dtype_mismatch;
  }
  if (difference.nonfinite_mismatches > 0) {
    return ::testing::AssertionFailure() << difference.nonfinite_mismatches
                                         << " elements are NaN or infinite on one side only";
  }
  const double scale = difference.largest_expected > 0 ? difference.largest_expected : 1;
  const double bound = is_floating(expected.dtype) ? tolerance * scale + absolute_slack : absolute_slack;
  if (difference.largest_difference <= bound) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "largest difference " << difference.largest_difference << " at element "
                                       << difference.worst << " (expected "
                                       << static_cast<double>(element(expected, difference.worst)) << ", found "
                                       << static_cast<double>(element(actual, difference.worst)) << "), allowed "
                                       << bound << "; largest expected value " << difference.largest_expected;
}

::testing::AssertionResult close_to(const Array& expected, const Tensor& actual, double tolerance,
                                    double absolute_slack) {
  return close_to(expected, to_array(actual), tolerance, absolute_slack);
}

}  // namespace ingot::testing
