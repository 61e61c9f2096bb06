#include "tests/runtime/kernels/kernel_call.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "runtime/core/checked_math.h"
#include "runtime/include/ingot.hpp"

namespace ingot::testing {
namespace {

bool kind_fits(char letter, Value::Kind kind) {
  switch (letter) {
    case 'T':
    case 'O':
      return kind == Value::Kind::tensor;
    case 'S':
      return kind == Value::Kind::integer || kind == Value::Kind::real || kind == Value::Kind::boolean;
    case 'i':
      return kind == Value::Kind::integer;
    case 'f':
      return kind == Value::Kind::real || kind == Value::Kind::integer;
    case 'b':
      return kind == Value::Kind::boolean;
    case 'r':
      return kind == Value::Kind::string;
    case 'L':
      return kind == Value::Kind::int_list;
    case 'D':
      return kind == Value::Kind::double_list;
    case 'B':
      return kind == Value::Kind::bool_list;
    case 'M':
    case 'm':
    case 'N':
      return kind == Value::Kind::tensor_list;
  }
  return false;
}

Result<void> check_signature(const Kernel& kernel, std::span<Value* const> values) {
  size_t i = 0;
  for (const char* letter = kernel.signature; *letter != '\0'; ++letter, ++i) {
    const bool optional = letter[1] == '?';
    if (i == values.size()) {
      return fail(ErrorCode::internal, "%s: signature %s, but %zu arguments", kernel.name, kernel.signature, i);
    }
    const Value::Kind kind = values[i]->kind;
    if (!kind_fits(*letter, kind) && !(optional && kind == Value::Kind::none)) {
      return fail(ErrorCode::internal, "%s: signature %s, but argument %zu is a %s", kernel.name, kernel.signature, i,
                  to_string(kind));
    }
    if (optional) ++letter;
  }
  if (i != values.size()) {
    return fail(ErrorCode::internal, "%s: signature %s, but %zu arguments", kernel.name, kernel.signature,
                values.size());
  }
  return {};
}

template <typename T>
void write_values(Array& array, const std::vector<double>& values) {
  T* out = reinterpret_cast<T*>(array.data.data());
  for (size_t i = 0; i < values.size(); ++i) out[i] = static_cast<T>(values[i]);
}

}  // namespace

const Kernel* find_kernel(std::string_view name) {
  for (const std::span<const Kernel> kernels : {portable_kernels(), quantized_kernels()}) {
    for (const Kernel& kernel : kernels) {
      if (kernel.name == name) return &kernel;
    }
  }
  return nullptr;
}

OwnedTensor::OwnedTensor(DType dtype, std::vector<int32_t> sizes, std::vector<uint8_t> dim_order)
    : sizes_(std::move(sizes)), dim_order_(std::move(dim_order)), strides_(sizes_.size()) {
  if (dim_order_.empty()) {
    dim_order_.resize(sizes_.size());
    std::iota(dim_order_.begin(), dim_order_.end(), uint8_t{0});
  }
  const size_t bytes = tensor_nbytes(dtype, sizes_).value();
  data_ = std::make_unique<std::byte[]>(bytes);
  std::fill_n(data_.get(), bytes, std::byte{0xA5});
  tensor = Tensor(dtype, sizes_.size(), sizes_.data(), dim_order_.data(), strides_.data(), data_.get(), bytes);
}

OwnedTensor::OwnedTensor(const Array& array, std::vector<uint8_t> dim_order)
    : OwnedTensor(array.dtype, array.sizes, std::move(dim_order)) {
  const size_t element = size_of(array.dtype);
  std::vector<int32_t> index(sizes_.size());
  for (size_t i = 0; i < tensor.numel(); ++i) {
    int64_t offset = 0;
    for (size_t d = 0; d < index.size(); ++d) offset += index[d] * strides_[d];
    std::memcpy(data_.get() + static_cast<size_t>(offset) * element, array.data.data() + i * element, element);
    for (size_t d = index.size(); d-- > 0;) {
      if (++index[d] < sizes_[d]) break;
      index[d] = 0;
    }
  }
}

void OwnedTensor::make_resizable() {
  tensor = Tensor(tensor.dtype(), sizes_.size(), sizes_.data(), dim_order_.data(), strides_.data(), data_.get(),
                  tensor.nbytes(), true);
}

Value& KernelCall::add(Value::Kind kind) {
  Value& value = values_.emplace_back();
  value.kind = kind;
  pointers_.push_back(&value);
  return value;
}

KernelCall& KernelCall::none() {
  add(Value::Kind::none);
  return *this;
}
KernelCall& KernelCall::integer(int64_t x) {
  add(Value::Kind::integer).integer = x;
  return *this;
}
KernelCall& KernelCall::real(double x) {
  add(Value::Kind::real).real = x;
  return *this;
}
KernelCall& KernelCall::boolean(bool x) {
  add(Value::Kind::boolean).boolean = x;
  return *this;
}
KernelCall& KernelCall::string(std::string x) {
  add(Value::Kind::string).string = strings_.emplace_back(std::move(x));
  return *this;
}
KernelCall& KernelCall::ints(std::vector<int64_t> x) {
  std::vector<Value>& items = int_items_.emplace_back(x.size());
  std::vector<Value*>& pointers = int_pointers_.emplace_back(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    items[i].kind = Value::Kind::integer;
    items[i].integer = x[i];
    pointers[i] = &items[i];
  }
  IntList list;
  list.items = pointers;
  list.buffer = int_buffers_.emplace_back(x.size()).data();
  add(Value::Kind::int_list).ints = list;
  return *this;
}
KernelCall& KernelCall::doubles(std::vector<double> x) {
  add(Value::Kind::double_list).doubles = doubles_.emplace_back(std::move(x));
  return *this;
}
KernelCall& KernelCall::bools(const std::vector<bool>& x) {
  bool* items = bools_.emplace_back(std::make_unique<bool[]>(x.size())).get();
  std::ranges::copy(x, items);
  add(Value::Kind::bool_list).bools = {items, x.size()};
  return *this;
}
KernelCall& KernelCall::tensor(Tensor& x) {
  add(Value::Kind::tensor).tensor = &x;
  return *this;
}
KernelCall& KernelCall::tensors(std::vector<Tensor*> x) {
  add(Value::Kind::tensor_list).tensors = tensors_.emplace_back(std::move(x));
  return *this;
}

Result<void> KernelCall::run(std::string_view name, const Parallel& parallel) {
  const Kernel* kernel = find_kernel(name);
  if (kernel == nullptr) {
    return fail(ErrorCode::missing_operator, "no kernel %.*s", static_cast<int>(name.size()), name.data());
  }
  INGOT_TRY_VOID(check_signature(*kernel, pointers_));
  const KernelArgs args(pointers_);
  KernelContext context;
  context.parallel = parallel;
  std::unique_ptr<std::byte[]> scratch;
  if (kernel->scratch != nullptr) {
    constexpr size_t kAlignment = 64;
    const size_t bytes = INGOT_TRY(kernel->scratch(args));
    if (bytes > (size_t{1} << 32)) return fail(ErrorCode::out_of_memory, "scratch of %zu bytes", bytes);
    scratch = std::make_unique<std::byte[]>(bytes + kAlignment);
    void* start = scratch.get();
    size_t space = bytes + kAlignment;
    std::align(kAlignment, bytes, start, space);
    context.scratch = {static_cast<std::byte*>(start), bytes};
  }
  return kernel->run(context, args);
}

Array array_of(DType dtype, std::vector<int32_t> sizes, const std::vector<double>& values) {
  Array array;
  array.dtype = dtype;
  array.sizes = std::move(sizes);
  array.data.resize(values.size() * size_of(dtype));
  switch (dtype) {
    case DType::float32:
      write_values<float>(array, values);
      break;
    case DType::float64:
      write_values<double>(array, values);
      break;
    case DType::int64:
      write_values<int64_t>(array, values);
      break;
    case DType::int32:
      write_values<int32_t>(array, values);
      break;
    case DType::int16:
      write_values<int16_t>(array, values);
      break;
    case DType::int8:
      write_values<int8_t>(array, values);
      break;
    default:
      write_values<uint8_t>(array, values);
      break;
  }
  return array;
}

}  // namespace ingot::testing
