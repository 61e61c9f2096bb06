// Operators along axes: sums, extremes, positions of extremes, running sums.
#include <algorithm>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// The axes that go away must leave the others in the file's order: those of images do where C, or all behind N, is
// among them.
struct Reduction {
  Operand x;
  std::vector<int64_t> axes;  // of x, sorted
  bool keep = false;
};

Result<Reduction> read_reduction(Conversion& c) {
  Reduction r;
  r.keep = INGOT_TRY(c.options<wire::ReducerOptions>()).keep_dims;
  const std::vector<int64_t> given = INGOT_TRY(c.constant_integers(1, "the axes"));
  const size_t rank = INGOT_TRY(c.rank(0));
  std::vector<bool> gone(rank, false);
  for (const int64_t axis : given) gone[INGOT_TRY(Calls::axis(axis, rank))] = true;
  r.x = INGOT_TRY(c.any(0));
  if (r.x.axes == Axes::images && !r.keep) {
    const bool in_order = gone[3] || (gone[1] && gone[2]);
    if (!in_order) r.x = {INGOT_TRY(c.filed(0)), Axes::filed};
  }
  for (size_t i = 0; i < rank; ++i) {
    if (gone[i]) r.axes.push_back(r.x.axis(i));
  }
  std::ranges::sort(r.axes);
  return r;
}

Result<void> give_reduced(Conversion& c, const Reduction& r, Value* y) {
  return c.give(y, y->type.rank() == r.x.value->type.rank() ? r.x.axes : Axes::filed);
}

}  // namespace

Result<void> convert_mean(Conversion& c) {
  INGOT_TRY_VOID(c.expect_real(0));
  const Reduction r = INGOT_TRY(read_reduction(c));
  if (r.axes.empty()) return c.give(r.x.value, r.x.axes);
  return give_reduced(c, r, INGOT_TRY(c.call("aten::mean.dim", {r.x.value, r.axes, r.keep})));
}

Result<void> convert_sum(Conversion& c) {
  const Reduction r = INGOT_TRY(read_reduction(c));
  if (r.axes.empty()) return c.give(r.x.value, r.x.axes);
  const DType dtype = r.x.value->type.dtype;
  return give_reduced(c, r, INGOT_TRY(c.call("aten::sum.dim_IntList", {r.x.value, r.axes, r.keep, dtype})));
}

Result<void> convert_extreme(Conversion& c) {
  const Reduction r = INGOT_TRY(read_reduction(c));
  if (r.axes.empty()) return c.give(r.x.value, r.x.axes);
  return give_reduced(c, r, INGOT_TRY(c.call(c.row().aten, {r.x.value, r.axes, r.keep})));
}

// The last axis first, so that the others keep their numbers.
Result<void> convert_product(Conversion& c) {
  const Reduction r = INGOT_TRY(read_reduction(c));
  Value* y = r.x.value;
  for (size_t i = r.axes.size(); i-- > 0;) {
    y = INGOT_TRY(c.call("aten::prod.dim_int", {y, r.axes[i], r.keep, y->type.dtype}));
  }
  return give_reduced(c, r, y);
}

// All: not any that is not.
Result<void> convert_any_all(Conversion& c) {
  const bool all = c.row().code == wire::BuiltinOperator::REDUCE_ALL;
  const Reduction r = INGOT_TRY(read_reduction(c));
  if (r.x.value->type.dtype != DType::boolean)
    return fail(ErrorCode::invalid_file, "its input holds %s", to_string(r.x.value->type.dtype));
  if (r.axes.empty()) return c.give(r.x.value, r.x.axes);
  Value* y = all ? INGOT_TRY(c.call("aten::logical_not", {r.x.value})) : r.x.value;
  y = INGOT_TRY(c.call("aten::any.dims", {y, r.axes, r.keep}));
  if (all) y = INGOT_TRY(c.call("aten::logical_not", {y}));
  return give_reduced(c, r, y);
}

Result<void> convert_arg_extreme(Conversion& c) {
  const size_t axis = INGOT_TRY(Calls::axis(INGOT_TRY(c.constant_integer(1, "the axis")), INGOT_TRY(c.rank(0))));
  Operand x = INGOT_TRY(c.any(0));
  if (axis != 3 && x.axes == Axes::images) x = {INGOT_TRY(c.filed(0)), Axes::filed};
  Value* y = INGOT_TRY(c.call(c.row().aten, {x.value, x.axis(axis), false}));
  return c.give(INGOT_TRY(c.cast(y, INGOT_TRY(c.output())->dtype)));
}

Result<void> convert_cumsum(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::CumsumOptions>());
  const size_t axis = INGOT_TRY(Calls::axis(INGOT_TRY(c.constant_integer(1, "the axis")), INGOT_TRY(c.rank(0))));
  const Operand x = INGOT_TRY(c.any(0));
  const int64_t along = x.axis(axis);
  const std::vector<int64_t> turned = {along};
  Value* y = x.value;
  if (options.reverse) y = INGOT_TRY(c.call("aten::flip", {y, turned}));
  if (options.exclusive) {  // each sum leaves its own element out: shift them by one
    const Dim size = y->type.shape[static_cast<size_t>(along)];
    std::vector<int64_t> before(y->type.rank(), 0);
    const std::vector<int64_t> after = before;
    before[static_cast<size_t>(along)] = 1;
    const Argument zero = is_floating(y->type.dtype) ? Argument(0.0) : Argument(int64_t{0});
    y = INGOT_TRY(c.slice(INGOT_TRY(c.pad(y, before, after, zero)), static_cast<size_t>(along), 0, size));
  }
  y = INGOT_TRY(c.call("aten::cumsum", {y, along, y->type.dtype}));
  if (options.reverse) y = INGOT_TRY(c.call("aten::flip", {y, turned}));
  return c.give(y, x.axes);
}

}  // namespace ingot::compiler::tflite_import
