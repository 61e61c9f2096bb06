#include "compiler/frontend/aten/calls.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/core/checked_math.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler {
namespace {

// Elements of a constant that the front ends make up by themselves (index lists, interpolation weights): plenty for
// real models, nothing for the machine.
constexpr int64_t kMostMadeUpElements = int64_t{1} << 24;

}  // namespace

Result<TensorType> checked_type(DType dtype, const std::vector<int64_t>& sizes) {
  if (sizes.size() > kMaxRank)
    return fail(ErrorCode::not_supported, "a tensor of rank %zu (at most %zu)", sizes.size(), kMaxRank);
  size_t bytes = size_of(dtype);
  bool fits = true;
  for (const int64_t size : sizes) {
    if (size < 0 || size > std::numeric_limits<int32_t>::max())
      return fail(ErrorCode::invalid_file, "a size of %lld; sizes lie between 0 and 2^31 - 1",
                  static_cast<long long>(size));
    fits = fits && checked_mul<size_t>(bytes, static_cast<size_t>(std::max<int64_t>(size, 1)), &bytes);
  }
  if (!fits || bytes > (size_t{1} << 46)) return fail(ErrorCode::invalid_file, "a tensor larger than any memory");
  return TensorType{dtype, to_shape(sizes), {}};
}

Result<void> Calls::check_made_up(int64_t elements) {
  if (elements >= 0 && elements <= kMostMadeUpElements) return {};
  return fail(ErrorCode::not_supported, "it would need a constant of %lld elements (at most %lld)",
              static_cast<long long>(elements), static_cast<long long>(kMostMadeUpElements));
}

Result<Value*> Calls::call(std::string_view op, std::vector<Argument> args) {
  return builder_.call(op, std::move(args));
}

Result<Value*> Calls::first_of(std::string_view op, std::vector<Argument> args) {
  const Node* node = INGOT_TRY(builder_.node(op, std::move(args)));
  return node->output(0);
}

Result<Value*> Calls::view(Value* x, const Shape& shape) {
  if (x->type.shape == shape) return x;
  return call("aten::view_copy", {x, shape});
}

Result<Value*> Calls::permute(Value* x, const std::vector<int64_t>& order) {
  if (std::ranges::is_sorted(order)) return x;
  return call("aten::permute_copy", {x, order});
}

Result<Value*> Calls::expand(Value* x, const Shape& shape) {
  if (x->type.shape == shape) return x;
  return call("aten::expand_copy", {x, shape});
}

Result<Value*> Calls::cast(Value* x, DType dtype) {
  if (x->type.dtype == dtype) return x;
  return call("dim_order_ops::_to_dim_order_copy", {x, false, std::monostate(), dtype});
}

Result<Value*> Calls::slice(Value* x, size_t axis, const Dim& start, const Dim& end, int64_t step) {
  if (start == Dim(0) && end == x->type.shape[axis] && step == 1) return x;
  return call("aten::slice_copy.Tensor", {x, static_cast<int64_t>(axis), start, end, step});
}

Result<Value*> Calls::pad(Value* x, const std::vector<int64_t>& before, const std::vector<int64_t>& after,
                          Argument value) {
  // ATen lists the pairs from the last axis on, and may stop early.
  std::vector<int64_t> pairs;
  for (size_t i = before.size(); i-- > 0;) {
    pairs.push_back(before[i]);
    pairs.push_back(after[i]);
  }
  while (pairs.size() >= 2 && pairs.back() == 0 && pairs[pairs.size() - 2] == 0) pairs.resize(pairs.size() - 2);
  if (pairs.empty()) return x;
  return call("aten::constant_pad_nd", {x, pairs, std::move(value)});
}

Result<Value*> Calls::add(Value* x, double value) {
  if (value == 0) return x;
  return call("aten::add.Tensor", {x, scalar(x->type.dtype, value)});
}

Result<Value*> Calls::multiply(Value* x, double value) {
  if (value == 1) return x;
  return call("aten::mul.Tensor", {x, scalar(x->type.dtype, value)});
}

Result<size_t> Calls::axis(int64_t axis, size_t rank) {
  const auto signed_rank = static_cast<int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank)
    return fail(ErrorCode::invalid_file, "axis %lld is outside a tensor of rank %zu", static_cast<long long>(axis),
                rank);
  return static_cast<size_t>(axis < 0 ? axis + signed_rank : axis);
}

Result<std::vector<size_t>> Calls::axes(const std::vector<int64_t>& axes, size_t rank) {
  std::vector<size_t> result;
  for (const int64_t value : axes) {
    const size_t normalized = INGOT_TRY(axis(value, rank));
    if (std::ranges::contains(result, normalized))
      return fail(ErrorCode::invalid_file, "axis %lld is listed twice", static_cast<long long>(value));
    result.push_back(normalized);
  }
  return result;
}

Result<int64_t> Calls::size(const Value* x, size_t axis) {
  if (axis >= x->type.rank())
    return fail(ErrorCode::invalid_file, "%s has no axis %zu", to_string(x->type).c_str(), axis);
  const Dim& dim = x->type.shape[axis];
  if (!dim.is_static())
    return fail(ErrorCode::not_supported, "the size %s of axis %zu must be a number here", dim.str().c_str(), axis);
  return dim.value();
}

}  // namespace ingot::compiler
