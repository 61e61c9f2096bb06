// The recorded ONNX cases (tests/data/onnx_ops.zip and onnx_control_flow.zip): small models by operator, with what ONNX
// Runtime answers.
#pragma once

#include <string>
#include <vector>

#include "tests/support/model_cases.h"

namespace ingot::testing {

using OnnxCase = ModelCase;

// By operator, read once; without those of an archive that is not to be read.
const CasesByOperator& onnx_cases();
std::vector<std::string> onnx_case_operators();

}  // namespace ingot::testing
