// Operators that pick or place elements by index.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

Result<Value*> as_index(Conversion& c, Value* indices) {
  if (indices->type.dtype != DType::int64 && indices->type.dtype != DType::int32)
    return fail(ErrorCode::invalid_file, "its indices are %s, expected int64 or int32",
                to_string(indices->type).c_str());
  return c.cast(indices, DType::int64);
}

// Indices with the negative ones counted from the end: `size` is added to those.
Result<Value*> from_front(Conversion& c, Value* indices, int64_t size) {
  indices = INGOT_TRY(as_index(c, indices));
  Value* negative = INGOT_TRY(c.call("aten::lt.Tensor", {indices, c.scalar(DType::int64, 0)}));
  Value* shifted = INGOT_TRY(c.call("aten::add.Tensor", {indices, c.scalar(DType::int64, static_cast<double>(size))}));
  return c.call("aten::where.self", {negative, shifted, indices});
}

// Where along axis `axis` the constant indices point, counted from the front.
Result<std::vector<int64_t>> constant_positions(const Value* indices, int64_t size) {
  std::vector<int64_t> positions;
  for (const int64_t index : indices->data.as<int64_t>()) {
    if (index < -size || index >= size)
      return fail(ErrorCode::invalid_file, "index %lld is outside an axis of size %lld", static_cast<long long>(index),
                  static_cast<long long>(size));
    positions.push_back(index < 0 ? index + size : index);
  }
  return positions;
}

// The parts of an index tensor [..., k] along its last axis, as aten::index wants them.
Result<std::vector<Value*>> split_last(Conversion& c, Value* indices, int64_t count) {
  std::vector<Value*> parts;
  const auto last = static_cast<int64_t>(indices->type.rank()) - 1;
  for (int64_t i = 0; i < count; ++i) parts.push_back(INGOT_TRY(c.call("aten::select_copy.int", {indices, last, i})));
  return parts;
}

// How many axes an index tensor's last one names.
Result<int64_t> index_depth(const Value* indices, size_t available) {
  if (indices->type.rank() == 0) return fail(ErrorCode::invalid_file, "its indices are a scalar");
  const int64_t depth = INGOT_TRY(Conversion::size(indices, indices->type.rank() - 1));
  if (depth < 1 || std::cmp_greater(depth, available))
    return fail(ErrorCode::invalid_file, "its indices %s name more axes than there are",
                to_string(indices->type).c_str());
  return depth;
}

}  // namespace

Result<Outputs> convert_gather(Conversion& c) {
  Value* x = c.input(0);
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", 0)), x->type.rank()));
  const auto dim = static_cast<int64_t>(axis);
  Value* indices = INGOT_TRY(as_index(c, c.input(1)));
  if (!indices->is_constant()) {
    // aten::index counts negative indices from the end, as ONNX does.
    std::vector<Value*> at(axis, nullptr);
    at.push_back(indices);
    return c.call("aten::index.Tensor", {x, at});
  }

  const int64_t size = INGOT_TRY(Conversion::size(x, axis));
  const std::vector<int64_t> positions = INGOT_TRY(constant_positions(indices, size));
  const Shape& index_shape = indices->type.shape;
  if (index_shape.empty()) return c.call("aten::select_copy.int", {x, dim, positions[0]});
  const auto count = static_cast<int64_t>(positions.size());
  bool consecutive = count > 0;
  for (size_t i = 1; i < positions.size(); ++i) consecutive = consecutive && positions[i] == positions[i - 1] + 1;
  Value* picked = nullptr;
  if (consecutive) {
    picked = INGOT_TRY(c.slice(x, axis, positions[0], positions[0] + count));
  } else {
    Value* list = c.builder().constant_i64("indices", {count}, positions);
    picked = INGOT_TRY(c.call("aten::index_select", {x, dim, list}));
  }
  Shape shape = x->type.shape;
  const auto place = shape.erase(shape.begin() + dim);
  shape.insert(place, index_shape.begin(), index_shape.end());
  return c.view(picked, shape);
}

Result<Outputs> convert_gather_elements(Conversion& c) {
  Value* x = c.input(0);
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", 0)), x->type.rank()));
  const int64_t size = INGOT_TRY(Conversion::size(x, axis));
  Value* indices = INGOT_TRY(from_front(c, c.input(1), size));
  return c.call("aten::gather", {x, static_cast<int64_t>(axis), indices});
}

Result<Outputs> convert_gather_nd(Conversion& c) {
  Value* x = c.input(0);
  Value* indices = INGOT_TRY(as_index(c, c.input(1)));
  const int64_t batch_dims = INGOT_TRY(c.integer("batch_dims", 0));
  const size_t rank = indices->type.rank();
  if (batch_dims < 0 || std::cmp_greater_equal(batch_dims, std::min(rank, x->type.rank())))
    return fail(ErrorCode::invalid_file, "batch_dims is %lld", static_cast<long long>(batch_dims));
  const auto batches = static_cast<size_t>(batch_dims);
  const int64_t depth = INGOT_TRY(index_depth(indices, x->type.rank() - batches));
  // Batches are indices too: each position along a batch axis points to itself.
  std::vector<Value*> at;
  for (size_t i = 0; i < batches; ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i));
    if (!(indices->type.shape[i] == x->type.shape[i]))
      return fail(ErrorCode::invalid_file, "batches of %s and %s", to_string(x->type).c_str(),
                  to_string(indices->type).c_str());
    INGOT_TRY_VOID(c.check_made_up(size));
    std::vector<int64_t> positions(static_cast<size_t>(size));
    std::iota(positions.begin(), positions.end(), int64_t{0});
    std::vector<int64_t> shape(rank - 1, 1);
    shape[i] = size;
    at.push_back(c.builder().constant_i64("batch", shape, positions));
  }
  for (Value* part : INGOT_TRY(split_last(c, indices, depth))) at.push_back(part);
  return c.call("aten::index.Tensor", {x, at});
}

namespace {

// Updates that are combined one after the other, as elements may be named several times.
constexpr int64_t kMostSteps = 256;

// The operator that combines an element with its update; empty: the update replaces it.
Result<std::string_view> read_combination(Conversion& c) {
  const std::string reduction = c.opset() >= 16 ? INGOT_TRY(c.text("reduction", "none")) : "none";
  if (reduction == "none") return "";
  if (reduction == "add") return "aten::add.Tensor";
  if (reduction == "mul") return "aten::mul.Tensor";
  if (reduction == "max" && c.opset() >= 18) return "aten::maximum";
  if (reduction == "min" && c.opset() >= 18) return "aten::minimum";
  return fail(ErrorCode::invalid_file, "reduction is '%.20s', expected none, add, mul, max or min", reduction.c_str());
}

Result<void> check_steps(int64_t steps) {
  if (steps <= kMostSteps) return {};
  return fail(ErrorCode::not_supported, "%lld updates one after the other (at most %lld)",
              static_cast<long long>(steps), static_cast<long long>(kMostSteps));
}

}  // namespace

Result<Outputs> convert_scatter_elements(Conversion& c) {
  Value* x = c.input(0);
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", 0)), x->type.rank()));
  const auto dim = static_cast<int64_t>(axis);
  const std::string_view combine = INGOT_TRY(read_combination(c));
  Value* indices = INGOT_TRY(from_front(c, c.input(1), INGOT_TRY(Conversion::size(x, axis))));
  if (combine.empty()) return c.call("aten::scatter.src", {x, dim, indices, c.input(2)});
  if (combine == "aten::add.Tensor") return c.call("aten::scatter_add", {x, dim, indices, c.input(2)});
  if (indices->type.rank() != x->type.rank() || c.input(2)->type.shape != indices->type.shape)
    return fail(ErrorCode::invalid_file, "indices %s and updates %s for %s", to_string(indices->type).c_str(),
                to_string(c.input(2)->type).c_str(), to_string(x->type).c_str());
  // Within one position along the axis, no element is named twice.
  const int64_t steps = INGOT_TRY(Conversion::size(indices, axis));
  INGOT_TRY_VOID(check_steps(steps));
  for (int64_t i = 0; i < steps; ++i) {
    Value* at = INGOT_TRY(c.slice(indices, axis, i, i + 1));
    Value* update = INGOT_TRY(c.slice(c.input(2), axis, i, i + 1));
    Value* old = INGOT_TRY(c.call("aten::gather", {x, dim, at}));
    x = INGOT_TRY(c.call("aten::scatter.src", {x, dim, at, INGOT_TRY(c.call(combine, {old, update}))}));
  }
  return x;
}

Result<Outputs> convert_scatter_nd(Conversion& c) {
  Value* x = c.input(0);
  Value* indices = INGOT_TRY(as_index(c, c.input(1)));
  const std::string_view combine = INGOT_TRY(read_combination(c));
  const int64_t depth = INGOT_TRY(index_depth(indices, x->type.rank()));
  const bool add = combine == "aten::add.Tensor";
  if (combine.empty() || add)
    return c.call("aten::index_put", {x, INGOT_TRY(split_last(c, indices, depth)), c.input(2), add});
  // One index after the other.
  const Shape index_shape(indices->type.shape.begin(), indices->type.shape.end() - 1);
  const Shape part(x->type.shape.begin() + depth, x->type.shape.end());
  const Dim count = numel(index_shape);
  if (!count.is_static()) return fail(ErrorCode::not_supported, "%s updates", count.str().c_str());
  INGOT_TRY_VOID(check_steps(count.value()));
  Shape shape = index_shape;
  shape.insert(shape.end(), part.begin(), part.end());
  if (c.input(2)->type.shape != shape)
    return fail(ErrorCode::invalid_file, "indices %s and updates %s", to_string(indices->type).c_str(),
                to_string(c.input(2)->type).c_str());
  indices = INGOT_TRY(c.view(indices, {count, Dim(depth)}));
  shape = part;
  shape.insert(shape.begin(), count);
  Value* updates = INGOT_TRY(c.view(c.input(2), shape));
  for (int64_t i = 0; i < count.value(); ++i) {
    const std::vector<Value*> at = INGOT_TRY(split_last(c, INGOT_TRY(c.slice(indices, 0, i, i + 1)), depth));
    Value* update = INGOT_TRY(c.slice(updates, 0, i, i + 1));
    Value* old = INGOT_TRY(c.call("aten::index.Tensor", {x, at}));
    Value* combined = INGOT_TRY(c.call(combine, {old, update}));
    x = INGOT_TRY(c.call("aten::index_put", {x, at, combined, false}));
  }
  return x;
}

// The first sequence_lens[i] elements of sequence i in reverse order; what is behind them stays.
Result<Outputs> convert_reverse_sequence(Conversion& c) {
  Value* x = c.input(0);
  const int64_t time = INGOT_TRY(c.integer("time_axis", 0));
  const int64_t batch = INGOT_TRY(c.integer("batch_axis", 1));
  if (x->type.rank() < 2 || time + batch != 1 || time * batch != 0)
    return fail(ErrorCode::invalid_file, "time axis %lld and batch axis %lld of %s", static_cast<long long>(time),
                static_cast<long long>(batch), to_string(x->type).c_str());
  const auto along = static_cast<size_t>(time);
  const int64_t steps = INGOT_TRY(Conversion::size(x, along));
  Value* lengths = INGOT_TRY(as_index(c, c.input(1)));
  if (lengths->type.shape != Shape{x->type.shape[1 - along]})
    return fail(ErrorCode::invalid_file, "lengths %s of %s", to_string(lengths->type).c_str(),
                to_string(x->type).c_str());
  INGOT_TRY_VOID(c.check_made_up(steps));
  std::vector<int64_t> numbers(static_cast<size_t>(steps));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  std::vector<int64_t> sizes(x->type.rank(), 1);
  sizes[along] = steps;
  Value* at = c.builder().constant_i64("steps", sizes, numbers);
  Shape shape(x->type.rank(), Dim(1));
  shape[1 - along] = x->type.shape[1 - along];
  lengths = INGOT_TRY(c.view(lengths, shape));
  Value* last = INGOT_TRY(c.add(lengths, -1));
  Value* turned = INGOT_TRY(c.call("aten::sub.Tensor", {last, at}));
  Value* inside = INGOT_TRY(c.call("aten::ge.Tensor", {turned, c.scalar(DType::int64, 0)}));
  Value* source = INGOT_TRY(c.call("aten::where.self", {inside, turned, at}));
  source = INGOT_TRY(c.expand(source, x->type.shape));
  return c.call("aten::gather", {x, time, source});
}

// `on` where the position along a new axis equals the index, `off` elsewhere. Indices outside give no `on`.
Result<Outputs> convert_one_hot(Conversion& c) {
  const int64_t given = INGOT_TRY(c.integer("axis", -1));
  const std::vector<double> depths = INGOT_TRY(c.constant_reals(1, "the depth"));
  if (depths.size() != 1 || !(depths[0] >= 0 && depths[0] <= std::numeric_limits<int32_t>::max()))
    return fail(ErrorCode::invalid_file, "its depth must be one number, at least 0");
  const auto depth = static_cast<int64_t>(depths[0]);
  INGOT_TRY_VOID(c.check_made_up(depth));
  const Value* values = c.input(2);
  if (values->type.rank() != 1 || !(values->type.shape[0] == Dim(2)))
    return fail(ErrorCode::invalid_file, "its values are %s, expected 2 elements", to_string(values->type).c_str());

  Value* indices = INGOT_TRY(c.cast(c.input(0), DType::int64));
  indices = INGOT_TRY(from_front(c, indices, depth));
  const size_t rank = indices->type.rank() + 1;
  const size_t axis = INGOT_TRY(Conversion::axis(given, rank));
  Shape shape = indices->type.shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
  indices = INGOT_TRY(c.view(indices, shape));
  std::vector<int64_t> positions(static_cast<size_t>(depth));
  std::iota(positions.begin(), positions.end(), int64_t{0});
  std::vector<int64_t> sizes(rank, 1);
  sizes[axis] = depth;
  Value* hit = INGOT_TRY(c.call("aten::eq.Tensor", {indices, c.builder().constant_i64("positions", sizes, positions)}));
  Value* off = INGOT_TRY(c.call("aten::select_copy.int", {c.input(2), int64_t{0}, int64_t{0}}));
  Value* on = INGOT_TRY(c.call("aten::select_copy.int", {c.input(2), int64_t{0}, int64_t{1}}));
  return c.call("aten::where.self", {hit, on, off});
}

Result<Outputs> convert_top_k(Conversion& c) {
  Value* x = c.input(0);
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", -1)), x->type.rank()));
  const bool largest = c.opset() >= 11 ? INGOT_TRY(c.flag("largest", true)) : true;
  const bool sorted = c.opset() >= 11 ? INGOT_TRY(c.flag("sorted", true)) : true;
  const int64_t k = c.opset() >= 10 ? INGOT_TRY(c.constant_integer(1, "k")) : INGOT_TRY(c.integer("k", -1));
  if (k < 0) return fail(ErrorCode::invalid_file, "k is %lld", static_cast<long long>(k));
  const Node* node = INGOT_TRY(c.builder().node("aten::topk", {x, k, static_cast<int64_t>(axis), largest, sorted}));
  return std::vector<Value*>{node->output(0), node->output(1)};
}

// The triangle above or below diagonal k, zeros elsewhere.
Result<Outputs> convert_trilu(Conversion& c) {
  Value* x = c.input(0);
  const bool upper = INGOT_TRY(c.flag("upper", true));
  const int64_t given = c.input(1) == nullptr ? 0 : INGOT_TRY(c.constant_integer(1, "k"));
  const size_t rank = x->type.rank();
  if (rank < 2) return fail(ErrorCode::invalid_file, "its input is %s, expected matrices", to_string(x->type).c_str());
  const int64_t rows = INGOT_TRY(Conversion::size(x, rank - 2));
  const int64_t columns = INGOT_TRY(Conversion::size(x, rank - 1));
  const int64_t k = std::clamp<int64_t>(given, -rows, columns);
  if (!upper) return c.call("aten::tril", {x, k});
  INGOT_TRY_VOID(c.check_made_up(rows * columns));
  std::vector<float> kept(static_cast<size_t>(rows * columns));
  for (int64_t i = 0; i < rows * columns; ++i)
    kept[static_cast<size_t>(i)] = i % columns - i / columns >= k ? 1.0F : 0.0F;
  Value* mask = INGOT_TRY(c.cast(c.builder().constant_f32("upper", {rows, columns}, kept), DType::boolean));
  return c.call("aten::where.self", {mask, x, c.scalar(x->type.dtype, 0)});
}

}  // namespace ingot::compiler::onnx_import
