// Operators that give other axes to the same elements, or repeat them.
#include <algorithm>
#include <optional>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// One -1 takes what is left.
Result<Shape> resolved(const std::vector<int64_t>& wanted, const Shape& from) {
  Shape shape;
  std::optional<size_t> open;
  Dim rest(1);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] < -1 || (wanted[i] == -1 && open))
      return fail(ErrorCode::invalid_file, "it reshapes to %s", to_string(to_shape(wanted)).c_str());
    if (wanted[i] == -1) open = i;
    shape.push_back(wanted[i] == -1 ? Dim(1) : Dim(wanted[i]));
    rest = rest * shape.back();
  }
  const Dim count = numel(from);
  if (open) {
    if (rest.min() <= 0) return fail(ErrorCode::invalid_file, "a shape with -1 beside a size of 0");
    shape[*open] = floor_div(count, rest);
    rest = rest * shape[*open];
  }
  if (rest.is_static() && count.is_static() && !(rest == count))
    return fail(ErrorCode::invalid_file, "%s does not reshape to %s", to_string(from).c_str(),
                to_string(to_shape(wanted)).c_str());
  return shape;
}

Result<void> give_view(Conversion& c, const Shape& shape) {
  return c.give(INGOT_TRY(c.view(INGOT_TRY(c.filed(0)), shape)));
}

}  // namespace

// The shape is an operand, or an option of old files, or that of the result.
Result<void> convert_reshape(Conversion& c) {
  std::vector<int64_t> wanted;
  if (c.has(1)) {
    wanted = INGOT_TRY(c.constant_integers(1, "the shape"));
  } else {
    const auto options = INGOT_TRY(c.options<wire::ReshapeOptions>());
    wanted.assign(options.new_shape.begin(), options.new_shape.end());
    if (wanted.empty()) wanted = INGOT_TRY(c.output())->sizes;
  }
  const Shape from = INGOT_TRY(c.shape(0));
  // Old converters write a scalar's shape as a size of 0.
  if (wanted == std::vector<int64_t>{0} && numel(from) == Dim(1)) wanted.clear();
  return give_view(c, INGOT_TRY(resolved(wanted, from)));
}

// No axes listed: all of size 1.
Result<void> convert_squeeze(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::SqueezeOptions>());
  const Shape from = INGOT_TRY(c.shape(0));
  std::vector<bool> dropped(from.size(), false);
  for (size_t i = 0; i < from.size() && options.squeeze_dims.empty(); ++i) dropped[i] = from[i] == Dim(1);
  for (const int64_t given : options.squeeze_dims) {
    const size_t axis = INGOT_TRY(Calls::axis(given, from.size()));
    if (!(from[axis] == Dim(1)))
      return fail(ErrorCode::invalid_file, "axis %zu of %s is not 1", axis, to_string(from).c_str());
    dropped[axis] = true;
  }
  Shape shape;
  for (size_t i = 0; i < from.size(); ++i) {
    if (!dropped[i]) shape.push_back(from[i]);
  }
  return give_view(c, shape);
}

Result<void> convert_expand_dims(Conversion& c) {
  Shape shape = INGOT_TRY(c.shape(0));
  const size_t axis = INGOT_TRY(Calls::axis(INGOT_TRY(c.constant_integer(1, "the axis")), shape.size() + 1));
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
  return give_view(c, shape);
}

Result<void> convert_transpose(Conversion& c) {
  const std::vector<int64_t> given = INGOT_TRY(c.constant_integers(1, "the order of axes"));
  const size_t rank = INGOT_TRY(c.rank(0));
  const std::vector<size_t> axes = INGOT_TRY(Calls::axes(given, rank));
  if (axes.size() != rank) return fail(ErrorCode::invalid_file, "%zu axes, expected %zu", axes.size(), rank);
  const std::vector<int64_t> order(axes.begin(), axes.end());
  return c.give(INGOT_TRY(c.permute(INGOT_TRY(c.filed(0)), order)));
}

Result<void> convert_tile(Conversion& c) {
  const std::vector<int64_t> given = INGOT_TRY(c.constant_integers(1, "how often"));
  if (given.size() != INGOT_TRY(c.rank(0)))
    return fail(ErrorCode::invalid_file, "%zu numbers for %s", given.size(), to_string(INGOT_TRY(c.shape(0))).c_str());
  const Operand x = INGOT_TRY(c.any(0));
  std::vector<int64_t> repeats(given.size());
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] < 0) return fail(ErrorCode::invalid_file, "%lld times", static_cast<long long>(given[i]));
    repeats[static_cast<size_t>(x.axis(i))] = given[i];
  }
  if (std::ranges::all_of(repeats, [](int64_t n) { return n == 1; })) return c.give(x.value, x.axes);
  return c.give(INGOT_TRY(c.call("aten::repeat", {x.value, repeats})), x.axes);
}

Result<void> convert_broadcast_to(Conversion& c) {
  const Shape shape = to_shape(INGOT_TRY(c.constant_integers(1, "the shape")));
  return c.give(INGOT_TRY(c.expand(INGOT_TRY(c.filed(0)), shape)));
}

Result<void> convert_reverse(Conversion& c) {
  const std::vector<int64_t> given = INGOT_TRY(c.constant_integers(1, "the axes"));
  const Operand x = INGOT_TRY(c.any(0));
  std::vector<int64_t> axes;
  for (const size_t axis : INGOT_TRY(Calls::axes(given, x.value->type.rank()))) axes.push_back(x.axis(axis));
  return c.give(INGOT_TRY(c.call("aten::flip", {x.value, axes})), x.axes);
}

}  // namespace ingot::compiler::tflite_import
