#include "compiler/ir/constants.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/core/number.h"

namespace ingot::compiler {

std::vector<double> load_numbers(const Value& constant) {
  if (constant.type.dtype == DType::float32) {
    const std::span<const float> data = constant.data.as<float>();
    return {data.begin(), data.end()};
  }
  const size_t size = size_of(constant.type.dtype);
  std::vector<double> numbers(constant.data.size() / size);
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = load_number(constant.type.dtype, constant.data.span().data() + i * size);
  }
  return numbers;
}

Value* add_numbers(Graph& graph, std::string_view name, const TensorType& type, const std::vector<double>& numbers) {
  const size_t size = size_of(type.dtype);
  std::byte* data = nullptr;
  Bytes bytes = Bytes::allocate(numbers.size() * size, &data);
  for (size_t i = 0; i < numbers.size(); ++i) store_number(type.dtype, numbers[i], data + i * size);
  return graph.add_constant(std::string(name), type, std::move(bytes));
}

Value* add_scaled(Graph& graph, std::string_view name, const Value& constant, size_t run,
                  const std::vector<double>& factors) {
  const DType dtype = constant.type.dtype;
  const size_t size = size_of(dtype);
  const size_t count = constant.data.size() / size;
  std::byte* data = nullptr;
  Bytes bytes = Bytes::allocate(constant.data.size(), &data);
  const std::byte* source = constant.data.span().data();
  for (size_t begin = 0, i = 0; begin < count; begin += run, i = i + 1 == factors.size() ? 0 : i + 1) {
    const size_t end = std::min(begin + run, count);
    if (dtype == DType::float32) {
      // Large weights are worth a loop of their own.
      const float* from = reinterpret_cast<const float*>(source);
      float* to = reinterpret_cast<float*>(data);
      for (size_t k = begin; k < end; ++k) to[k] = static_cast<float>(from[k] * factors[i]);
      continue;
    }
    for (size_t at = begin * size; at < end * size; at += size) {
      store_number(dtype, load_number(dtype, source + at) * factors[i], data + at);
    }
  }
  return graph.add_constant(std::string(name), constant.type, std::move(bytes));
}

std::optional<double> uniform_number(const Value* value) {
  if (value == nullptr || !value->is_constant() || value->data.size() == 0) return std::nullopt;
  const size_t size = size_of(value->type.dtype);
  const std::byte* data = value->data.span().data();
  if (std::memcmp(data, data + size, value->data.size() - size) != 0) return std::nullopt;
  const double number = load_number(value->type.dtype, data);
  return std::isnan(number) ? std::nullopt : std::optional(number);
}

}  // namespace ingot::compiler
