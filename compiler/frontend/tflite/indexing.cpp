// Operators that pick elements by index. Indices count from the front; a constant one outside is the file's fault, a
// computed one an error when the program runs.
#include <algorithm>
#include <utility>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// The indices as a list of int64, and their shape.
struct Indices {
  Value* list = nullptr;
  Shape shape;
};

Result<Indices> read_indices(Conversion& c, size_t i, const Dim& size) {
  Indices indices{nullptr, INGOT_TRY(c.shape(i))};
  Value* value = INGOT_TRY(c.filed(i));
  if (value->type.dtype != DType::int32 && value->type.dtype != DType::int64)
    return fail(ErrorCode::invalid_file, "its indices are %s", to_string(value->type.dtype));
  if (value->is_constant()) {
    for (const int64_t index : INGOT_TRY(c.constant_integers(i, "the indices"))) {
      if (index < 0 || index >= size.min())
        return fail(ErrorCode::invalid_file, "index %lld along an axis of %s", static_cast<long long>(index),
                    size.str().c_str());
    }
  }
  value = INGOT_TRY(c.view(value, {numel(indices.shape)}));
  indices.list = INGOT_TRY(c.cast(value, DType::int64));
  return indices;
}

// x with the indices' axes in the place of one.
Result<void> give_gathered(Conversion& c, size_t x_input, size_t indices_input, size_t axis) {
  const Indices indices = INGOT_TRY(read_indices(c, indices_input, INGOT_TRY(c.shape(x_input))[axis]));
  Value* x = INGOT_TRY(c.filed(x_input));
  Shape shape = x->type.shape;
  Value* picked = INGOT_TRY(c.call("aten::index_select", {x, static_cast<int64_t>(axis), indices.list}));
  const auto place = shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(place, indices.shape.begin(), indices.shape.end());
  if (picked->type.shape == shape) return c.give(picked);
  picked = INGOT_TRY(c.rounded_as_input(x_input, picked));
  return c.give(INGOT_TRY(c.view(picked, shape)));
}

}  // namespace

Result<void> convert_gather(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::GatherOptions>());
  if (options.batch_dims != 0) return fail(ErrorCode::not_supported, "batch_dims %d", options.batch_dims);
  return give_gathered(c, 0, 1, INGOT_TRY(Calls::axis(options.axis, INGOT_TRY(c.rank(0)))));
}

// Operands: indices, table.
Result<void> convert_embedding_lookup(Conversion& c) {
  if (INGOT_TRY(c.rank(1)) == 0) return fail(ErrorCode::invalid_file, "its table is a scalar");
  return give_gathered(c, 1, 0, 0);
}

// The last axis of the indices says where along the first axes of x.
Result<void> convert_gather_nd(Conversion& c) {
  Value* x = INGOT_TRY(c.filed(0));
  Value* indices = INGOT_TRY(c.cast(INGOT_TRY(c.filed(1)), DType::int64));
  const Shape& shape = indices->type.shape;
  if (shape.empty() || !shape.back().is_static() || shape.back().value() < 1 ||
      std::cmp_greater(shape.back().value(), x->type.rank()))
    return fail(ErrorCode::invalid_file, "indices %s into %s", to_string(shape).c_str(),
                to_string(x->type.shape).c_str());
  std::vector<Value*> at;
  const auto last = static_cast<int64_t>(shape.size()) - 1;
  for (int64_t i = 0; i < shape.back().value(); ++i) {
    at.push_back(INGOT_TRY(c.call("aten::select_copy.int", {indices, last, i})));
  }
  return c.give(INGOT_TRY(c.call("aten::index.Tensor", {x, at})));
}

// Operands: indices, depth, the values where they meet and where not.
Result<void> convert_one_hot(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::OneHotOptions>());
  const int64_t depth = INGOT_TRY(c.constant_integer(1, "the depth"));
  if (depth < 0) return fail(ErrorCode::invalid_file, "a depth of %lld", static_cast<long long>(depth));
  INGOT_TRY_VOID(Calls::check_made_up(depth));
  Shape shape = INGOT_TRY(c.shape(0));
  const size_t axis = INGOT_TRY(Calls::axis(options.axis, shape.size() + 1));
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
  Value* indices = INGOT_TRY(c.view(INGOT_TRY(c.cast(INGOT_TRY(c.filed(0)), DType::int64)), shape));
  std::vector<int64_t> numbers(static_cast<size_t>(depth)), sizes(shape.size(), 1);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  sizes[axis] = depth;
  Value* met = INGOT_TRY(c.call("aten::eq.Tensor", {indices, c.builder().constant_i64("depth", sizes, numbers)}));
  Value* on = INGOT_TRY(c.view(INGOT_TRY(c.filed(2)), Shape()));
  Value* off = INGOT_TRY(c.view(INGOT_TRY(c.filed(3)), Shape()));
  return c.give(INGOT_TRY(c.call("aten::where.self", {met, on, off})));
}

// Along the last axis, the largest first.
Result<void> convert_top_k(Conversion& c) {
  const int64_t count = INGOT_TRY(c.constant_integer(1, "how many"));
  Value* x = INGOT_TRY(c.filed(0));
  if (x->type.rank() == 0) return fail(ErrorCode::invalid_file, "its input is a scalar");
  const Node* node = INGOT_TRY(c.builder().node("aten::topk", {x, count}));
  INGOT_TRY_VOID(c.give(0, node->output(0)));
  if (c.num_outputs() < 2) return {};
  return c.give(1, INGOT_TRY(c.cast(node->output(1), INGOT_TRY(c.output(1))->dtype)));
}

}  // namespace ingot::compiler::tflite_import
