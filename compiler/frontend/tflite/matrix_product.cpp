// FULLY_CONNECTED and BATCH_MATMUL.
#include <algorithm>
#include <numeric>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// The matrix of the last two axes transposed.
Result<Value*> operand(Conversion& c, size_t i, bool transpose) {
  if (!transpose) return c.filed(i);
  std::vector<int64_t> order(INGOT_TRY(c.rank(i)));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return c.permuted(i, order);
}

Result<Shape> broadcast_batches(const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size()) - 2;
  Shape result;
  for (size_t i = 0; i < rank; ++i) {
    const auto from_end = [rank, i](const Shape& shape) {
      const size_t missing = rank + 2 - shape.size();
      return i < missing ? Dim(1) : shape[i - missing];
    };
    const Dim left = from_end(a), right = from_end(b);
    if (!(left == right) && !(left == Dim(1)) && !(right == Dim(1)))
      return fail(ErrorCode::invalid_file, "its inputs are %s and %s", to_string(a).c_str(), to_string(b).c_str());
    result.push_back(left == Dim(1) ? right : left);
  }
  return result;
}

// x for every batch: [batches, rows, columns].
Result<Value*> spread(Conversion& c, Value* x, const Shape& batches) {
  Shape shape = batches;
  shape.insert(shape.end(), x->type.shape.end() - 2, x->type.shape.end());
  x = INGOT_TRY(c.expand(x, shape));
  return c.view(x, {numel(batches), shape[shape.size() - 2], shape.back()});
}

}  // namespace

// x [.., K] times the transpose of w [units, K], whatever axes x has.
Result<void> convert_fully_connected(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::FullyConnectedOptions>());
  if (options.weights_format != wire::FullyConnectedOptionsWeightsFormat::DEFAULT)
    return fail(ErrorCode::not_supported, "weights in format %d", static_cast<int>(options.weights_format));
  INGOT_TRY_VOID(c.expect_real(0));
  INGOT_TRY_VOID(c.expect_real(1));
  const Shape shape = INGOT_TRY(c.shape(0)), matrix = INGOT_TRY(c.shape(1));
  if (matrix.size() != 2 || !is_static(matrix) || !is_static(shape) || matrix[1].value() < 1)
    return fail(ErrorCode::invalid_file, "its weights are %s, expected 2 axes", to_string(matrix).c_str());
  const int64_t units = matrix[0].value(), depth = matrix[1].value(), elements = numel(shape).value();
  if (elements % depth != 0)
    return fail(ErrorCode::invalid_file, "its input is %s, its weights are %s", to_string(shape).c_str(),
                to_string(matrix).c_str());
  Value* x = INGOT_TRY(c.filed(0));
  const Shape rows = {Dim(elements / depth), Dim(depth)};
  if (!(shape == rows)) x = INGOT_TRY(c.rounded_as_input(0, INGOT_TRY(c.view(x, rows))));
  Value* weights = INGOT_TRY(c.permuted(1, {1, 0}));
  const Argument bias = INGOT_TRY(c.bias(2, 0, 1, units));
  const bool has_bias = !std::holds_alternative<std::monostate>(bias);
  Value* y =
      has_bias ? INGOT_TRY(c.call("aten::addmm", {bias, x, weights})) : INGOT_TRY(c.call("aten::mm", {x, weights}));
  y = INGOT_TRY(c.activated(y, options.fused_activation_function));
  if (!options.keep_num_dims || shape.size() == 2) return c.give(y);
  Shape result = shape;
  if (result.empty() || !(result.back() == Dim(depth)))
    return fail(ErrorCode::invalid_file, "its input is %s, its weights are %s", to_string(shape).c_str(),
                to_string(matrix).c_str());
  result.back() = Dim(units);
  y = INGOT_TRY(c.rounded_as_output(y));
  return c.give(INGOT_TRY(c.view(y, result)));
}

Result<void> convert_batch_matmul(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::BatchMatMulOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  INGOT_TRY_VOID(c.expect_real(1));
  if (INGOT_TRY(c.rank(0)) < 2 || INGOT_TRY(c.rank(1)) < 2)
    return fail(ErrorCode::invalid_file, "its inputs are %s and %s, expected matrices",
                to_string(INGOT_TRY(c.shape(0))).c_str(), to_string(INGOT_TRY(c.shape(1))).c_str());
  Value* a = INGOT_TRY(operand(c, 0, options.adj_x));
  Value* b = INGOT_TRY(operand(c, 1, options.adj_y));
  const Shape batches = INGOT_TRY(broadcast_batches(a->type.shape, b->type.shape));
  const Dim rows = a->type.shape[a->type.rank() - 2], columns = b->type.shape.back();
  Shape result = batches;
  result.insert(result.end(), {rows, columns});
  Value* y = nullptr;
  if (b->type.rank() == 2) {  // one matrix for all: the batches are more rows
    Value* left = INGOT_TRY(c.view(a, {numel(batches) * rows, a->type.shape.back()}));
    if (left != a) left = INGOT_TRY(c.rounded_as_input(0, left));
    y = INGOT_TRY(c.call("aten::mm", {left, b}));
  } else {
    Value* left = INGOT_TRY(spread(c, a, batches));
    Value* right = INGOT_TRY(spread(c, b, batches));
    if (left != a) left = INGOT_TRY(c.rounded_as_input(0, left));
    if (right != b) right = INGOT_TRY(c.rounded_as_input(1, right));
    y = INGOT_TRY(c.call("aten::bmm", {left, right}));
  }
  if (y->type.shape == result) return c.give(y);
  y = INGOT_TRY(c.rounded_as_output(y));
  return c.give(INGOT_TRY(c.view(y, result)));
}

}  // namespace ingot::compiler::tflite_import
