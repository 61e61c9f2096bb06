// MobileNetV2 at width 1.0: Sandler et al. 2018, table 2, in torchvision's layout.
#include <string>

#include "compiler/frontend/zoo/layers.h"
#include "compiler/frontend/zoo/models.h"

namespace ingot::compiler {

namespace {

struct Stage {
  int64_t expansion;
  int64_t channels;
  int64_t blocks;
  int64_t stride;  // of the first block
};

constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                             {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

// Expand, filter each channel, project; added to the input where the shapes are equal.
Result<Value*> inverted_residual(Layers& net, Value* input, const std::string& block, const Stage& stage,
                                 int64_t stride) {
  const int64_t inputs = input->type.shape[1].value();
  const int64_t hidden = inputs * stage.expansion;
  const bool residual = stride == 1 && inputs == stage.channels;
  int next = 0;
  const auto part = [&] { return block + ".conv." + std::to_string(next++); };
  Value* x = input;
  if (stage.expansion != 1) {
    x = INGOT_TRY(
        net.conv_norm(x, in_sequence(part()), {.channels = hidden, .kernel = 1, .activation = Activation::relu6}));
  }
  x = INGOT_TRY(
      net.conv_norm(x, in_sequence(part()),
                    {.channels = hidden, .stride = stride, .groups = hidden, .activation = Activation::relu6}));
  const std::string conv = part();
  const std::string norm = part();
  x = INGOT_TRY(net.conv_norm(x, {conv, norm, ""},
                              {.channels = stage.channels, .kernel = 1, .output_rms = residual ? 0.5 : 1.0}));
  return residual ? net.call(block, "aten::add.Tensor", {input, x}) : x;
}

}  // namespace

Result<Graph> build_mobilenet_v2(WeightSource& weights) {
  Layers net(weights);
  Value* x = net.input("input", {1, 3, 224, 224});
  x = INGOT_TRY(
      net.conv_norm(x, in_sequence("features.0"), {.channels = 32, .stride = 2, .activation = Activation::relu6}));
  int64_t index = 1;
  for (const Stage& stage : kStages) {
    for (int64_t i = 0; i < stage.blocks; ++i) {
      const std::string block = "features." + std::to_string(index++);
      x = INGOT_TRY(inverted_residual(net, x, block, stage, i == 0 ? stage.stride : 1));
    }
  }
  x = INGOT_TRY(net.conv_norm(x, in_sequence("features." + std::to_string(index)),
                              {.channels = 1280, .kernel = 1, .activation = Activation::relu6}));
  x = INGOT_TRY(net.average_pool_flat(x, "avgpool"));
  return net.finish(INGOT_TRY(net.linear(x, "classifier.1", 1000)));
}

}  // namespace ingot::compiler
