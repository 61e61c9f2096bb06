// The smallest models: one or two operators each, to try a tool chain with.
#include "compiler/frontend/zoo/layers.h"
#include "compiler/frontend/zoo/models.h"

namespace ingot::compiler {

Result<Graph> build_add(WeightSource& weights) {
  Layers net(weights);
  Value* x = net.input("x", {1});
  Value* y = net.input("y", {1});
  return net.finish(INGOT_TRY(net.call("add", "aten::add.Tensor", {x, y})));
}

Result<Graph> build_mul(WeightSource& weights) {
  Layers net(weights);
  Value* input = net.input("input", {3, 2});
  Value* other = net.input("other", {3, 2});
  return net.finish(INGOT_TRY(net.call("mul", "aten::mul.Tensor", {input, other})));
}

Result<Graph> build_add_mul(WeightSource& weights) {
  Layers net(weights);
  Value* a = net.input("a", {2, 2});
  Value* x = net.input("x", {2, 2});
  Value* b = net.input("b", {2, 2});
  Value* product = INGOT_TRY(net.call("mm", "aten::mm", {a, x}));
  return net.finish(INGOT_TRY(net.call("add", "aten::add.Tensor", {product, b})));
}

Result<Graph> build_linear(WeightSource& weights) {
  Layers net(weights);
  return net.finish(INGOT_TRY(net.linear(net.input("input", {3, 3}), "linear", 3)));
}

Result<Graph> build_softmax(WeightSource& weights) {
  Layers net(weights);
  Value* x = net.input("input", {2, 4096});
  return net.finish(INGOT_TRY(net.call("softmax", "aten::_softmax", {x, int64_t{1}, false})));
}

Result<Graph> build_conv1d(WeightSource& weights) {
  Layers net(weights);
  return net.finish(INGOT_TRY(net.conv_bias(net.input("input", {1, 3, 10}), "conv1d", 16, 3, Activation::none)));
}

}  // namespace ingot::compiler
