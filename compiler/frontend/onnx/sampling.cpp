#include "compiler/frontend/onnx/sampling.h"

#include <algorithm>
#include <numeric>

namespace ingot::compiler::onnx_import {
namespace {

// x [N, C, sizes...] as a list of points' channels [N * sizes, C].
Result<Value*> channels_of_points(Calls& c, Value* x) {
  const size_t rank = x->type.rank();
  std::vector<int64_t> order = {0};
  for (size_t i = 2; i < rank; ++i) order.push_back(static_cast<int64_t>(i));
  order.push_back(1);
  Value* last = INGOT_TRY(c.permute(x, order));
  const Shape& s = last->type.shape;
  return c.view(last, {numel(Shape(s.begin(), s.end() - 1)), s.back()});
}

// One choice of elements along one axis: which, and how much they count (null: fully).
struct Choice {
  Value* index;   // int64, inside the axis
  Value* weight;  // floats
};

// Elements `at` (whole numbers as floats), kept inside the axis; those outside count nothing where zeros are asked for.
Result<Choice> inside(Calls& c, Value* at, Value* weight, int64_t size, bool zero_outside) {
  const DType dtype = at->type.dtype;
  Value* kept = INGOT_TRY(c.call("aten::clamp", {at, 0.0, static_cast<double>(size - 1)}));
  if (zero_outside) {
    Value* there = INGOT_TRY(c.cast(INGOT_TRY(c.call("aten::eq.Tensor", {kept, at})), dtype));
    weight = weight == nullptr ? there : INGOT_TRY(c.call("aten::mul.Tensor", {weight, there}));
  }
  return Choice{INGOT_TRY(c.cast(kept, DType::int64)), weight};
}

// The elements before and behind each position, by how near they are.
Result<std::vector<Choice>> neighbours(Calls& c, Value* position, int64_t size, bool zero_outside) {
  if (!zero_outside) position = INGOT_TRY(c.call("aten::clamp", {position, 0.0, static_cast<double>(size - 1)}));
  Value* before = INGOT_TRY(c.call("aten::floor", {position}));
  Value* behind = INGOT_TRY(c.add(before, 1));
  Value* to_behind = INGOT_TRY(c.call("aten::sub.Tensor", {position, before}));
  Value* to_before = INGOT_TRY(c.call("aten::sub.Tensor", {c.scalar(position->type.dtype, 1), to_behind}));
  std::vector<Choice> both;
  both.push_back(INGOT_TRY(inside(c, before, to_before, size, zero_outside)));
  both.push_back(INGOT_TRY(inside(c, behind, to_behind, size, zero_outside)));
  return both;
}

// The elements that one choice an axis names, times the product of their weights.
Result<Value*> pick(Calls& c, Value* list, Value* batch, const Shape& sizes, const std::vector<Choice>& choices) {
  Value* index = batch;
  Value* weight = nullptr;
  for (size_t i = 0; i < choices.size(); ++i) {
    const int64_t size = sizes[i + 2].value();
    Value* row = INGOT_TRY(c.multiply(index, static_cast<double>(size)));
    index = INGOT_TRY(c.call("aten::add.Tensor", {row, choices[i].index}));
    if (choices[i].weight == nullptr) continue;
    weight = weight == nullptr ? choices[i].weight : INGOT_TRY(c.call("aten::mul.Tensor", {weight, choices[i].weight}));
  }
  Value* picked = INGOT_TRY(c.call("aten::index.Tensor", {list, std::vector<Value*>{index}}));
  if (weight == nullptr) return picked;
  Shape shape = weight->type.shape;
  shape.emplace_back(1);
  return c.call("aten::mul.Tensor", {picked, INGOT_TRY(c.view(weight, shape))});
}

Result<void> check(const Value* x) {
  for (size_t i = 2; i < x->type.rank(); ++i) {
    if (INGOT_TRY(Calls::size(x, i)) < 1)
      return fail(ErrorCode::invalid_file, "its input %s is empty", to_string(x->type).c_str());
  }
  return {};
}

}  // namespace

Result<std::vector<Value*>> weighted_neighbours(Calls& c, Value* x, const SamplePoints& points) {
  INGOT_TRY_VOID(check(x));
  const size_t axes = points.position.size();
  std::vector<std::vector<Choice>> along;
  for (size_t i = 0; i < axes; ++i) {
    const int64_t size = x->type.shape[i + 2].value();
    along.push_back(INGOT_TRY(neighbours(c, points.position[i], size, points.zero_outside)));
  }
  Value* list = INGOT_TRY(channels_of_points(c, x));
  std::vector<Value*> corners;
  for (size_t corner = 0; corner < size_t{1} << axes; ++corner) {
    std::vector<Choice> choices;
    for (size_t i = 0; i < axes; ++i) choices.push_back(along[i][corner >> i & 1]);
    corners.push_back(INGOT_TRY(pick(c, list, points.batch, x->type.shape, choices)));
  }
  return corners;
}

Result<Value*> nearest_elements(Calls& c, Value* x, const SamplePoints& points) {
  INGOT_TRY_VOID(check(x));
  std::vector<Choice> choices;
  for (size_t i = 0; i < points.position.size(); ++i) {
    Value* at = INGOT_TRY(c.call("aten::round", {points.position[i]}));
    choices.push_back(INGOT_TRY(inside(c, at, nullptr, x->type.shape[i + 2].value(), points.zero_outside)));
  }
  return pick(c, INGOT_TRY(channels_of_points(c, x)), points.batch, x->type.shape, choices);
}

Result<Value*> sum_of(Calls& c, const std::vector<Value*>& values) {
  Value* sum = values.front();
  for (size_t i = 1; i < values.size(); ++i) sum = INGOT_TRY(c.call("aten::add.Tensor", {sum, values[i]}));
  return sum;
}

}  // namespace ingot::compiler::onnx_import
