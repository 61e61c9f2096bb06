// Joining, cutting, repeating and reordering along dimensions: elements are copied, never computed.
#include <algorithm>
#include <limits>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

// Results of a list: a model with more is refused rather than believed.
constexpr int64_t kMaxOutputs = 65536;

Result<Types> cat(const Call& call) {
  const std::vector<const TensorType*> tensors = call.tensors("tensors");
  // A tensor of shape [0] is left out, whatever the rank of the others.
  const auto counts = [](const TensorType* type) { return !(type->rank() == 1 && type->shape[0] == Dim(0)); };
  if (tensors.empty()) return call.wrong("tensors", "is empty");
  const auto first = std::ranges::find_if(tensors, counts);
  TensorType type = first == tensors.end() ? *tensors[0] : **first;
  if (type.rank() == 0) return call.wrong("tensors", "a tensor of rank 0 cannot be joined");
  const size_t axis = INGOT_TRY(call.axis("dim", type.rank()));
  Dim size = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorType& part = *tensors[i];
    INGOT_TRY_VOID(require_dtype(call, "tensors", part, type.dtype));
    if (!counts(&part)) continue;
    bool fits = part.rank() == type.rank();
    for (size_t d = 0; fits && d < part.rank(); ++d) fits = d == axis || !differ(part.shape[d], type.shape[d]);
    if (!fits) {
      return call.wrong("tensors", "element %zu of shape %s does not fit %s but for dimension %zu", i,
                        to_string(part.shape).c_str(), to_string(type.shape).c_str(), axis);
    }
    if (part.dim_order != type.dim_order) type.dim_order.clear();
    size = size + part.shape[axis];
  }
  type.shape[axis] = size;
  return Types{std::move(type)};
}

Result<Types> stack(const Call& call) {
  const std::vector<const TensorType*> tensors = call.tensors("tensors");
  if (tensors.empty()) return call.wrong("tensors", "is empty");
  TensorType type{tensors[0]->dtype, tensors[0]->shape, {}};
  const size_t axis = INGOT_TRY(call.axis("dim", type.rank() + 1));
  for (size_t i = 0; i < tensors.size(); ++i) {
    INGOT_TRY_VOID(require_dtype(call, "tensors", *tensors[i], type.dtype));
    if (tensors[i]->shape != type.shape) {
      return call.wrong("tensors", "element %zu has shape %s, expected %s", i, to_string(tensors[i]->shape).c_str(),
                        to_string(type.shape).c_str());
    }
  }
  type.shape.insert(type.shape.begin() + static_cast<ptrdiff_t>(axis), Dim(static_cast<int64_t>(tensors.size())));
  return Types{std::move(type)};
}

Result<size_t> axis_of_some(const Call& call, const TensorType& self) {
  if (self.rank() == 0) return call.wrong("self", "has rank 0, expected at least 1");
  return call.axis("dim", self.rank());
}

Result<Types> split(const Call& call) {
  const TensorType& self = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, self));
  const Dim size = self.shape[axis];
  const Dim part = call.dim("split_size");
  if (part.max() < 0 || (part == Dim(0) && differ(size, 0))) {
    return call.wrong("split_size", "expected a positive size, found %s", part.str().c_str());
  }
  const Dim count = part == Dim(0) ? Dim(1) : max(ceil_div(size, part), 1);
  if (!count.is_static() || count.value() > kMaxOutputs) {
    return call.wrong("split_size", "cuts %s into %s parts, which must be a known number up to %lld",
                      size.str().c_str(), count.str().c_str(), static_cast<long long>(kMaxOutputs));
  }
  Types types;
  for (int64_t i = 0; i < count.value(); ++i) {
    types.push_back({self.dtype, self.shape, {}});
    types.back().shape[axis] = i + 1 < count.value() ? part : size - part * Dim(count.value() - 1);
  }
  return types;
}

Result<Types> split_with_sizes(const Call& call) {
  const TensorType& self = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, self));
  const Shape sizes = call.shape("split_sizes");
  Types types;
  Dim sum = 0;
  for (const Dim& size : sizes) {
    if (size.max() < 0) return call.wrong("split_sizes", "%s is negative", size.str().c_str());
    sum = sum + size;
    types.push_back({self.dtype, self.shape, {}});
    types.back().shape[axis] = size;
  }
  if (differ(sum, self.shape[axis])) {
    return call.wrong("split_sizes", "sum up to %s, expected %s", sum.str().c_str(), self.shape[axis].str().c_str());
  }
  return types;
}

Result<Types> unbind(const Call& call) {
  const TensorType& self = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, self));
  const Dim count = self.shape[axis];
  if (!count.is_static() || count.value() > kMaxOutputs) {
    return call.wrong("dim", "dimension %zu of %s must be a known number up to %lld", axis,
                      to_string(self.shape).c_str(), static_cast<long long>(kMaxOutputs));
  }
  TensorType type{self.dtype, self.shape, {}};
  type.shape.erase(type.shape.begin() + static_cast<ptrdiff_t>(axis));
  return Types(static_cast<size_t>(count.value()), type);
}

// A bound of a slice inside [0, size]: negative ones are counted from the end.
Result<Dim> slice_bound(const Call& call, const char* arg, const Dim& otherwise, const Dim& size) {
  if (!call.has(arg)) return otherwise;
  const Dim bound = call.dim(arg);
  if (bound.min() >= 0) return min(bound, size);
  if (bound.max() < 0) return max(bound + size, 0);
  return call.wrong(arg, "%s may be negative or not", bound.str().c_str());
}

// The size along the axis of slice_copy and its like.
Result<Dim> slice_length(const Call& call, const Dim& size) {
  const Dim step = call.dim("step");
  if (!step.is_static() || step.value() < 1) {
    return call.wrong("step", "expected a positive number, found %s", step.str().c_str());
  }
  const Dim start = INGOT_TRY(slice_bound(call, "start", 0, size));
  const Dim end = INGOT_TRY(slice_bound(call, "end", size, size));
  // A step beyond the whole takes one element; this also keeps the sums below small.
  const Dim length = max(end - start, 0);
  return step.value() > std::numeric_limits<int32_t>::max() ? min(length, 1) : ceil_div(length, step);
}

Result<Types> slice(const Call& call) {
  TensorType type = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, type));
  type.shape[axis] = INGOT_TRY(slice_length(call, type.shape[axis]));
  return Types{std::move(type)};
}

Result<Types> slice_scatter(const Call& call) {
  const TensorType& self = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, self));
  Shape shape = self.shape;
  shape[axis] = INGOT_TRY(slice_length(call, shape[axis]));
  INGOT_TRY_VOID(require_dtype(call, "src", call.tensor("src"), self.dtype));
  if (call.tensor("src").shape != shape) {
    return call.wrong("src", "expected shape %s, found %s", to_string(shape).c_str(),
                      to_string(call.tensor("src").shape).c_str());
  }
  return Types{self};
}

Result<Types> narrow(const Call& call) {
  TensorType type = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, type));
  const Dim start = call.dim("start");
  const Dim length = call.dim("length");
  const Dim size = type.shape[axis];
  if ((start - size).min() > 0 || (start + size).max() < 0) {
    return call.wrong("start", "%s is outside dimension %zu of %s", start.str().c_str(), axis,
                      to_string(type.shape).c_str());
  }
  const Dim end = (start.max() < 0 ? start + size : start) + length;
  if (length.max() < 0 || (end - size).min() > 0) {
    return call.wrong("length", "%s from %s on leads out of dimension %zu of %s", length.str().c_str(),
                      start.str().c_str(), axis, to_string(type.shape).c_str());
  }
  type.shape[axis] = length;
  return Types{std::move(type)};
}

// A dimension of windows takes the place of the one they slide along, and their elements come last.
Result<Types> unfold(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  const size_t axis = INGOT_TRY(call.axis("dimension", type.rank()));
  const int64_t size = call.integer("size");
  const int64_t step = call.integer("step");
  if (step < 1) return call.wrong("step", "expected a positive number, found %lld", static_cast<long long>(step));
  const Dim whole = type.rank() == 0 ? Dim(1) : type.shape[axis];
  if (size < 0 || (Dim(size) - whole).min() > 0) {
    return call.wrong("size", "%lld is outside [0, %s]", static_cast<long long>(size), whole.str().c_str());
  }
  if (type.rank() > 0) type.shape[axis] = floor_div(whole - Dim(size), step) + Dim(1);
  type.shape.emplace_back(size);
  return Types{std::move(type)};
}

Result<Types> as_strided(const Call& call) {
  TensorType type{call.self().dtype, call.shape("size"), {}};
  const Shape strides = call.shape("stride");
  const Dim offset = call.has("storage_offset") ? call.dim("storage_offset") : Dim(0);
  if (strides.size() != type.rank()) {
    return call.wrong("stride", "has %zu values, expected one for each of %zu sizes", strides.size(), type.rank());
  }
  bool fits = offset.max() >= 0;
  Dim last = offset;
  for (size_t i = 0; i < type.rank(); ++i) {
    if (type.shape[i].max() < 0) return call.wrong("size", "%s is negative", type.shape[i].str().c_str());
    fits = fits && strides[i].max() >= 0;
    last = last + max(type.shape[i] - Dim(1), 0) * strides[i];
  }
  const bool empty = numel(type.shape) == Dim(0);
  if (!fits || (!empty && (last - numel(call.self().shape)).min() >= 0)) {
    return call.wrong("size", "%s with strides %s from %s on leads out of %s", to_string(type.shape).c_str(),
                      to_string(strides).c_str(), offset.str().c_str(), to_string(call.self().shape).c_str());
  }
  return Types{std::move(type)};
}

Result<TensorType> selected(const Call& call) {
  const TensorType& self = call.self();
  const size_t axis = INGOT_TRY(axis_of_some(call, self));
  const Dim index = call.dim("index");
  const Dim size = self.shape[axis];
  if ((index - size).min() >= 0 || (index + size).max() < 0) {
    return call.wrong("index", "%s is outside dimension %zu of %s", index.str().c_str(), axis,
                      to_string(self.shape).c_str());
  }
  TensorType type{self.dtype, self.shape, {}};
  type.shape.erase(type.shape.begin() + static_cast<ptrdiff_t>(axis));
  return type;
}

Result<Types> select(const Call& call) {
  return Types{INGOT_TRY(selected(call))};
}

Result<Types> select_scatter(const Call& call) {
  const TensorType type = INGOT_TRY(selected(call));
  INGOT_TRY_VOID(require_dtype(call, "src", call.tensor("src"), type.dtype));
  if (call.tensor("src").shape != type.shape) {
    return call.wrong("src", "expected shape %s, found %s", to_string(type.shape).c_str(),
                      to_string(call.tensor("src").shape).c_str());
  }
  return Types{call.self()};
}

Result<Types> repeat(const Call& call) {
  const TensorType& self = call.self();
  const Shape repeats = call.shape("repeats");
  if (repeats.size() < self.rank()) {
    return call.wrong("repeats", "has %zu values, expected at least one for each dimension of %s", repeats.size(),
                      to_string(self.shape).c_str());
  }
  TensorType type{self.dtype, repeats, {}};
  const size_t added = repeats.size() - self.rank();
  for (size_t i = 0; i < repeats.size(); ++i) {
    if (repeats[i].max() < 0) return call.wrong("repeats", "%s is negative", repeats[i].str().c_str());
    if (i >= added) type.shape[i] = type.shape[i] * self.shape[i - added];
  }
  return Types{std::move(type)};
}

Result<Types> flip(const Call& call) {
  INGOT_TRY(call.axes("dims", call.self().rank(), false));
  return Types{call.self()};
}

Result<Types> roll(const Call& call) {
  const Shape shifts = call.shape("shifts");
  const std::vector<int64_t> dims = INGOT_TRY(call.ints("dims"));
  if (dims.empty() ? shifts.size() != 1 : shifts.size() != dims.size()) {
    return call.wrong("shifts", "has %zu values, expected one for each of %zu dims", shifts.size(), dims.size());
  }
  for (const int64_t dim : dims) INGOT_TRY(call.axis("dims", dim, call.self().rank()));
  return Types{call.self()};
}

Result<Types> tril(const Call& call) {
  if (call.self().rank() < 2) {
    return call.wrong("self", "expected rank 2 or more, found %s", to_string(call.self().shape).c_str());
  }
  return Types{call.self()};
}

Result<Types> diagonal(const Call& call) {
  const TensorType& self = call.self();
  const size_t first = INGOT_TRY(call.axis("dim1", self.rank()));
  const size_t second = INGOT_TRY(call.axis("dim2", self.rank()));
  if (self.rank() < 2 || first == second) return call.wrong("dim2", "names the same dimension as 'dim1'");
  const int64_t offset = std::clamp<int64_t>(call.integer("offset"), -INT32_MAX, INT32_MAX);
  const Dim rows = self.shape[first] + Dim(std::min<int64_t>(offset, 0));
  const Dim columns = self.shape[second] - Dim(std::max<int64_t>(offset, 0));
  TensorType type{self.dtype, {}, {}};
  for (size_t i = 0; i < self.rank(); ++i) {
    if (i != first && i != second) type.shape.push_back(self.shape[i]);
  }
  type.shape.push_back(max(min(rows, columns), 0));
  return Types{std::move(type)};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::cat", cat},
    {"aten::stack", stack},
    {"aten::split_copy.Tensor", split},
    {"aten::split_with_sizes_copy", split_with_sizes},
    {"aten::unbind_copy.int", unbind},
    {"aten::slice_copy.Tensor", slice},
    {"aten::narrow_copy", narrow},
    {"aten::unfold_copy", unfold},
    {"aten::as_strided_copy", as_strided},
    {"aten::slice_scatter", slice_scatter},
    {"aten::select_copy.int", select},
    {"aten::select_scatter", select_scatter},
    {"aten::repeat", repeat},
    {"aten::flip", flip},
    {"aten::roll", roll},
    {"aten::tril", tril},
    {"aten::diagonal_copy", diagonal},
};

}  // namespace

std::span<const NamedShapeRule> movement_rules() {
  return kRules;
}

}  // namespace ingot::compiler
