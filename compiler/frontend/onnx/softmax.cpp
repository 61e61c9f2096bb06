// Softmax, LogSoftmax and Hardmax. Before operator set 13 all three see their input as a matrix: the axes before `axis`
// are its rows, the others its columns. From then on they work along one axis.
#include <numeric>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Along {
  Value* x;     // the input, flattened where the axis covers several
  size_t axis;  // of x
};

Result<Along> along(Conversion& c) {
  Value* x = c.input(0);
  const size_t rank = x->type.rank();
  const bool flattens = c.opset() < 13;
  const int64_t given = INGOT_TRY(c.integer("axis", flattens ? 1 : -1));
  if (flattens && given == static_cast<int64_t>(rank)) {  // rows of one element
    Value* column = INGOT_TRY(c.view(x, {numel(x->type.shape), Dim(1)}));
    return Along{column, 1};
  }
  if (rank == 0) return fail(ErrorCode::not_supported, "of a scalar");
  const size_t axis = INGOT_TRY(Conversion::axis(given, rank));
  const Shape& shape = x->type.shape;
  bool single = true;  // is there but one column axis that is not 1?
  for (size_t i = axis + 1; i < rank; ++i) single = single && shape[i] == Dim(1);
  if (!flattens || single) return Along{x, axis};
  const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  Value* matrix = INGOT_TRY(c.view(x, {numel(Shape(shape.begin(), middle)), numel(Shape(middle, shape.end()))}));
  return Along{matrix, 1};
}

}  // namespace

Result<Outputs> convert_softmax(Conversion& c) {
  const Along on = INGOT_TRY(along(c));
  Value* result = INGOT_TRY(c.call(c.row().aten, {on.x, static_cast<int64_t>(on.axis), false}));
  return c.view(result, c.input(0)->type.shape);
}

// 1 at the first of the largest elements, 0 elsewhere.
Result<Outputs> convert_hardmax(Conversion& c) {
  const Along on = INGOT_TRY(along(c));
  const int64_t count = INGOT_TRY(Conversion::size(on.x, on.axis));
  INGOT_TRY_VOID(c.check_made_up(count));
  std::vector<int64_t> sizes(on.x->type.rank(), 1);
  sizes[on.axis] = count;
  std::vector<int64_t> positions(static_cast<size_t>(count));
  std::iota(positions.begin(), positions.end(), int64_t{0});
  Value* every = c.builder().constant_i64("positions", sizes, positions);
  Value* largest = INGOT_TRY(c.call("aten::argmax", {on.x, static_cast<int64_t>(on.axis), true}));
  Value* hit = INGOT_TRY(c.call("aten::eq.Tensor", {largest, every}));
  Value* result = INGOT_TRY(c.cast(hit, on.x->type.dtype));
  return c.view(result, c.input(0)->type.shape);
}

}  // namespace ingot::compiler::onnx_import
