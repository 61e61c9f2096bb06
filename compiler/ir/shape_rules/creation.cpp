// Tensors made from numbers alone.
#include <cmath>
#include <cstdint>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

DType dtype_of(const Argument& scalar) {
  if (std::holds_alternative<bool>(scalar)) return DType::boolean;
  return std::holds_alternative<int64_t>(scalar) ? DType::int64 : DType::float32;
}

Result<TensorType> new_tensor(const Call& call, DType dtype) {
  const Shape size = call.shape("size");
  for (const Dim& dim : size) {
    if (dim.max() < 0) return call.wrong("size", "%s holds a negative size", to_string(size).c_str());
  }
  return TensorType{call.dtype_or("dtype", dtype), size, {}};
}

Result<Types> full(const Call& call) {
  return Types{INGOT_TRY(new_tensor(call, dtype_of(call.arg("fill_value"))))};
}

Result<Types> of_floats(const Call& call) {
  return Types{INGOT_TRY(new_tensor(call, DType::float32))};
}

Result<Types> empty(const Call& call) {
  TensorType type = INGOT_TRY(new_tensor(call, DType::float32));
  type.dim_order = INGOT_TRY(dim_order_of_format(call, type));
  return Types{std::move(type)};
}

Result<Types> empty_dim_order(const Call& call) {
  TensorType type = INGOT_TRY(new_tensor(call, DType::float32));
  type.dim_order = INGOT_TRY(dim_order_argument(call, type));
  return Types{std::move(type)};
}

Result<Types> full_like(const Call& call) {
  TensorType type = call.self();
  type.dtype = call.dtype_or("dtype", type.dtype);
  return Types{std::move(type)};
}

Result<Types> scalar_tensor(const Call& call) {
  return Types{{call.dtype_or("dtype", DType::float32), {}, {}}};
}

Result<Types> range(const Call& call, const Argument& start, const Argument& end, const Argument& step) {
  DType dtype = DType::int64;
  for (const Argument* number : {&start, &end, &step}) {
    if (std::holds_alternative<double>(*number)) dtype = DType::float32;
    if (!std::isfinite(real_of(*number))) return call.wrong("end", "the range holds a number that is not finite");
  }
  dtype = call.dtype_or("dtype", dtype);
  // For int64 fractions are dropped first.
  const auto bound = [dtype](const Argument& number) {
    return dtype == DType::int64 ? std::trunc(real_of(number)) : real_of(number);
  };
  const double from = bound(start), to = bound(end), by = bound(step);
  if (by == 0 || (to - from) * by < 0) {
    return call.wrong(call.op().has("step") ? "step" : "end", "%g does not lead from %g to %g", by, from, to);
  }
  const double count = std::ceil((to - from) / by);
  if (!(count <= INT32_MAX)) return call.wrong("end", "makes %g elements, too many", count);
  return Types{{dtype, {static_cast<int64_t>(count)}, {}}};
}

Result<Types> arange_from(const Call& call) {
  return range(call, call.arg("start"), call.arg("end"), call.arg("step"));
}

Result<Types> arange(const Call& call) {
  return range(call, int64_t{0}, call.arg("end"), int64_t{1});
}

constexpr NamedShapeRule kRules[] = {
    {"aten::full", full},
    {"aten::full_like", full_like},
    {"aten::ones", of_floats},
    {"aten::zeros", of_floats},
    {"aten::empty.memory_format", empty},
    {"dim_order_ops::_empty_dim_order", empty_dim_order},
    {"aten::arange", arange},
    {"aten::arange.start_step", arange_from},
    {"aten::scalar_tensor", scalar_tensor},
};

}  // namespace

std::span<const NamedShapeRule> creation_rules() {
  return kRules;
}

}  // namespace ingot::compiler
