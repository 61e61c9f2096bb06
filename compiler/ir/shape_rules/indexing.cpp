// Picking and placing elements by index tensors.
#include <algorithm>
#include <cstdint>

#include "compiler/ir/constants.h"
#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<Types> index_select(const Call& call) {
  const TensorType& index = call.tensor("index");
  INGOT_TRY_VOID(require_index(call, "index", index));
  if (index.rank() > 1) return call.wrong("index", "expected rank 0 or 1, found %s", to_string(index.shape).c_str());
  TensorType type = call.self();
  const size_t axis = INGOT_TRY(call.axis("dim", type.rank()));
  if (type.rank() == 0) {
    if (differ(numel(index.shape), 1)) return call.wrong("index", "expected one element for a 'self' of rank 0");
    return Types{std::move(type)};
  }
  type.shape[axis] = numel(index.shape);
  return Types{std::move(type)};
}

// The shape of self[indices]: where the index tensors stand side by side their broadcast shape takes their place, else
// it comes first.
Result<Shape> indexed_shape(const Call& call) {
  const TensorType& self = call.self();
  const std::vector<const TensorType*> indices = call.tensors("indices");
  if (indices.size() > self.rank()) {
    return call.wrong("indices", "has %zu elements for a tensor of rank %zu", indices.size(), self.rank());
  }
  Shape picked;
  size_t first = indices.size();
  size_t last = 0;
  size_t count = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] == nullptr) continue;
    if (indices[i]->dtype == DType::boolean || indices[i]->dtype == DType::uint8) {
      return call.wrong("indices", "element %zu is a mask: the result's size would depend on its values", i);
    }
    INGOT_TRY_VOID(require_index(call, "indices", *indices[i]));
    picked = INGOT_TRY(broadcast(call, "indices", picked, indices[i]->shape));
    first = std::min(first, i);
    last = i;
    ++count;
  }
  if (count == 0) return call.wrong("indices", "holds no tensor");
  const bool adjacent = last - first + 1 == count;
  Shape shape;
  if (!adjacent) shape = picked;
  for (size_t i = 0; i < self.rank(); ++i) {
    if (adjacent && i == first) shape.insert(shape.end(), picked.begin(), picked.end());
    if (i >= indices.size() || indices[i] == nullptr) shape.push_back(self.shape[i]);
  }
  return shape;
}

Result<Types> index(const Call& call) {
  return Types{{call.self().dtype, INGOT_TRY(indexed_shape(call)), {}}};
}

bool has_mask(const Call& call) {
  return std::ranges::any_of(call.tensors("indices"), [](const TensorType* index) {
    return index != nullptr && (index->dtype == DType::boolean || index->dtype == DType::uint8);
  });
}

Result<Types> index_put(const Call& call) {
  const TensorType& values = call.tensor("values");
  INGOT_TRY_VOID(require_dtype(call, "values", values, call.self().dtype));
  // How many values a mask takes depends on what it holds; the result is as large as 'self' all the same.
  if (has_mask(call)) return Types{call.self()};
  const Shape shape = INGOT_TRY(indexed_shape(call));
  if (INGOT_TRY(broadcast(call, "values", shape, values.shape)) != shape) {
    return call.wrong("values", "shape %s does not broadcast into %s", to_string(values.shape).c_str(),
                      to_string(shape).c_str());
  }
  return Types{call.self()};
}

// An index of self's rank that is nowhere larger than `bound`, but for the axis where `free_axis` is set.
Result<void> check_index_shape(const Call& call, const char* arg, const Shape& bound, size_t axis, bool free_axis) {
  const TensorType& index = call.tensor("index");
  bool fits = std::max<size_t>(index.rank(), 1) == std::max<size_t>(bound.size(), 1);
  for (size_t i = 0; fits && i < std::min(index.rank(), bound.size()); ++i) {
    fits = (free_axis && i == axis) || (index.shape[i] - bound[i]).min() <= 0;
  }
  if (fits || numel(index.shape) == Dim(0)) return {};
  return call.wrong("index", "shape %s does not fit '%s' of %s", to_string(index.shape).c_str(), arg,
                    to_string(bound).c_str());
}

Result<Types> gather(const Call& call) {
  const TensorType& index = call.tensor("index");
  INGOT_TRY_VOID(require_dtype(call, "index", index, DType::int64));
  const size_t axis = INGOT_TRY(call.axis("dim", call.self().rank()));
  INGOT_TRY_VOID(check_index_shape(call, "self", call.self().shape, axis, true));
  return Types{{call.self().dtype, index.shape, {}}};
}

Result<Types> scatter_value(const Call& call) {
  INGOT_TRY_VOID(require_dtype(call, "index", call.tensor("index"), DType::int64));
  const size_t axis = INGOT_TRY(call.axis("dim", call.self().rank()));
  INGOT_TRY_VOID(check_index_shape(call, "self", call.self().shape, axis, true));
  return Types{call.self()};
}

Result<Types> scatter(const Call& call) {
  const TensorType& src = call.tensor("src");
  INGOT_TRY_VOID(require_dtype(call, "src", src, call.self().dtype));
  INGOT_TRY_VOID(check_index_shape(call, "src", src.shape, 0, false));
  return scatter_value(call);
}

Result<Types> embedding(const Call& call) {
  const TensorType& weight = call.tensor("weight");
  const TensorType& indices = call.tensor("indices");
  INGOT_TRY_VOID(require_index(call, "indices", indices));
  if (weight.rank() != 2) return call.wrong("weight", "expected rank 2, found %s", to_string(weight.shape).c_str());
  TensorType type{weight.dtype, indices.shape, {}};
  type.shape.push_back(weight.shape[1]);
  return Types{std::move(type)};
}

Result<Types> topk(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  const size_t axis = INGOT_TRY(call.axis("dim", type.rank()));
  const Dim k = call.dim("k");
  const Dim size = type.rank() == 0 ? Dim(1) : type.shape[axis];
  if (k.max() < 0 || (k - size).min() > 0) {
    return call.wrong("k", "%s is outside [0, %s]", k.str().c_str(), size.str().c_str());
  }
  if (type.rank() > 0) type.shape[axis] = k;
  TensorType indices = type;
  indices.dtype = DType::int64;
  return Types{std::move(type), std::move(indices)};
}

Result<Types> masked_scatter(const Call& call) {
  const TensorType& mask = call.tensor("mask");
  INGOT_TRY_VOID(require_dtype(call, "mask", mask, DType::boolean));
  INGOT_TRY_VOID(require_dtype(call, "source", call.tensor("source"), call.self().dtype));
  return Types{{call.self().dtype, INGOT_TRY(broadcast(call, "mask", call.self().shape, mask.shape)), {}}};
}

Result<Types> masked_select(const Call& call) {
  const TensorType& mask = call.tensor("mask");
  INGOT_TRY_VOID(require_dtype(call, "mask", mask, DType::boolean));
  const Shape shape = INGOT_TRY(broadcast(call, "mask", call.self().shape, mask.shape));
  return Types{{call.self().dtype, {found_size(call, {"self", "mask"}, numel(shape))}, {}}};
}

Result<Types> nonzero(const Call& call) {
  const auto rank = static_cast<int64_t>(call.self().rank());
  return Types{{DType::int64, {found_size(call, {"self"}, numel(call.self().shape)), rank}, {}}};
}

// The sum of the repeats, where it is given or where they are constants.
Result<Types> repeat_interleave(const Call& call) {
  const TensorType& repeats = call.self();
  INGOT_TRY_VOID(require_index(call, "repeats", repeats));
  if (repeats.rank() != 1) {
    return call.wrong("repeats", "expected rank 1, found %s", to_string(repeats.shape).c_str());
  }
  if (call.has("output_size")) return Types{{repeats.dtype, {call.dim("output_size")}, {}}};
  const Value* value = std::get<Value*>(call.arg("repeats"));
  if (!value->is_constant()) {
    return call.wrong("output_size", "is needed where 'repeats' is not constant: nothing else bounds the result");
  }
  Dim sum = 0;
  for (const double count : load_numbers(*value)) {
    if (!(count >= 0 && count <= INT32_MAX)) return call.wrong("repeats", "%g is negative or too many", count);
    sum = sum + Dim(static_cast<int64_t>(count));
  }
  return Types{{repeats.dtype, {sum}, {}}};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::index_select", index_select},
    {"aten::index.Tensor", index},
    {"aten::index_put", index_put},
    {"aten::gather", gather},
    {"aten::embedding", embedding},
    {"aten::scatter.src", scatter},
    {"aten::scatter.value", scatter_value},
    {"aten::scatter_add", scatter},
    {"aten::topk", topk},
    {"aten::masked_scatter", masked_scatter},
    {"aten::masked_select", masked_select},
    {"aten::nonzero", nonzero},
    {"aten::repeat_interleave.Tensor", repeat_interleave},
};

}  // namespace

std::span<const NamedShapeRule> indexing_rules() {
  return kRules;
}

}  // namespace ingot::compiler
