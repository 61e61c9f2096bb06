#include "tests/support/model_cases.h"

#include <nlohmann/json.hpp>

namespace ingot::testing {
namespace {

Result<std::vector<Array>> read_arrays(const ZipArchive& archive, const std::string& stem, size_t count) {
  std::vector<Array> arrays;
  for (size_t i = 0; i < count; ++i) {
    arrays.push_back(INGOT_TRY(archive.read_npy(stem + std::to_string(i) + ".npy")));
  }
  return arrays;
}

}  // namespace

Result<ZipArchive> open_cases(const std::string& file) {
  return ZipArchive::open(std::string(INGOT_SOURCE_DIR) + "/tests/data/" + file);
}

CasesByOperator read_cases(const std::vector<std::string>& files) {
  CasesByOperator cases;
  for (const std::string& file : files) {
    const auto archive = open_cases(file);
    const auto text = archive ? archive->read_text("cases.json") : Result<std::string>(std::string("[]"));
    for (const auto& entry : nlohmann::json::parse(text ? *text : "[]")) {
      cases[entry["op"]].push_back({entry["name"], entry["inputs"], entry["outputs"], file});
    }
  }
  return cases;
}

std::vector<std::string> operators_of(const CasesByOperator& cases) {
  std::vector<std::string> names;
  for (const auto& [name, list] : cases) names.push_back(name);
  return names;
}

Result<std::vector<Array>> recorded_inputs(const ZipArchive& archive, const ModelCase& c) {
  return read_arrays(archive, c.name + "/input", c.inputs);
}

Result<std::vector<Array>> recorded_outputs(const ZipArchive& archive, const ModelCase& c) {
  return read_arrays(archive, c.name + "/output", c.outputs);
}

}  // namespace ingot::testing
