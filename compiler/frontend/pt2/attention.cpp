// Scaled dot product attention.
#include <cmath>
#include <utility>
#include <vector>

#include "compiler/frontend/aten/products.h"
#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// Below any score, and finite: rows that are masked throughout stay numbers.
constexpr double kLowest = -1e30;
constexpr double kLowestOfHalf = -65504;

// Each head of keys or values as often as there are heads of queries for it.
Result<Value*> repeat_heads(Conversion& c, Value* x, const Value* query) {
  const size_t rank = x->type.rank();
  if (rank < 3) return x;
  const int64_t heads = INGOT_TRY(Calls::size(x, rank - 3));
  const int64_t wanted = INGOT_TRY(Calls::size(query, rank - 3));
  if (heads == wanted) return x;
  if (heads < 1 || wanted % heads != 0)
    return fail(ErrorCode::invalid_file, "%lld heads for %lld", static_cast<long long>(heads),
                static_cast<long long>(wanted));
  Shape shape = x->type.shape;
  shape.insert(shape.end() - 2, Dim(1));
  Value* apart = INGOT_TRY(c.view(x, shape));
  shape[rank - 2] = Dim(wanted / heads);
  Value* repeated = INGOT_TRY(c.expand(apart, shape));
  shape = x->type.shape;
  shape[rank - 3] = Dim(wanted);
  return c.view(repeated, shape);
}

// True where row i may look at column j <= i.
Result<Value*> causal_mask(Conversion& c, const Value* query, const Value* key) {
  const int64_t rows = INGOT_TRY(Calls::size(query, query->type.rank() - 2));
  const int64_t columns = INGOT_TRY(Calls::size(key, key->type.rank() - 2));
  INGOT_TRY_VOID(Calls::check_made_up(rows * columns));
  std::byte* flags = nullptr;
  Bytes bytes = Bytes::allocate(static_cast<size_t>(rows * columns), &flags);
  for (int64_t i = 0; i < rows * columns; ++i) flags[i] = std::byte(i % columns <= i / columns ? 1 : 0);
  return c.builder().constant("causal", {DType::boolean, to_shape({rows, columns}), {}}, std::move(bytes));
}

// The mask of bools, if there is one: given, or the causal one.
Result<Value*> mask_of(Conversion& c, const Value* query, const Value* key) {
  Value* given = c.tensor("attn_mask");
  if (!c.flag("is_causal")) return given;
  if (given != nullptr) return fail(ErrorCode::invalid_file, "a mask besides is_causal");
  return causal_mask(c, query, key);
}

}  // namespace

// softmax(Q K^T scale + mask) V
Result<Outputs> convert_attention(Conversion& c) {
  Value* query = INGOT_TRY(c.floats("query"));
  Value* key = INGOT_TRY(c.floats("key"));
  Value* value = INGOT_TRY(c.floats("value"));
  const size_t rank = query->type.rank();
  if (rank < 2 || key->type.rank() != rank || value->type.rank() != rank)
    return fail(ErrorCode::not_supported, "its inputs are %s, %s and %s", to_string(query->type).c_str(),
                to_string(key->type).c_str(), to_string(value->type).c_str());
  if (c.real("dropout_p") != 0) return fail(ErrorCode::not_supported, "it drops at random");
  if (c.flag("enable_gqa")) {
    key = INGOT_TRY(repeat_heads(c, key, query));
    value = INGOT_TRY(repeat_heads(c, value, query));
  }
  const int64_t width = INGOT_TRY(Calls::size(query, rank - 1));
  const double scale = c.is_none("scale") ? 1 / std::sqrt(static_cast<double>(width)) : c.real("scale");
  Value* mask = INGOT_TRY(mask_of(c, query, key));

  std::vector<int64_t> order;
  for (size_t i = 0; i < rank; ++i) order.push_back(static_cast<int64_t>(i));
  std::swap(order[rank - 1], order[rank - 2]);
  Value* scaled = INGOT_TRY(c.multiply(query, scale));
  Value* turned = INGOT_TRY(c.permute(key, order));
  Value* scores = INGOT_TRY(mat_mul(c, scaled, turned));
  const DType dtype = scores->type.dtype;
  const bool chooses = mask != nullptr && mask->type.dtype == DType::boolean;
  if (chooses) {
    Value* lowest = c.scalar(dtype, dtype == DType::float16 ? kLowestOfHalf : kLowest);
    scores = INGOT_TRY(c.call("aten::where.self", {mask, scores, lowest}));
  } else if (mask != nullptr) {
    scores = INGOT_TRY(c.call("aten::add.Tensor", {scores, INGOT_TRY(c.cast(mask, dtype))}));
  }
  Value* weights = INGOT_TRY(c.call("aten::_softmax", {scores, int64_t{-1}, false}));
  // A row that may look at nothing gives zeros. Under a causal mask there is none.
  if (chooses && !c.flag("is_causal"))
    weights = INGOT_TRY(c.call("aten::where.self", {mask, weights, c.scalar(dtype, 0)}));
  return mat_mul(c, weights, value);
}

}  // namespace ingot::compiler::pt2
