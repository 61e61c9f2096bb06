// Normalizations of a model that is not trained.
#include <limits>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

std::unexpected<Error> own_statistics() {
  return fail(ErrorCode::not_supported, "it normalizes by its input's own statistics (exported in training mode)");
}

Result<Value*> by_running_statistics(Conversion& c) {
  return c.first_of("aten::_native_batch_norm_legit_no_training",
                    {c.tensor("input"), c.arg("weight"), c.arg("bias"), c.tensor("running_mean"),
                     c.tensor("running_var"), c.real("momentum"), c.real("eps")});
}

Result<Value*> by_groups(Conversion& c, Value* x, int64_t groups) {
  const Shape& shape = x->type.shape;
  if (shape.size() < 2) return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  const Dim area = numel(Shape(shape.begin() + 2, shape.end()));
  return c.first_of("aten::native_group_norm",
                    {x, c.arg("weight"), c.arg("bias"), shape[0], shape[1], area, groups, c.real("eps")});
}

// The smallest step from 1, which PyTorch adds where no eps is given.
double epsilon_of(DType dtype) {
  switch (dtype) {
    case DType::float16:
      return 0x1p-10;
    case DType::bfloat16:
      return 0x1p-7;
    case DType::float64:
      return std::numeric_limits<double>::epsilon();
    default:
      return std::numeric_limits<float>::epsilon();
  }
}

}  // namespace

Result<Outputs> convert_batch_norm(Conversion& c) {
  if (c.flag("training") || c.is_none("running_mean") || c.is_none("running_var")) return own_statistics();
  return by_running_statistics(c);
}

// With the running statistics as results of their own, which nothing needs that is not trained.
Result<Outputs> convert_functional_batch_norm(Conversion& c) {
  if (c.flag("training")) return own_statistics();
  return Outputs(
      {INGOT_TRY(by_running_statistics(c)), nullptr, nullptr, c.tensor("running_mean"), c.tensor("running_var")});
}

// Each channel of each image is a group of its own.
Result<Outputs> convert_instance_norm(Conversion& c) {
  if (!c.flag("use_input_stats")) {
    if (c.is_none("running_mean") || c.is_none("running_var")) return own_statistics();
    return by_running_statistics(c);
  }
  Value* x = INGOT_TRY(c.floats("input"));
  if (x->type.rank() < 2) return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  return by_groups(c, x, INGOT_TRY(Calls::size(x, 1)));
}

Result<Outputs> convert_group_norm(Conversion& c) {
  return by_groups(c, INGOT_TRY(c.floats("input")), INGOT_TRY(c.integer("num_groups")));
}

Result<Outputs> convert_layer_norm(Conversion& c) {
  return c.first_of("aten::native_layer_norm",
                    {c.tensor("input"), c.arg("normalized_shape"), c.arg("weight"), c.arg("bias"), c.real("eps")});
}

// x / sqrt(mean of x^2 + eps) * weight
Result<Outputs> convert_rms_norm(Conversion& c) {
  Value* x = INGOT_TRY(c.floats("input"));
  const size_t count = c.shape("normalized_shape").size();
  if (count == 0 || count > x->type.rank())
    return fail(ErrorCode::invalid_file, "over %zu axes of %s", count, to_string(x->type).c_str());
  std::vector<int64_t> axes;
  for (size_t i = x->type.rank() - count; i < x->type.rank(); ++i) axes.push_back(static_cast<int64_t>(i));
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {x, x}));
  Value* mean = INGOT_TRY(c.call("aten::mean.dim", {squares, axes, true}));
  Value* shifted = INGOT_TRY(c.add(mean, c.is_none("eps") ? epsilon_of(x->type.dtype) : c.real("eps")));
  Value* factor = INGOT_TRY(c.call("aten::rsqrt", {shifted}));
  Value* result = INGOT_TRY(c.call("aten::mul.Tensor", {x, factor}));
  if (c.is_none("weight")) return result;
  return c.call("aten::mul.Tensor", {result, c.tensor("weight")});
}

}  // namespace ingot::compiler::pt2
