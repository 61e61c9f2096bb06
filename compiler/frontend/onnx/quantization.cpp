// Operators between real numbers and integers that stand for them, and operators on such integers, which are computed
// on what the integers mean: between dequantize and quantize nodes, as compiler/ir/quantization.h has it. (XNNPACK then
// takes them as integers again.) Those that give sums of 32 bits are computed in floats that hold every sum.
#include "compiler/ir/quantization.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"
#include "compiler/ir/constants.h"
#include "runtime/core/dtype.h"

namespace ingot::compiler::onnx_import {
namespace {

// What two inputs of a node say.
struct Affine {
  std::vector<double> scales;
  std::vector<int64_t> zero_points;  // as many
  DType dtype = DType::uint8;        // of the integers

  bool is_per_axis() const { return scales.size() > 1; }
};

// `zero_point` may be left out; the integers then have dtype `otherwise`.
Result<Affine> read_affine(Conversion& c, size_t scale, size_t zero_point, DType otherwise) {
  Affine affine;
  if (c.input(scale) != nullptr && !is_floating(c.input(scale)->type.dtype))
    return fail(ErrorCode::invalid_file, "a scale of %s", to_string(c.input(scale)->type.dtype));
  affine.scales = INGOT_TRY(c.constant_reals(scale, "the scale"));
  for (const double s : affine.scales) {
    if (!std::isnormal(s) || s < 0) return fail(ErrorCode::invalid_file, "a scale of %g", s);
  }
  affine.zero_points.assign(affine.scales.size(), 0);
  affine.dtype = otherwise;
  if (affine.scales.empty()) return fail(ErrorCode::invalid_file, "its scale has no elements");
  if (c.input(zero_point) == nullptr) return affine;
  affine.dtype = c.input(zero_point)->type.dtype;
  const std::vector<double> zeros = INGOT_TRY(c.constant_reals(zero_point, "the zero point"));
  if (zeros.size() != affine.scales.size() && zeros.size() != 1) {
    return fail(ErrorCode::invalid_file, "%zu scales and %zu zero points", affine.scales.size(), zeros.size());
  }
  for (size_t i = 0; i < affine.zero_points.size(); ++i) {
    affine.zero_points[i] = static_cast<int64_t>(zeros[zeros.size() == 1 ? 0 : i]);
  }
  return affine;
}

Result<void> check_axis(const Value* x, const Affine& affine, size_t axis) {
  if (!affine.is_per_axis() || x->type.shape[axis] == Dim(static_cast<int64_t>(affine.scales.size()))) return {};
  return fail(ErrorCode::invalid_file, "%zu scales along axis %zu of %s", affine.scales.size(), axis,
              to_string(x->type).c_str());
}

// The arguments that quantize and dequantize nodes have in common.
Result<std::vector<Argument>> arguments(Conversion& c, Value* x, const Affine& affine, size_t axis) {
  const auto range = integer_range(affine.dtype);
  if (!range || size_of(affine.dtype) > 2)
    return fail(ErrorCode::not_supported, "integers of %s", to_string(affine.dtype));
  INGOT_TRY_VOID(check_axis(x, affine, axis));
  if (!affine.is_per_axis()) {
    return std::vector<Argument>{x, affine.scales[0], affine.zero_points[0], range->min, range->max, affine.dtype};
  }
  const auto count = static_cast<int64_t>(affine.scales.size());
  const std::vector<float> scales(affine.scales.begin(), affine.scales.end());
  return std::vector<Argument>{x,
                               c.builder().constant_f32("scales", {count}, scales),
                               c.builder().constant_i64("zero_points", {count}, affine.zero_points),
                               static_cast<int64_t>(axis),
                               range->min,
                               range->max,
                               affine.dtype};
}

Result<Value*> quantize(Conversion& c, Value* x, const Affine& affine, size_t axis = 0) {
  const char* op =
      affine.is_per_axis() ? "quantized_decomposed::quantize_per_channel" : "quantized_decomposed::quantize_per_tensor";
  return c.call(op, INGOT_TRY(arguments(c, x, affine, axis)));
}

// (x - zero point) * scale of 32-bit integers, as biases are: constants become floats.
Result<Value*> dequantize_words(Conversion& c, Value* x, const Affine& affine, size_t axis) {
  INGOT_TRY_VOID(check_axis(x, affine, axis));
  if (std::ranges::any_of(affine.zero_points, [](int64_t zero) { return zero != 0; }))
    return fail(ErrorCode::not_supported, "32-bit integers with a zero point");
  std::vector<int64_t> sizes(affine.is_per_axis() ? x->type.rank() : 0, 1);
  if (affine.is_per_axis()) sizes[axis] = static_cast<int64_t>(affine.scales.size());
  // In 64 bits first: floats have 24.
  Value* wide = INGOT_TRY(c.cast(x, DType::float64));
  Value* scales = add_numbers(c.builder().graph(), "scales", {DType::float64, to_shape(sizes), {}}, affine.scales);
  return c.cast(INGOT_TRY(c.call("aten::mul.Tensor", {wide, scales})), DType::float32);
}

Result<Value*> dequantize(Conversion& c, Value* x, const Affine& affine, size_t axis = 0) {
  if (x->type.dtype == DType::int32) return dequantize_words(c, x, affine, axis);
  if (affine.dtype != x->type.dtype) {
    return fail(ErrorCode::invalid_file, "integers of %s with a zero point of %s", to_string(x->type.dtype),
                to_string(affine.dtype));
  }
  const char* op = affine.is_per_axis() ? "quantized_decomposed::dequantize_per_channel"
                                        : "quantized_decomposed::dequantize_per_tensor";
  const std::vector<Argument> args = INGOT_TRY(arguments(c, x, affine, axis));
  c.builder().set_folding(false);  // weights stay integers
  auto result = c.call(op, args);
  c.builder().set_folding(true);
  return result;
}

// Three inputs of the operators on integers: the integers, their scale and their zero point.
Result<Value*> operand(Conversion& c, size_t first, size_t axis = 0) {
  Value* x = c.input(first);
  return dequantize(c, x, INGOT_TRY(read_affine(c, first + 1, first + 2, x->type.dtype)), axis);
}

// Which elements of x have a scale of their own: all one, those along an axis, or blocks of some length along it.
struct Granularity {
  size_t axis;
  int64_t block;  // 0: none
};

Result<Granularity> read_granularity(Conversion& c, const Value* x) {
  const int64_t axis = INGOT_TRY(c.integer("axis", 1));
  const int64_t block = c.opset() >= 21 ? INGOT_TRY(c.integer("block_size", 0)) : 0;
  const auto rank = static_cast<int64_t>(x->type.rank());
  const bool inside = axis >= -rank && axis < rank;
  if (block < 0 || (block > 0 && !inside))
    return fail(ErrorCode::invalid_file, "blocks of %lld along axis %lld", static_cast<long long>(block),
                static_cast<long long>(axis));
  return Granularity{inside ? static_cast<size_t>(axis < 0 ? axis + rank : axis) : 0, block};
}

// A scale or zero point as floats that broadcast to x.
Result<Value*> spread(Conversion& c, Value* parameter, const Value* x, const Granularity& g) {
  parameter = INGOT_TRY(c.cast(parameter, DType::float32));
  const Shape& shape = x->type.shape;
  const auto misfit = [&] {
    return fail(ErrorCode::invalid_file, "a scale or zero point %s for %s", to_string(parameter->type).c_str(),
                to_string(x->type).c_str());
  };
  if (g.block == 0) {
    if (numel(parameter->type.shape) == Dim(1)) return c.view(parameter, {});
    if (parameter->type.rank() != 1 || !(parameter->type.shape[0] == shape[g.axis])) return misfit();
    Shape along(shape.size(), Dim(1));
    along[g.axis] = shape[g.axis];
    return c.view(parameter, along);
  }
  const int64_t size = INGOT_TRY(Conversion::size(x, g.axis));
  const Dim blocks((size + g.block - 1) / g.block);
  Shape expected = shape;
  expected[g.axis] = blocks;
  if (parameter->type.shape != expected) return misfit();
  const auto place = static_cast<std::ptrdiff_t>(g.axis) + 1;
  expected.insert(expected.begin() + place, Dim(1));
  Value* repeated = INGOT_TRY(c.view(parameter, expected));
  expected[g.axis + 1] = Dim(g.block);
  repeated = INGOT_TRY(c.expand(repeated, expected));
  expected.erase(expected.begin() + place);
  expected[g.axis] = blocks * Dim(g.block);
  return c.slice(INGOT_TRY(c.view(repeated, expected)), g.axis, 0, size);
}

// round(x / scale) + zero point, kept within the integers, for scales that are computed or go with blocks.
Result<Value*> quantize_by_elements(Conversion& c, Value* x, Value* scale, Value* zero, DType dtype) {
  const auto range = integer_range(dtype);
  if (!range || size_of(dtype) > 2) return fail(ErrorCode::not_supported, "integers of %s", to_string(dtype));
  Value* steps = INGOT_TRY(c.call("aten::div.Tensor", {INGOT_TRY(c.cast(x, DType::float32)), scale}));
  steps = INGOT_TRY(c.call("aten::round", {steps}));
  if (zero != nullptr) steps = INGOT_TRY(c.call("aten::add.Tensor", {steps, zero}));
  steps = INGOT_TRY(c.call("aten::clamp", {steps, static_cast<double>(range->min), static_cast<double>(range->max)}));
  return c.cast(steps, dtype);
}

// (x - zero point) * scale likewise.
Result<Value*> dequantize_by_elements(Conversion& c, Value* x, Value* scale, Value* zero) {
  Value* real = INGOT_TRY(c.cast(x, DType::float32));
  if (zero != nullptr) real = INGOT_TRY(c.call("aten::sub.Tensor", {real, zero}));
  return c.call("aten::mul.Tensor", {real, scale});
}

// Are scale and zero point, inputs 1 and 2, constants for quantize and dequantize nodes?
bool by_nodes(const Conversion& c, const Granularity& g) {
  return g.block == 0 && c.input(1)->is_constant() && (c.input(2) == nullptr || c.input(2)->is_constant());
}

Result<Value*> only(Result<Outputs> outputs) {
  if (!outputs) return std::unexpected(std::move(outputs).error());
  return outputs->values[0];
}

// Computes on what `count` integer operands mean (three inputs each); the result's scale and zero point follow.
Result<Outputs> between(Conversion& c, size_t count, Converter convert) {
  std::vector<Value*> real;
  for (size_t i = 0; i < count; ++i) real.push_back(INGOT_TRY(operand(c, 3 * i)));
  const Affine result = INGOT_TRY(read_affine(c, 3 * count, 3 * count + 1, c.input(0)->type.dtype));
  c.read_instead(std::move(real));
  return quantize(c, INGOT_TRY(only(convert(c))), result);
}

// Integers less their zero point, as floats that hold every sum of `terms` products.
Result<Value*> differences(Conversion& c, size_t x, size_t zero_point, bool rows, int64_t terms) {
  Value* integers = c.input(x);
  if (integers->type.dtype != DType::int8 && integers->type.dtype != DType::uint8)
    return fail(ErrorCode::invalid_file, "its input %zu is %s", x, to_string(integers->type).c_str());
  constexpr int64_t kLargestProduct = 255 * 255, kExact = int64_t{1} << 24;
  const DType dtype = terms > kExact / kLargestProduct ? DType::float64 : DType::float32;
  Value* real = INGOT_TRY(c.cast(integers, dtype));
  Value* zero = c.input(zero_point);
  if (zero == nullptr) return real;
  zero = INGOT_TRY(c.cast(zero, dtype));
  if (rows && zero->type.rank() == 1) zero = INGOT_TRY(c.view(zero, {zero->type.shape[0], Dim(1)}));
  return c.call("aten::sub.Tensor", {real, zero});
}

// Operators that pass on or choose among what they are given: the same on integers as on what they mean.
bool moves_elements(std::string_view name) {
  constexpr std::string_view kNames[] = {"Concat", "Flatten", "MaxPool",   "Reshape",  "Slice",
                                         "Split",  "Squeeze", "Transpose", "Unsqueeze"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

// The parameters that all 8-bit inputs were quantized with; nothing where one was not, or they differ.
std::optional<Quantization> common_quantization(const Conversion& c) {
  std::optional<Quantization> common;
  for (size_t i = 0; i < c.num_inputs(); ++i) {
    const Value* x = c.input(i);
    if (x == nullptr || (x->type.dtype != DType::int8 && x->type.dtype != DType::uint8)) continue;
    const auto found =
        x->producer != nullptr && is_quantize(*x->producer) ? quantization_of(*x->producer) : std::nullopt;
    if (!found || !found->is_per_tensor() || (common && *common != *found)) return std::nullopt;
    common = found;
  }
  return common;
}

}  // namespace

// Integers that a graph moves about between operators stay pairs of nodes too, so that no operator is left on integers
// by themselves.
Result<Outputs> convert_on_meaning(Conversion& c) {
  const auto common = moves_elements(c.row().name) ? common_quantization(c) : std::nullopt;
  if (!common || c.wants_output(1) != (c.row().name == "Split" && c.num_outputs() > 1)) return c.row().convert(c);
  const Affine affine{common->scales, common->zero_points, common->dtype};
  std::vector<Value*> inputs;
  for (size_t i = 0; i < c.num_inputs(); ++i) {
    Value* x = c.input(i);
    const bool is_integer = x != nullptr && x->type.dtype == common->dtype;
    inputs.push_back(is_integer ? INGOT_TRY(dequantize(c, x, affine)) : x);
  }
  c.read_instead(std::move(inputs));
  Outputs outputs = INGOT_TRY(c.row().convert(c));
  for (Value*& output : outputs.values) {
    if (output != nullptr) output = INGOT_TRY(quantize(c, output, affine));
  }
  return outputs;
}

Result<Outputs> convert_quantize_linear(Conversion& c) {
  Value* x = c.input(0);
  const Granularity g = INGOT_TRY(read_granularity(c, x));
  c.ignore("saturate");  // of floats of 8 bits
  DType dtype = DType::uint8;
  if (const int64_t code = INGOT_TRY(c.integer("output_dtype", 0)); code != 0) {
    dtype = INGOT_TRY(to_dtype(code));
    if (is_floating(dtype)) return fail(ErrorCode::not_supported, "output_dtype %s", to_string(dtype));
  }
  if (by_nodes(c, g)) {
    const Affine affine = INGOT_TRY(read_affine(c, 1, 2, dtype));
    return quantize(c, INGOT_TRY(c.cast(x, DType::float32)), affine, g.axis);
  }
  Value* scale = INGOT_TRY(spread(c, c.input(1), x, g));
  if (c.input(2) == nullptr) return quantize_by_elements(c, x, scale, nullptr, dtype);
  return quantize_by_elements(c, x, scale, INGOT_TRY(spread(c, c.input(2), x, g)), c.input(2)->type.dtype);
}

Result<Outputs> convert_dequantize_linear(Conversion& c) {
  Value* x = c.input(0);
  const Granularity g = INGOT_TRY(read_granularity(c, x));
  const DType result = c.input(1)->type.dtype;
  if (by_nodes(c, g)) {
    Value* real = INGOT_TRY(dequantize(c, x, INGOT_TRY(read_affine(c, 1, 2, x->type.dtype)), g.axis));
    return c.cast(real, result);
  }
  Value* scale = INGOT_TRY(spread(c, c.input(1), x, g));
  Value* zero = c.input(2) == nullptr ? nullptr : INGOT_TRY(spread(c, c.input(2), x, g));
  return c.cast(INGOT_TRY(dequantize_by_elements(c, x, scale, zero)), result);
}

// x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B: the bias has the products' scale.
Result<Outputs> convert_q_linear_conv(Conversion& c) {
  Value* x = INGOT_TRY(operand(c, 0));
  Value* weight = INGOT_TRY(operand(c, 3));
  const Affine result = INGOT_TRY(read_affine(c, 6, 7, c.input(0)->type.dtype));
  Value* bias = c.input(8);
  if (bias != nullptr) {
    Affine products = INGOT_TRY(read_affine(c, 4, 5, DType::int8));
    const double scale = INGOT_TRY(read_affine(c, 1, 2, DType::uint8)).scales[0];
    for (double& s : products.scales) s *= scale;
    products.zero_points.assign(products.scales.size(), 0);
    if (bias->type.dtype != DType::int32 || bias->type.rank() != 1)
      return fail(ErrorCode::invalid_file, "its bias is %s", to_string(bias->type).c_str());
    bias = INGOT_TRY(dequantize_words(c, bias, products, 0));
  }
  c.read_instead(bias != nullptr ? std::vector<Value*>{x, weight, bias} : std::vector<Value*>{x, weight});
  return quantize(c, INGOT_TRY(only(convert_conv(c))), result);
}

// Scales of the second factor go with its columns.
Result<Outputs> convert_q_linear_mat_mul(Conversion& c) {
  const Affine first = INGOT_TRY(read_affine(c, 1, 2, c.input(0)->type.dtype));
  if (first.is_per_axis()) return fail(ErrorCode::not_supported, "a scale for each row of its first factor");
  Value* a = INGOT_TRY(operand(c, 0));
  Value* b = INGOT_TRY(operand(c, 3, std::max<size_t>(c.input(3)->type.rank(), 1) - 1));
  const Affine result = INGOT_TRY(read_affine(c, 6, 7, c.input(0)->type.dtype));
  if (result.is_per_axis()) return fail(ErrorCode::not_supported, "a scale for each row of its result");
  c.read_instead({a, b});
  return quantize(c, INGOT_TRY(only(convert_mat_mul(c))), result);
}

Result<Outputs> convert_q_linear_binary(Conversion& c) {
  return between(c, 2, convert_binary);
}

Result<Outputs> convert_q_linear_unary(Conversion& c) {
  return between(c, 1, convert_unary);
}

Result<Outputs> convert_q_linear_leaky_relu(Conversion& c) {
  return between(c, 1, convert_leaky_relu);
}

Result<Outputs> convert_q_linear_average_pool(Conversion& c) {
  if (INGOT_TRY(c.flag("channels_last", false))) return fail(ErrorCode::not_supported, "channels last");
  return between(c, 1, convert_average_pool);
}

Result<Outputs> convert_q_linear_global_average_pool(Conversion& c) {
  if (INGOT_TRY(c.flag("channels_last", false))) return fail(ErrorCode::not_supported, "channels last");
  return between(c, 1, convert_global_average_pool);
}

// y_scale, y_zero_point, and three inputs for each part.
Result<Outputs> convert_q_linear_concat(Conversion& c) {
  if (c.num_inputs() % 3 != 2) return fail(ErrorCode::invalid_file, "%zu inputs", c.num_inputs());
  const Affine result = INGOT_TRY(read_affine(c, 0, 1, DType::uint8));
  std::vector<Value*> parts;
  for (size_t i = 2; i < c.num_inputs(); i += 3) parts.push_back(INGOT_TRY(operand(c, i)));
  c.read_instead(std::move(parts));
  return quantize(c, INGOT_TRY(only(convert_concat(c))), result);
}

// In 255 steps of the range between the ends, which 0 is always inside.
Result<Outputs> convert_dynamic_quantize_linear(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  if (x->type.dtype != DType::float32)
    return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  std::vector<int64_t> dims(x->type.rank());
  std::iota(dims.begin(), dims.end(), int64_t{0});
  const auto end = [&](const char* op, const char* with_zero) -> Result<Value*> {
    return c.call(with_zero, {INGOT_TRY(c.call(op, {x, dims, false})), c.scalar(DType::float32, 0)});
  };
  Value* low = INGOT_TRY(end("aten::amin", "aten::minimum"));
  Value* high = INGOT_TRY(end("aten::amax", "aten::maximum"));
  Value* range = INGOT_TRY(c.call("aten::sub.Tensor", {high, low}));
  Value* scale = INGOT_TRY(c.call("aten::div.Tensor", {range, c.scalar(DType::float32, 255)}));
  // ONNX leaves open what happens where all is 0; ONNX Runtime takes 1.
  Value* flat = INGOT_TRY(c.call("aten::eq.Tensor", {range, c.scalar(DType::float32, 0)}));
  scale = INGOT_TRY(c.call("aten::where.self", {flat, c.scalar(DType::float32, 1), scale}));
  Value* zero = INGOT_TRY(c.call("aten::neg", {INGOT_TRY(c.call("aten::div.Tensor", {low, scale}))}));
  zero = INGOT_TRY(c.call("aten::round", {INGOT_TRY(c.call("aten::clamp", {zero, 0.0, 255.0}))}));
  Value* integers = INGOT_TRY(quantize_by_elements(c, x, scale, zero, DType::uint8));
  return std::vector<Value*>{integers, scale, INGOT_TRY(c.cast(zero, DType::uint8))};
}

Result<Outputs> convert_mat_mul_integer(Conversion& c) {
  if (c.input(0)->type.rank() < 2 || c.input(1)->type.rank() < 2)
    return fail(ErrorCode::not_supported, "products with vectors");
  const int64_t terms = INGOT_TRY(Conversion::size(c.input(0), c.input(0)->type.rank() - 1));
  Value* a = INGOT_TRY(differences(c, 0, 2, true, terms));
  Value* b = INGOT_TRY(differences(c, 1, 3, false, terms));
  c.read_instead({a, b});
  return c.cast(INGOT_TRY(only(convert_mat_mul(c))), DType::int32);
}

Result<Outputs> convert_conv_integer(Conversion& c) {
  int64_t terms = 1;
  for (size_t i = 1; i < c.input(1)->type.rank(); ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(c.input(1), i));
    if (size <= 0 || terms > (int64_t{1} << 31) / size) return fail(ErrorCode::not_supported, "a filter so large");
    terms *= size;
  }
  if (c.input(3) != nullptr && numel(c.input(3)->type.shape) != Dim(1))
    return fail(ErrorCode::not_supported, "a zero point for each filter");
  // Padding stands for zero points, which the difference makes 0.
  Value* x = INGOT_TRY(differences(c, 0, 2, false, terms));
  Value* weight = INGOT_TRY(differences(c, 1, 3, false, terms));
  c.read_instead({x, weight});
  return c.cast(INGOT_TRY(only(convert_conv(c))), DType::int32);
}

}  // namespace ingot::compiler::onnx_import
