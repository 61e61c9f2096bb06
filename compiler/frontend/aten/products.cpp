#include "compiler/frontend/aten/products.h"

namespace ingot::compiler {
namespace {

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
Result<Value*> multiply(Calls& c, Value* a, Value* b) {
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

Result<Value*> mat_mul(Calls& c, Value* a, Value* b) {
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

}  // namespace ingot::compiler
