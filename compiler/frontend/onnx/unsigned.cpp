// Arithmetic on unsigned integers of 16 to 64 bits, which ATen's kernels do not have: it is done in signed integers
// that hold all their values, or, of 64 bits, in those whose bits come out the same.
#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_wide_unsigned(DType dtype) {
  return dtype == DType::uint16 || dtype == DType::uint32 || dtype == DType::uint64;
}

// Operators that only move elements, or take them as what they are.
bool takes_unsigned(std::string_view name) {
  return is_any_of(name, {"Cast",      "CastLike",  "Concat",   "DepthToSpace",    "DequantizeLinear", "Expand",
                          "Flatten",   "Gather",    "Identity", "QuantizeLinear",  "Reshape",          "Shape",
                          "Size",      "Slice",     "Split",    "SpaceToDepth",    "Squeeze",          "Tile",
                          "Transpose", "Unsqueeze", "EyeLike",  "ConstantOfShape", "Dropout"});
}

// Operators whose result is that of the same integers in a wider type, cut to its own.
bool computes_alike(std::string_view name) {
  return is_any_of(name, {"Abs",
                          "Add",
                          "And",
                          "BitShift",
                          "BitwiseAnd",
                          "BitwiseNot",
                          "BitwiseOr",
                          "BitwiseXor",
                          "Clip",
                          "CumSum",
                          "Div",
                          "Equal",
                          "Gemm",
                          "Greater",
                          "GreaterOrEqual",
                          "Less",
                          "LessOrEqual",
                          "MatMul",
                          "Max",
                          "Min",
                          "Mod",
                          "Mul",
                          "Pad",
                          "Pow",
                          "ReduceL1",
                          "ReduceMax",
                          "ReduceMean",
                          "ReduceMin",
                          "ReduceProd",
                          "ReduceSum",
                          "ReduceSumSquare",
                          "Sign",
                          "Sub",
                          "Sum",
                          "Where"});
}

// Of those, the ones that give the right 64 bits whatever the sign is taken for; and those that compare, for which both
// sides are moved so that the smallest unsigned number becomes the smallest signed one.
bool ignores_sign(std::string_view name) {
  return is_any_of(
      name, {"Add", "And", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "CumSum", "Equal", "Gemm", "MatMul",
             "Mul", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Sub", "Sum", "Where"});
}
bool compares(std::string_view name) {
  return is_any_of(name, {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Min", "ReduceMax", "ReduceMin"});
}

Result<Value*> moved(Conversion& c, Value* x) {
  Value* lowest = c.builder().constant_i64("lowest", {}, {std::numeric_limits<int64_t>::min()});
  return c.call("aten::bitwise_xor.Tensor", {x, lowest});
}

// x >> n with zeros coming in: after a shift by one of them, the sign bit is gone.
Result<Outputs> shift_right(Conversion& c) {
  const DType dtype = c.input(0)->type.dtype;
  Value* x = INGOT_TRY(c.cast(c.input(0), DType::int64));
  Value* count = INGOT_TRY(c.cast(c.input(1), DType::int64));
  Value* none = INGOT_TRY(c.call("aten::eq.Tensor", {count, c.scalar(DType::int64, 0)}));
  Value* half = INGOT_TRY(c.call("aten::bitwise_right_shift.Tensor", {x, c.scalar(DType::int64, 1)}));
  Value* positive = c.builder().constant_i64("largest", {}, {std::numeric_limits<int64_t>::max()});
  half = INGOT_TRY(c.call("aten::bitwise_and.Tensor", {half, positive}));
  Value* others = INGOT_TRY(c.call("aten::clamp", {INGOT_TRY(c.add(count, -1)), int64_t{0}}));
  Value* shifted = INGOT_TRY(c.call("aten::bitwise_right_shift.Tensor", {half, others}));
  return c.cast(INGOT_TRY(c.call("aten::where.self", {none, x, shifted})), dtype);
}

}  // namespace

Result<Outputs> convert_on_integers(Conversion& c) {
  DType narrow = DType::float32;  // there is none
  bool mixed = false;
  for (size_t i = 0; i < c.num_inputs(); ++i) {
    if (c.input(i) == nullptr || !is_wide_unsigned(c.input(i)->type.dtype)) continue;
    mixed = mixed || (narrow != DType::float32 && narrow != c.input(i)->type.dtype);
    narrow = c.input(i)->type.dtype;
  }
  const std::string_view name = c.row().name;
  // An exponent becomes what its base is.
  const bool exponent = name == "Pow" && !is_wide_unsigned(c.input(0)->type.dtype);
  if (narrow == DType::float32 || takes_unsigned(name) || exponent) return convert_on_meaning(c);
  if (mixed) return fail(ErrorCode::not_supported, "on unsigned integers of several types");
  const bool longest = narrow == DType::uint64;
  if (longest && name == "BitShift") {
    const bool right = INGOT_TRY(c.text("direction", "")) == "RIGHT";
    if (right) return shift_right(c);
  } else if (!computes_alike(name) || (longest && !ignores_sign(name) && !compares(name))) {
    return fail(ErrorCode::not_supported, "on %s", to_string(narrow));
  }
  const DType wide = narrow == DType::uint16 ? DType::int32 : DType::int64;
  const bool move = longest && compares(name);
  std::vector<Value*> inputs;
  for (size_t i = 0; i < c.num_inputs(); ++i) {
    Value* x = c.input(i);
    const bool changes = x != nullptr && x->type.dtype == narrow;
    if (changes) x = INGOT_TRY(c.cast(x, wide));
    if (changes && move) x = INGOT_TRY(moved(c, x));
    inputs.push_back(x);
  }
  c.read_instead(std::move(inputs));
  Outputs outputs = INGOT_TRY(c.row().convert(c));
  for (Value*& output : outputs.values) {
    if (output == nullptr || output->type.dtype != wide) continue;
    if (move) output = INGOT_TRY(moved(c, output));
    output = INGOT_TRY(c.cast(output, narrow));
  }
  return outputs;
}

}  // namespace ingot::compiler::onnx_import
