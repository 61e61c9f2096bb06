#include "tools/xnn_executor_runner/arrays.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <format>
#include <numeric>
#include <random>

#include "runtime/core/number.h"
#include "runtime/npy/whole_file.h"

namespace ingot::tools {

namespace {

std::string shape_text(std::span<const int32_t> sizes) {
  std::string text = "[";
  for (size_t i = 0; i < sizes.size(); ++i) text += std::format("{}{}", i > 0 ? ", " : "", sizes[i]);
  return text + "]";
}

double number(const Array& array, size_t i) {
  return load_number(array.dtype, array.data.data() + i * size_of(array.dtype));
}

size_t count(const Array& array) {
  return array.data.size() / size_of(array.dtype);
}

Result<Array> random_array(const TensorInfo& info, std::mt19937_64& random) {
  Array array;
  array.dtype = info.dtype;
  array.sizes.assign(info.sizes.begin(), info.sizes.end());
  array.data.resize(info.nbytes);
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int> small(0, info.dtype == DType::boolean ? 1 : 9);
  const size_t item = size_of(info.dtype);
  for (size_t at = 0; at < array.data.size(); at += item) {
    if (info.dtype == DType::float32) {
      const float value = normal(random);
      std::memcpy(&array.data[at], &value, item);
    } else if (info.dtype == DType::float64) {
      const double value = normal(random);
      std::memcpy(&array.data[at], &value, item);
    } else if (is_floating(info.dtype)) {
      const auto bits = std::bit_cast<uint16_t>(static_cast<_Float16>(normal(random)));
      if (info.dtype == DType::bfloat16) {
        return fail(ErrorCode::not_supported, "no random numbers of type bfloat16: give --inputs");
      }
      std::memcpy(&array.data[at], &bits, item);
    } else {
      // Little-endian, so the low byte of any integer type.
      array.data[at] = static_cast<std::byte>(small(random));
    }
  }
  return array;
}

Result<Array> read_input(const std::string& path, const TensorInfo& info) {
  if (!path.ends_with(".bin")) return read_npy(path);
  Array array;
  array.dtype = info.dtype;
  array.sizes.assign(info.sizes.begin(), info.sizes.end());
  array.data = INGOT_TRY(read_file(path));
  if (array.data.size() != info.nbytes) {
    return fail(ErrorCode::invalid_argument, "%s: expected %zu bytes for %s %s, found %zu", path.c_str(), info.nbytes,
                to_string(info.dtype), shape_text(info.sizes).c_str(), array.data.size());
  }
  return array;
}

Result<void> check_input(const std::string& path, size_t index, const Array& array, const TensorInfo& info) {
  const bool fits = array.sizes.size() == info.sizes.size() &&
                    std::ranges::equal(array.sizes, info.sizes,
                                       [&](int32_t a, int32_t b) { return info.resizable ? a <= b : a == b; });
  if (fits && array.dtype == info.dtype) return {};
  return fail(ErrorCode::invalid_argument, "%s: input %zu: expected %s %s%s, found %s %s", path.c_str(), index,
              to_string(info.dtype), info.resizable ? "at most " : "", shape_text(info.sizes).c_str(),
              to_string(array.dtype), shape_text(array.sizes).c_str());
}

// Between C order and the order in memory that the strides give.
void copy_strided(std::span<const int32_t> sizes, std::span<const int64_t> strides, size_t item, std::byte* strided,
                  std::byte* dense, bool to_strided) {
  std::vector<int32_t> at(sizes.size(), 0);
  const size_t total = std::accumulate(sizes.begin(), sizes.end(), size_t{1}, std::multiplies<>());
  for (size_t i = 0; i < total; ++i) {
    int64_t offset = 0;
    for (size_t d = 0; d < sizes.size(); ++d) offset += at[d] * strides[d];
    std::byte* there = strided + offset * static_cast<int64_t>(item);
    std::byte* here = dense + i * item;
    std::memcpy(to_strided ? there : here, to_strided ? here : there, item);
    for (size_t d = sizes.size(); d-- > 0;) {
      if (++at[d] < sizes[d]) break;
      at[d] = 0;
    }
  }
}

}  // namespace

Result<std::vector<Array>> load_inputs(const Program& program, const RunnerOptions& options) {
  const MethodInfo method = INGOT_TRY(program.method_info(options.method_name));
  if (!options.inputs.empty() && options.inputs.size() != method.num_inputs) {
    return fail(ErrorCode::invalid_argument, "--inputs: method '%s' takes %zu inputs, found %zu",
                options.method_name.c_str(), method.num_inputs, options.inputs.size());
  }
  std::mt19937_64 random(options.seed);
  std::vector<Array> arrays;
  for (size_t i = 0; i < method.num_inputs; ++i) {
    const TensorInfo info = INGOT_TRY(program.input_info(options.method_name, i));
    if (options.inputs.empty()) {
      arrays.push_back(INGOT_TRY(random_array(info, random)));
    } else {
      arrays.push_back(INGOT_TRY(read_input(options.inputs[i], info)));
      INGOT_TRY_VOID(check_input(options.inputs[i], i, arrays.back(), info));
    }
  }
  return arrays;
}

Result<void> set_inputs(Method& method, const std::vector<Array>& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor* tensor = INGOT_TRY(method.input(i));
    std::vector<uint8_t> dim_order(tensor->dim_order().begin(), tensor->dim_order().end());
    if (std::ranges::is_sorted(dim_order)) {
      INGOT_TRY_VOID(method.set_input(i, inputs[i].dtype, inputs[i].sizes, inputs[i].data.data()));
      continue;
    }
    std::vector<int32_t> sizes = inputs[i].sizes;
    std::vector<int64_t> strides(sizes.size());
    const Tensor layout(inputs[i].dtype, sizes.size(), sizes.data(), dim_order.data(), strides.data(), nullptr, 0);
    std::vector<std::byte> source = inputs[i].data;
    std::vector<std::byte> ordered(source.size());
    copy_strided(sizes, layout.strides(), size_of(inputs[i].dtype), ordered.data(), source.data(), true);
    INGOT_TRY_VOID(method.set_input(i, inputs[i].dtype, inputs[i].sizes, ordered.data()));
  }
  return {};
}

Result<std::vector<Array>> copy_outputs(const Method& method) {
  std::vector<Array> arrays;
  for (size_t i = 0; i < method.num_outputs(); ++i) {
    const Tensor* tensor = INGOT_TRY(method.output(i));
    Array array;
    array.dtype = tensor->dtype();
    array.sizes.assign(tensor->sizes().begin(), tensor->sizes().end());
    array.data.resize(tensor->nbytes());
    copy_strided(tensor->sizes(), tensor->strides(), size_of(tensor->dtype()), tensor->data_as<std::byte>(),
                 array.data.data(), false);
    arrays.push_back(std::move(array));
  }
  return arrays;
}

Result<void> write_outputs(const std::string& prefix, const std::vector<Array>& outputs) {
  std::vector<AtomicFile> files;
  for (size_t i = 0; i < outputs.size(); ++i) {
    files.push_back(INGOT_TRY(AtomicFile::create(std::format("{}-{}.npy", prefix, i))));
    const Array& array = outputs[i];
    INGOT_TRY_VOID(files.back().write(format_npy(array.dtype, array.sizes, array.data.data())));
  }
  for (AtomicFile& file : files) INGOT_TRY_VOID(file.commit());
  return {};
}

Result<void> compare_outputs(const RunnerOptions& options, const std::vector<Array>& outputs) {
  if (options.expected.empty()) return {};
  if (options.expected.size() != outputs.size()) {
    return fail(ErrorCode::invalid_argument, "--expect: the method gives %zu outputs, found %zu files", outputs.size(),
                options.expected.size());
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const char* path = options.expected[i].c_str();
    const Array expected = INGOT_TRY(read_npy(path));
    if (expected.sizes != outputs[i].sizes || expected.dtype != outputs[i].dtype) {
      return fail(ErrorCode::invalid_argument, "%s: output %zu is %s %s, the file holds %s %s", path, i,
                  to_string(outputs[i].dtype), shape_text(outputs[i].sizes).c_str(), to_string(expected.dtype),
                  shape_text(expected.sizes).c_str());
    }
    double largest = 0;
    double difference = 0;
    for (size_t k = 0; k < count(expected); ++k) {
      const double want = number(expected, k);
      const double have = number(outputs[i], k);
      if (std::isnan(want) && std::isnan(have)) continue;
      if (want == have) {
        if (std::isfinite(want)) largest = std::max(largest, std::abs(want));
        continue;
      }
      largest = std::max(largest, std::abs(want));
      const double distance = std::abs(want - have);
      difference = std::isnan(distance) ? INFINITY : std::max(difference, distance);
    }
    if (difference > options.tolerance * largest) {
      return fail(ErrorCode::invalid_state, "%s: output %zu differs by %g, allowed are %g (%g of the largest, %g)",
                  path, i, difference, options.tolerance * largest, options.tolerance, largest);
    }
  }
  return {};
}

std::string describe(const Array& array, bool all) {
  constexpr size_t kBest = 5;
  constexpr size_t kAllLimit = 100'000;
  std::string text = std::format("{} {}", to_string(array.dtype), shape_text(array.sizes));
  const size_t n = count(array);
  if (n == 0) return text;
  std::vector<double> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = number(array, i);
  const auto [low, high] = std::ranges::minmax(values);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(n);
  text += std::format(": {:.6g} .. {:.6g}, mean {:.6g}", low, high, mean);
  if (n >= 2 && n <= kAllLimit) {
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), size_t{0});
    const size_t best = std::min(kBest, n);
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(best),
                              [&](size_t a, size_t b) { return values[a] > values[b]; });
    text += "; largest at";
    for (size_t i = 0; i < best; ++i)
      text += std::format("{} {} ({:.6g})", i > 0 ? "," : "", order[i], values[order[i]]);
  }
  if (all) {
    for (size_t i = 0; i < n; ++i) text += std::format("{}{:.9g}", i % 8 == 0 ? "\n    " : " ", values[i]);
  }
  return text;
}

}  // namespace ingot::tools
