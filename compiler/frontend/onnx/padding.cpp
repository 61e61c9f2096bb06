// Pad. Constants are ATen's constant_pad_nd; reflections and edges are ATen's where it has them (the last one to three
// axes), and constant index lists elsewhere.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

enum class Mode : uint8_t { constant, reflect, edge, wrap };

// What to add at both ends of each axis; negative: to take away.
struct Pads {
  std::vector<int64_t> before;
  std::vector<int64_t> after;
};

Result<Mode> read_mode(Conversion& c) {
  const std::string name = INGOT_TRY(c.text("mode", "constant"));
  if (name == "constant") return Mode::constant;
  if (name == "reflect") return Mode::reflect;
  if (name == "edge") return Mode::edge;
  if (name == "wrap" && c.opset() >= 19) return Mode::wrap;
  return fail(ErrorCode::invalid_file, "mode is '%.20s', expected constant, reflect, edge or wrap", name.c_str());
}

Result<Pads> read_pads(Conversion& c, size_t rank) {
  std::vector<int64_t> list;
  std::vector<size_t> axes(rank);
  for (size_t i = 0; i < rank; ++i) axes[i] = i;
  if (c.opset() < 11) {
    const auto given = INGOT_TRY(c.integers("pads"));
    if (!given) return fail(ErrorCode::invalid_file, "attribute 'pads' is missing");
    list = *given;
  } else {
    list = INGOT_TRY(c.constant_integers(1, "the pads"));
    if (c.input(3) != nullptr) axes = INGOT_TRY(Conversion::axes(INGOT_TRY(c.constant_integers(3, "the axes")), rank));
  }
  constexpr int64_t kLargest = int64_t{1} << 31;
  const bool sound = std::ranges::all_of(list, [](int64_t pad) { return pad > -kLargest && pad < kLargest; });
  if (list.size() != 2 * axes.size() || !sound)
    return fail(ErrorCode::invalid_file, "%zu pads for %zu axes, expected two each", list.size(), axes.size());
  Pads pads{std::vector<int64_t>(rank, 0), std::vector<int64_t>(rank, 0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    pads.before[axes[i]] = list[i];
    pads.after[axes[i]] = list[i + axes.size()];
  }
  return pads;
}

// The value to pad with, in the dtype of x.
Result<Argument> read_value(Conversion& c) {
  const DType dtype = c.input(0)->type.dtype;
  double value = 0;
  if (c.opset() < 11) {
    value = INGOT_TRY(c.real("value", 0));
  } else if (const Value* given = c.input(2); given != nullptr) {
    const std::vector<double> elements = INGOT_TRY(c.constant_reals(2, "the value"));
    if (elements.size() != 1 || given->type.dtype != dtype)
      return fail(ErrorCode::invalid_file, "its value is %s, expected one %s", to_string(given->type).c_str(),
                  to_string(dtype));
    value = elements[0];
    if (dtype == DType::int64) return given->data.as<int64_t>()[0];
  }
  if (is_floating(dtype)) return value;
  if (!(std::abs(value) < 1e15)) return fail(ErrorCode::not_supported, "a value of %g", value);
  return static_cast<int64_t>(value);
}

// Where element `at` of an endless continuation of `size` elements comes from.
int64_t source_of(int64_t at, int64_t size, Mode mode) {
  if (mode == Mode::edge || size == 1) return std::clamp<int64_t>(at, 0, size - 1);
  const int64_t period = mode == Mode::wrap ? size : 2 * (size - 1);
  const int64_t inside = ((at % period) + period) % period;
  return inside < size ? inside : period - inside;
}

// Continues one axis by looking up its elements.
Result<Value*> continue_axis(Conversion& c, Value* x, size_t axis, int64_t before, int64_t after, Mode mode) {
  const int64_t size = INGOT_TRY(Conversion::size(x, axis));
  if (size == 0) return fail(ErrorCode::invalid_file, "nothing to continue along axis %zu", axis);
  INGOT_TRY_VOID(c.check_made_up(size + before + after));
  std::vector<int64_t> indices;
  for (int64_t at = -before; at < size + after; ++at) indices.push_back(source_of(at, size, mode));
  Value* list = c.builder().constant_i64("indices", {static_cast<int64_t>(indices.size())}, indices);
  return c.call("aten::index_select", {x, static_cast<int64_t>(axis), list});
}

// ATen's operator for this, where it has one: only the last axes are padded, and reflections do not turn twice.
Result<std::optional<Value*>> with_aten(Conversion& c, Value* x, const Pads& pads, Mode mode) {
  const size_t rank = x->type.rank();
  size_t first = 0;
  while (first < rank && pads.before[first] == 0 && pads.after[first] == 0) ++first;
  const size_t count = std::max<size_t>(rank - first, 1);
  // They take tensors with one or two axes before the padded ones.
  const size_t padded = rank >= 4 && count < 2 ? 2 : count;
  if (mode == Mode::wrap || padded > 3 || rank < padded + 1 || rank > padded + 2 || !is_floating(x->type.dtype))
    return std::nullopt;
  std::vector<int64_t> list;
  for (size_t i = rank; i-- > rank - padded;) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i));
    const bool turns_twice = mode == Mode::reflect && std::max(pads.before[i], pads.after[i]) >= size;
    if (turns_twice || size == 0) return std::nullopt;
    list.push_back(pads.before[i]);
    list.push_back(pads.after[i]);
  }
  std::string op = mode == Mode::reflect ? "aten::reflection_pad" : "aten::replication_pad";
  op += std::to_string(padded) + "d";
  return INGOT_TRY(c.call(op, {x, list}));
}

}  // namespace

Result<Outputs> convert_pad(Conversion& c) {
  Value* x = c.input(0);
  const size_t rank = x->type.rank();
  if (c.opset() < 11 && c.num_inputs() > 1) return fail(ErrorCode::invalid_file, "one input before opset 11");
  const Mode mode = INGOT_TRY(read_mode(c));
  Pads pads = INGOT_TRY(read_pads(c, rank));
  const Argument value = INGOT_TRY(read_value(c));
  if (mode == Mode::constant) return c.pad(x, pads.before, pads.after, value);

  // What is taken away goes first: it is not there to be continued.
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i));
    const int64_t start = std::max<int64_t>(-pads.before[i], 0);
    const int64_t end = size - std::max<int64_t>(-pads.after[i], 0);
    if (end < start) return fail(ErrorCode::invalid_file, "it takes away more than axis %zu has", i);
    x = INGOT_TRY(c.slice(x, i, start, end));
    pads.before[i] = std::max<int64_t>(pads.before[i], 0);
    pads.after[i] = std::max<int64_t>(pads.after[i], 0);
  }
  const bool nothing = std::ranges::all_of(pads.before, [](int64_t pad) { return pad == 0; }) &&
                       std::ranges::all_of(pads.after, [](int64_t pad) { return pad == 0; });
  if (nothing) return x;
  if (const auto padded = INGOT_TRY(with_aten(c, x, pads, mode))) return *padded;
  for (size_t i = 0; i < rank; ++i) {
    if (pads.before[i] == 0 && pads.after[i] == 0) continue;
    x = INGOT_TRY(continue_axis(c, x, i, pads.before[i], pads.after[i], mode));
  }
  return x;
}

}  // namespace ingot::compiler::onnx_import
