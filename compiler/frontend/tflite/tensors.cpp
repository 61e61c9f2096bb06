#include "compiler/frontend/tflite/tensors.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/ir/quantization.h"

namespace ingot::compiler::tflite_import {
namespace {

const std::vector<int64_t> kToImages(std::begin(kImageOfFiled), std::end(kImageOfFiled));
const std::vector<int64_t> kToFiled = {0, 2, 3, 1};
constexpr size_t kImageRank = 4;

std::vector<int64_t> identity(size_t rank) {
  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), int64_t{0});
  return order;
}

// Does a permutation leave every element where it is? It may move axes of size 1.
bool moves_nothing(const Shape& shape, const std::vector<int64_t>& order) {
  int64_t last = -1;
  for (const int64_t axis : order) {
    if (shape[static_cast<size_t>(axis)] == Dim(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

Result<Value*> permute(Builder& builder, Value* x, const std::vector<int64_t>& order) {
  if (std::ranges::is_sorted(order)) return x;
  if (!moves_nothing(x->type.shape, order)) return builder.call("aten::permute_copy", {x, order});
  Shape shape;
  for (const int64_t axis : order) shape.push_back(x->type.shape[static_cast<size_t>(axis)]);
  return builder.call("aten::view_copy", {x, shape});
}

}  // namespace

size_t axis_in(Axes axes, size_t filed_axis) {
  if (axes == Axes::filed) return filed_axis;
  return static_cast<size_t>(std::ranges::find(kImageOfFiled, static_cast<int64_t>(filed_axis)) - kImageOfFiled);
}

Result<const FileTensor*> Tensors::described(size_t index) {
  std::optional<FileTensor>& described = entries_[index].described;
  if (!described) described = INGOT_TRY(file_.tensor(index));
  return &*described;
}

Result<Value*> Tensors::quantized(const FileTensor& as, Value* real) {
  if (as.scales.size() != 1)
    return fail(ErrorCode::not_supported, "%s: it is computed, and has %zu scales", as.label.c_str(), as.scales.size());
  const IntegerRange range = *integer_range(as.dtype);
  return builder_.call("quantized_decomposed::quantize_per_tensor",
                       {real, as.scales[0], as.zero_points[0], range.min, range.max, as.dtype});
}

// `axis` is that of the integers along which scales change.
Result<Value*> Tensors::dequantized(const FileTensor& as, Value* integers, size_t axis) {
  const IntegerRange range = *integer_range(as.dtype);
  builder_.set_folding(false);  // weights stay integers
  const auto call = [&]() -> Result<Value*> {
    if (as.scales.size() == 1)
      return builder_.call("quantized_decomposed::dequantize_per_tensor",
                           {integers, as.scales[0], as.zero_points[0], range.min, range.max, as.dtype});
    const auto count = static_cast<int64_t>(as.scales.size());
    Value* scales = builder_.constant_f32("scales", {count}, {as.scales.begin(), as.scales.end()});
    Value* zeros = builder_.constant_i64("zero_points", {count}, as.zero_points);
    return builder_.call("quantized_decomposed::dequantize_per_channel",
                         {integers, scales, zeros, static_cast<int64_t>(axis), range.min, range.max, as.dtype});
  };
  Result<Value*> result = call();
  builder_.set_folding(true);
  return result;
}

Result<Value*> Tensors::rounded(const FileTensor& as, Value* real) {
  if (!as.is_quantized()) return real;
  return dequantized(as, INGOT_TRY(quantized(as, real)), 0);
}

Result<void> Tensors::add_input(size_t index, const std::string& name, std::vector<int64_t> sizes) {
  Entry& entry = entries_[index];
  FileTensor& tensor = *entry.described;
  tensor.sizes = std::move(sizes);
  Value* value = builder_.graph().add_input(name, tensor.type());
  entry.filed = tensor.is_quantized() ? INGOT_TRY(dequantized(tensor, value, 0)) : value;
  return {};
}

Result<void> Tensors::define(size_t index, Value* value, Axes axes) {
  const FileTensor& tensor = *INGOT_TRY(described(index));
  const DType dtype = tensor.is_quantized() ? DType::float32 : tensor.dtype;
  if (value->type.dtype != dtype)
    return fail(ErrorCode::invalid_file, "%s: the file says %s, computed are %s", tensor.label.c_str(),
                to_string(tensor.dtype), to_string(value->type.dtype));
  value = INGOT_TRY(rounded(tensor, value));
  Entry& entry = entries_[index];
  (axes == Axes::images ? entry.images : entry.filed) = value;
  entry.order = axes;
  return {};
}

Result<void> Tensors::define_as(size_t index, size_t other) {
  entries_[index].same_as = source_of(other);
  return {};
}

Result<void> Tensors::define_constant(size_t index, DType dtype, Bytes data) {
  INGOT_TRY(described(index));
  FileTensor& tensor = *entries_[index].described;
  tensor.dtype = dtype;
  tensor.data = std::move(data);
  return {};
}

Result<bool> Tensors::is_given(size_t index) {
  if (is_held(index) || entries_[index].same_as) return true;
  return INGOT_TRY(described(index))->data.has_value();
}

Result<bool> Tensors::has_value(size_t index) {
  if (is_held(source_of(index))) return true;
  const FileTensor& tensor = *INGOT_TRY(described(source_of(index)));
  if (tensor.data) return true;
  // Nothing to store: a list without elements is one all the same.
  return std::ranges::contains(tensor.sizes, 0) && tensor.sizes.size() == 1;
}

Result<const FileTensor*> Tensors::constant(size_t index) {
  const size_t source = source_of(index);
  const FileTensor* tensor = INGOT_TRY(described(source));
  if (!tensor->data && !is_held(source) && INGOT_TRY(has_value(source))) entries_[source].described->data = Bytes();
  return tensor->data ? tensor : nullptr;
}

// A constant of this shape, as many elements as its own, then permuted: done here, on the integers where there are any.
Result<Value*> Tensors::permuted_constant(const FileTensor& constant, const Shape& shape,
                                          const std::vector<int64_t>& order) {
  TensorType type = constant.type();
  if (type.shape != shape && constant.scales.size() > 1 && constant.is_quantized())
    return fail(ErrorCode::not_supported, "%s: scales along an axis, beside images", constant.label.c_str());
  type.shape = shape;
  Value* value = builder_.constant(constant.name.empty() ? "constant" : constant.name, type, *constant.data);
  value = INGOT_TRY(permute(builder_, value, order));
  if (!constant.is_quantized()) return value;
  const auto axis = std::ranges::find(order, static_cast<int64_t>(constant.axis)) - order.begin();
  return dequantized(constant, value, static_cast<size_t>(axis));
}

// Moving elements rounds nothing, but operators on integers want integers on both sides.
Result<Value*> Tensors::permuted_value(const FileTensor& as, Value* value, const std::vector<int64_t>& order) {
  Value* permuted = INGOT_TRY(permute(builder_, value, order));
  return permuted == value ? value : rounded(as, permuted);
}

Axes Tensors::order_of(size_t index) const {
  const Entry& entry = entries_[source_of(index)];
  return entry.images != nullptr ? Axes::images : Axes::filed;
}

Result<Value*> Tensors::get(size_t index, Axes axes) {
  Entry& entry = entries_[source_of(index)];
  Value*& wanted = axes == Axes::images ? entry.images : entry.filed;
  if (wanted != nullptr) return wanted;
  if (const FileTensor* stored = INGOT_TRY(constant(index))) {
    // Not kept as images: constants are no reason to compute on those.
    if (axes == Axes::images) return permuted_constant(*stored, stored->type().shape, kToImages);
    return wanted = INGOT_TRY(permuted_constant(*stored, stored->type().shape, identity(stored->sizes.size())));
  }
  Value* other = axes == Axes::images ? entry.filed : entry.images;
  if (other == nullptr) return fail(ErrorCode::internal, "%s has no value", file_.label(index).c_str());
  return wanted = INGOT_TRY(permuted_value(*entry.described, other, axes == Axes::images ? kToImages : kToFiled));
}

Result<Value*> Tensors::get_beside_images(size_t index) {
  const Shape own = INGOT_TRY(shape(index));
  if (own.size() >= kImageRank) return get(index, Axes::images);
  const bool single = std::ranges::all_of(own, [](const Dim& size) { return size == Dim(1); });
  if (single) return get(index, Axes::filed);
  Shape wide(kImageRank - own.size(), Dim(1));
  wide.insert(wide.end(), own.begin(), own.end());
  if (const FileTensor* stored = INGOT_TRY(constant(index))) return permuted_constant(*stored, wide, kToImages);
  const FileTensor& tensor = *INGOT_TRY(described(source_of(index)));
  Value* value = INGOT_TRY(get(index, Axes::filed));
  value = INGOT_TRY(rounded(tensor, INGOT_TRY(builder_.call("aten::view_copy", {value, wide}))));
  return permuted_value(tensor, value, kToImages);
}

Result<Value*> Tensors::get_permuted(size_t index, const std::vector<int64_t>& order) {
  if (const FileTensor* stored = INGOT_TRY(constant(index))) {
    return permuted_constant(*stored, stored->type().shape, order);
  }
  const FileTensor& tensor = *INGOT_TRY(described(source_of(index)));
  return permuted_value(tensor, INGOT_TRY(get(index, Axes::filed)), order);
}

Result<Value*> Tensors::get_stored(size_t index) {
  const FileTensor& tensor = *INGOT_TRY(described(index));
  Value* value = INGOT_TRY(get(index, Axes::filed));
  return tensor.is_quantized() ? value->producer->tensor(0) : value;
}

Result<Shape> Tensors::shape(size_t index) {
  const size_t source = source_of(index);
  const Entry& entry = entries_[source];
  if (entry.filed != nullptr) return entry.filed->type.shape;
  if (entry.images == nullptr) return INGOT_TRY(described(source))->type().shape;
  Shape shape;
  for (const int64_t axis : kToFiled) shape.push_back(entry.images->type.shape[static_cast<size_t>(axis)]);
  return shape;
}

}  // namespace ingot::compiler::tflite_import
