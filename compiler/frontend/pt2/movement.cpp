// Operators that move elements around.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// x with the axes first .. last as `sizes`; one of these may be -1.
Result<Value*> with_axes(Conversion& c, Value* x, size_t first, size_t last, const Shape& sizes) {
  Shape shape(x->type.shape.begin(), x->type.shape.begin() + static_cast<std::ptrdiff_t>(first));
  shape.insert(shape.end(), sizes.begin(), sizes.end());
  shape.insert(shape.end(), x->type.shape.begin() + static_cast<std::ptrdiff_t>(last) + 1, x->type.shape.end());
  return c.call("aten::view_copy", {x, shape});
}

Result<Outputs> split_by(Conversion& c, const Argument& sizes) {
  const Node* node =
      INGOT_TRY(c.builder().node("aten::split_with_sizes_copy", {c.tensor("self"), sizes, c.arg("dim")}));
  return std::vector<Value*>(node->outputs().begin(), node->outputs().end());
}

Result<Value*> with_swapped(Conversion& c, Value* x, size_t a, size_t b) {
  std::vector<int64_t> order(x->type.rank());
  std::iota(order.begin(), order.end(), int64_t{0});
  if (!order.empty()) std::swap(order[a], order[b]);
  return c.permute(x, order);
}

}  // namespace

Result<Outputs> convert_reshape(Conversion& c) {
  return c.call("aten::view_copy", {c.tensor("self"), c.args()[1]});
}

Result<Outputs> convert_view_as(Conversion& c) {
  return c.view(c.tensor("self"), c.tensor("other")->type.shape);
}

Result<Outputs> convert_expand_as(Conversion& c) {
  return c.expand(c.tensor("self"), c.tensor("other")->type.shape);
}

Result<Outputs> convert_flatten(Conversion& c) {
  Value* x = c.tensor("self");
  if (x->type.rank() == 0) return c.view(x, {Dim(1)});
  const size_t first = INGOT_TRY(c.axis_of("start_dim", x));
  const size_t last = INGOT_TRY(c.axis_of("end_dim", x));
  if (first > last) return fail(ErrorCode::invalid_file, "from axis %zu to axis %zu", first, last);
  if (first == last) return x;
  const auto begin = x->type.shape.begin();
  const Shape inside(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last) + 1);
  return with_axes(c, x, first, last, {numel(inside)});
}

Result<Outputs> convert_unflatten(Conversion& c) {
  Value* x = c.tensor("self");
  if (x->type.rank() == 0) return fail(ErrorCode::invalid_file, "of a scalar");
  const size_t axis = INGOT_TRY(c.axis_of("dim", x));
  return with_axes(c, x, axis, axis, c.shape("sizes"));
}

// All axes of size 1 go.
Result<Outputs> convert_squeeze(Conversion& c) {
  Value* x = c.tensor("self");
  Shape shape;
  for (size_t i = 0; i < x->type.rank(); ++i) {
    const Dim& dim = x->type.shape[i];
    if (!dim.is_static() && dim.min() <= 1)
      return fail(ErrorCode::not_supported, "whether axis %zu goes depends on its size %s", i, dim.str().c_str());
    if (!(dim == Dim(1))) shape.push_back(dim);
  }
  return c.view(x, shape);
}

// Parts of equal size, the last one smaller.
Result<Outputs> convert_chunk(Conversion& c) {
  const Value* x = c.tensor("self");
  const int64_t chunks = INGOT_TRY(c.integer("chunks"));
  if (chunks < 1 || x->type.rank() == 0)
    return fail(ErrorCode::invalid_file, "into %lld parts", static_cast<long long>(chunks));
  const int64_t size = INGOT_TRY(Calls::size(x, INGOT_TRY(c.axis_of("dim", x))));
  const int64_t part = std::max<int64_t>((size + chunks - 1) / chunks, 1);
  // Nothing is split into that many parts of nothing.
  if (size == 0) return fail(ErrorCode::not_supported, "of an empty axis");
  INGOT_TRY_VOID(Calls::check_made_up((size + part - 1) / part));
  std::vector<int64_t> sizes(static_cast<size_t>((size + part - 1) / part), part);
  sizes.back() = size - part * (static_cast<int64_t>(sizes.size()) - 1);
  return split_by(c, sizes);
}

Result<Outputs> convert_split(Conversion& c) {
  return split_by(c, c.arg("split_size"));
}

Result<Outputs> convert_movedim(Conversion& c) {
  Value* x = c.tensor("self");
  const size_t rank = x->type.rank();
  const auto from = INGOT_TRY(Calls::axes(INGOT_TRY(c.integers("source")), rank));
  const auto to = INGOT_TRY(Calls::axes(INGOT_TRY(c.integers("destination")), rank));
  if (from.size() != to.size()) return fail(ErrorCode::invalid_file, "%zu axes to %zu places", from.size(), to.size());
  std::vector<int64_t> order(rank, -1);
  for (size_t i = 0; i < from.size(); ++i) order[to[i]] = static_cast<int64_t>(from[i]);
  int64_t next = 0;
  for (int64_t& place : order) {
    if (place >= 0) continue;
    while (std::ranges::contains(from, static_cast<size_t>(next))) ++next;
    place = next++;
  }
  return c.permute(x, order);
}

Result<Outputs> convert_swap_axes(Conversion& c) {
  Value* x = c.tensor("self");
  const OpSchema& op = c.op();
  const size_t a = INGOT_TRY(c.axis_of(op.args()[1].name, x));
  const size_t b = INGOT_TRY(c.axis_of(op.args()[2].name, x));
  return with_swapped(c, x, a, b);
}

// The last two axes; numpy_T turns all of them around, which for matrices is the same.
Result<Outputs> convert_swap_last(Conversion& c) {
  Value* x = c.tensor("self");
  const size_t rank = x->type.rank();
  if (c.op().full_name() != "aten::numpy_T") {
    if (rank < 2) return fail(ErrorCode::invalid_file, "of %s", to_string(x->type).c_str());
    return with_swapped(c, x, rank - 2, rank - 1);
  }
  std::vector<int64_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(rank - 1 - i);
  return c.permute(x, order);
}

// The pads stand in pairs, from the last axis on.
Result<Outputs> convert_pad(Conversion& c) {
  Value* x = c.tensor("self");
  const std::string& mode = c.text("mode");
  const Shape pads = c.shape("pad");
  if (mode == "constant") {
    const double value = c.is_none("value") ? 0 : c.real("value");
    const bool real = is_floating(x->type.dtype);
    return c.call("aten::constant_pad_nd", {x, pads, real ? Argument(value) : Argument(static_cast<int64_t>(value))});
  }
  if ((mode != "reflect" && mode != "replicate") || pads.size() % 2 != 0 || pads.size() < 2 || pads.size() > 6)
    return fail(ErrorCode::not_supported, "%zu pads in mode '%.20s'", pads.size(), mode.c_str());
  const std::string op =
      (mode == "reflect" ? "aten::reflection_pad" : "aten::replication_pad") + std::to_string(pads.size() / 2) + "d";
  return c.call(op, {x, INGOT_TRY(c.integers("pad"))});
}

// Each element as often: an axis of its own, which is expanded.
Result<Outputs> convert_repeat_interleave(Conversion& c) {
  Value* x = c.tensor("self");
  const Dim repeats = c.dim("repeats");
  if (repeats.min() < 0) return fail(ErrorCode::invalid_file, "%s times", repeats.str().c_str());
  if (c.is_none("dim")) x = INGOT_TRY(c.view(x, {numel(x->type.shape)}));
  const size_t axis = c.is_none("dim") ? 0 : INGOT_TRY(c.axis_of("dim", x));
  if (x->type.rank() == 0) return fail(ErrorCode::not_supported, "of a scalar");
  Shape shape = x->type.shape;
  const auto behind = shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1;
  shape.insert(behind, Dim(1));
  Value* apart = INGOT_TRY(c.view(x, shape));
  shape[axis + 1] = repeats;
  Value* repeated = INGOT_TRY(c.expand(apart, shape));
  Shape joined = x->type.shape;
  joined[axis] = joined[axis] * repeats;
  return c.view(repeated, joined);
}

// Axes that are not named are not repeated.
Result<Outputs> convert_tile(Conversion& c) {
  Value* x = c.tensor("self");
  Shape repeats = c.shape("dims");
  while (repeats.size() < x->type.rank()) repeats.insert(repeats.begin(), Dim(1));
  return c.call("aten::repeat", {x, repeats});
}

// What is not below the diagonal: all but the triangle that ends under it.
Result<Outputs> convert_triu(Conversion& c) {
  Value* x = c.tensor("self");
  const size_t rank = x->type.rank();
  if (rank < 2) return fail(ErrorCode::invalid_file, "of %s", to_string(x->type).c_str());
  const int64_t rows = INGOT_TRY(Calls::size(x, rank - 2));
  const int64_t columns = INGOT_TRY(Calls::size(x, rank - 1));
  const int64_t diagonal = INGOT_TRY(c.integer("diagonal"));
  INGOT_TRY_VOID(Calls::check_made_up(rows * columns));
  std::byte* flags = nullptr;
  Bytes bytes = Bytes::allocate(static_cast<size_t>(rows * columns), &flags);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) flags[i * columns + j] = std::byte(j - i >= diagonal ? 1 : 0);
  }
  Value* kept = c.builder().constant("upper", {DType::boolean, to_shape({rows, columns}), {}}, std::move(bytes));
  return c.call("aten::where.self", {kept, x, c.scalar(x->type.dtype, 0)});
}

}  // namespace ingot::compiler::pt2
