// The layers that the zoo's models are made of. Parameters and nodes carry the names of the modules in torchvision, so
// that its checkpoints fit and reports name what users know. Shapes are NCHW. Owned by one model function; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/zoo/weights.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

enum class Activation : uint8_t {
  none,
  relu,
  relu6,        // as hardtanh(0, 6)
  hardswish,    // x * relu6(x + 3) / 6
  hardsigmoid,  // relu6(x + 3) / 6, in these operators
};

// A convolution without bias, padded so that stride 1 keeps the size; a batch normalization; an activation.
struct ConvNorm {
  int64_t channels;  // of the output
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t groups = 1;
  Activation activation = Activation::none;
  // For seeded weights: the root mean square of the input, and the one to give to an output without activation.
  double input_rms = 1;
  double output_rms = 1;
};

// Module names of the three.
struct ConvNormNames {
  std::string conv;
  std::string norm;
  std::string activation;
};

// Those of torchvision's Conv2dNormActivation.
ConvNormNames in_sequence(const std::string& module);

class Layers {
 public:
  // `norm_epsilon`: what batch normalizations add to the variance.
  explicit Layers(WeightSource& weights, double norm_epsilon = 1e-5)
      : builder_(graph_), weights_(weights), norm_epsilon_(norm_epsilon) {}
  Layers(const Layers&) = delete;
  Layers& operator=(const Layers&) = delete;

  // float32.
  Value* input(const std::string& name, const std::vector<int64_t>& sizes);
  // A call of an operator with one output, under a module's name.
  Result<Value*> call(const std::string& module, std::string_view op, std::vector<Argument> args);

  Result<Value*> conv_norm(Value* x, const ConvNormNames& names, const ConvNorm& layer);
  // Conv1d or Conv2d (as x has 1 or 2 dimensions after the channels) with a bias, stride 1, size kept, one group.
  Result<Value*> conv_bias(Value* x, const std::string& module, int64_t channels, int64_t kernel, Activation next);
  // x is [rows, features].
  Result<Value*> linear(Value* x, const std::string& module, int64_t features, Activation next = Activation::none);
  Result<Value*> activate(Value* x, const std::string& module, Activation activation);
  Result<Value*> max_pool(Value* x, const std::string& module, int64_t kernel, int64_t stride, int64_t padding);
  // To [batch, channels, 1, 1].
  Result<Value*> average_pool(Value* x, const std::string& module);
  // To [batch, channels].
  Result<Value*> average_pool_flat(Value* x, const std::string& module);
  // Scales each channel by a gate between 0 and 1, computed from the channels' means by two layers of which the first
  // has `squeezed` outputs.
  Result<Value*> squeeze_excite(Value* x, const std::string& module, int64_t squeezed);
  // The root mean square that seeded weights give to the output of squeeze_excite where its input has 1: the gates lie
  // around a half.
  static constexpr double kSqueezeExciteRms = 0.55;

  // The graph, once the weight source agrees that no parameter is left over.
  Result<Graph> finish(Value* output);

 private:
  Result<Value*> parameter(const std::string& name, const std::vector<int64_t>& sizes, double mean, double stddev);
  Result<Value*> batch_norm(Value* x, const std::string& module, double scale);

  Graph graph_;
  Builder builder_;
  WeightSource& weights_;
  double norm_epsilon_;
};

}  // namespace ingot::compiler
