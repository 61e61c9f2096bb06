// Reductions, ArgMax and ArgMin, CumSum.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Reduction {
  Value* x;
  std::vector<int64_t> axes;  // ascending, at least one unless x is a scalar
  bool keep;
  bool nothing = false;  // no axis is reduced at all
};

Result<Reduction> read_reduction(Conversion& c) {
  const std::string_view name = c.row().name;
  const bool by_input = c.opset() >= (name == "ReduceSum" ? 13 : 18);
  Reduction reduction{c.input(0), {}, INGOT_TRY(c.flag("keepdims", true))};
  std::vector<int64_t> given;
  if (by_input) {
    if (c.input(1) != nullptr) given = INGOT_TRY(c.constant_integers(1, "the axes"));
    if (INGOT_TRY(c.flag("noop_with_empty_axes", false)) && given.empty()) reduction.nothing = true;
  } else {
    if (c.input(1) != nullptr) return fail(ErrorCode::invalid_file, "its axes are an attribute in this opset");
    given = INGOT_TRY(c.integers("axes")).value_or(std::vector<int64_t>());
  }
  const size_t rank = reduction.x->type.rank();
  for (const size_t axis : INGOT_TRY(Conversion::axes(given, rank)))
    reduction.axes.push_back(static_cast<int64_t>(axis));
  if (given.empty()) {
    reduction.axes.resize(rank);
    std::iota(reduction.axes.begin(), reduction.axes.end(), int64_t{0});
  }
  if (reduction.axes.empty()) reduction.nothing = true;  // of a scalar
  std::ranges::sort(reduction.axes);
  return reduction;
}

Result<Value*> sum(Conversion& c, const Reduction& r, Value* x) {
  if (r.nothing) return x;
  // PyTorch adds integers up as int64 unless told; ONNX keeps the dtype.
  return c.call("aten::sum.dim_IntList", {x, r.axes, r.keep, x->type.dtype});
}

Result<Value*> mean(Conversion& c, const Reduction& r) {
  if (r.nothing) return r.x;
  if (is_floating(r.x->type.dtype)) return c.call("aten::mean.dim", {r.x, r.axes, r.keep});
  int64_t count = 1;
  for (const int64_t axis : r.axes) count *= INGOT_TRY(Conversion::size(r.x, static_cast<size_t>(axis)));
  if (count == 0) return fail(ErrorCode::invalid_file, "the mean of nothing");
  Value* total = INGOT_TRY(sum(c, r, r.x));
  Value* divisor = c.scalar(total->type.dtype, static_cast<double>(count));
  return c.call("aten::div.Tensor_mode", {total, divisor, std::string("trunc")});
}

// Does a reduction read no element at all?
bool reads_nothing(const Reduction& r) {
  return !r.nothing && std::ranges::any_of(
                           r.axes, [&](int64_t axis) { return r.x->type.shape[static_cast<size_t>(axis)] == Dim(0); });
}

// The result of a reduction that reads nothing: `value` everywhere.
Result<Value*> filled(Conversion& c, const Reduction& r, double value) {
  Shape shape;
  for (size_t i = 0; i < r.x->type.rank(); ++i) {
    const bool reduced = std::ranges::contains(r.axes, static_cast<int64_t>(i));
    if (!reduced || r.keep) shape.push_back(reduced ? Dim(1) : r.x->type.shape[i]);
  }
  return c.expand(c.scalar(r.x->type.dtype, value), shape);
}

// What no element of a dtype is below, or above: what the extreme of no elements is.
double bound(DType dtype, bool lowest) {
  if (is_floating(dtype)) return std::numeric_limits<double>::infinity() * (lowest ? -1 : 1);
  if (dtype == DType::boolean) return lowest ? 0 : 1;
  const bool is_signed =
      dtype == DType::int8 || dtype == DType::int16 || dtype == DType::int32 || dtype == DType::int64;
  const int bits = static_cast<int>(8 * size_of(dtype)) - (is_signed ? 1 : 0);
  const double steps = std::exp2(bits);
  return lowest ? (is_signed ? -steps : 0) : steps - 1;
}

Result<Value*> extreme(Conversion& c, const Reduction& r, std::string_view op) {
  if (r.nothing) return r.x;
  if (reads_nothing(r)) {
    if (r.x->type.dtype == DType::int64) return fail(ErrorCode::not_supported, "the extreme of no 64-bit integers");
    return filled(c, r, bound(r.x->type.dtype, op == "aten::amax"));
  }
  if (r.x->type.dtype != DType::boolean) return c.call(op, {r.x, r.axes, r.keep});
  Value* bytes = INGOT_TRY(c.cast(r.x, DType::uint8));
  Value* result = INGOT_TRY(c.call(op, {bytes, r.axes, r.keep}));
  return c.cast(result, DType::boolean);
}

// One axis after the other, the last first, so that the others keep their numbers.
Result<Value*> product(Conversion& c, const Reduction& r) {
  Value* x = r.x;
  for (size_t i = r.axes.size(); i-- > 0 && !r.nothing;)
    x = INGOT_TRY(c.call("aten::prod.dim_int", {x, r.axes[i], r.keep, x->type.dtype}));
  return x;
}

// log(sum(exp(x))) = m + log(sum(exp(x - m))) with m the largest element, so that nothing overflows.
Result<Value*> log_sum_exp(Conversion& c, const Reduction& r) {
  Value* x = INGOT_TRY(c.floats(0));
  if (reads_nothing(r)) return filled(c, r, -std::numeric_limits<double>::infinity());
  Value* largest = x;
  if (!r.nothing) largest = INGOT_TRY(c.call("aten::amax", {x, r.axes, true}));
  // Infinities must not meet their like in a difference.
  const double limit = x->type.dtype == DType::float16 ? 65504.0 : std::numeric_limits<float>::max();
  largest = INGOT_TRY(c.call("aten::clamp", {largest, -limit, limit}));
  Value* shifted = INGOT_TRY(c.call("aten::sub.Tensor", {x, largest}));
  Value* powers = INGOT_TRY(c.call("aten::exp", {shifted}));
  Value* total = INGOT_TRY(sum(c, r, powers));
  Value* logarithm = INGOT_TRY(c.call("aten::log", {total}));
  largest = INGOT_TRY(c.view(largest, logarithm->type.shape));
  return c.call("aten::add.Tensor", {logarithm, largest});
}

}  // namespace

Result<Outputs> convert_reduce(Conversion& c) {
  const Reduction r = INGOT_TRY(read_reduction(c));
  const std::string_view name = c.row().name;
  if (name == "ReduceSum") return sum(c, r, r.x);
  if (name == "ReduceMean") return mean(c, r);
  if (name == "ReduceMax") return extreme(c, r, "aten::amax");
  if (name == "ReduceMin") return extreme(c, r, "aten::amin");
  if (name == "ReduceProd") return product(c, r);
  if (name == "ReduceLogSumExp") return log_sum_exp(c, r);
  if (name == "ReduceL1") {
    Value* magnitudes = INGOT_TRY(c.call("aten::abs", {r.x}));
    return sum(c, r, magnitudes);
  }
  if (name == "ReduceLogSum") {
    INGOT_TRY(c.floats(0));
    Value* total = INGOT_TRY(sum(c, r, r.x));
    return c.call("aten::log", {total});
  }
  // ReduceSumSquare, ReduceL2
  if (name == "ReduceL2") INGOT_TRY(c.floats(0));
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {r.x, r.x}));
  Value* total = INGOT_TRY(sum(c, r, squares));
  if (name == "ReduceSumSquare") return total;
  return c.call("aten::sqrt", {total});
}

Result<Outputs> convert_arg_extreme(Conversion& c) {
  Value* x = c.input(0);
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", 0)), x->type.rank()));
  const bool keep = INGOT_TRY(c.flag("keepdims", true));
  const bool last = c.opset() >= 12 ? INGOT_TRY(c.flag("select_last_index", false)) : false;
  const auto dim = static_cast<int64_t>(axis);
  if (!last) return c.call(c.row().aten, {x, dim, keep});
  // The last of equals is the first of the axis turned round.
  const int64_t size = INGOT_TRY(Conversion::size(x, axis));
  Value* turned = INGOT_TRY(c.call("aten::flip", {x, std::vector<int64_t>{dim}}));
  Value* index = INGOT_TRY(c.call(c.row().aten, {turned, dim, keep}));
  return c.call("aten::sub.Tensor", {c.scalar(DType::int64, static_cast<double>(size - 1)), index});
}

Result<Outputs> convert_cum_sum(Conversion& c) {
  Value* x = c.input(0);
  const bool exclusive = INGOT_TRY(c.flag("exclusive", false));
  const bool reverse = INGOT_TRY(c.flag("reverse", false));
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.constant_integer(1, "the axis")), x->type.rank()));
  const auto dim = static_cast<int64_t>(axis);
  const std::vector<int64_t> dims = {dim};
  if (reverse) x = INGOT_TRY(c.call("aten::flip", {x, dims}));
  if (exclusive) {
    // Each sum leaves its own element out: shift them by one.
    const Dim size = x->type.shape[axis];
    std::vector<int64_t> before(x->type.rank(), 0);
    before[axis] = 1;
    const bool whole = !is_floating(x->type.dtype);
    Value* shifted = INGOT_TRY(
        c.pad(x, before, std::vector<int64_t>(x->type.rank(), 0), whole ? Argument(int64_t{0}) : Argument(0.0)));
    x = INGOT_TRY(c.slice(shifted, axis, 0, size));
  }
  x = INGOT_TRY(c.call("aten::cumsum", {x, dim, x->type.dtype}));
  if (reverse) x = INGOT_TRY(c.call("aten::flip", {x, dims}));
  return x;
}

}  // namespace ingot::compiler::onnx_import
