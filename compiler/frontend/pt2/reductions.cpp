// Reductions and sorting.
#include <cmath>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

std::vector<int64_t> every_axis(const Value* x) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x->type.rank(); ++i) axes.push_back(static_cast<int64_t>(i));
  return axes;
}

}  // namespace

Result<Outputs> convert_sum(Conversion& c) {
  Value* x = c.tensor("self");
  return c.call("aten::sum.dim_IntList", {x, every_axis(x), false, c.arg("dtype")});
}

Result<Outputs> convert_mean(Conversion& c) {
  Value* x = c.tensor("self");
  return c.call("aten::mean.dim", {x, every_axis(x), false, c.arg("dtype")});
}

// All are true where none is false.
Result<Outputs> convert_all(Conversion& c) {
  Value* x = c.tensor("self");
  Value* wrong = INGOT_TRY(c.call("aten::logical_not", {x}));
  Value* any = nullptr;
  if (!c.op().has("dim")) {
    any = INGOT_TRY(c.call("aten::any", {wrong}));
  } else {
    any = INGOT_TRY(c.call("aten::any.dims", {wrong, INGOT_TRY(c.axes_of("dim", x)), c.flag("keepdim")}));
  }
  Value* all = INGOT_TRY(c.call("aten::logical_not", {any}));
  // Bytes keep their dtype.
  return c.cast(all, x->type.dtype == DType::uint8 ? DType::uint8 : DType::boolean);
}

// Standard deviation, variance, and variance with the mean, by the operator's name.
Result<Outputs> convert_spread(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  const OpSchema& op = c.op();
  const std::vector<int64_t> axes = op.has("dim") ? INGOT_TRY(c.axes_of("dim", x)) : every_axis(x);
  const bool keep = op.has("keepdim") && c.flag("keepdim");
  // Without a word, the sum is divided by one less than there are elements.
  Argument correction = int64_t{1};
  if (op.has("unbiased")) correction = int64_t{c.flag("unbiased") ? 1 : 0};
  if (op.has("correction") && !c.is_none("correction")) correction = c.arg("correction");
  Value* variance = INGOT_TRY(c.call("aten::var.correction", {x, axes, correction, keep}));
  if (op.full_name().starts_with("aten::std")) return c.call("aten::sqrt", {variance});
  if (op.returns().size() == 1) return variance;
  return std::vector<Value*>{variance, INGOT_TRY(c.call("aten::mean.dim", {x, axes, keep}))};
}

// log(sum(exp(x))), the largest taken out before and put back after.
Result<Outputs> convert_logsumexp(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  const std::vector<int64_t> axes = INGOT_TRY(c.axes_of("dim", x));
  if (axes.empty()) return x;
  Value* largest = INGOT_TRY(c.call("aten::amax", {x, axes, true}));
  // Rows of infinities keep them: nothing is taken out there.
  Value* infinite = INGOT_TRY(c.call("aten::isinf", {largest}));
  Value* shift = INGOT_TRY(c.call("aten::where.self", {infinite, c.scalar(x->type.dtype, 0), largest}));
  Value* shifted = INGOT_TRY(c.call("aten::sub.Tensor", {x, shift}));
  Value* powers = INGOT_TRY(c.call("aten::exp", {shifted}));
  Value* sum = INGOT_TRY(c.call("aten::sum.dim_IntList", {powers, axes, c.flag("keepdim")}));
  Value* logarithm = INGOT_TRY(c.call("aten::log", {sum}));
  shift = INGOT_TRY(c.view(shift, logarithm->type.shape));
  return c.call("aten::add.Tensor", {logarithm, shift});
}

// The p-norm for p of 0, 1, 2, infinity, or any other number.
Result<Outputs> convert_norm(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("self"));
  if (c.op().has("dtype")) x = INGOT_TRY(c.cast(x, c.dtype_or("dtype", x->type.dtype)));
  const double p = c.is_none("ord") ? 2 : c.real("ord");
  const std::vector<int64_t> axes = INGOT_TRY(c.axes_of("dim", x));
  const bool keep = c.flag("keepdim");
  if (axes.empty()) return c.call("aten::abs", {x});
  if (p == 2) {
    Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {x, x}));
    Value* sum = INGOT_TRY(c.call("aten::sum.dim_IntList", {squares, axes, keep}));
    return c.call("aten::sqrt", {sum});
  }
  if (p == 0) {
    Value* nonzero = INGOT_TRY(c.call("aten::ne.Scalar", {x, 0.0}));
    Value* ones = INGOT_TRY(c.cast(nonzero, x->type.dtype));
    return c.call("aten::sum.dim_IntList", {ones, axes, keep});
  }
  Value* magnitudes = INGOT_TRY(c.call("aten::abs", {x}));
  if (std::isinf(p)) return c.call(p > 0 ? "aten::amax" : "aten::amin", {magnitudes, axes, keep});
  if (p == 1) return c.call("aten::sum.dim_IntList", {magnitudes, axes, keep});
  Value* powers = INGOT_TRY(c.call("aten::pow.Tensor_Scalar", {magnitudes, p}));
  Value* sum = INGOT_TRY(c.call("aten::sum.dim_IntList", {powers, axes, keep}));
  return c.call("aten::pow.Tensor_Scalar", {sum, 1 / p});
}

// As many of the largest, or smallest, as there are.
Result<Outputs> convert_sort(Conversion& c) {
  Value* x = c.tensor("self");
  if (x->type.rank() == 0) return fail(ErrorCode::not_supported, "of a scalar");
  const size_t axis = INGOT_TRY(c.axis_of("dim", x));
  const Node* node = INGOT_TRY(
      c.builder().node("aten::topk", {x, x->type.shape[axis], static_cast<int64_t>(axis), c.flag("descending"), true}));
  return std::vector<Value*>{node->output(0), node->output(1)};
}

}  // namespace ingot::compiler::pt2
