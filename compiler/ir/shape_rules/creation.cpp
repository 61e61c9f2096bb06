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

Result<Types> full(const Call& call) {
  const Shape size = call.shape("size");
  for (const Dim& dim : size) {
    if (dim.max() < 0) return call.wrong("size", "%s holds a negative size", to_string(size).c_str());
  }
  return Types{{call.dtype_or("dtype", dtype_of(call.arg("fill_value"))), size, {}}};
}

Result<Types> full_like(const Call& call) {
  TensorType type = call.self();
  type.dtype = call.dtype_or("dtype", type.dtype);
  return Types{std::move(type)};
}

Result<Types> scalar_tensor(const Call& call) {
  return Types{{call.dtype_or("dtype", DType::float32), {}, {}}};
}

Result<Types> arange(const Call& call) {
  DType dtype = DType::int64;
  for (const char* arg : {"start", "end", "step"}) {
    if (std::holds_alternative<double>(call.arg(arg))) dtype = DType::float32;
    if (!std::isfinite(call.real(arg))) return call.wrong(arg, "is not a finite number");
  }
  const double start = call.real("start");
  const double end = call.real("end");
  const double step = call.real("step");
  if (step == 0 || (end - start) * step < 0) {
    return call.wrong("step", "%g does not lead from %g to %g", step, start, end);
  }
  const double count = std::ceil((end - start) / step);
  if (!(count <= INT32_MAX)) return call.wrong("end", "makes %g elements, too many", count);
  return Types{{call.dtype_or("dtype", dtype), {static_cast<int64_t>(count)}, {}}};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::full", full},
    {"aten::full_like", full_like},
    {"aten::arange.start_step", arange},
    {"aten::scalar_tensor", scalar_tensor},
};

}  // namespace

std::span<const NamedShapeRule> creation_rules() {
  return kRules;
}

}  // namespace ingot::compiler
