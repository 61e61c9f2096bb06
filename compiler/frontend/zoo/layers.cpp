#include "compiler/frontend/zoo/layers.h"

#include <cmath>
#include <utility>

namespace ingot::compiler {

namespace {

// How far biases and statistics are drawn around their neutral values: enough to tell them apart.
constexpr double kSpread = 0.1;

// The standard deviation of normally distributed numbers for which the activation's result has a root mean square near
// 1, and stays there in a deep network: a little low for hardswish near 0, right where it is like ReLU; low for gates,
// so that they do not saturate.
double gain(Activation activation) {
  switch (activation) {
    case Activation::none:
      return 1;
    case Activation::relu:
    case Activation::relu6:  // few of them reach 6
    case Activation::hardswish:
      return std::sqrt(2.0);
    case Activation::hardsigmoid:
      return 0.5;
  }
  return 1;
}

int64_t channels_of(const Value* x) {
  return x->type.shape[1].value();
}

}  // namespace

ConvNormNames in_sequence(const std::string& module) {
  return {module + ".0", module + ".1", module + ".2"};
}

Value* Layers::input(const std::string& name, const std::vector<int64_t>& sizes) {
  return graph_.add_input(name, {DType::float32, to_shape(sizes), {}});
}

Result<Value*> Layers::call(const std::string& module, std::string_view op, std::vector<Argument> args) {
  builder_.set_source(module);
  return builder_.call(op, std::move(args));
}

Result<Value*> Layers::parameter(const std::string& name, const std::vector<int64_t>& sizes, double mean,
                                 double stddev) {
  Bytes data = INGOT_TRY(weights_.get(name, sizes, mean, stddev));
  return builder_.constant(name, {DType::float32, to_shape(sizes), {}}, std::move(data));
}

Result<Value*> Layers::batch_norm(Value* x, const std::string& module, double scale) {
  const std::vector<int64_t> sizes = {channels_of(x)};
  Value* weight = INGOT_TRY(parameter(module + ".weight", sizes, scale, kSpread * scale));
  Value* bias = INGOT_TRY(parameter(module + ".bias", sizes, 0, kSpread));
  Value* mean = INGOT_TRY(parameter(module + ".running_mean", sizes, 0, kSpread));
  Value* variance = INGOT_TRY(parameter(module + ".running_var", sizes, 1, kSpread));
  builder_.set_source(module);
  // Momentum has no meaning here; 0.1 is PyTorch's default.
  Node* node = INGOT_TRY(builder_.node("aten::_native_batch_norm_legit_no_training",
                                       {x, weight, bias, mean, variance, 0.1, norm_epsilon_}));
  return node->output();
}

Result<Value*> Layers::conv_norm(Value* x, const ConvNormNames& names, const ConvNorm& layer) {
  const int64_t group_channels = channels_of(x) / layer.groups;
  const auto fan_in = static_cast<double>(group_channels * layer.kernel * layer.kernel);
  Value* weight =
      INGOT_TRY(parameter(names.conv + ".weight", {layer.channels, group_channels, layer.kernel, layer.kernel}, 0,
                          gain(layer.activation) / layer.input_rms / std::sqrt(fan_in)));
  const int64_t padding = (layer.kernel - 1) / 2;
  x = INGOT_TRY(call(names.conv, "aten::convolution",
                     {x, weight, std::monostate(), std::vector<int64_t>{layer.stride, layer.stride},
                      std::vector<int64_t>{padding, padding}, std::vector<int64_t>{1, 1}, false,
                      std::vector<int64_t>{0, 0}, layer.groups}));
  x = INGOT_TRY(batch_norm(x, names.norm, layer.output_rms));
  return activate(x, names.activation, layer.activation);
}

Result<Value*> Layers::conv_bias(Value* x, const std::string& module, int64_t channels, int64_t kernel,
                                 Activation next) {
  const size_t dims = x->type.rank() - 2;
  std::vector<int64_t> sizes = {channels, channels_of(x)};
  sizes.insert(sizes.end(), dims, kernel);
  const double fan_in = static_cast<double>(channels_of(x)) * std::pow(static_cast<double>(kernel), dims);
  Value* weight = INGOT_TRY(parameter(module + ".weight", sizes, 0, gain(next) / std::sqrt(fan_in)));
  Value* bias = INGOT_TRY(parameter(module + ".bias", {channels}, 0, kSpread));
  const std::vector<int64_t> ones(dims, 1);
  const std::vector<int64_t> zeros(dims, 0);
  const std::vector<int64_t> padding(dims, (kernel - 1) / 2);
  return call(module, "aten::convolution", {x, weight, bias, ones, padding, ones, false, zeros, int64_t{1}});
}

Result<Value*> Layers::linear(Value* x, const std::string& module, int64_t features, Activation next) {
  const int64_t inputs = channels_of(x);
  Value* weight = INGOT_TRY(
      parameter(module + ".weight", {features, inputs}, 0, gain(next) / std::sqrt(static_cast<double>(inputs))));
  Value* bias = INGOT_TRY(parameter(module + ".bias", {features}, 0, kSpread));
  Value* transposed = INGOT_TRY(call(module, "aten::permute_copy", {weight, std::vector<int64_t>{1, 0}}));
  return call(module, "aten::addmm", {bias, x, transposed});
}

Result<Value*> Layers::activate(Value* x, const std::string& module, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return call(module, "aten::relu", {x});
    case Activation::relu6:
      return call(module, "aten::hardtanh", {x, 0.0, 6.0});
    case Activation::hardswish:
      return call(module, "aten::hardswish", {x});
    case Activation::hardsigmoid:
      x = INGOT_TRY(call(module, "aten::add.Scalar", {x, 3.0}));
      x = INGOT_TRY(call(module, "aten::hardtanh", {x, 0.0, 6.0}));
      return call(module, "aten::div.Scalar", {x, 6.0});
  }
  return fail(ErrorCode::internal, "no such activation");
}

Result<Value*> Layers::max_pool(Value* x, const std::string& module, int64_t kernel, int64_t stride, int64_t padding) {
  const auto both = [](int64_t size) { return std::vector<int64_t>{size, size}; };
  builder_.set_source(module);
  Node* node =
      INGOT_TRY(builder_.node("aten::max_pool2d_with_indices", {x, both(kernel), both(stride), both(padding)}));
  return node->output();
}

Result<Value*> Layers::average_pool(Value* x, const std::string& module) {
  return call(module, "aten::mean.dim", {x, std::vector<int64_t>{2, 3}, true});
}

Result<Value*> Layers::average_pool_flat(Value* x, const std::string& module) {
  const std::vector<int64_t> sizes = {x->type.shape[0].value(), channels_of(x)};
  x = INGOT_TRY(average_pool(x, module));
  return call("flatten", "aten::view_copy", {x, sizes});
}

Result<Value*> Layers::squeeze_excite(Value* x, const std::string& module, int64_t squeezed) {
  Value* gate = INGOT_TRY(average_pool(x, module + ".avgpool"));
  gate = INGOT_TRY(conv_bias(gate, module + ".fc1", squeezed, 1, Activation::relu));
  gate = INGOT_TRY(activate(gate, module + ".activation", Activation::relu));
  gate = INGOT_TRY(conv_bias(gate, module + ".fc2", channels_of(x), 1, Activation::hardsigmoid));
  gate = INGOT_TRY(activate(gate, module + ".scale_activation", Activation::hardsigmoid));
  return call(module, "aten::mul.Tensor", {gate, x});
}

Result<Graph> Layers::finish(Value* output) {
  INGOT_TRY_VOID(weights_.finish());
  graph_.outputs().push_back(output);
  graph_.output_names = {"output"};
  return std::move(graph_);
}

}  // namespace ingot::compiler
