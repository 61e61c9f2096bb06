// MobileNetV3 at width 1.0: Howard et al. 2019, tables 1 and 2, in torchvision's layout.
#include <algorithm>
#include <span>
#include <string>

#include "compiler/frontend/zoo/layers.h"
#include "compiler/frontend/zoo/models.h"

namespace ingot::compiler {

namespace {

constexpr Activation kRelu = Activation::relu;
constexpr Activation kHardswish = Activation::hardswish;

struct Block {
  int64_t kernel;
  int64_t expanded;  // channels
  int64_t channels;
  bool squeeze_excite;
  Activation activation;
  int64_t stride;
};

constexpr Block kSmall[] = {
    {3, 16, 16, true, kRelu, 2},       {3, 72, 24, false, kRelu, 2},      {3, 88, 24, false, kRelu, 1},
    {5, 96, 40, true, kHardswish, 2},  {5, 240, 40, true, kHardswish, 1}, {5, 240, 40, true, kHardswish, 1},
    {5, 120, 48, true, kHardswish, 1}, {5, 144, 48, true, kHardswish, 1}, {5, 288, 96, true, kHardswish, 2},
    {5, 576, 96, true, kHardswish, 1}, {5, 576, 96, true, kHardswish, 1},
};
constexpr Block kLarge[] = {
    {3, 16, 16, false, kRelu, 1},       {3, 64, 24, false, kRelu, 2},       {3, 72, 24, false, kRelu, 1},
    {5, 72, 40, true, kRelu, 2},        {5, 120, 40, true, kRelu, 1},       {5, 120, 40, true, kRelu, 1},
    {3, 240, 80, false, kHardswish, 2}, {3, 200, 80, false, kHardswish, 1}, {3, 184, 80, false, kHardswish, 1},
    {3, 184, 80, false, kHardswish, 1}, {3, 480, 112, true, kHardswish, 1}, {3, 672, 112, true, kHardswish, 1},
    {5, 672, 160, true, kHardswish, 2}, {5, 960, 160, true, kHardswish, 1}, {5, 960, 160, true, kHardswish, 1},
};

// A quarter of the channels, rounded to a multiple of 8 (at most a tenth downwards), as MobileNets round widths.
int64_t squeezed(int64_t channels) {
  const int64_t quarter = channels / 4;
  const int64_t rounded = std::max<int64_t>(8, (quarter + 4) / 8 * 8);
  return rounded * 10 < quarter * 9 ? rounded + 8 : rounded;
}

// Expand, filter each channel, weigh the channels, project; added to the input where the shapes are equal.
Result<Value*> inverted_residual(Layers& net, Value* input, const std::string& module, const Block& block) {
  const int64_t inputs = input->type.shape[1].value();
  const bool residual = block.stride == 1 && inputs == block.channels;
  int next = 0;
  const auto part = [&] { return module + ".block." + std::to_string(next++); };
  Value* x = input;
  if (block.expanded != inputs) {
    x = INGOT_TRY(net.conv_norm(x, in_sequence(part()),
                                {.channels = block.expanded, .kernel = 1, .activation = block.activation}));
  }
  x = INGOT_TRY(net.conv_norm(x, in_sequence(part()),
                              {.channels = block.expanded,
                               .kernel = block.kernel,
                               .stride = block.stride,
                               .groups = block.expanded,
                               .activation = block.activation}));
  if (block.squeeze_excite) x = INGOT_TRY(net.squeeze_excite(x, part(), squeezed(block.expanded)));
  x = INGOT_TRY(net.conv_norm(x, in_sequence(part()),
                              {.channels = block.channels,
                               .kernel = 1,
                               .input_rms = block.squeeze_excite ? Layers::kSqueezeExciteRms : 1.0,
                               .output_rms = residual ? 0.5 : 1.0}));
  return residual ? net.call(module, "aten::add.Tensor", {x, input}) : x;
}

Result<Graph> build(WeightSource& weights, std::span<const Block> blocks, int64_t last_hidden) {
  Layers net(weights, 1e-3);
  Value* x = net.input("input", {1, 3, 224, 224});
  x = INGOT_TRY(net.conv_norm(x, in_sequence("features.0"), {.channels = 16, .stride = 2, .activation = kHardswish}));
  int64_t index = 1;
  for (const Block& block : blocks) {
    x = INGOT_TRY(inverted_residual(net, x, "features." + std::to_string(index++), block));
  }
  x = INGOT_TRY(net.conv_norm(x, in_sequence("features." + std::to_string(index)),
                              {.channels = 6 * blocks.back().channels, .kernel = 1, .activation = kHardswish}));
  x = INGOT_TRY(net.average_pool_flat(x, "avgpool"));
  x = INGOT_TRY(net.linear(x, "classifier.0", last_hidden, kHardswish));
  x = INGOT_TRY(net.activate(x, "classifier.1", kHardswish));
  return net.finish(INGOT_TRY(net.linear(x, "classifier.3", 1000)));
}

}  // namespace

Result<Graph> build_mobilenet_v3_small(WeightSource& weights) {
  return build(weights, kSmall, 1024);
}

Result<Graph> build_mobilenet_v3_large(WeightSource& weights) {
  return build(weights, kLarge, 1280);
}

}  // namespace ingot::compiler
