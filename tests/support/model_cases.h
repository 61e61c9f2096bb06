// Recorded cases of one kind of model: small models by operator, with what their framework (or their operators'
// definition) answers. An archive has cases.json, and for each case NAME/model.*, NAME/input0.npy, NAME/output0.npy,
// ...
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/npy/npy.h"
#include "tests/support/zip.h"

namespace ingot::testing {

struct ModelCase {
  std::string name;  // the model is NAME/model.onnx, or another suffix
  size_t inputs = 0;
  size_t outputs = 0;
  std::string file;  // the archive that holds it, in tests/data
};

using CasesByOperator = std::map<std::string, std::vector<ModelCase>>;

// tests/data/FILE
Result<ZipArchive> open_cases(const std::string& file);
// By operator, of all these archives; without those of an archive that is not to be read.
CasesByOperator read_cases(const std::vector<std::string>& files);
std::vector<std::string> operators_of(const CasesByOperator& cases);

// Errors name the array.
Result<std::vector<Array>> recorded_inputs(const ZipArchive& archive, const ModelCase& c);
Result<std::vector<Array>> recorded_outputs(const ZipArchive& archive, const ModelCase& c);

}  // namespace ingot::testing
