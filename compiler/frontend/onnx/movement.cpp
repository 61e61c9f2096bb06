// Operators that move elements without computing anything: other shapes, parts, repetitions.
#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/open_sizes.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

// A list that is an attribute before operator set `since_input` and an input from then on; nullopt where it is absent.
Result<std::optional<std::vector<int64_t>>> attribute_or_input(Conversion& c, const char* name, size_t input,
                                                               int64_t since_input) {
  if (c.opset() < since_input) {
    if (c.input(input) != nullptr)
      return fail(ErrorCode::invalid_file, "'%s' is an attribute before opset %lld", name,
                  static_cast<long long>(since_input));
    return c.integers(name);
  }
  if (c.input(input) == nullptr) return std::nullopt;
  return INGOT_TRY(c.constant_integers(input, name));
}

// One axis of a Slice, with ONNX's rules for what lies outside: everything is clamped.
Result<Value*> slice_axis(Conversion& c, Value* x, size_t axis, int64_t start, int64_t end, int64_t step) {
  if (const Dim& open = x->type.shape[axis]; !open.is_static() && step > 0) {
    const auto within = [&](int64_t index) { return min(max(index < 0 ? open + Dim(index) : Dim(index), 0), open); };
    return c.slice(x, axis, within(start), max(within(end), within(start)), step);
  }
  const int64_t size = INGOT_TRY(Conversion::size(x, axis));
  const auto from_front = [size](int64_t index, int64_t low, int64_t high) {
    return std::clamp(index < 0 ? index + size : index, low, high);
  };
  if (step > 0) {
    start = from_front(start, 0, size);
    end = std::max(from_front(end, 0, size), start);
    return c.slice(x, axis, start, end, step);
  }
  // Backwards: turn the axis round, then count from the other end.
  if (step == std::numeric_limits<int64_t>::min()) step += 1;
  start = size - 1 - from_front(start, 0, std::max<int64_t>(size - 1, 0));
  end = size - 1 - from_front(end, -1, std::max<int64_t>(size - 1, 0));
  Value* turned = INGOT_TRY(c.call("aten::flip", {x, std::vector<int64_t>{static_cast<int64_t>(axis)}}));
  start = std::max<int64_t>(start, 0);
  return c.slice(turned, axis, start, std::max(end, start), -step);
}

}  // namespace

Result<Outputs> convert_concat(Conversion& c) {
  if (!c.has("axis")) return fail(ErrorCode::invalid_file, "attribute 'axis' is missing");
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", 0)), c.input(0)->type.rank()));
  if (c.num_inputs() == 1) return c.input(0);
  std::vector<Value*> parts;
  for (size_t i = 0; i < c.num_inputs(); ++i) parts.push_back(c.input(i));
  return c.call("aten::cat", {parts, static_cast<int64_t>(axis)});
}

Result<Outputs> convert_split(Conversion& c) {
  Value* x = c.input(0);
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", 0)), x->type.rank()));
  auto sizes = INGOT_TRY(attribute_or_input(c, "split", 1, 13));
  const auto count = static_cast<int64_t>(c.num_outputs());
  const int64_t given = c.opset() >= 18 ? INGOT_TRY(c.integer("num_outputs", count)) : count;
  if (given != count)
    return fail(ErrorCode::invalid_file, "num_outputs is %lld, but it has %lld outputs", static_cast<long long>(given),
                static_cast<long long>(count));
  const int64_t whole = INGOT_TRY(Conversion::size(x, axis));
  if (!sizes) {
    // Equal parts; from opset 18 on, the last may be smaller.
    if (c.opset() < 18 && whole % count != 0)
      return fail(ErrorCode::invalid_file, "%lld elements do not make %lld equal parts", static_cast<long long>(whole),
                  static_cast<long long>(count));
    const int64_t part = (whole + count - 1) / count;
    sizes.emplace();
    for (int64_t start = 0; std::cmp_less(sizes->size(), count); start += part)
      sizes->push_back(std::clamp<int64_t>(whole - start, 0, part));
  }
  int64_t sum = 0;
  bool sound = std::cmp_equal(sizes->size(), count);
  for (const int64_t size : *sizes) {
    sound = sound && size >= 0 && size <= whole - sum;
    if (sound) sum += size;
  }
  if (!sound || sum != whole)
    return fail(ErrorCode::invalid_file, "its parts do not add up to the %lld elements of axis %zu",
                static_cast<long long>(whole), axis);
  std::vector<Value*> parts;
  int64_t start = 0;
  for (size_t i = 0; i < sizes->size(); ++i) {
    const int64_t end = start + (*sizes)[i];
    parts.push_back(c.wants_output(i) ? INGOT_TRY(c.slice(x, axis, start, end)) : nullptr);
    start = end;
  }
  return parts;
}

Result<Outputs> convert_slice(Conversion& c) {
  Value* x = c.input(0);
  const auto starts = INGOT_TRY(attribute_or_input(c, "starts", 1, 10));
  const auto ends = INGOT_TRY(attribute_or_input(c, "ends", 2, 10));
  const auto axes = INGOT_TRY(attribute_or_input(c, "axes", 3, 10));
  if (c.opset() < 10 && c.num_inputs() > 1) return fail(ErrorCode::invalid_file, "one input before opset 10");
  const auto steps = c.opset() < 10 ? std::nullopt : INGOT_TRY(attribute_or_input(c, "steps", 4, 10));
  if (!starts || !ends) return fail(ErrorCode::invalid_file, "starts or ends are missing");
  std::vector<int64_t> first_axes(starts->size());
  std::iota(first_axes.begin(), first_axes.end(), int64_t{0});
  const std::vector<size_t> along = INGOT_TRY(Conversion::axes(axes.value_or(first_axes), x->type.rank()));
  const std::vector<int64_t> by = steps.value_or(std::vector<int64_t>(starts->size(), 1));
  if (ends->size() != starts->size() || along.size() != starts->size() || by.size() != starts->size())
    return fail(ErrorCode::invalid_file, "%zu starts, %zu ends, %zu axes, %zu steps; expected as many of each",
                starts->size(), ends->size(), along.size(), by.size());
  for (size_t i = 0; i < along.size(); ++i) {
    if (by[i] == 0) return fail(ErrorCode::invalid_file, "a step of 0");
    x = INGOT_TRY(slice_axis(c, x, along[i], (*starts)[i], (*ends)[i], by[i]));
  }
  return x;
}

Result<Value*> reshape_to(Conversion& c, Value* x, const Shape& target, bool allow_zero) {
  Shape shape;
  std::optional<size_t> open;
  Dim rest(1);
  for (size_t i = 0; i < target.size(); ++i) {
    const bool infer = target[i] == Dim(-1);
    if ((target[i].min() < 0 && !infer) || (infer && open))
      return fail(ErrorCode::invalid_file, "a shape with %s", open ? "two sizes of -1" : "a negative size");
    const bool keep = target[i] == Dim(0) && !allow_zero;
    if (keep && i >= x->type.rank())
      return fail(ErrorCode::invalid_file, "size %zu of its shape is to be kept, but its input is %s", i,
                  to_string(x->type).c_str());
    if (infer) open = i;
    shape.push_back(infer ? Dim(1) : keep ? x->type.shape[i] : target[i]);
    rest = rest * shape.back();
  }
  const Dim count = numel(x->type.shape);
  if (open) {
    if (rest.min() <= 0) return fail(ErrorCode::invalid_file, "a shape with -1 beside a size of 0");
    shape[*open] = floor_div(count, rest);
    rest = rest * shape[*open];
  }
  if (rest.is_static() && count.is_static() && !(rest == count))
    return fail(ErrorCode::invalid_file, "%s does not reshape to %s", to_string(x->type).c_str(),
                to_string(target).c_str());
  return c.view(x, shape);
}

Result<Outputs> convert_reshape(Conversion& c) {
  const bool allow_zero = INGOT_TRY(c.flag("allowzero", false));
  return INGOT_TRY(reshape_to(c, c.input(0), to_shape(INGOT_TRY(c.constant_integers(1, "the shape"))), allow_zero));
}

Result<Outputs> convert_flatten(Conversion& c) {
  Value* x = c.input(0);
  const Shape& shape = x->type.shape;
  const auto rank = static_cast<int64_t>(shape.size());
  const int64_t given = INGOT_TRY(c.integer("axis", 1));
  if (given < -rank || given > rank)
    return fail(ErrorCode::invalid_file, "axis %lld is outside a tensor of rank %lld", static_cast<long long>(given),
                static_cast<long long>(rank));
  const auto middle = shape.begin() + (given < 0 ? given + rank : given);
  return c.view(x, {numel(Shape(shape.begin(), middle)), numel(Shape(middle, shape.end()))});
}

Result<Outputs> convert_transpose(Conversion& c) {
  Value* x = c.input(0);
  const size_t rank = x->type.rank();
  const auto given = INGOT_TRY(c.integers("perm"));
  std::vector<int64_t> order(rank);
  std::iota(order.rbegin(), order.rend(), int64_t{0});
  if (given) {
    const std::vector<size_t> axes = INGOT_TRY(Conversion::axes(*given, rank));
    if (axes.size() != rank) return fail(ErrorCode::invalid_file, "perm has %zu axes, expected %zu", axes.size(), rank);
    order.assign(axes.begin(), axes.end());
  }
  return c.permute(x, order);
}

Result<Outputs> convert_squeeze(Conversion& c) {
  Value* x = c.input(0);
  const auto given = INGOT_TRY(attribute_or_input(c, "axes", 1, 13));
  const Shape& shape = x->type.shape;
  std::vector<bool> dropped(shape.size(), false);
  if (given) {
    for (const size_t axis : INGOT_TRY(Conversion::axes(*given, shape.size()))) {
      if (!(shape[axis] == Dim(1)))
        return fail(ErrorCode::invalid_file, "axis %zu of %s is not 1", axis, to_string(x->type).c_str());
      dropped[axis] = true;
    }
  } else {
    for (size_t i = 0; i < shape.size(); ++i) dropped[i] = shape[i] == Dim(1);
  }
  Shape result;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!dropped[i]) result.push_back(shape[i]);
  }
  return c.view(x, result);
}

Result<Outputs> convert_unsqueeze(Conversion& c) {
  Value* x = c.input(0);
  const auto given = INGOT_TRY(attribute_or_input(c, "axes", 1, 13));
  if (!given) return fail(ErrorCode::invalid_file, "its axes are missing");
  std::vector<size_t> axes = INGOT_TRY(Conversion::axes(*given, x->type.rank() + given->size()));
  std::ranges::sort(axes);
  Shape shape = x->type.shape;
  for (const size_t axis : axes) shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
  return c.view(x, shape);
}

// Both shapes are broadcast: a 1 in the target keeps what is there.
Result<Value*> expand_to(Conversion& c, Value* x, const Shape& target) {
  const Shape& from = x->type.shape;
  Shape shape = target;
  if (shape.size() < from.size()) shape.insert(shape.begin(), from.size() - shape.size(), Dim(1));
  const size_t offset = shape.size() - from.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i].min() < 0) return fail(ErrorCode::invalid_file, "a size of %s", shape[i].str().c_str());
    if (i >= offset && shape[i] == Dim(1)) shape[i] = from[i - offset];
  }
  return c.expand(x, shape);
}

Result<Outputs> convert_expand(Conversion& c) {
  return INGOT_TRY(expand_to(c, c.input(0), to_shape(INGOT_TRY(c.constant_integers(1, "the shape")))));
}

Result<Outputs> convert_tile(Conversion& c) {
  Value* x = c.input(0);
  const std::vector<int64_t> repeats = INGOT_TRY(c.constant_integers(1, "the repeats"));
  if (repeats.size() != x->type.rank())
    return fail(ErrorCode::invalid_file, "%zu repeats of %s", repeats.size(), to_string(x->type).c_str());
  if (std::ranges::all_of(repeats, [](int64_t n) { return n == 1; })) return x;
  return c.call("aten::repeat", {x, repeats});
}

// [N, C, H, W] with its blocks of channels moved into space. DCR: the channel is the block's position times the rest;
// CRD: the other way round.
Result<Outputs> convert_depth_to_space(Conversion& c) {
  Value* x = c.input(0);
  const int64_t block = INGOT_TRY(c.integer("blocksize", 0));
  const std::string mode = INGOT_TRY(c.text("mode", "DCR"));
  if (x->type.rank() != 4)
    return fail(ErrorCode::invalid_file, "its input is %s, expected 4 axes", to_string(x->type).c_str());
  const int64_t channels = INGOT_TRY(Conversion::size(x, 1));
  if (block < 1 || block > (1 << 15) || channels % (block * block) != 0)
    return fail(ErrorCode::invalid_file, "blocks of %lld do not fit %lld channels", static_cast<long long>(block),
                static_cast<long long>(channels));
  if (mode == "CRD") return c.call("aten::pixel_shuffle", {x, block});
  if (mode != "DCR") return fail(ErrorCode::invalid_file, "mode is '%.20s', expected DCR or CRD", mode.c_str());
  const Shape& s = x->type.shape;
  const Dim depth(channels / (block * block));
  Value* split = INGOT_TRY(c.view(x, {s[0], Dim(block), Dim(block), depth, s[2], s[3]}));
  Value* moved = INGOT_TRY(c.permute(split, {0, 3, 4, 1, 5, 2}));
  return c.view(moved, {s[0], depth, s[2] * Dim(block), s[3] * Dim(block)});
}

Result<Outputs> convert_space_to_depth(Conversion& c) {
  Value* x = c.input(0);
  const int64_t block = INGOT_TRY(c.integer("blocksize", 0));
  if (x->type.rank() != 4)
    return fail(ErrorCode::invalid_file, "its input is %s, expected 4 axes", to_string(x->type).c_str());
  const int64_t height = INGOT_TRY(Conversion::size(x, 2));
  const int64_t width = INGOT_TRY(Conversion::size(x, 3));
  if (block < 1 || block > (1 << 15) || height % block != 0 || width % block != 0)
    return fail(ErrorCode::invalid_file, "blocks of %lld do not fit %s", static_cast<long long>(block),
                to_string(x->type).c_str());
  const Shape& s = x->type.shape;
  Value* split = INGOT_TRY(c.view(x, {s[0], s[1], Dim(height / block), Dim(block), Dim(width / block), Dim(block)}));
  Value* moved = INGOT_TRY(c.permute(split, {0, 3, 5, 1, 2, 4}));
  return c.view(moved, {s[0], Dim(block * block) * s[1], Dim(height / block), Dim(width / block)});
}

}  // namespace ingot::compiler::onnx_import
