// Activation functions of one tensor.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/aten/activations.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

// A bound of Clip as an argument: none where it is absent, nothing (nullopt) where it is computed by the model.
Result<std::optional<Argument>> bound(Conversion& c, size_t input, const char* name) {
  const Value* x = c.input(0);
  const bool whole = !is_floating(x->type.dtype);
  if (c.opset() < 11) {
    INGOT_TRY(c.floats(0));
    const double value = INGOT_TRY(c.real(name, 0));
    return c.has(name) ? Argument(value) : Argument(std::monostate());
  }
  const Value* value = c.input(input);
  if (value == nullptr) return Argument(std::monostate());
  if (value->type.dtype != x->type.dtype || numel(value->type.shape) != Dim(1))
    return fail(ErrorCode::invalid_file, "its bound '%s' is %s, expected one %s", name, to_string(value->type).c_str(),
                to_string(x->type.dtype));
  if (!value->is_constant()) return std::nullopt;
  if (x->type.dtype == DType::int64) return Argument(value->data.as<int64_t>()[0]);
  const std::vector<double> elements = INGOT_TRY(c.constant_reals(input, name));
  return whole ? Argument(static_cast<int64_t>(elements[0])) : Argument(elements[0]);
}

}  // namespace

Result<Outputs> convert_relu(Conversion& c) {
  return c.call("aten::relu", {c.input(0)});
}

Result<Outputs> convert_clip(Conversion& c) {
  Value* x = c.input(0);
  if (c.opset() < 11 && c.num_inputs() > 1)
    return fail(ErrorCode::invalid_file, "before opset 11 its bounds are attributes, not inputs");
  const std::optional<Argument> low = INGOT_TRY(bound(c, 1, "min"));
  const std::optional<Argument> high = INGOT_TRY(bound(c, 2, "max"));
  if (!low || !high) return c.call("aten::clamp.Tensor", {x, c.input(1), c.input(2)});

  const bool has_low = !std::holds_alternative<std::monostate>(*low);
  const bool has_high = !std::holds_alternative<std::monostate>(*high);
  if (!has_low && !has_high) return x;
  if (is_floating(x->type.dtype)) {
    if (has_low && !has_high && std::get<double>(*low) == 0) return c.call("aten::relu", {x});
    // ReLU6 and its like have a name of their own in ATen.
    if (has_low && has_high && std::get<double>(*low) <= std::get<double>(*high))
      return c.call("aten::hardtanh", {x, *low, *high});
  }
  return c.call("aten::clamp", {x, *low, *high});
}

Result<Outputs> convert_leaky_relu(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 0.01f));
  Value* x = INGOT_TRY(c.floats(0));
  return c.call("aten::leaky_relu", {x, alpha});
}

Result<Outputs> convert_prelu(Conversion& c) {
  Value* x = c.input(0);
  Value* slope = c.input(1);
  const size_t rank = x->type.rank();
  if (slope->is_constant() && slope->type.dtype == DType::float32 && slope->data.size() == sizeof(float) &&
      slope->type.rank() <= rank)
    return c.call("aten::leaky_relu", {x, static_cast<double>(slope->data.as<float>()[0])});

  // A slope a channel: its only axis that is not 1 is the one that meets axis 1 of x.
  const Shape& sizes = slope->type.shape;
  const size_t missing = rank - std::min(rank, sizes.size());
  bool by_channel = rank >= 2 && sizes.size() <= rank && is_floating(x->type.dtype);
  for (size_t i = 0; i < sizes.size() && by_channel; ++i) {
    by_channel = i + missing == 1 ? sizes[i] == x->type.shape[1] : sizes[i] == Dim(1);
  }
  if (by_channel && missing <= 1) {
    Shape shape(rank, Dim(1));
    shape[1] = x->type.shape[1];
    slope = INGOT_TRY(c.view(slope, shape));
    return c.call("aten::_prelu_kernel", {x, slope});
  }
  Value* negative = INGOT_TRY(c.call("aten::lt.Tensor", {x, c.scalar(x->type.dtype, 0)}));
  Value* scaled = INGOT_TRY(c.call("aten::mul.Tensor", {x, slope}));
  return c.call("aten::where.self", {negative, scaled, x});
}

Result<Outputs> convert_thresholded_relu(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1));
  Value* x = INGOT_TRY(c.floats(0));
  return thresholded_relu(c, x, alpha);
}

Result<Outputs> convert_elu(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1));
  Value* x = INGOT_TRY(c.floats(0));
  return c.call("aten::elu", {x, alpha});
}

Result<Outputs> convert_selu(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1.67326319217681884765625));
  const double gamma = INGOT_TRY(c.real("gamma", 1.05070102214813232421875));
  Value* x = INGOT_TRY(c.floats(0));
  return c.call("aten::elu", {x, alpha, gamma});
}

// max(0, x) + min(0, alpha (exp(x / alpha) - 1))
Result<Outputs> convert_celu(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1));
  if (alpha == 0) return fail(ErrorCode::invalid_file, "alpha is 0");
  Value* x = INGOT_TRY(c.floats(0));
  return c.call("aten::elu", {x, alpha, 1.0, 1.0 / alpha});
}

Result<Outputs> convert_gelu(Conversion& c) {
  const std::string approximate = INGOT_TRY(c.text("approximate", "none"));
  if (approximate != "none" && approximate != "tanh")
    return fail(ErrorCode::invalid_file, "approximate is '%.20s', expected none or tanh", approximate.c_str());
  Value* x = INGOT_TRY(c.floats(0));
  return c.call("aten::gelu", {x, approximate});
}

Result<Outputs> convert_hard_sigmoid(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 0.2f));
  const double beta = INGOT_TRY(c.real("beta", 0.5));
  Value* x = INGOT_TRY(c.floats(0));
  return hard_sigmoid(c, x, alpha, beta);
}

Result<Outputs> convert_softplus(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  return softplus(c, x);
}

Result<Outputs> convert_softsign(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  return softsign(c, x);
}

Result<Outputs> convert_mish(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  return mish(c, x);
}

// x + bias below -lambd, x - bias above lambd, 0 between.
Result<Outputs> convert_shrink(Conversion& c) {
  const double bias = INGOT_TRY(c.real("bias", 0));
  const double lambd = INGOT_TRY(c.real("lambd", 0.5));
  Value* x = INGOT_TRY(c.floats(0));
  const DType dtype = x->type.dtype;
  Value* below = INGOT_TRY(c.call("aten::lt.Tensor", {x, c.scalar(dtype, -lambd)}));
  Value* above = INGOT_TRY(c.call("aten::gt.Tensor", {x, c.scalar(dtype, lambd)}));
  Value* raised = INGOT_TRY(c.add(x, bias));
  Value* lowered = INGOT_TRY(c.add(x, -bias));
  Value* upper = INGOT_TRY(c.call("aten::where.self", {above, lowered, c.scalar(dtype, 0)}));
  return c.call("aten::where.self", {below, raised, upper});
}

}  // namespace ingot::compiler::onnx_import
