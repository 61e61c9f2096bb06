// Det: Gaussian elimination with partial pivoting, written out for a fixed number of rows.
#include <numeric>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

constexpr int64_t kMostRows = 64;  // a dozen operators each

// What is left of matrices [B, n, n] when one row and column are eliminated, and by what the determinant is more.
struct Step {
  Value* factor;  // [B, 1, 1]
  Value* rest;    // [B, n - 1, n - 1]
};

Result<Step> eliminate(Conversion& c, Value* matrices) {
  const Shape s = matrices->type.shape;
  const int64_t n = s[1].value();
  const DType dtype = matrices->type.dtype;
  Value* column = INGOT_TRY(c.slice(matrices, 2, 0, 1));
  Value* magnitudes = INGOT_TRY(c.call("aten::abs", {column}));
  Value* pivot_at = INGOT_TRY(c.call("aten::argmax", {magnitudes, int64_t{1}, true}));  // [B, 1, 1]
  Value* index = INGOT_TRY(c.expand(pivot_at, {s[0], Dim(1), s[2]}));
  Value* row = INGOT_TRY(c.call("aten::gather", {matrices, int64_t{1}, index}));
  Value* pivot = INGOT_TRY(c.slice(row, 2, 0, 1));

  // The first row takes the pivot's place; if it moves, the determinant changes its sign.
  std::vector<int64_t> numbers(static_cast<size_t>(n - 1));
  std::iota(numbers.begin(), numbers.end(), int64_t{1});
  Value* every = c.builder().constant_i64("rows", {n - 1, 1}, numbers);
  Value* is_pivot = INGOT_TRY(c.call("aten::eq.Tensor", {pivot_at, every}));
  Value* first = INGOT_TRY(c.slice(matrices, 1, 0, 1));
  Value* others = INGOT_TRY(c.slice(matrices, 1, 1, n));
  Value* rest = INGOT_TRY(c.call("aten::where.self", {is_pivot, first, others}));
  Value* stays = INGOT_TRY(c.call("aten::eq.Tensor", {pivot_at, c.scalar(DType::int64, 0)}));
  Value* factor = INGOT_TRY(c.call("aten::where.self", {stays, pivot, INGOT_TRY(c.call("aten::neg", {pivot}))}));

  // Where the pivot is 0, so is the determinant, whatever the rest is.
  Value* zero = INGOT_TRY(c.call("aten::eq.Tensor", {pivot, c.scalar(dtype, 0)}));
  Value* divisor = INGOT_TRY(c.call("aten::where.self", {zero, c.scalar(dtype, 1), pivot}));
  Value* multiples = INGOT_TRY(c.call("aten::div.Tensor", {INGOT_TRY(c.slice(rest, 2, 0, 1)), divisor}));
  Value* product = INGOT_TRY(c.call("aten::mul.Tensor", {multiples, row}));
  rest = INGOT_TRY(c.call("aten::sub.Tensor", {rest, product}));
  return Step{factor, INGOT_TRY(c.slice(rest, 2, 1, n))};
}

}  // namespace

Result<Outputs> convert_det(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const size_t rank = x->type.rank();
  if (rank < 2 || !(x->type.shape[rank - 1] == x->type.shape[rank - 2]))
    return fail(ErrorCode::invalid_file, "its input is %s, expected square matrices", to_string(x->type).c_str());
  const int64_t rows = INGOT_TRY(Conversion::size(x, rank - 1));
  if (rows > kMostRows)
    return fail(ErrorCode::not_supported, "of %lld rows (at most %lld)", static_cast<long long>(rows),
                static_cast<long long>(kMostRows));
  const Shape batch(x->type.shape.begin(), x->type.shape.end() - 2);
  Value* result = nullptr;
  Value* matrices = INGOT_TRY(c.view(x, {numel(batch), Dim(rows), Dim(rows)}));
  for (int64_t n = rows; n > 0; --n) {
    Value* factor = matrices;  // of the last one alone
    if (n > 1) {
      const Step step = INGOT_TRY(eliminate(c, matrices));
      factor = step.factor;
      matrices = step.rest;
    }
    result = result == nullptr ? factor : INGOT_TRY(c.call("aten::mul.Tensor", {result, factor}));
  }
  if (result == nullptr) return c.expand(c.scalar(x->type.dtype, 1), batch);
  return c.view(result, batch);
}

}  // namespace ingot::compiler::onnx_import
