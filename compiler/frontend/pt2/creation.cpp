// Tensors that are made of nothing: constants of the program, or fills of a size that shows when it runs.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "compiler/frontend/pt2/operators.h"
#include "compiler/ir/constants.h"

namespace ingot::compiler::pt2 {
namespace {

// The shape that the operator names: its size, or that of the tensor it is like.
Shape created_shape(const Conversion& c) {
  return c.op().has("size") ? c.shape("size") : c.tensor("self")->type.shape;
}

DType created_dtype(const Conversion& c, DType otherwise) {
  return c.dtype_or("dtype", c.op().has("self") ? c.tensor("self")->type.dtype : otherwise);
}

Result<Value*> filled(Conversion& c, const Argument& value, DType dtype) {
  return c.call("aten::full", {created_shape(c), value, dtype});
}

bool is_real(const Argument& number) {
  return std::holds_alternative<double>(number);
}

// Of a Python number: what torch.full and torch.arange make of it.
DType dtype_of_number(const Argument& number) {
  if (std::holds_alternative<bool>(number)) return DType::boolean;
  return is_real(number) ? DType::float32 : DType::int64;
}

// A tensor of integers stays one: kernels take the number as they are.
Argument as_number(double value, DType dtype) {
  if (is_floating(dtype)) return value;
  return static_cast<int64_t>(value);
}

}  // namespace

Result<Outputs> convert_zeros(Conversion& c) {
  const DType dtype = created_dtype(c, DType::float32);
  return filled(c, as_number(0, dtype), dtype);
}

Result<Outputs> convert_ones(Conversion& c) {
  const DType dtype = created_dtype(c, DType::float32);
  return filled(c, as_number(1, dtype), dtype);
}

Result<Outputs> convert_full(Conversion& c) {
  const Argument& value = c.arg("fill_value");
  return filled(c, value, created_dtype(c, dtype_of_number(value)));
}

Result<Outputs> convert_scalar_tensor(Conversion& c) {
  return c.scalar(c.dtype_or("dtype", DType::float32), c.real("s"));
}

// start, start + step, ... below end, all known.
Result<Outputs> convert_arange(Conversion& c) {
  const bool has_start = c.op().has("start");
  const bool has_step = c.op().has("step");
  const double start = has_start ? c.real("start") : 0;
  const double step = has_step ? c.real("step") : 1;
  const bool real =
      is_real(c.arg("end")) || (has_start && is_real(c.arg("start"))) || (has_step && is_real(c.arg("step")));
  const DType dtype = c.dtype_or("dtype", real ? DType::float32 : DType::int64);
  const double count = std::ceil((c.real("end") - start) / step);
  if (!(step != 0) || !(count < 1e15)) return fail(ErrorCode::invalid_file, "a range in steps of %g", step);
  const int64_t size = count > 0 ? static_cast<int64_t>(count) : 0;
  INGOT_TRY_VOID(Calls::check_made_up(size));
  std::vector<double> numbers;
  for (int64_t i = 0; i < size; ++i) numbers.push_back(start + static_cast<double>(i) * step);
  return add_numbers(c.builder().graph(), "range", {dtype, to_shape({size}), {}}, numbers);
}

// Ones on the diagonal.
Result<Outputs> convert_eye(Conversion& c) {
  const int64_t rows = INGOT_TRY(c.integer("n"));
  const int64_t columns = c.op().has("m") ? INGOT_TRY(c.integer("m")) : rows;
  if (rows < 0 || columns < 0 || rows > INT32_MAX || columns > INT32_MAX)
    return fail(ErrorCode::invalid_file, "a matrix of %lld x %lld", static_cast<long long>(rows),
                static_cast<long long>(columns));
  INGOT_TRY_VOID(Calls::check_made_up(rows * columns));
  std::vector<double> numbers(static_cast<size_t>(rows * columns), 0);
  for (int64_t i = 0; i < std::min(rows, columns); ++i) numbers[static_cast<size_t>(i * columns + i)] = 1;
  return add_numbers(c.builder().graph(), "eye", {c.dtype_or("dtype", DType::float32), to_shape({rows, columns}), {}},
                     numbers);
}

}  // namespace ingot::compiler::pt2
