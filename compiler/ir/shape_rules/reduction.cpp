// Reductions, which remove dimensions or keep them as 1, and cumulative sums.
#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

// Sums and products of integers are int64.
DType accumulated(DType dtype) {
  return is_floating(dtype) ? dtype : DType::int64;
}

TensorType reduced(const TensorType& self, const std::vector<bool>& axes, bool keepdim, DType dtype) {
  TensorType type{dtype, {}, {}};
  for (size_t i = 0; i < self.rank(); ++i) {
    if (!axes[i]) {
      type.shape.push_back(self.shape[i]);
    } else if (keepdim) {
      type.shape.push_back(1);
    }
  }
  return keepdim ? laid_out_as(std::move(type), self) : type;
}

// For operators without a value for nothing: the reduced dimensions must not be empty.
Result<void> require_elements(const Call& call, const std::vector<bool>& axes) {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] && call.self().shape[i].max() < 1) {
      return call.wrong("self", "dimension %zu of %s is empty", i, to_string(call.self().shape).c_str());
    }
  }
  return {};
}

bool keepdim(const Call& call) {
  return call.op().has("keepdim") && call.boolean("keepdim");
}

Result<std::vector<bool>> reduced_axes(const Call& call) {
  if (!call.op().has("dim")) return std::vector<bool>(call.self().rank(), true);
  return call.axes("dim", call.self().rank(), true);
}

Result<Types> sum(const Call& call) {
  const DType dtype = call.dtype_or("dtype", accumulated(call.self().dtype));
  return Types{reduced(call.self(), INGOT_TRY(reduced_axes(call)), keepdim(call), dtype)};
}

}  // namespace

Result<TensorType> reduced_in_dtype(const Call& call) {
  return reduced(call.self(), INGOT_TRY(reduced_axes(call)), keepdim(call), call.self().dtype);
}

namespace {

Result<Types> mean(const Call& call) {
  const DType dtype = call.dtype_or("dtype", call.self().dtype);
  if (!is_floating(dtype)) {
    return call.wrong(call.has("dtype") ? "dtype" : "self", "expected a floating dtype, found %s", to_string(dtype));
  }
  return Types{reduced(call.self(), INGOT_TRY(reduced_axes(call)), keepdim(call), dtype)};
}

Result<Types> extremum(const Call& call) {
  const std::vector<bool> axes = INGOT_TRY(reduced_axes(call));
  INGOT_TRY_VOID(require_elements(call, axes));
  return Types{reduced(call.self(), axes, keepdim(call), call.self().dtype)};
}

Result<Types> any(const Call& call) {
  // uint8 once served as bool and still stays itself.
  const DType dtype = call.self().dtype == DType::uint8 ? DType::uint8 : DType::boolean;
  // An empty list of dims reduces nothing; none reduces all.
  const bool all = !call.op().has("dim") || !call.has("dim");
  const std::vector<bool> axes =
      all ? std::vector<bool>(call.self().rank(), true) : INGOT_TRY(call.axes("dim", call.self().rank(), false));
  return Types{reduced(call.self(), axes, keepdim(call), dtype)};
}

Result<Types> arg_extremum(const Call& call) {
  const std::vector<bool> axes = INGOT_TRY(reduced_axes(call));
  INGOT_TRY_VOID(require_elements(call, axes));
  if (call.self().dtype == DType::boolean) return call.wrong("self", "dtype bool is not supported");
  return Types{reduced(call.self(), axes, keepdim(call), DType::int64)};
}

Result<Types> extremum_with_index(const Call& call) {
  const std::vector<bool> axes = INGOT_TRY(reduced_axes(call));
  INGOT_TRY_VOID(require_elements(call, axes));
  return Types{reduced(call.self(), axes, keepdim(call), call.self().dtype),
               reduced(call.self(), axes, keepdim(call), DType::int64)};
}

Result<Types> variance(const Call& call) {
  INGOT_TRY_VOID(require_floating(call, "self", call.self()));
  return Types{reduced(call.self(), INGOT_TRY(reduced_axes(call)), keepdim(call), call.self().dtype)};
}

Result<Types> variance_and_mean(const Call& call) {
  Types types = INGOT_TRY(variance(call));
  types.push_back(types[0]);
  return types;
}

Result<Types> cumsum(const Call& call) {
  TensorType type = call.self();
  INGOT_TRY(call.axis("dim", type.rank()));
  type.dtype = call.dtype_or("dtype", accumulated(type.dtype));
  return Types{std::move(type)};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::sum.dim_IntList", sum},
    {"aten::mean.dim", mean},
    {"aten::mean", mean},
    {"aten::prod.dim_int", sum},
    {"aten::prod", sum},
    {"aten::amax", extremum},
    {"aten::amin", extremum},
    {"aten::any", any},
    {"aten::any.dim", any},
    {"aten::any.dims", any},
    {"aten::argmax", arg_extremum},
    {"aten::argmin", arg_extremum},
    {"aten::max.dim", extremum_with_index},
    {"aten::min.dim", extremum_with_index},
    {"aten::max", extremum},
    {"aten::min", extremum},
    {"aten::var.correction", variance},
    {"aten::var.dim", variance},
    {"aten::var_mean.correction", variance_and_mean},
    {"aten::cumsum", cumsum},
};

}  // namespace

std::span<const NamedShapeRule> reduction_rules() {
  return kRules;
}

}  // namespace ingot::compiler
