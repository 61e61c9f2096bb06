// The recorded ONNX cases (tests/data/onnx_ops.zip): small models by operator, with what ONNX Runtime answers.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/npy/npy.h"
#include "tests/support/zip.h"

namespace ingot::testing {

struct OnnxCase {
  std::string name;  // the model is NAME/model.onnx
  size_t inputs = 0;
  size_t outputs = 0;
};

// By operator, read once; empty where the archive is not to be read.
const std::map<std::string, std::vector<OnnxCase>>& onnx_cases();
std::vector<std::string> onnx_case_operators();
Result<ZipArchive> open_onnx_cases();

// Errors name the array.
Result<std::vector<Array>> recorded_inputs(const ZipArchive& archive, const OnnxCase& c);
Result<std::vector<Array>> recorded_outputs(const ZipArchive& archive, const OnnxCase& c);

}  // namespace ingot::testing
