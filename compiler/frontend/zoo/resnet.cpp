// ResNet: He et al. 2015, table 1, in torchvision's layout (a bottleneck strides in its 3x3 convolution).
#include <array>
#include <string>

#include "compiler/frontend/zoo/layers.h"
#include "compiler/frontend/zoo/models.h"

namespace ingot::compiler {

namespace {

constexpr Activation kRelu = Activation::relu;
// A block's output before its last ReLU, so that the sum with the input grows slowly from block to block.
constexpr double kBranchRms = 0.5;

// Blocks in each of the four stages, which have 64, 128, 256 and 512 (inner) channels.
using Depths = std::array<int64_t, 4>;

enum class Kind : uint8_t {
  basic,       // two 3x3 convolutions
  bottleneck,  // 1x1, 3x3, 1x1 to four times the channels
};

Result<Value*> block(Layers& net, Value* input, const std::string& module, Kind kind, int64_t inner, int64_t stride) {
  const auto names = [&](const char* index) {
    return ConvNormNames{module + ".conv" + index, module + ".bn" + index, module + ".relu"};
  };
  const int64_t channels = kind == Kind::basic ? inner : 4 * inner;
  Value* x = input;
  if (kind == Kind::basic) {
    x = INGOT_TRY(net.conv_norm(x, names("1"), {.channels = inner, .stride = stride, .activation = kRelu}));
    x = INGOT_TRY(net.conv_norm(x, names("2"), {.channels = inner, .output_rms = kBranchRms}));
  } else {
    x = INGOT_TRY(net.conv_norm(x, names("1"), {.channels = inner, .kernel = 1, .activation = kRelu}));
    x = INGOT_TRY(net.conv_norm(x, names("2"), {.channels = inner, .stride = stride, .activation = kRelu}));
    x = INGOT_TRY(net.conv_norm(x, names("3"), {.channels = channels, .kernel = 1, .output_rms = kBranchRms}));
  }
  Value* identity = input;
  if (stride != 1 || input->type.shape[1].value() != channels) {
    identity = INGOT_TRY(net.conv_norm(identity, in_sequence(module + ".downsample"),
                                       {.channels = channels, .kernel = 1, .stride = stride}));
  }
  x = INGOT_TRY(net.call(module, "aten::add.Tensor", {x, identity}));
  return net.activate(x, module + ".relu", kRelu);
}

Result<Graph> build(WeightSource& weights, Kind kind, const Depths& depths) {
  Layers net(weights);
  Value* x = net.input("input", {1, 3, 224, 224});
  x = INGOT_TRY(
      net.conv_norm(x, {"conv1", "bn1", "relu"}, {.channels = 64, .kernel = 7, .stride = 2, .activation = kRelu}));
  x = INGOT_TRY(net.max_pool(x, "maxpool", 3, 2, 1));
  int64_t inner = 64;
  for (size_t stage = 0; stage < depths.size(); ++stage, inner *= 2) {
    for (int64_t i = 0; i < depths[stage]; ++i) {
      const std::string module = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      x = INGOT_TRY(block(net, x, module, kind, inner, stage > 0 && i == 0 ? 2 : 1));
    }
  }
  x = INGOT_TRY(net.average_pool_flat(x, "avgpool"));
  return net.finish(INGOT_TRY(net.linear(x, "fc", 1000)));
}

}  // namespace

Result<Graph> build_resnet18(WeightSource& weights) {
  return build(weights, Kind::basic, {2, 2, 2, 2});
}

Result<Graph> build_resnet50(WeightSource& weights) {
  return build(weights, Kind::bottleneck, {3, 4, 6, 3});
}

}  // namespace ingot::compiler
