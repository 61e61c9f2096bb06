// ONNX Runtime's own operators (domain com.microsoft) that its optimizers fuse others into: convolutions and products
// with what follows them, kinds of GELU, normalizations with the sums before them.
#include <algorithm>
#include <string>
#include <vector>

#include "compiler/frontend/aten/activations.h"
#include "compiler/frontend/aten/products.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

// One of the parameters of an activation, or what stands in where there are none.
Result<double> parameter(const std::vector<double>& given, size_t i, double otherwise) {
  if (given.empty()) return otherwise;
  if (i < given.size()) return given[i];
  return fail(ErrorCode::invalid_file, "%zu parameters of its activation", given.size());
}

Result<Value*> activate(Conversion& c, Value* x, const std::string& name, const std::vector<double>& given) {
  if (name.empty()) return x;
  if (name == "Relu") return c.call("aten::relu", {x});
  if (name == "Tanh") return c.call("aten::tanh", {x});
  if (name == "Sigmoid") return c.call("aten::sigmoid", {x});
  if (name == "LeakyRelu") return c.call("aten::leaky_relu", {x, INGOT_TRY(parameter(given, 0, 0.01F))});
  if (name == "HardSigmoid")
    return hard_sigmoid(c, x, INGOT_TRY(parameter(given, 0, 0.2F)), INGOT_TRY(parameter(given, 1, 0.5)));
  if (name == "Clip" && given.size() == 2) return c.call("aten::hardtanh", {x, given[0], given[1]});
  return fail(ErrorCode::not_supported, "activation '%.20s' with %zu parameters", name.c_str(), given.size());
}

Result<Value*> add_if_given(Conversion& c, Value* x, Value* other) {
  if (other == nullptr) return x;
  return c.call("aten::add.Tensor", {x, other});
}

// x / sqrt(mean of x squared + epsilon) * scale, over the axes from `axis` on; computed in float32 at least.
Result<Value*> root_mean_square_norm(Conversion& c, Value* x, Value* scale, size_t axis, double epsilon) {
  const DType dtype = x->type.dtype;
  const bool narrow = size_of(dtype) < size_of(DType::float32);
  Value* wide = narrow ? INGOT_TRY(c.cast(x, DType::float32)) : x;
  std::vector<int64_t> dims;
  for (size_t i = axis; i < x->type.rank(); ++i) dims.push_back(static_cast<int64_t>(i));
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {wide, wide}));
  Value* mean = INGOT_TRY(c.call("aten::mean.dim", {squares, dims, true}));
  Value* factor = INGOT_TRY(c.call("aten::rsqrt", {INGOT_TRY(c.add(mean, epsilon))}));
  Value* normal = INGOT_TRY(c.cast(INGOT_TRY(c.call("aten::mul.Tensor", {wide, factor})), dtype));
  if (scale->type.dtype != dtype)
    return fail(ErrorCode::not_supported, "a scale %s for %s", to_string(scale->type).c_str(),
                to_string(x->type).c_str());
  return c.call("aten::mul.Tensor", {normal, scale});
}

Result<void> check_last_axis(const Value* x, const Value* parameter) {
  if (x->type.rank() > 0 && parameter->type.shape == Shape{x->type.shape.back()}) return {};
  return fail(ErrorCode::invalid_file, "a scale or bias %s for %s", to_string(parameter->type).c_str(),
              to_string(x->type).c_str());
}

// The sum of input 0, input 1 and a bias, and the outputs of an operator that normalizes it.
Result<Outputs> with_sum(Conversion& c, Value* sum, Value* normal) {
  if (c.wants_output(1) || c.wants_output(2)) return fail(ErrorCode::not_supported, "its statistics as outputs");
  return std::vector<Value*>{normal, nullptr, nullptr, sum};
}

Result<Value*> sum_of_inputs(Conversion& c, size_t bias) {
  Value* x = INGOT_TRY(c.floats(0));
  Value* sum = INGOT_TRY(c.call("aten::add.Tensor", {x, INGOT_TRY(c.floats(1))}));
  sum = INGOT_TRY(add_if_given(c, sum, c.input(bias)));
  if (sum->type.shape == x->type.shape) return sum;
  return fail(ErrorCode::invalid_file, "it adds %s to %s", to_string(c.input(1)->type).c_str(),
              to_string(x->type).c_str());
}

}  // namespace

// Conv of the first three inputs, the fourth added, and an activation.
Result<Outputs> convert_fused_conv(Conversion& c) {
  const std::string activation = INGOT_TRY(c.text("activation", ""));
  const std::vector<double> parameters = INGOT_TRY(c.reals("activation_params")).value_or(std::vector<double>());
  Value* added = c.input(3);
  Outputs outputs = INGOT_TRY(convert_conv(c));
  Value* sum = INGOT_TRY(add_if_given(c, outputs.values[0], added));
  return activate(c, sum, activation, parameters);
}

Result<Outputs> convert_fused_mat_mul(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1));
  if (INGOT_TRY(c.flag("transBatchA", false)) || INGOT_TRY(c.flag("transBatchB", false)))
    return fail(ErrorCode::not_supported, "with transposed batches");
  const bool transposed[2] = {INGOT_TRY(c.flag("transA", false)), INGOT_TRY(c.flag("transB", false))};
  Value* factors[2] = {INGOT_TRY(c.floats(0)), INGOT_TRY(c.floats(1))};
  for (size_t i = 0; i < 2; ++i) {
    const size_t rank = factors[i]->type.rank();
    if (!transposed[i] || rank < 2) continue;
    std::vector<int64_t> order;
    for (size_t axis = 0; axis < rank; ++axis) order.push_back(static_cast<int64_t>(axis));
    std::swap(order[rank - 1], order[rank - 2]);
    factors[i] = INGOT_TRY(c.permute(factors[i], order));
  }
  return c.multiply(INGOT_TRY(mat_mul(c, factors[0], factors[1])), alpha);
}

Result<Outputs> convert_bias_gelu(Conversion& c) {
  Value* x = INGOT_TRY(add_if_given(c, INGOT_TRY(c.floats(0)), c.input(1)));
  const bool fast = c.row().name == "com.microsoft::FastGelu";
  return c.call("aten::gelu", {x, std::string(fast ? "tanh" : "none")});
}

// x sigmoid(alpha x)
Result<Outputs> convert_quick_gelu(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1.702F));
  Value* x = INGOT_TRY(c.floats(0));
  Value* gate = INGOT_TRY(c.call("aten::sigmoid", {INGOT_TRY(c.multiply(x, alpha))}));
  return c.call("aten::mul.Tensor", {x, gate});
}

Result<Outputs> convert_simplified_layer_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-5F));
  if (INGOT_TRY(c.integer("stash_type", 1)) != 1)
    return fail(ErrorCode::not_supported, "its statistics in another type than float32");
  if (c.wants_output(1)) return fail(ErrorCode::not_supported, "its statistics as outputs");
  Value* x = INGOT_TRY(c.floats(0));
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", -1)), x->type.rank()));
  if (c.input(1)->type.shape != Shape(x->type.shape.begin() + static_cast<std::ptrdiff_t>(axis), x->type.shape.end()))
    return fail(ErrorCode::invalid_file, "a scale %s for %s", to_string(c.input(1)->type).c_str(),
                to_string(x->type).c_str());
  return root_mean_square_norm(c, x, c.input(1), axis, epsilon);
}

// input, skip, gamma, bias
Result<Outputs> convert_skip_simplified_layer_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-12F));
  Value* sum = INGOT_TRY(sum_of_inputs(c, 3));
  INGOT_TRY_VOID(check_last_axis(sum, c.input(2)));
  return with_sum(c, sum, INGOT_TRY(root_mean_square_norm(c, sum, c.input(2), sum->type.rank() - 1, epsilon)));
}

// input, skip, gamma, beta, bias
Result<Outputs> convert_skip_layer_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-12F));
  Value* sum = INGOT_TRY(sum_of_inputs(c, 4));
  INGOT_TRY_VOID(check_last_axis(sum, c.input(2)));
  if (c.input(3) != nullptr) INGOT_TRY_VOID(check_last_axis(sum, c.input(3)));
  const Argument beta = c.input(3) == nullptr ? Argument(std::monostate()) : Argument(c.input(3));
  const Shape last = {sum->type.shape.back()};
  Value* normal = INGOT_TRY(c.first_of("aten::native_layer_norm", {sum, last, c.input(2), beta, epsilon}));
  return with_sum(c, sum, normal);
}

}  // namespace ingot::compiler::onnx_import
