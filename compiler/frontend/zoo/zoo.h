// Models by name: built from code, with seeded weights or with a trained checkpoint's under torchvision's parameter
// names. Seeded weights follow He et al. (2015), so that activations keep their scale through the network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/zoo/weights.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

struct ZooModel {
  std::string_view name;
  std::string_view description;
};

// Every model that can be built, in the order to list them.
const std::vector<ZooModel>& zoo_models();

// not_found, with the list of known names, for a name that is none of them. `weights` supplies every parameter.
Result<Graph> build_zoo_model(std::string_view name, WeightSource& weights);

}  // namespace ingot::compiler
