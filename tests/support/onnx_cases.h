// The recorded ONNX cases (tests/data/onnx_ops.zip): small models by operator, with what ONNX Runtime answers.
#pragma once

#include <string>
#include <vector>

#include "tests/support/model_cases.h"

namespace ingot::testing {

using OnnxCase = ModelCase;

// By operator, read once; empty where the archive is not to be read.
const CasesByOperator& onnx_cases();
std::vector<std::string> onnx_case_operators();
Result<ZipArchive> open_onnx_cases();

}  // namespace ingot::testing
