// Operators that change nothing, or only the dtype, in a program whose tensors are values.
#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {

Result<Outputs> convert_identity(Conversion& c) {
  return c.tensor("self");
}

Result<Outputs> convert_dropout(Conversion& c) {
  if (!c.flag("train") || c.real("p") == 0) return c.tensor("input");
  return fail(ErrorCode::not_supported, "it drops at random (the model was exported in training mode)");
}

Result<Outputs> convert_to(Conversion& c) {
  Value* x = c.tensor("self");
  return c.cast(x, c.dtype_or("dtype", x->type.dtype));
}

Result<Outputs> convert_to_other(Conversion& c) {
  return c.cast(c.tensor("self"), c.tensor("other")->type.dtype);
}

// The elements of `src`, in the dtype and shape of `self`.
Result<Outputs> convert_copy(Conversion& c) {
  const Value* self = c.tensor("self");
  Value* source = INGOT_TRY(c.cast(c.tensor("src"), self->type.dtype));
  return c.expand(source, self->type.shape);
}

}  // namespace ingot::compiler::pt2
