#include "compiler/frontend/onnx/open_sizes.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {
namespace {

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// What index counts, negative ones from the end, within [0, size].
int64_t clamped(int64_t index, size_t size) {
  const auto count = static_cast<int64_t>(size);
  return std::clamp<int64_t>(index < 0 ? index + count : index, 0, count);
}

}  // namespace

bool OpenSizes::concerns(std::string_view operator_name, std::span<Value* const> inputs) const {
  if (std::ranges::any_of(inputs, [&](const Value* input) { return holds(input); })) return true;
  return is_any_of(operator_name, {"Shape", "Size"}) && !inputs.empty() && !is_static(inputs[0]->type.shape);
}

Result<Shape> OpenSizes::elements(const Conversion& c, size_t input, const char* what) const {
  if (const auto found = sizes_.find(c.input(input)); found != sizes_.end()) return found->second;
  return to_shape(INGOT_TRY(c.constant_integers(input, what)));
}

Value* OpenSizes::value_of(Conversion& c, const Shape& sizes, bool scalar) {
  const std::vector<int64_t> shape =
      scalar ? std::vector<int64_t>() : std::vector<int64_t>{static_cast<int64_t>(sizes.size())};
  if (is_static(sizes)) return c.builder().constant_i64("sizes", shape, static_sizes(sizes));
  Value* value = held_.add_input("sizes", {DType::int64, to_shape(shape), {}});
  sizes_.emplace(value, sizes);
  return value;
}

Result<Value*> OpenSizes::shape_of(Conversion& c) {
  const Shape& shape = c.input(0)->type.shape;
  if (c.row().name == "Size") return value_of(c, {numel(shape)}, true);
  const int64_t start = clamped(INGOT_TRY(c.integer("start", 0)), shape.size());
  const int64_t end = clamped(INGOT_TRY(c.integer("end", static_cast<int64_t>(shape.size()))), shape.size());
  return value_of(c, Shape(shape.begin() + start, shape.begin() + std::max(start, end)), false);
}

Result<Value*> OpenSizes::gather(Conversion& c) {
  const Shape list = INGOT_TRY(elements(c, 0, "the sizes"));
  if (INGOT_TRY(c.integer("axis", 0)) > 0 || holds(c.input(1))) return fail(ErrorCode::not_supported, "open indices");
  Shape gathered;
  for (const int64_t index : INGOT_TRY(c.constant_integers(1, "the indices"))) {
    const size_t at = INGOT_TRY(Conversion::axis(index, list.size()));
    gathered.push_back(list[at]);
  }
  return value_of(c, gathered, c.input(1)->type.rank() == 0);
}

Result<Value*> OpenSizes::concat(Conversion& c) {
  INGOT_TRY_VOID(c.integer("axis", 0));
  Shape all;
  for (size_t i = 0; i < c.num_inputs(); ++i) {
    const Shape part = INGOT_TRY(elements(c, i, "sizes"));
    all.insert(all.end(), part.begin(), part.end());
  }
  return value_of(c, all, false);
}

Result<Value*> OpenSizes::slice_list(Conversion& c) {
  const Shape list = INGOT_TRY(elements(c, 0, "the sizes"));
  if (c.opset() < 10) return fail(ErrorCode::not_supported, "open sizes before opset 10");
  const int64_t start = clamped(INGOT_TRY(c.constant_integer(1, "the start")), list.size());
  const int64_t end = clamped(INGOT_TRY(c.constant_integer(2, "the end")), list.size());
  if (c.input(4) != nullptr && INGOT_TRY(c.constant_integer(4, "the step")) != 1)
    return fail(ErrorCode::not_supported, "open sizes with a step");
  return value_of(c, Shape(list.begin() + start, list.begin() + std::max(start, end)), false);
}

Result<Value*> OpenSizes::binary(Conversion& c) {
  const Shape a = INGOT_TRY(elements(c, 0, "sizes"));
  const Shape b = INGOT_TRY(elements(c, 1, "sizes"));
  if (a.size() != b.size() && a.size() != 1 && b.size() != 1)
    return fail(ErrorCode::invalid_file, "%zu sizes and %zu", a.size(), b.size());
  const std::string_view name = c.row().name;
  Shape results;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const Dim& x = a[a.size() == 1 ? 0 : i];
    const Dim& y = b[b.size() == 1 ? 0 : i];
    // ONNX divides towards zero, Dims towards minus infinity.
    if (name == "Div" && (x.min() < 0 || y.min() < 1))
      return fail(ErrorCode::not_supported, "%s / %s", x.str().c_str(), y.str().c_str());
    results.push_back(name == "Add"   ? x + y
                      : name == "Sub" ? x - y
                      : name == "Mul" ? x * y
                      : name == "Div" ? floor_div(x, y)
                      : name == "Max" ? max(x, y)
                                      : min(x, y));
  }
  return value_of(c, results, c.input(0)->type.rank() == 0 && c.input(1)->type.rank() == 0);
}

// Which elements are equal must not depend on what the sizes will be.
Result<Value*> OpenSizes::equal(Conversion& c) {
  const Shape a = INGOT_TRY(elements(c, 0, "sizes"));
  const Shape b = INGOT_TRY(elements(c, 1, "sizes"));
  if (a.size() != b.size()) return fail(ErrorCode::not_supported, "%zu sizes against %zu", a.size(), b.size());
  std::byte* flags = nullptr;
  const Bytes bytes = Bytes::allocate(a.size(), &flags);
  for (size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i];
    if (!same && a[i].min() <= b[i].max() && b[i].min() <= a[i].max())
      return fail(ErrorCode::not_supported, "whether %s is %s depends on what is open", a[i].str().c_str(),
                  b[i].str().c_str());
    flags[i] = std::byte{same};
  }
  return c.builder().constant("equal", {DType::boolean, {static_cast<int64_t>(a.size())}, {}}, bytes);
}

Result<Value*> OpenSizes::where(Conversion& c) {
  const std::vector<double> condition = INGOT_TRY(c.constant_reals(0, "the condition"));
  const Shape a = INGOT_TRY(elements(c, 1, "sizes"));
  const Shape b = INGOT_TRY(elements(c, 2, "sizes"));
  if (a.size() != b.size() || condition.size() != a.size())
    return fail(ErrorCode::not_supported, "%zu sizes or %zu by %zu conditions", a.size(), b.size(), condition.size());
  Shape chosen;
  for (size_t i = 0; i < a.size(); ++i) chosen.push_back(condition[i] != 0 ? a[i] : b[i]);
  return value_of(c, chosen, false);
}

// Operators that compute on lists of sizes.
Result<Value*> OpenSizes::compute(Conversion& c) {
  const std::string_view name = c.row().name;
  if (is_any_of(name, {"Shape", "Size"})) return shape_of(c);
  if (name == "Gather" && holds(c.input(0))) return gather(c);
  if (name == "Concat") return concat(c);
  if (name == "Slice" && holds(c.input(0))) return slice_list(c);
  if (is_any_of(name, {"Add", "Sub", "Mul", "Div"}) || (is_any_of(name, {"Max", "Min"}) && c.num_inputs() == 2)) {
    return binary(c);
  }
  if (name == "Equal") return equal(c);
  if (name == "Where" && !holds(c.input(0))) return where(c);
  if (name == "Identity") return c.input(0);
  if (name == "Cast") {
    const DType dtype = INGOT_TRY(to_dtype(INGOT_TRY(c.integer("to", 0))));
    if (dtype == DType::int64 || dtype == DType::int32) return c.input(0);
    return fail(ErrorCode::not_supported, "a size that is open becomes %s", to_string(dtype));
  }
  if (name == "Reshape" && holds(c.input(0)) && c.input(0)->type.rank() == 1 && c.input(1)->type.shape == Shape{1}) {
    c.ignore("allowzero");
    return c.input(0);  // a list as a list
  }
  const bool to_list = name == "Unsqueeze" || name == "Reshape";
  if ((to_list || name == "Squeeze") && holds(c.input(0)) && sizes_.at(c.input(0)).size() == 1) {
    c.ignore("axes");
    c.ignore("allowzero");
    const bool scalar = name == "Squeeze" || (name == "Reshape" && c.input(1)->type.shape == Shape{Dim(0)});
    return value_of(c, sizes_.at(c.input(0)), scalar);
  }
  return use(c);
}

// A tensor from sizes to sizes. A bound that counts from the end must be a number.
Result<Value*> OpenSizes::slice(Conversion& c) {
  Value* x = c.input(0);
  const Shape starts = INGOT_TRY(elements(c, 1, "the starts"));
  const Shape ends = INGOT_TRY(elements(c, 2, "the ends"));
  std::vector<int64_t> given(starts.size());
  std::iota(given.begin(), given.end(), int64_t{0});
  if (c.input(3) != nullptr) given = INGOT_TRY(c.constant_integers(3, "the axes"));
  const std::vector<int64_t> steps =
      c.input(4) != nullptr ? INGOT_TRY(c.constant_integers(4, "the steps")) : std::vector<int64_t>(starts.size(), 1);
  const std::vector<size_t> axes = INGOT_TRY(Conversion::axes(given, x->type.rank()));
  if (starts.size() != ends.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return fail(ErrorCode::invalid_file, "%zu starts, %zu ends, %zu axes, %zu steps; expected as many of each",
                starts.size(), ends.size(), axes.size(), steps.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    const Dim size = x->type.shape[axes[i]];
    const auto sound = [](const Dim& bound) { return bound.is_static() || bound.min() >= 0; };
    if (!sound(starts[i]) || !sound(ends[i]) || steps[i] < 1)
      return fail(ErrorCode::not_supported, "[%s, %s) in steps of %lld", starts[i].str().c_str(), ends[i].str().c_str(),
                  static_cast<long long>(steps[i]));
    const auto within = [&](const Dim& bound) { return min(max(bound.max() < 0 ? size + bound : bound, 0), size); };
    const Dim start = within(starts[i]);
    x = INGOT_TRY(c.slice(x, axes[i], start, max(within(ends[i]), start), steps[i]));
  }
  return x;
}

// Operators on tensors that take sizes.
Result<Value*> OpenSizes::use(Conversion& c) {
  const std::string_view name = c.row().name;
  Value* x = c.input(0);
  if (name == "Reshape" && !holds(x)) {
    const bool allow_zero = INGOT_TRY(c.flag("allowzero", false));
    return reshape_to(c, x, INGOT_TRY(elements(c, 1, "the shape")), allow_zero);
  }
  if (name == "Expand" && !holds(x)) return expand_to(c, x, INGOT_TRY(elements(c, 1, "the shape")));
  if (name == "Slice" && c.opset() >= 10) return slice(c);
  if (name == "Resize" && !holds(x)) return INGOT_TRY(resize_to(c, INGOT_TRY(elements(c, 3, "the sizes")))).values[0];
  if (name == "ConstantOfShape") {
    Value* value = c.scalar(DType::float32, 0);
    if (c.has("value")) {
      auto [type, data] = INGOT_TRY(c.tensor("value"));
      if (numel(type.shape) != Dim(1))
        return fail(ErrorCode::invalid_file, "its value is %s, expected one element", to_string(type).c_str());
      type.shape.clear();
      value = c.builder().constant("value", std::move(type), std::move(data));
    }
    return c.expand(value, INGOT_TRY(elements(c, 0, "the shape")));
  }
  return fail(ErrorCode::not_supported, "it reads sizes that are open until the program runs");
}

Result<Outputs> OpenSizes::convert(Conversion& c) {
  return INGOT_TRY(compute(c));
}

}  // namespace ingot::compiler::onnx_import
