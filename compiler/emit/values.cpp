#include "compiler/emit/values.h"

#include <bit>
#include <numeric>

namespace ingot::compiler {

namespace {

template <typename T>
std::string key_of(char kind, const std::vector<T>& items) {
  std::string key(1, kind);
  for (const T item : items) {
    key += ',';
    if constexpr (std::is_same_v<T, double>) {
      key += std::to_string(std::bit_cast<uint64_t>(item));
    } else {
      key += std::to_string(item);
    }
  }
  return key;
}

}  // namespace

template <typename T>
int32_t ValueTable::append(pte::KernelTypes type, flatbuffers::Offset<T> value) {
  entries_.push_back(pte::CreateEValue(builder_, type, value.Union()));
  return static_cast<int32_t>(entries_.size() - 1);
}

template <typename Make>
int32_t ValueTable::shared(std::string key, Make make) {
  if (const auto found = shared_.find(key); found != shared_.end()) return found->second;
  const int32_t index = make();
  shared_.emplace(std::move(key), index);
  return index;
}

int32_t ValueTable::tensor(const Value* value) {
  if (const auto found = tensors_.find(value); found != tensors_.end()) return found->second;
  const TensorType& type = value->type;
  std::vector<int32_t> sizes;
  for (const Dim& dim : type.shape) sizes.push_back(static_cast<int32_t>(dim.max()));
  std::vector<uint8_t> dim_order = type.dim_order;
  if (dim_order.empty()) {
    dim_order.resize(sizes.size());
    std::iota(dim_order.begin(), dim_order.end(), uint8_t{0});
  }
  const auto sizes_offset = builder_.CreateVector(sizes);
  const auto dim_order_offset = builder_.CreateVector(dim_order);
  flatbuffers::Offset<pte::AllocationDetails> allocation;
  uint32_t constant = 0;
  if (value->is_constant()) {
    constant = segments_.add_constant(value->data);
  } else {
    const uint64_t offset = plan_.offsets.at(value);
    allocation =
        pte::CreateAllocationDetails(builder_, 1, static_cast<uint32_t>(offset), static_cast<uint32_t>(offset >> 32));
  }
  pte::TensorBuilder tensor(builder_);
  tensor.add_scalar_type(static_cast<pte::ScalarType>(type.dtype));
  tensor.add_sizes(sizes_offset);
  tensor.add_dim_order(dim_order_offset);
  tensor.add_data_buffer_idx(constant);
  if (!value->is_constant()) tensor.add_allocation_info(allocation);
  tensor.add_shape_dynamism(is_static(type.shape) ? pte::TensorShapeDynamism::STATIC
                                                  : pte::TensorShapeDynamism::DYNAMIC_BOUND);
  const int32_t index = append(pte::KernelTypes::Tensor, tensor.Finish());
  tensors_.emplace(value, index);
  return index;
}

int32_t ValueTable::none() {
  return shared("none", [&] { return append(pte::KernelTypes::Null, pte::CreateNull(builder_)); });
}

int32_t ValueTable::integer(int64_t value) {
  return shared(key_of('i', std::vector{value}),
                [&] { return append(pte::KernelTypes::Int, pte::CreateInt(builder_, value)); });
}

int32_t ValueTable::real(double value) {
  return shared(key_of('f', std::vector{value}),
                [&] { return append(pte::KernelTypes::Double, pte::CreateDouble(builder_, value)); });
}

int32_t ValueTable::boolean(bool value) {
  return shared(value ? "true" : "false",
                [&] { return append(pte::KernelTypes::Bool, pte::CreateBool(builder_, value)); });
}

int32_t ValueTable::string(const std::string& value) {
  return shared("s" + value, [&] {
    const auto text = builder_.CreateString(value);
    return append(pte::KernelTypes::String, pte::CreateString(builder_, text));
  });
}

int32_t ValueTable::int_list(const std::vector<int32_t>& items) {
  return shared(key_of('I', items), [&] {
    const auto list = builder_.CreateVector(std::vector<int64_t>(items.begin(), items.end()));
    return append(pte::KernelTypes::IntList, pte::CreateIntList(builder_, list));
  });
}

int32_t ValueTable::double_list(const std::vector<double>& items) {
  return shared(key_of('D', items), [&] {
    const auto list = builder_.CreateVector(items);
    return append(pte::KernelTypes::DoubleList, pte::CreateDoubleList(builder_, list));
  });
}

int32_t ValueTable::bool_list(const std::vector<bool>& items) {
  return shared(key_of('B', items), [&] {
    const auto list = builder_.CreateVector(std::vector<uint8_t>(items.begin(), items.end()));
    return append(pte::KernelTypes::BoolList, pte::CreateBoolList(builder_, list));
  });
}

int32_t ValueTable::tensor_list(const std::vector<int32_t>& items) {
  return shared(key_of('T', items), [&] {
    const auto list = builder_.CreateVector(items);
    return append(pte::KernelTypes::TensorList, pte::CreateTensorList(builder_, list));
  });
}

int32_t ValueTable::optional_tensor_list(const std::vector<int32_t>& items) {
  return shared(key_of('O', items), [&] {
    const auto list = builder_.CreateVector(items);
    return append(pte::KernelTypes::OptionalTensorList, pte::CreateOptionalTensorList(builder_, list));
  });
}

int32_t ValueTable::computed_integer() {
  return append(pte::KernelTypes::Int, pte::CreateInt(builder_, int64_t{0}));
}

}  // namespace ingot::compiler
