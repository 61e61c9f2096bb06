// Operators that hand their input on, at most in another dtype.
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {

Result<Outputs> convert_identity(Conversion& c) {
  return c.input(0);
}

Result<Outputs> convert_cast(Conversion& c) {
  c.ignore("saturate");  // only matters for 8-bit floats, which to_dtype refuses
  if (!c.has("to")) return fail(ErrorCode::invalid_file, "attribute 'to' is missing");
  const DType dtype = INGOT_TRY(to_dtype(INGOT_TRY(c.integer("to", 0))));
  return c.cast(c.input(0), dtype);
}

Result<Outputs> convert_cast_like(Conversion& c) {
  c.ignore("saturate");
  return c.cast(c.input(0), c.input(1)->type.dtype);
}

// For inference: nothing is dropped.
Result<Outputs> convert_dropout(Conversion& c) {
  c.ignore("ratio");
  c.ignore("seed");
  if (const Value* training = c.input(2); training != nullptr) {
    if (!training->is_constant()) return fail(ErrorCode::not_supported, "whether it trains is computed by the model");
    const std::vector<double> flag = INGOT_TRY(c.constant_reals(2, "training_mode"));
    if (flag.empty() || flag[0] != 0) return fail(ErrorCode::not_supported, "in training mode");
  }
  Value* x = c.input(0);
  if (!c.wants_output(1)) return x;
  const DType mask = c.opset() < 10 ? x->type.dtype : DType::boolean;
  Value* everything = INGOT_TRY(c.expand(c.scalar(mask, 1), x->type.shape));
  return std::vector<Value*>{x, everything};
}

}  // namespace ingot::compiler::onnx_import
