// Operators whose result does not depend on anything that is fed: constants, and facts about shapes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {
namespace {

// A list of sizes as an int64 constant.
Result<Value*> sizes_constant(Conversion& c, const Shape& shape) {
  for (const Dim& dim : shape) {
    if (!dim.is_static()) return fail(ErrorCode::not_supported, "the size %s must be a number here", dim.str().c_str());
  }
  return c.builder().constant_i64("sizes", {static_cast<int64_t>(shape.size())}, static_sizes(shape));
}

template <typename T>
Bytes to_bytes(const std::vector<T>& values) {
  return Bytes::copy_of(std::as_bytes(std::span(values)));
}

}  // namespace

Result<Outputs> convert_constant(Conversion& c) {
  if (c.has("value")) {
    auto [type, data] = INGOT_TRY(c.tensor("value"));
    return c.builder().constant("constant", std::move(type), std::move(data));
  }
  if (c.has("value_float")) return c.scalar(DType::float32, INGOT_TRY(c.real("value_float", 0)));
  if (c.has("value_int")) return c.builder().constant_i64("constant", {}, {INGOT_TRY(c.integer("value_int", 0))});
  if (const auto floats = INGOT_TRY(c.reals("value_floats"))) {
    const std::vector<float> values(floats->begin(), floats->end());
    return c.builder().constant_f32("constant", {static_cast<int64_t>(values.size())}, values);
  }
  if (const auto ints = INGOT_TRY(c.integers("value_ints")))
    return c.builder().constant_i64("constant", {static_cast<int64_t>(ints->size())}, *ints);
  return fail(ErrorCode::not_supported, "it holds strings, or a sparse tensor, or nothing");
}

Result<Outputs> convert_constant_of_shape(Conversion& c) {
  const std::vector<int64_t> sizes = INGOT_TRY(c.constant_integers(0, "the shape"));
  Value* value = nullptr;
  if (c.has("value")) {
    auto [type, data] = INGOT_TRY(c.tensor("value"));
    if (numel(type.shape) != Dim(1))
      return fail(ErrorCode::invalid_file, "its value is %s, expected one element", to_string(type).c_str());
    type.shape.clear();
    value = c.builder().constant("value", std::move(type), std::move(data));
  } else {
    value = c.scalar(DType::float32, 0);
  }
  const TensorType type = INGOT_TRY(checked_type(value->type.dtype, sizes));
  return c.expand(value, type.shape);
}

Result<Outputs> convert_eye_like(Conversion& c) {
  const Value* x = c.input(0);
  const int64_t k = INGOT_TRY(c.integer("k", 0));
  DType dtype = x->type.dtype;
  if (c.has("dtype")) dtype = INGOT_TRY(to_dtype(INGOT_TRY(c.integer("dtype", 0))));
  if (x->type.rank() != 2)
    return fail(ErrorCode::invalid_file, "its input is %s, expected a matrix", to_string(x->type).c_str());
  const int64_t rows = INGOT_TRY(Conversion::size(x, 0));
  const int64_t columns = INGOT_TRY(Conversion::size(x, 1));
  INGOT_TRY_VOID(c.check_made_up(rows * columns));
  std::vector<float> ones(static_cast<size_t>(rows * columns), 0.0F);
  for (int64_t row = 0; row < rows; ++row) {
    if (k >= -row && k < columns - row) ones[static_cast<size_t>(row * columns + row + k)] = 1.0F;
  }
  return c.cast(c.builder().constant_f32("eye", {rows, columns}, ones), dtype);
}

// start, start + delta, ... before limit
Result<Outputs> convert_range(Conversion& c) {
  const DType dtype = c.input(0)->type.dtype;
  double bounds[3];
  for (size_t i = 0; i < 3; ++i) {
    const TensorType& type = c.input(i)->type;
    if (numel(type.shape) != Dim(1) || type.dtype != dtype)
      return fail(ErrorCode::invalid_file, "its input %zu is %s, expected one %s", i, to_string(type).c_str(),
                  to_string(dtype));
    bounds[i] = INGOT_TRY(c.constant_reals(i, "a bound"))[0];
    // Within these, doubles hold integers exactly.
    if (!(std::abs(bounds[i]) < 9e15)) return fail(ErrorCode::not_supported, "its bound %g is too large", bounds[i]);
  }
  const auto [start, limit, delta] = bounds;
  if (delta == 0) return fail(ErrorCode::invalid_file, "its step is 0");
  const double steps = std::max(0.0, std::ceil((limit - start) / delta));
  INGOT_TRY_VOID(c.check_made_up(steps > 1e15 ? -1 : static_cast<int64_t>(steps)));
  const auto count = static_cast<size_t>(steps);
  const TensorType type{DType::float64, {static_cast<int64_t>(count)}, {}};
  if (dtype == DType::float32) {
    // In steps of the dtype's own arithmetic.
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i)
      values[i] = static_cast<float>(start) + static_cast<float>(i) * static_cast<float>(delta);
    return c.builder().constant_f32("range", static_sizes(type.shape), values);
  }
  if (is_floating(dtype)) {
    std::vector<double> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = start + static_cast<double>(i) * delta;
    return c.cast(c.builder().constant("range", type, to_bytes(values)), dtype);
  }
  std::vector<int64_t> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<int64_t>(start) + static_cast<int64_t>(i) * static_cast<int64_t>(delta);
  return c.cast(c.builder().constant_i64("range", static_sizes(type.shape), values), dtype);
}

Result<Outputs> convert_shape(Conversion& c) {
  const Shape& shape = c.input(0)->type.shape;
  const auto rank = static_cast<int64_t>(shape.size());
  int64_t start = INGOT_TRY(c.integer("start", 0));
  int64_t end = INGOT_TRY(c.integer("end", rank));
  start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
  end = std::clamp<int64_t>(end < 0 ? end + rank : end, start, rank);
  return sizes_constant(c, Shape(shape.begin() + start, shape.begin() + end));
}

Result<Outputs> convert_size(Conversion& c) {
  const Dim count = numel(c.input(0)->type.shape);
  if (!count.is_static()) return fail(ErrorCode::not_supported, "the size %s must be a number", count.str().c_str());
  return c.builder().constant_i64("size", {}, {count.value()});
}

}  // namespace ingot::compiler::onnx_import
