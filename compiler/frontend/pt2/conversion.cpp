#include "compiler/frontend/pt2/conversion.h"

#include <algorithm>
#include <numeric>

#include "compiler/ir/constants.h"

namespace ingot::compiler::pt2 {

Value* Conversion::tensor(std::string_view name) const {
  const Argument& argument = arg(name);
  return std::holds_alternative<std::monostate>(argument) ? nullptr : std::get<Value*>(argument);
}

Result<Value*> Conversion::floats(std::string_view name) const {
  Value* value = tensor(name);
  if (value != nullptr && is_floating(value->type.dtype)) return value;
  return fail(ErrorCode::not_supported, "its '%s' is %s, expected floats", std::string(name).c_str(),
              value == nullptr ? "none" : to_string(value->type).c_str());
}

double Conversion::real(std::string_view name) const {
  const Argument& argument = arg(name);
  if (const auto* integer = std::get_if<int64_t>(&argument)) return static_cast<double>(*integer);
  if (const auto* flag = std::get_if<bool>(&argument)) return *flag ? 1 : 0;
  return std::get<double>(argument);
}

DType Conversion::dtype_or(std::string_view name, DType otherwise) const {
  return is_none(name) ? otherwise : std::get<DType>(arg(name));
}

Dim Conversion::dim(std::string_view name) const {
  if (const auto* symbolic = std::get_if<Dim>(&arg(name))) return *symbolic;
  return std::get<int64_t>(arg(name));
}

Shape Conversion::shape(std::string_view name) const {
  if (const auto* symbolic = std::get_if<Shape>(&arg(name))) return *symbolic;
  return to_shape(std::get<std::vector<int64_t>>(arg(name)));
}

Result<int64_t> Conversion::integer(std::string_view name) const {
  const Dim value = dim(name);
  if (value.is_static()) return value.value();
  return fail(ErrorCode::not_supported, "its '%s' depends on the size %s", std::string(name).c_str(),
              value.str().c_str());
}

Result<std::vector<int64_t>> Conversion::integers(std::string_view name) const {
  const Shape values = shape(name);
  if (is_static(values)) return static_sizes(values);
  return fail(ErrorCode::not_supported, "its '%s' depends on the sizes %s", std::string(name).c_str(),
              to_string(values).c_str());
}

Result<std::vector<int64_t>> Conversion::integers(std::string_view name, size_t count) const {
  std::vector<int64_t> values = INGOT_TRY(integers(name));
  if (values.size() == 1) values.assign(count, values[0]);
  if (values.size() == count) return values;
  return fail(ErrorCode::invalid_file, "its '%s' has %zu entries, expected %zu", std::string(name).c_str(),
              values.size(), count);
}

Result<size_t> Conversion::axis_of(std::string_view name, const Value* x) const {
  // PyTorch lets scalars have one axis.
  return axis(INGOT_TRY(integer(name)), std::max<size_t>(x->type.rank(), 1));
}

Result<std::vector<int64_t>> Conversion::axes_of(std::string_view name, const Value* x) const {
  std::vector<int64_t> given;
  if (std::holds_alternative<int64_t>(arg(name))) {
    given = {std::get<int64_t>(arg(name))};
  } else if (!is_none(name)) {
    given = INGOT_TRY(integers(name));
  }
  std::vector<int64_t> result;
  for (const size_t axis : INGOT_TRY(axes(given, x->type.rank()))) result.push_back(static_cast<int64_t>(axis));
  if (result.empty()) {
    result.resize(x->type.rank());
    std::iota(result.begin(), result.end(), int64_t{0});
  }
  return result;
}

Operand Conversion::operand_of(const Value* value) const {
  const DType dtype = value->type.dtype;
  // A Python float is of the default dtype.
  if (numbers_.contains(value)) return {is_floating(dtype) ? DType::float32 : dtype, Operand::Weight::number};
  return {dtype, value->type.rank() == 0 ? Operand::Weight::scalar : Operand::Weight::tensor};
}

Result<std::vector<Value*>> Conversion::promoted(const std::vector<Value*>& operands) {
  std::vector<Operand> types;
  for (const Value* value : operands) types.push_back(operand_of(value));
  const DType dtype = result_type(types);
  std::vector<Value*> result;
  for (Value* value : operands) {
    const bool made_anew = numbers_.contains(value) && value->type.dtype != dtype;
    result.push_back(made_anew ? scalar(dtype, load_numbers(*value)[0]) : INGOT_TRY(cast(value, dtype)));
  }
  return result;
}

}  // namespace ingot::compiler::pt2
