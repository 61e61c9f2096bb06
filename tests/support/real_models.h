// The fp32 networks in ONNX form beside the checkout (../shared), with recorded inputs and outputs.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/npy/npy.h"

namespace ingot::testing {

struct RealModel {
  std::string name;  // below ../shared, without the suffix
  size_t inputs = 1;
  size_t outputs = 1;  // 0 where the recorded output has a form of its own
};

// All of them, also where ../shared is missing.
std::span<const RealModel> real_models();
// What its tests are called: letters, digits and underscores.
std::string test_name(const RealModel& model);
void PrintTo(const RealModel& model, std::ostream* out);

// The recorded inputs and outputs. An error, which names the file, where one is missing.
Result<std::vector<Array>> recorded_inputs(const RealModel& model);
Result<std::vector<Array>> recorded_outputs(const RealModel& model);

}  // namespace ingot::testing
