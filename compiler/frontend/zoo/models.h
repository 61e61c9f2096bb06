// One function for each architecture of the zoo (zoo.h lists them by name).
#pragma once

#include "compiler/frontend/zoo/weights.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

Result<Graph> build_mobilenet_v2(WeightSource& weights);
Result<Graph> build_mobilenet_v3_small(WeightSource& weights);
Result<Graph> build_mobilenet_v3_large(WeightSource& weights);
Result<Graph> build_resnet18(WeightSource& weights);
Result<Graph> build_resnet50(WeightSource& weights);

// Shapes after ExecuTorch's example modules of these names.
Result<Graph> build_add(WeightSource& weights);
Result<Graph> build_mul(WeightSource& weights);
Result<Graph> build_add_mul(WeightSource& weights);
Result<Graph> build_linear(WeightSource& weights);
Result<Graph> build_softmax(WeightSource& weights);
Result<Graph> build_conv1d(WeightSource& weights);

}  // namespace ingot::compiler
