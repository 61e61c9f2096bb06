// Products of matrices and of tensors.
#include "compiler/frontend/aten/products.h"

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {

// x W^T + b along the last axis of x.
Result<Outputs> convert_linear(Conversion& c) {
  Value* x = c.tensor("input");
  Value* weight = c.tensor("weight");
  Value* bias = c.tensor("bias");
  if (x->type.rank() < 1 || weight->type.rank() != 2)
    return fail(ErrorCode::not_supported, "its input is %s, its weight %s", to_string(x->type).c_str(),
                to_string(weight->type).c_str());
  Shape shape = x->type.shape;
  const Shape leading(shape.begin(), shape.end() - 1);
  Value* rows = INGOT_TRY(c.view(x, {numel(leading), shape.back()}));
  Value* matrix = INGOT_TRY(c.permute(weight, {1, 0}));
  Value* product = bias == nullptr ? INGOT_TRY(c.call("aten::mm", {rows, matrix}))
                                   : INGOT_TRY(c.call("aten::addmm", {bias, rows, matrix}));
  shape.back() = weight->type.shape[0];
  return c.view(product, shape);
}

// The product of its two arguments, whatever they are called.
Result<Outputs> convert_matmul(Conversion& c) {
  return mat_mul(c, std::get<Value*>(c.args()[0]), std::get<Value*>(c.args()[1]));
}

// beta * self + alpha * (batch1 batch2)
Result<Outputs> convert_baddbmm(Conversion& c) {
  Value* product = INGOT_TRY(c.call("aten::bmm", {c.tensor("batch1"), c.tensor("batch2")}));
  product = INGOT_TRY(c.multiply(product, c.real("alpha")));
  if (c.real("beta") == 0) return product;
  Value* self = INGOT_TRY(c.multiply(c.tensor("self"), c.real("beta")));
  return c.call("aten::add.Tensor", {product, self});
}

Result<Outputs> convert_einsum(Conversion& c) {
  return einsum(c, c.text("equation"), c.tensors("tensors"));
}

}  // namespace ingot::compiler::pt2
