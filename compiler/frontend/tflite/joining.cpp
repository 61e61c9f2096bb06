// Operators that join tensors or take them apart.
#include <algorithm>
#include <numeric>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

Result<void> give_parts(Conversion& c, size_t input, size_t axis, const std::vector<int64_t>& sizes) {
  const Operand x = INGOT_TRY(c.any(input));
  int64_t start = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto along = static_cast<size_t>(x.axis(axis));
    INGOT_TRY_VOID(c.give(i, INGOT_TRY(c.slice(x.value, along, start, start + sizes[i])), x.axes));
    start += sizes[i];
  }
  return {};
}

Result<int64_t> size_along(Conversion& c, size_t input, size_t axis) {
  const Dim size = INGOT_TRY(c.shape(input))[axis];
  if (!size.is_static()) return fail(ErrorCode::not_supported, "size %s along axis %zu", size.str().c_str(), axis);
  return size.value();
}

}  // namespace

Result<void> convert_concatenation(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::ConcatenationOptions>());
  const size_t rank = INGOT_TRY(c.rank(0));
  for (size_t i = 0; i < c.num_inputs(); ++i) {
    if (INGOT_TRY(c.rank(i)) != rank)
      return fail(ErrorCode::invalid_file, "its inputs are %s and %s", to_string(INGOT_TRY(c.shape(0))).c_str(),
                  to_string(INGOT_TRY(c.shape(i))).c_str());
  }
  const size_t axis = INGOT_TRY(Calls::axis(options.axis, rank));
  const auto parts = INGOT_TRY(c.alike(0, c.num_inputs()));
  const auto along = static_cast<int64_t>(axis_in(parts.axes, axis));
  Value* joined = parts.values.size() == 1 ? parts.values[0] : INGOT_TRY(c.call("aten::cat", {parts.values, along}));
  return c.give(joined, parts.axes, options.fused_activation_function);
}

Result<void> convert_pack(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::PackOptions>());
  const size_t axis = INGOT_TRY(Calls::axis(options.axis, INGOT_TRY(c.rank(0)) + 1));
  std::vector<Value*> parts;
  for (size_t i = 0; i < c.num_inputs(); ++i) parts.push_back(INGOT_TRY(c.filed(i)));
  return c.give(INGOT_TRY(c.call("aten::stack", {parts, static_cast<int64_t>(axis)})));
}

Result<void> convert_unpack(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::UnpackOptions>());
  const size_t axis = INGOT_TRY(Calls::axis(options.axis, INGOT_TRY(c.rank(0))));
  const int64_t size = INGOT_TRY(size_along(c, 0, axis));
  if (std::cmp_not_equal(size, c.num_outputs()))
    return fail(ErrorCode::invalid_file, "%lld slices, %zu outputs", static_cast<long long>(size), c.num_outputs());
  Value* x = INGOT_TRY(c.filed(0));
  for (size_t i = 0; i < c.num_outputs(); ++i) {
    const auto at = static_cast<int64_t>(i);
    INGOT_TRY_VOID(c.give(i, INGOT_TRY(c.call("aten::select_copy.int", {x, static_cast<int64_t>(axis), at}))));
  }
  return {};
}

// Operands: the axis, x.
Result<void> convert_split(Conversion& c) {
  const size_t axis = INGOT_TRY(Calls::axis(INGOT_TRY(c.constant_integer(0, "the axis")), INGOT_TRY(c.rank(1))));
  const int64_t size = INGOT_TRY(size_along(c, 1, axis)), parts = static_cast<int64_t>(c.num_outputs());
  if (size % parts != 0)
    return fail(ErrorCode::invalid_file, "%lld elements in %lld equal parts", static_cast<long long>(size),
                static_cast<long long>(parts));
  return give_parts(c, 1, axis, std::vector<int64_t>(c.num_outputs(), size / parts));
}

// Operands: x, sizes (one may be -1), the axis.
Result<void> convert_split_v(Conversion& c) {
  const size_t axis = INGOT_TRY(Calls::axis(INGOT_TRY(c.constant_integer(2, "the axis")), INGOT_TRY(c.rank(0))));
  std::vector<int64_t> sizes = INGOT_TRY(c.constant_integers(1, "the sizes"));
  const int64_t whole = INGOT_TRY(size_along(c, 0, axis));
  int64_t known = 0;
  for (const int64_t size : sizes) {
    if (size < -1 || size > whole) return fail(ErrorCode::invalid_file, "a part of %lld", static_cast<long long>(size));
    known += std::max<int64_t>(size, 0);
  }
  const auto open = std::ranges::find(sizes, -1);
  if (open != sizes.end()) {
    *open = whole - known;
    known = whole;
  }
  if (sizes.size() != c.num_outputs() || known != whole || std::ranges::any_of(sizes, [](int64_t s) { return s < 0; }))
    return fail(ErrorCode::invalid_file, "%zu parts of %lld elements do not make %zu of %lld", sizes.size(),
                static_cast<long long>(known), c.num_outputs(), static_cast<long long>(whole));
  return give_parts(c, 0, axis, sizes);
}

}  // namespace ingot::compiler::tflite_import
