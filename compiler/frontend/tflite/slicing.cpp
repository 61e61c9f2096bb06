// SLICE and STRIDED_SLICE.
#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// What one axis keeps: elements start, start + step, ... before end.
struct Cut {
  int64_t start = 0;
  int64_t end = 0;
  int64_t step = 1;
  bool drop = false;  // one element, whose axis goes away
};

// Elements from `start` on backwards, to one after `end`: of the axis turned round.
Result<Value*> cut_axis(Conversion& c, Value* x, size_t axis, const Cut& cut) {
  if (cut.step > 0) return c.slice(x, axis, cut.start, std::max(cut.end, cut.start), cut.step);
  const int64_t size = INGOT_TRY(Calls::size(x, axis));
  Value* turned = INGOT_TRY(c.call("aten::flip", {x, std::vector<int64_t>{static_cast<int64_t>(axis)}}));
  const int64_t start = size - 1 - cut.start, end = size - 1 - cut.end;
  return c.slice(turned, axis, start, std::max(end, start), -cut.step);
}

// A spec over positions: masks speak of these, not of the tensor's axes.
struct Spec {
  std::vector<int64_t> begin;
  std::vector<int64_t> end;
  std::vector<int64_t> strides;
  wire::StridedSliceOptionsT options;

  static bool has(int64_t mask, size_t position) { return position < 31 && ((mask >> position) & 1) != 0; }

  Result<Cut> cut(size_t position, int64_t size) const {
    Cut cut;
    cut.step = strides[position];
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
    if (cut.step == 0 || cut.step < -kMost || cut.step > kMost)
      return fail(ErrorCode::invalid_file, "a stride of %lld", static_cast<long long>(cut.step));
    const auto from_front = [size](int64_t index) { return index < 0 ? index + size : index; };
    if (has(options.shrink_axis_mask, position)) {
      const int64_t at = from_front(begin[position]);
      if (at < 0 || at >= size)
        return fail(ErrorCode::invalid_file, "element %lld of %lld", static_cast<long long>(begin[position]),
                    static_cast<long long>(size));
      return Cut{at, at + 1, 1, true};
    }
    const bool forwards = cut.step > 0;
    const int64_t low = forwards ? 0 : -1, high = forwards ? size : size - 1;
    cut.start = std::clamp(from_front(begin[position]), low, high);
    int64_t stop = end[position];
    if (options.offset) stop += from_front(begin[position]);
    cut.end = std::clamp(options.offset ? stop : from_front(stop), low, high);
    if (has(options.begin_mask, position)) cut.start = forwards ? 0 : size - 1;
    if (has(options.end_mask, position)) cut.end = forwards ? size : -1;
    return cut;
  }
};

Result<Spec> read_spec(Conversion& c) {
  Spec spec;
  spec.begin = INGOT_TRY(c.constant_integers(1, "where it begins"));
  spec.end = INGOT_TRY(c.constant_integers(2, "where it ends"));
  spec.strides = INGOT_TRY(c.constant_integers(3, "the strides"));
  spec.options = INGOT_TRY(c.options<wire::StridedSliceOptions>());
  if (spec.end.size() != spec.begin.size() || spec.strides.size() != spec.begin.size())
    return fail(ErrorCode::invalid_file, "%zu beginnings, %zu ends, %zu strides", spec.begin.size(), spec.end.size(),
                spec.strides.size());
  constexpr int64_t kMost = int64_t{1} << 32;
  for (const auto* list : {&spec.begin, &spec.end}) {
    if (std::ranges::any_of(*list, [](int64_t at) { return at < -kMost || at > kMost; }))
      return fail(ErrorCode::invalid_file, "it begins or ends far outside");
  }
  if (std::popcount(static_cast<uint32_t>(spec.options.ellipsis_mask)) > 1)
    return fail(ErrorCode::invalid_file, "two ellipses");
  return spec;
}

// The axes that the positions leave, and what each axis of x keeps.
struct Layout {
  std::vector<Cut> cuts;  // by axis of x
  // The result's axes: an axis of x, or a new one (none).
  std::vector<std::optional<size_t>> axes;
};

Result<Layout> lay_out(const Spec& spec, const Shape& shape) {
  Layout layout;
  for (const Dim& dim : shape) layout.cuts.push_back({0, dim.value(), 1, false});
  size_t named = 0;  // positions that stand for an axis of x
  for (size_t i = 0; i < spec.begin.size(); ++i) {
    const bool other = Spec::has(spec.options.ellipsis_mask, i) || Spec::has(spec.options.new_axis_mask, i);
    if (!other) ++named;
  }
  if (named > shape.size())
    return fail(ErrorCode::invalid_file, "%zu positions for %s", named, to_string(shape).c_str());
  size_t axis = 0;
  for (size_t i = 0; i < spec.begin.size(); ++i) {
    if (Spec::has(spec.options.ellipsis_mask, i)) {
      for (size_t left = shape.size() - named; left > 0; --left) layout.axes.emplace_back(axis++);
    } else if (Spec::has(spec.options.new_axis_mask, i)) {
      layout.axes.emplace_back(std::nullopt);
    } else {
      layout.cuts[axis] = INGOT_TRY(spec.cut(i, shape[axis].value()));
      if (!layout.cuts[axis].drop) layout.axes.emplace_back(axis);
      ++axis;
    }
  }
  while (axis < shape.size()) layout.axes.emplace_back(axis++);
  return layout;
}

}  // namespace

Result<void> convert_slice(Conversion& c) {
  const std::vector<int64_t> begin = INGOT_TRY(c.constant_integers(1, "where it begins"));
  const std::vector<int64_t> sizes = INGOT_TRY(c.constant_integers(2, "the sizes"));
  const Shape shape = INGOT_TRY(c.shape(0));
  if (begin.size() != shape.size() || sizes.size() != shape.size() || !is_static(shape))
    return fail(ErrorCode::invalid_file, "%zu beginnings and %zu sizes for %s", begin.size(), sizes.size(),
                to_string(shape).c_str());
  const Operand x = INGOT_TRY(c.any(0));
  Value* y = x.value;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t whole = shape[i].value();
    if (begin[i] < 0 || begin[i] > whole || sizes[i] < -1 || sizes[i] > whole - begin[i])
      return fail(ErrorCode::invalid_file, "%lld from %lld on, of %lld", static_cast<long long>(sizes[i]),
                  static_cast<long long>(begin[i]), static_cast<long long>(whole));
    const int64_t end = sizes[i] == -1 ? whole : begin[i] + sizes[i];
    y = INGOT_TRY(c.slice(y, static_cast<size_t>(x.axis(i)), begin[i], end));
  }
  return c.give(y, x.axes);
}

Result<void> convert_strided_slice(Conversion& c) {
  const Spec spec = INGOT_TRY(read_spec(c));
  const Shape shape = INGOT_TRY(c.shape(0));
  if (!is_static(shape)) return fail(ErrorCode::not_supported, "slices of %s", to_string(shape).c_str());
  const Layout layout = INGOT_TRY(lay_out(spec, shape));
  bool same_axes = layout.axes.size() == shape.size();
  for (size_t i = 0; i < layout.axes.size() && same_axes; ++i) same_axes = layout.axes[i] == i;
  const Operand x = same_axes ? INGOT_TRY(c.any(0)) : Operand{INGOT_TRY(c.filed(0)), Axes::filed};
  Value* y = x.value;
  for (size_t i = 0; i < shape.size(); ++i) {
    y = INGOT_TRY(cut_axis(c, y, static_cast<size_t>(x.axis(i)), layout.cuts[i]));
  }
  if (same_axes) return c.give(y, x.axes);
  Shape result;
  for (const std::optional<size_t>& axis : layout.axes) result.push_back(axis ? y->type.shape[*axis] : Dim(1));
  if (y != x.value && !(y->type.shape == result)) y = INGOT_TRY(c.rounded_as_input(0, y));
  return c.give(INGOT_TRY(c.view(y, result)));
}

}  // namespace ingot::compiler::tflite_import
