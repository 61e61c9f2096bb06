#include "tests/support/onnx_cases.h"

#include <nlohmann/json.hpp>

namespace ingot::testing {
namespace {

using CasesByOperator = std::map<std::string, std::vector<OnnxCase>>;

CasesByOperator read_cases() {
  CasesByOperator cases;
  const auto archive = open_onnx_cases();
  const auto text = archive ? archive->read_text("cases.json") : Result<std::string>(std::string("[]"));
  for (const auto& entry : nlohmann::json::parse(text ? *text : "[]")) {
    cases[entry["op"]].push_back({entry["name"], entry["inputs"], entry["outputs"]});
  }
  return cases;
}

Result<std::vector<Array>> read_arrays(const ZipArchive& archive, const std::string& stem, size_t count) {
  std::vector<Array> arrays;
  for (size_t i = 0; i < count; ++i) {
    arrays.push_back(INGOT_TRY(archive.read_npy(stem + std::to_string(i) + ".npy")));
  }
  return arrays;
}

}  // namespace

const CasesByOperator& onnx_cases() {
  static const CasesByOperator cases = read_cases();
  return cases;
}

std::vector<std::string> onnx_case_operators() {
  std::vector<std::string> names;
  for (const auto& [name, list] : onnx_cases()) names.push_back(name);
  return names;
}

Result<ZipArchive> open_onnx_cases() {
  return ZipArchive::open(std::string(INGOT_SOURCE_DIR) + "/tests/data/onnx_ops.zip");
}

Result<std::vector<Array>> recorded_inputs(const ZipArchive& archive, const OnnxCase& c) {
  return read_arrays(archive, c.name + "/input", c.inputs);
}

Result<std::vector<Array>> recorded_outputs(const ZipArchive& archive, const OnnxCase& c) {
  return read_arrays(archive, c.name + "/output", c.outputs);
}

}  // namespace ingot::testing
