// Normalizations.
#include <algorithm>
#include <numeric>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

// Fails unless `x` is a vector of `size` elements.
Result<void> check_vector(const Value* x, const Dim& size, const char* what) {
  if (x->type.rank() == 1 && x->type.shape[0] == size) return {};
  return fail(ErrorCode::invalid_file, "its %s is %s, expected %s elements", what, to_string(x->type).c_str(),
              size.str().c_str());
}

// native_group_norm over x [N, C, ...] with a weight and bias a channel.
Result<Value*> group_norm(Conversion& c, Value* x, Value* weight, Value* bias, int64_t groups, double epsilon) {
  const Shape& shape = x->type.shape;
  const Dim area = numel(Shape(shape.begin() + 2, shape.end()));
  return c.first_of("aten::native_group_norm", {x, weight, bias, shape[0], shape[1], area, groups, epsilon});
}

Result<void> check_rank(const Value* x, size_t least) {
  if (x->type.rank() >= least) return {};
  return fail(ErrorCode::invalid_file, "its input is %s, expected at least %zu axes", to_string(x->type).c_str(),
              least);
}

Result<void> check_stash_type(Conversion& c) {
  const int64_t stash_type = INGOT_TRY(c.integer("stash_type", 1));
  if (stash_type == 1) return {};
  return fail(ErrorCode::not_supported, "its statistics in another type than float32");
}

}  // namespace

Result<Outputs> convert_batch_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-5f));
  const double momentum = INGOT_TRY(c.real("momentum", 0.9f));
  const bool spatial = INGOT_TRY(c.flag("spatial", true));
  const bool training = INGOT_TRY(c.flag("training_mode", false));
  if (!spatial) return fail(ErrorCode::not_supported, "with spatial=0");
  if (training) return fail(ErrorCode::not_supported, "in training mode");
  for (size_t i = 1; i < c.num_outputs(); ++i) {
    if (c.wants_output(i)) return fail(ErrorCode::not_supported, "its statistics as outputs (training)");
  }
  Value* x = INGOT_TRY(c.floats(0));
  INGOT_TRY_VOID(check_rank(x, 2));
  for (size_t i = 1; i < 5; ++i)
    INGOT_TRY_VOID(check_vector(c.input(i), x->type.shape[1], "scale, bias, mean or variance"));
  return c.first_of("aten::_native_batch_norm_legit_no_training",
                    {x, c.input(1), c.input(2), c.input(3), c.input(4), momentum, epsilon});
}

Result<Outputs> convert_instance_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-5f));
  Value* x = INGOT_TRY(c.floats(0));
  INGOT_TRY_VOID(check_rank(x, 3));
  for (size_t i = 1; i < 3; ++i) INGOT_TRY_VOID(check_vector(c.input(i), x->type.shape[1], "scale or bias"));
  return group_norm(c, x, c.input(1), c.input(2), INGOT_TRY(Conversion::size(x, 1)), epsilon);
}

Result<Outputs> convert_group_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-5f));
  if (c.opset() >= 21) INGOT_TRY_VOID(check_stash_type(c));
  const int64_t groups = INGOT_TRY(c.integer("num_groups", 0));
  Value* x = INGOT_TRY(c.floats(0));
  INGOT_TRY_VOID(check_rank(x, 2));
  const int64_t channels = INGOT_TRY(Conversion::size(x, 1));
  if (groups < 1 || channels % groups != 0)
    return fail(ErrorCode::invalid_file, "%lld groups of %lld channels", static_cast<long long>(groups),
                static_cast<long long>(channels));
  Value* parameters[2] = {c.input(1), c.input(2)};
  for (Value*& parameter : parameters) {
    if (c.opset() >= 21) {
      INGOT_TRY_VOID(check_vector(parameter, channels, "scale or bias"));
      continue;
    }
    // One a group: repeat it for each of the group's channels.
    INGOT_TRY_VOID(check_vector(parameter, groups, "scale or bias"));
    parameter = INGOT_TRY(c.view(parameter, {Dim(groups), Dim(1)}));
    parameter = INGOT_TRY(c.expand(parameter, {Dim(groups), Dim(channels / groups)}));
    parameter = INGOT_TRY(c.view(parameter, {Dim(channels)}));
  }
  return group_norm(c, x, parameters[0], parameters[1], groups, epsilon);
}

Result<Outputs> convert_layer_normalization(Conversion& c) {
  const double epsilon = INGOT_TRY(c.real("epsilon", 1e-5f));
  INGOT_TRY_VOID(check_stash_type(c));
  Value* x = INGOT_TRY(c.floats(0));
  INGOT_TRY_VOID(check_rank(x, 1));
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", -1)), x->type.rank()));
  const Shape normalized(x->type.shape.begin() + static_cast<std::ptrdiff_t>(axis), x->type.shape.end());
  Argument parameters[2] = {std::monostate(), std::monostate()};
  for (size_t i = 0; i < 2; ++i) {
    if (c.input(i + 1) != nullptr) parameters[i] = INGOT_TRY(c.expand(c.input(i + 1), normalized));
  }
  const Node* node =
      INGOT_TRY(c.builder().node("aten::native_layer_norm", {x, normalized, parameters[0], parameters[1], epsilon}));
  return std::vector<Value*>{node->output(0), node->output(1), node->output(2)};
}

// x / (bias + alpha / size * (sum of squares of `size` neighbouring channels)) ^ beta
Result<Outputs> convert_lrn(Conversion& c) {
  const double alpha = INGOT_TRY(c.real("alpha", 1e-4f));
  const double beta = INGOT_TRY(c.real("beta", 0.75));
  const double bias = INGOT_TRY(c.real("bias", 1));
  const int64_t size = INGOT_TRY(c.integer("size", 0));
  Value* x = INGOT_TRY(c.floats(0));
  INGOT_TRY_VOID(check_rank(x, 3));
  if (size < 1 || size > (int64_t{1} << 20))
    return fail(ErrorCode::invalid_file, "a size of %lld", static_cast<long long>(size));
  const Shape& shape = x->type.shape;
  // Channels become rows of an image, over which an average runs.
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {x, x}));
  Value* image = INGOT_TRY(c.view(squares, {shape[0], Dim(1), shape[1], numel(Shape(shape.begin() + 2, shape.end()))}));
  image = INGOT_TRY(c.pad(image, {0, 0, (size - 1) / 2, 0}, {0, 0, size / 2, 0}, 0.0));
  const std::vector<int64_t> kernel = {size, 1};
  const std::vector<int64_t> ones = {1, 1};
  const std::vector<int64_t> none = {0, 0};
  Value* average = INGOT_TRY(c.call("aten::avg_pool2d", {image, kernel, ones, none, false, false}));
  average = INGOT_TRY(c.view(average, shape));
  Value* scaled = INGOT_TRY(c.multiply(average, alpha));
  Value* shifted = INGOT_TRY(c.add(scaled, bias));
  Value* divisor = INGOT_TRY(c.call("aten::pow.Tensor_Scalar", {shifted, beta}));
  return c.call("aten::div.Tensor", {x, divisor});
}

// (x - mean) / (standard deviation + 1e-9)
Result<Outputs> convert_mean_variance_normalization(Conversion& c) {
  const auto given = INGOT_TRY(c.integers("axes"));
  Value* x = INGOT_TRY(c.floats(0));
  const auto axes = INGOT_TRY(Conversion::axes(given.value_or(std::vector<int64_t>{0, 2, 3}), x->type.rank()));
  if (axes.empty()) return fail(ErrorCode::not_supported, "over no axes");
  const std::vector<int64_t> dims(axes.begin(), axes.end());
  Value* mean = INGOT_TRY(c.call("aten::mean.dim", {x, dims, true}));
  Value* centred = INGOT_TRY(c.call("aten::sub.Tensor", {x, mean}));
  Value* squares = INGOT_TRY(c.call("aten::mul.Tensor", {centred, centred}));
  Value* variance = INGOT_TRY(c.call("aten::mean.dim", {squares, dims, true}));
  Value* deviation = INGOT_TRY(c.call("aten::sqrt", {variance}));
  Value* divisor = INGOT_TRY(c.add(deviation, 1e-9));
  return c.call("aten::div.Tensor", {centred, divisor});
}

Result<Outputs> convert_lp_normalization(Conversion& c) {
  const int64_t p = INGOT_TRY(c.integer("p", 2));
  Value* x = INGOT_TRY(c.floats(0));
  const size_t axis = INGOT_TRY(Conversion::axis(INGOT_TRY(c.integer("axis", -1)), x->type.rank()));
  if (p != 1 && p != 2) return fail(ErrorCode::invalid_file, "p is %lld, expected 1 or 2", static_cast<long long>(p));
  const std::vector<int64_t> dims = {static_cast<int64_t>(axis)};
  Value* parts = p == 1 ? INGOT_TRY(c.call("aten::abs", {x})) : INGOT_TRY(c.call("aten::mul.Tensor", {x, x}));
  Value* norm = INGOT_TRY(c.call("aten::sum.dim_IntList", {parts, dims, true}));
  if (p == 2) norm = INGOT_TRY(c.call("aten::sqrt", {norm}));
  // Where all is zero, the result is zero too.
  norm = INGOT_TRY(c.call("aten::clamp", {norm, 1e-37}));
  return c.call("aten::div.Tensor", {x, norm});
}

}  // namespace ingot::compiler::onnx_import
