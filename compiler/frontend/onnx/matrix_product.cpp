// Gemm and MatMul.
#include <algorithm>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

Result<Value*> transposed_if(Conversion& c, Value* matrix, bool transpose) {
  if (!transpose) return matrix;
  return c.permute(matrix, {1, 0});
}

// The shape that two lists of batch sizes broadcast to.
Result<Shape> broadcast_batches(const Shape& a, const Shape& b) {
  Shape result = a.size() > b.size() ? a : b;
  const Shape& shorter = a.size() > b.size() ? b : a;
  const size_t offset = result.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    Dim& dim = result[offset + i];
    if (dim == Dim(1)) dim = shorter[i];
    if (!(shorter[i] == dim) && !(shorter[i] == Dim(1)))
      return fail(ErrorCode::invalid_file, "batches of %s and %s do not go together", to_string(a).c_str(),
                  to_string(b).c_str());
  }
  return result;
}

Shape joined(Shape front, const Dim& rows, const Dim& columns) {
  front.push_back(rows);
  front.push_back(columns);
  return front;
}

Shape batches_of(const Value* x) {
  return Shape(x->type.shape.begin(), x->type.shape.end() - 2);
}

const Dim& size_from_end(const Value* x, size_t i) {
  return x->type.shape[x->type.rank() - i];
}

// [..., M, K] times [..., K, N], both of rank 2 at least.
Result<Value*> multiply(Conversion& c, Value* a, Value* b) {
  const Dim rows = size_from_end(a, 2);
  const Dim inner = size_from_end(a, 1);
  const Dim columns = size_from_end(b, 1);
  const Shape a_batches = batches_of(a);
  const Shape b_batches = batches_of(b);
  if (b_batches.empty()) {
    // One matrix for all: the batches are more rows.
    Value* matrix = INGOT_TRY(c.view(a, {numel(a_batches) * rows, inner}));
    Value* product = INGOT_TRY(c.call("aten::mm", {matrix, b}));
    return c.view(product, joined(a_batches, rows, columns));
  }
  const Shape batches = INGOT_TRY(broadcast_batches(a_batches, b_batches));
  const Dim count = numel(batches);
  a = INGOT_TRY(c.expand(a, joined(batches, rows, inner)));
  b = INGOT_TRY(c.expand(b, joined(batches, size_from_end(b, 2), columns)));
  a = INGOT_TRY(c.view(a, {count, rows, inner}));
  b = INGOT_TRY(c.view(b, {count, size_from_end(b, 2), columns}));
  Value* product = INGOT_TRY(c.call("aten::bmm", {a, b}));
  return c.view(product, joined(batches, rows, columns));
}

}  // namespace

// alpha A B + beta C, where A and B may be transposed and C is broadcast.
Result<Outputs> convert_gemm(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1));
  double beta = INGOT_TRY(c.real("beta", 1));
  const bool transpose_a = INGOT_TRY(c.flag("transA", false));
  const bool transpose_b = INGOT_TRY(c.flag("transB", false));
  if (c.input(0)->type.rank() != 2 || c.input(1)->type.rank() != 2)
    return fail(ErrorCode::invalid_file, "its inputs are %s and %s, expected matrices",
                to_string(c.input(0)->type).c_str(), to_string(c.input(1)->type).c_str());
  if (!is_floating(c.input(0)->type.dtype) && (alpha != 1 || beta != 1))
    return fail(ErrorCode::not_supported, "alpha or beta with integers");
  Value* a = INGOT_TRY(transposed_if(c, c.input(0), transpose_a));
  Value* b = INGOT_TRY(transposed_if(c, c.input(1), transpose_b));
  // Constants take the factors in; the others stay factors of the call.
  if (b->is_constant()) b = INGOT_TRY(c.multiply(b, alpha));
  const double product_factor = b->is_constant() ? 1 : alpha;

  Value* bias = beta == 0 ? nullptr : c.input(2);
  if (bias == nullptr) {
    Value* product = INGOT_TRY(c.call("aten::mm", {a, b}));
    return product_factor == 1 ? Result<Outputs>(product) : c.multiply(product, product_factor);
  }
  if (bias->is_constant()) {
    bias = INGOT_TRY(c.multiply(bias, beta));
    beta = 1;
  }
  const Shape& shape = bias->type.shape;
  const Dim& columns = b->type.shape[1];
  // A bias a column is what addmm is for; [1, N] is the same with more words.
  if (shape.size() == 2 && shape[0] == Dim(1) && shape[1] == columns) bias = INGOT_TRY(c.view(bias, {columns}));
  if (bias->type.rank() == 1 && bias->type.shape[0] == columns) {
    return c.call("aten::addmm", {bias, a, b, beta, product_factor});
  }
  Value* product = INGOT_TRY(c.call("aten::mm", {a, b}));
  product = INGOT_TRY(c.multiply(product, product_factor));
  bias = INGOT_TRY(c.multiply(bias, beta));
  Value* sum = INGOT_TRY(c.call("aten::add.Tensor", {product, bias}));
  if (!(sum->type.shape == product->type.shape))
    return fail(ErrorCode::invalid_file, "its bias %s is larger than its product %s", to_string(bias->type).c_str(),
                to_string(product->type).c_str());
  return sum;
}

// NumPy's matmul: vectors count as matrices of one row (left) or one column (right), which the result drops again.
Result<Outputs> convert_mat_mul(Conversion& c) {
  Value* a = c.input(0);
  Value* b = c.input(1);
  if (a->type.rank() == 0 || b->type.rank() == 0) return fail(ErrorCode::invalid_file, "a product with a scalar");
  const bool left_vector = a->type.rank() == 1;
  const bool right_vector = b->type.rank() == 1;
  if (left_vector) a = INGOT_TRY(c.view(a, {Dim(1), a->type.shape[0]}));
  if (right_vector) b = INGOT_TRY(c.view(b, {b->type.shape[0], Dim(1)}));
  Value* product = INGOT_TRY(multiply(c, a, b));
  Shape shape = product->type.shape;
  if (left_vector) shape.erase(shape.end() - 2);
  if (right_vector) shape.pop_back();
  return c.view(product, shape);
}

}  // namespace ingot::compiler::onnx_import
