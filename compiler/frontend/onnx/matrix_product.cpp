// Gemm, MatMul and Einsum.
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/aten/products.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

Result<Value*> transposed_if(Conversion& c, Value* matrix, bool transpose) {
  if (!transpose) return matrix;
  return c.permute(matrix, {1, 0});
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

Result<Outputs> convert_mat_mul(Conversion& c) {
  return mat_mul(c, c.input(0), c.input(1));
}

Result<Outputs> convert_einsum(Conversion& c) {
  std::string equation = INGOT_TRY(c.text("equation", ""));
  std::vector<Value*> operands;
  for (size_t i = 0; i < c.num_inputs(); ++i) operands.push_back(c.input(i));
  return einsum(c, std::move(equation), operands);
}

}  // namespace ingot::compiler::onnx_import
