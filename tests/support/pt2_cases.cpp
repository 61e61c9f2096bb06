#include "tests/support/pt2_cases.h"

#include <nlohmann/json.hpp>

namespace ingot::testing {
namespace {

using CasesByGroup = std::map<std::string, std::vector<Pt2Case>>;

CasesByGroup read_cases() {
  CasesByGroup cases;
  const auto archive = open_pt2_cases();
  const auto text = archive ? archive->read_text("cases.json") : Result<std::string>(std::string("[]"));
  for (const auto& entry : nlohmann::json::parse(text ? *text : "[]")) {
    cases[entry["op"]].push_back({{entry["name"], entry["inputs"], entry["outputs"]}, entry["step"]});
  }
  return cases;
}

}  // namespace

const CasesByGroup& pt2_cases() {
  static const CasesByGroup cases = read_cases();
  return cases;
}

std::vector<std::string> pt2_case_groups() {
  std::vector<std::string> names;
  for (const auto& [name, list] : pt2_cases()) names.push_back(name);
  return names;
}

Result<ZipArchive> open_pt2_cases() {
  return ZipArchive::open(std::string(INGOT_SOURCE_DIR) + "/tests/data/pt2.zip");
}

}  // namespace ingot::testing
