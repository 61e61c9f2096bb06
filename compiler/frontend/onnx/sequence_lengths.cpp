#include <algorithm>
#include <numeric>
#include <vector>

#include "compiler/frontend/onnx/recurrent.h"

namespace ingot::compiler::onnx_import {
namespace {

// Elements of x at `index` [K, B, 1] along time.
Result<Value*> gathered(Calls& c, Value* x, Value* index) {
  Shape shape = x->type.shape;
  shape[0] = index->type.shape[0];
  Value* all = INGOT_TRY(c.expand(index, shape));
  return c.call("aten::gather", {x, int64_t{0}, all});
}

}  // namespace

Result<SequenceLengths> SequenceLengths::read(Conversion& c, Value* lengths, int64_t steps, const Dim& batch) {
  SequenceLengths result;
  if (lengths == nullptr) return result;
  if (lengths->type.dtype != DType::int32 || lengths->type.rank() != 1 || !(lengths->type.shape[0] == batch))
    return fail(ErrorCode::invalid_file, "sequence_lens is %s, expected int32[%s]", to_string(lengths->type).c_str(),
                batch.str().c_str());
  if (lengths->is_constant()) {
    const auto given = lengths->data.as<int32_t>();
    for (const int32_t length : given) {
      if (length < 0 || length > steps)
        return fail(ErrorCode::invalid_file, "a sequence of %d steps of %lld", length, static_cast<long long>(steps));
    }
    if (std::ranges::all_of(given, [&](int32_t length) { return length == steps; })) return result;
  }
  Value* wide = INGOT_TRY(c.cast(lengths, DType::int64));
  result.lengths_ = INGOT_TRY(c.view(wide, {1, batch, 1}));
  std::vector<int64_t> numbers(static_cast<size_t>(steps));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  result.steps_ = c.builder().constant_i64("steps", {steps, 1, 1}, numbers);
  return result;
}

Result<Value*> SequenceLengths::reversed(Calls& c, Value* x) const {
  Value* inside = INGOT_TRY(c.call("aten::lt.Tensor", {steps_, lengths_}));
  Value* ends = INGOT_TRY(c.add(lengths_, -1));
  Value* mirrored = INGOT_TRY(c.call("aten::sub.Tensor", {ends, steps_}));
  Value* index = INGOT_TRY(c.call("aten::where.self", {inside, mirrored, steps_}));
  return gathered(c, x, index);
}

Result<Value*> SequenceLengths::cut(Calls& c, Value* x) const {
  Value* inside = INGOT_TRY(c.call("aten::lt.Tensor", {steps_, lengths_}));
  return c.call("aten::where.self", {inside, x, c.scalar(x->type.dtype, 0)});
}

Result<Value*> SequenceLengths::last(Calls& c, Value* x) const {
  Value* ends = INGOT_TRY(c.add(lengths_, -1));
  Value* index = INGOT_TRY(c.call("aten::clamp", {ends, int64_t{0}}));
  Value* at_end = INGOT_TRY(gathered(c, x, index));
  at_end = INGOT_TRY(c.view(at_end, {x->type.shape[1], x->type.shape[2]}));
  Value* empty = INGOT_TRY(c.view(ends, {x->type.shape[1], 1}));
  empty = INGOT_TRY(c.call("aten::lt.Tensor", {empty, c.scalar(DType::int64, 0)}));
  return c.call("aten::where.self", {empty, c.scalar(x->type.dtype, 0), at_end});
}

}  // namespace ingot::compiler::onnx_import
