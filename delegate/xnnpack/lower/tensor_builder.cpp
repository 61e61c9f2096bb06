#include "delegate/xnnpack/lower/tensor_builder.h"

#include <algorithm>

#include "delegate/xnnpack/lower/reorder.h"

namespace ingot::xnnpack::lowering {
namespace {

std::vector<uint32_t> wire_dims(const Sizes& shape) {
  return {shape.begin(), shape.end()};
}

}  // namespace

TensorBuilder::TensorBuilder(bool trial)
    : trial_(trial), writer_(trial ? PayloadWriter::Names::by_number : PayloadWriter::Names::by_content) {}

void TensorBuilder::set_source(const std::string& source) {
  if (source.empty()) {
    debug_handle_ = 0;
    return;
  }
  if (debug_names_.empty() || debug_names_.back() != source) debug_names_.push_back(source);
  debug_handle_ = static_cast<uint32_t>(debug_names_.size());
}

uint32_t TensorBuilder::added(uint32_t id, const Sizes& shape, Role role) {
  shapes_.resize(std::max<size_t>(shapes_.size(), id + 1));
  roles_.resize(shapes_.size());
  shapes_[id] = shape;
  roles_[id] = role;
  return id;
}

uint32_t TensorBuilder::add_internal(const ElementType& type, const Sizes& shape) {
  return added(writer_.add_internal(type, wire_dims(shape)), shape, Role::computed);
}

Tensor& TensorBuilder::input(uint32_t external_id, const Sizes& sizes, const Order& order, const ElementType& type) {
  Tensor& tensor = tensors_.emplace_back();
  tensor.sizes = sizes;
  tensor.type = type;
  const Sizes shape = physical(sizes, order);
  const uint32_t id = added(writer_.add_input(external_id, tensor.type, wire_dims(shape)), shape, Role::external);
  tensor.stored.push_back({id, shape, order});
  return tensor;
}

Tensor& TensorBuilder::constant(const Sizes& sizes, const Order& order, Bytes data, const ElementType& type) {
  Tensor& tensor = tensors_.emplace_back();
  tensor.sizes = sizes;
  tensor.type = type;
  tensor.data = std::move(data);
  tensor.data_order = order;
  return tensor;
}

Tensor& TensorBuilder::constant(const Sizes& sizes, const std::vector<float>& values) {
  return constant(sizes, identity(sizes.size()), Bytes::copy_of(std::as_bytes(std::span(values))));
}

void TensorBuilder::compute_in(const std::optional<ElementType>& type) {
  computes_in_ = type;
  computed_ = false;
}

Tensor& TensorBuilder::of(const ElementType& type, const Sizes& sizes, const Order& order, const Sizes& shape) {
  Tensor& tensor = tensors_.emplace_back();
  tensor.sizes = sizes;
  tensor.type = type;
  tensor.stored.push_back({add_internal(type, shape), shape, order});
  return tensor;
}

Tensor& TensorBuilder::computed(const Sizes& sizes, const Order& order, const Sizes& shape) {
  const ElementType type = computes_in_.value_or(ElementType{});
  ambiguous_ = ambiguous_ || !computes_in_ || (computed_ && !is_float(type));
  computed_ = true;
  return of(type, sizes, order, shape);
}

Tensor& TensorBuilder::convert(Tensor& tensor, const ElementType& type) {
  const Order order = tensor.is_constant() ? tensor.data_order : preferred(tensor).order;
  if (!type.per_token) return convert(tensor, type, order);
  // What gets a scale each lies innermost: rows, or whole images.
  const bool images = type.per_token->nonbatch_dims > 1;
  return convert(tensor, type, images ? channels_last(tensor.rank()) : move_last(order, tensor.rank() - 1));
}

Tensor& TensorBuilder::convert(Tensor& tensor, const ElementType& type, const Order& order) {
  if (same_type(tensor.type, type)) return tensor;
  for (Tensor* known : tensor.converted) {
    if (same_type(known->type, type)) return *known;
  }
  Tensor* result = nullptr;
  if (tensor.is_constant()) {
    result = &constant(tensor.sizes, tensor.data_order, converted_constant(tensor, type), type);
  } else if (!converts_directly(tensor.type, type)) {
    result = &convert(to_float(tensor), type, order);
  } else {
    wire::Node1x1T convert;
    convert.input_id = in_order(tensor, order);
    const Sizes shape = shapes_[convert.input_id];
    result = &of(type, tensor.sizes, order, shape);
    convert.output_id = id(*result);
    node(wire::NodeUnion::Convert, convert);
    if (type.per_token) result->converted.push_back(&tensor);
  }
  tensor.converted.push_back(result);
  return *result;
}

uint32_t TensorBuilder::in_order(Tensor& tensor, const Order& order) {
  for (const Stored& stored : tensor.stored) {
    if (same_memory(tensor.sizes, stored.order, order)) return stored.id;
  }
  return get(tensor, order);
}

Bytes TensorBuilder::converted_constant(const Tensor& tensor, const ElementType& type) const {
  constexpr int64_t kSmall = int64_t{1} << 16;
  if (trial_ && numel(tensor.sizes) > kSmall) {  // weights: nothing reads them
    std::byte* unused = nullptr;
    return Bytes::allocate(static_cast<size_t>(numel(tensor.sizes)) * (is_float(type) ? sizeof(float) : 1), &unused);
  }
  return converted_elements({tensor.sizes, tensor.data_order, tensor.type, *tensor.data}, type);
}

ElementType TensorBuilder::per_channel(wire::DataType datatype, std::vector<float> scales, size_t dim) {
  const std::vector<float>& kept = scales_.emplace_back(std::move(scales));
  return ElementType::quantized(datatype, PerChannel{kept, static_cast<int32_t>(dim)});
}

ElementType TensorBuilder::per_group(std::vector<uint16_t> scales, size_t group_size) {
  const std::vector<uint16_t>& kept = group_scales_.emplace_back(std::move(scales));
  return ElementType::quantized(wire::DataType::qbint4, PerGroup{kept, static_cast<int32_t>(group_size)});
}

// A filter of [rows, columns] with a scale for each group of columns comes as [rows * groups, group] with a scale for
// each of its rows. XNNPACK takes it where its integers have 4 bits.
std::optional<ElementType> TensorBuilder::type_of_groups(const Tensor& tensor, const Sizes& sizes) {
  constexpr int64_t kLeastGroup = 32;
  const auto& channels = tensor.type.per_channel;
  if (!channels || channels->dim != 0 || tensor.rank() != 2 || sizes.size() != 2) return std::nullopt;
  const int64_t group = tensor.sizes[1];
  if (group % kLeastGroup != 0 || sizes[1] % group != 0) return std::nullopt;
  if (!same_memory(tensor.sizes, tensor.data_order, identity(2))) return std::nullopt;
  const auto codes = tensor.data->as<int8_t>();
  if (!std::ranges::all_of(codes, [](int8_t code) { return code >= -8 && code <= 7; })) return std::nullopt;
  std::vector<uint16_t> scales;
  for (const float scale : channels->scales) {
    const auto stored = group_scale(scale);
    if (!stored) return std::nullopt;
    scales.push_back(*stored);
  }
  return per_group(std::move(scales), static_cast<size_t>(group));
}

void TensorBuilder::output(Tensor& numbers, const ElementType& type, uint32_t external_id, const Order& order) {
  Tensor& tensor = convert(numbers, type, order);  // integers are moved before they become floats, which are larger
  const uint32_t from = get(tensor, order);
  if (roles_[from] == Role::computed) {
    writer_.make_output(from, external_id);
    roles_[from] = Role::external;
    return;
  }
  // An input, a constant, or already an output: this output gets a copy.
  const Sizes shape = shapes_[from];
  wire::Node1x1T copy;
  copy.input_id = from;
  copy.output_id = added(writer_.add_output(external_id, tensor.type, wire_dims(shape)), shape, Role::external);
  node(wire::NodeUnion::Copy, copy);
}

uint32_t TensorBuilder::get(Tensor& tensor, const Order& order) {
  const Sizes shape = physical(pad_front(tensor.sizes, order.size()), order);
  return get(tensor, drop_front(order, tensor.rank()), shape);
}

uint32_t TensorBuilder::get(Tensor& tensor, const Order& order, const Sizes& shape) {
  const Stored* same = nullptr;
  for (const Stored& stored : tensor.stored) {
    if (!same_memory(tensor.sizes, stored.order, order)) continue;
    if (stored.shape == shape) return stored.id;
    if (same == nullptr) same = &stored;
  }
  if (tensor.is_constant()) return constant_in(tensor, order, shape);
  if (same != nullptr) return reshaped(tensor, *same, shape);
  const uint32_t moved = transposed(tensor, order);
  return shapes_[moved] == shape ? moved : reshaped(tensor, tensor.stored.back(), shape);
}

uint32_t TensorBuilder::reshaped(Tensor& tensor, const Stored& stored, const Sizes& shape) {
  uint32_t& id = reshapes_.try_emplace({stored.id, shape}, kNoId).first->second;
  if (id == kNoId) {
    id = add_internal(tensor.type, shape);
    wire::NodeStaticReshapeT reshape;
    reshape.num_dims = static_cast<uint32_t>(shape.size());
    reshape.new_shape = wire_dims(shape);
    reshape.input_id = stored.id;
    reshape.output_id = id;
    node(wire::NodeUnion::StaticReshape, reshape);
  }
  tensor.stored.push_back({id, shape, Order(stored.order)});
  return id;
}

uint32_t TensorBuilder::transposed(Tensor& tensor, const Order& order) {
  const Order from = preferred(tensor).order;
  const uint32_t input = get(tensor, from);
  const Sizes shape = physical(tensor.sizes, order);
  const std::vector<uint32_t> permutation = transposition(from, order);
  uint32_t& id = transposes_.try_emplace({input, permutation}, kNoId).first->second;
  if (id == kNoId) {
    id = add_internal(tensor.type, shape);
    wire::NodeStaticTransposeT transpose;
    transpose.num_dims = static_cast<uint32_t>(order.size());
    transpose.perm = permutation;
    transpose.input_id = input;
    transpose.output_id = id;
    node(wire::NodeUnion::StaticTranspose, transpose);
  }
  tensor.stored.push_back({id, shape, order});
  return id;
}

uint32_t TensorBuilder::constant_in(Tensor& tensor, const Order& order, const Sizes& shape) {
  Bytes bytes = *tensor.data;
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.span().data()) % 16 == 0;
  if (!trial_ && !same_memory(tensor.sizes, tensor.data_order, order)) {
    bytes = reordered(bytes, tensor.sizes, tensor.data_order, order);
  } else if (!aligned) {
    bytes = Bytes::copy_of(bytes.span());
  }
  ElementType type = tensor.type;
  if (type.per_group) bytes = packed_in_halves_of_bytes(bytes);
  owners_.push_back(bytes);
  if (are_halves(type, bytes, tensor.sizes)) {
    const auto halves = ElementType::plain(wire::DataType::fp16);
    const uint32_t id =
        expanded(added(writer_.add_constant(halves, wire_dims(shape), bytes.span()), shape, Role::constant), shape);
    tensor.stored.push_back({id, shape, order});
    return id;
  }
  if (type.per_channel) {  // the dimension's place in memory; one that nothing has where it was merged with others
    const auto dim = static_cast<size_t>(type.per_channel->dim);
    const auto place = dim_after_view(physical(tensor.sizes, order), shape, position_of(order, dim));
    type.per_channel->dim = place ? static_cast<int32_t>(*place) : -1;
  }
  const uint32_t id = added(writer_.add_constant(type, wire_dims(shape), bytes.span()), shape, Role::constant);
  tensor.stored.push_back({id, shape, order});
  return id;
}

// Floats of a constant that is kept in 16 bits: a node, which the delegate does when it loads the payload.
uint32_t TensorBuilder::expanded(uint32_t halves, const Sizes& shape) {
  wire::Node1x1T convert;
  convert.input_id = halves;
  convert.output_id = add_internal(ElementType{}, shape);
  node(wire::NodeUnion::Convert, convert);
  return convert.output_id;
}

const Stored& TensorBuilder::preferred(const Tensor& tensor) const {
  const Order images = channels_last(tensor.rank());
  for (const Stored& stored : tensor.stored) {
    if (tensor.rank() == 4 && same_memory(tensor.sizes, stored.order, images)) return stored;
  }
  return tensor.stored.front();
}

Order TensorBuilder::common_order(std::span<Tensor* const> tensors, size_t rank) const {
  std::vector<Tensor*> by_size(tensors.begin(), tensors.end());
  std::erase_if(by_size, [](const Tensor* tensor) { return tensor->is_constant(); });
  std::ranges::stable_sort(by_size, std::ranges::greater{}, [](const Tensor* tensor) { return numel(tensor->sizes); });
  std::vector<Order> candidates;
  for (const Tensor* tensor : by_size) {
    candidates.push_back(pad_front(preferred(*tensor).order, rank));
    for (const Stored& stored : tensor->stored) candidates.push_back(pad_front(stored.order, rank));
  }
  Order best = identity(rank);
  int64_t best_cost = -1;
  for (const Order& candidate : candidates) {
    int64_t cost = 0;
    for (const Tensor* tensor : by_size) {
      const Order order = drop_front(candidate, tensor->rank());
      const bool stored = std::ranges::any_of(
          tensor->stored, [&](const Stored& s) { return same_memory(tensor->sizes, s.order, order); });
      if (!stored) cost += numel(tensor->sizes);
    }
    if (best_cost >= 0 && cost >= best_cost) continue;
    best = candidate;
    best_cost = cost;
  }
  return best;
}

Tensor& TensorBuilder::view(Tensor& tensor, const Sizes& sizes) {
  if (tensor.sizes == sizes) return tensor;
  if (tensor.is_constant()) return view_of_constant(tensor, sizes);
  std::vector<Stored> aliases;
  for (const Stored& stored : tensor.stored) {
    const ReshapePlan plan = plan_reshape(tensor.sizes, sizes, stored.order);
    if (same_memory(tensor.sizes, plan.input, stored.order)) aliases.push_back({stored.id, stored.shape, plan.output});
  }
  if (aliases.empty()) {
    const ReshapePlan plan = plan_reshape(tensor.sizes, sizes, preferred(tensor).order);
    const uint32_t id = get(tensor, plan.input);
    aliases.push_back({id, shapes_[id], plan.output});
  }
  Tensor& result = tensors_.emplace_back();
  result.sizes = sizes;
  result.type = tensor.type;
  result.stored = std::move(aliases);
  return result;
}

Tensor& TensorBuilder::view_of_constant(Tensor& tensor, const Sizes& sizes) {
  ElementType type = tensor.type;
  if (type.per_channel) {
    const auto dim = dim_after_view(tensor.sizes, sizes, static_cast<size_t>(type.per_channel->dim));
    if (!dim) {
      if (const auto groups = type_of_groups(tensor, sizes)) {
        return constant(sizes, identity(sizes.size()), *tensor.data, *groups);
      }
      return view_of_constant(to_float(tensor), sizes);
    }
    type.per_channel->dim = static_cast<int32_t>(*dim);
  }
  if (type.per_group) return view_of_constant(to_float(tensor), sizes);
  const Order logical = identity(tensor.rank());
  const bool in_order = trial_ || same_memory(tensor.sizes, tensor.data_order, logical);
  Bytes data = in_order ? *tensor.data : reordered(*tensor.data, tensor.sizes, tensor.data_order, logical);
  return constant(sizes, identity(sizes.size()), std::move(data), type);
}

Tensor& TensorBuilder::permute(Tensor& tensor, const std::vector<int64_t>& dims) {
  Order renamed(tensor.rank());  // by dimension of the tensor, the result's
  for (size_t i = 0; i < dims.size(); ++i) renamed[static_cast<size_t>(dims[i])] = static_cast<uint8_t>(i);
  const auto rename = [&renamed](Order order) {
    for (uint8_t& dim : order) dim = renamed[dim];
    return order;
  };
  Tensor& result = tensors_.emplace_back();
  for (const int64_t dim : dims) result.sizes.push_back(tensor.sizes[static_cast<size_t>(dim)]);
  result.type = tensor.type;
  if (PerChannel* channels = result.type.per_channel ? &*result.type.per_channel : nullptr) {
    channels->dim = renamed[static_cast<size_t>(channels->dim)];
  }
  result.data = tensor.data;
  result.data_order = rename(tensor.data_order);
  for (const Stored& stored : tensor.stored) result.stored.push_back({stored.id, stored.shape, rename(stored.order)});
  return result;
}

TensorBuilder::Finished TensorBuilder::finish() && {
  return {std::move(writer_).finish(), std::move(owners_), std::move(shapes_)};
}

}  // namespace ingot::xnnpack::lowering
