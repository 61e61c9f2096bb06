// Small models with what ONNX Runtime answers (tests/data/onnx_ops.zip): each is imported, checked, and run node by
// node with portable kernels. Cases that the importer refuses are listed here, with the reason it must give.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/verify.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

struct Case {
  std::string name;
  size_t inputs = 0;
  size_t outputs = 0;
};

// Case -> what the reason for the refusal must contain.
const std::map<std::string, std::string>& refused() {
  static const std::map<std::string, std::string> cases = {};
  return cases;
}

// Case -> how many of its elements PyTorch's definition of the operator answers otherwise: sign(NaN) is 0 there, and
// hardswish multiplies by 6 before it divides, which overflows at 3e38.
const std::map<std::string, size_t>& differing_elements() {
  static const std::map<std::string, size_t> cases = {{"HardSwish/special", 1}, {"Sign/special", 1}};
  return cases;
}

const std::string& archive_path() {
  static const std::string path = std::string(INGOT_SOURCE_DIR) + "/tests/data/onnx_ops.zip";
  return path;
}

// By operator.
const std::map<std::string, std::vector<Case>>& cases() {
  static const std::map<std::string, std::vector<Case>> by_op = [] {
    std::map<std::string, std::vector<Case>> map;
    const auto archive = testing::ZipArchive::open(archive_path());
    const auto text = archive ? archive->read_text("cases.json") : Result<std::string>(std::string("[]"));
    const auto list = nlohmann::json::parse(text ? *text : "[]");
    for (const auto& entry : list) map[entry["op"]].push_back({entry["name"], entry["inputs"], entry["outputs"]});
    return map;
  }();
  return by_op;
}

std::vector<std::string> operators() {
  std::vector<std::string> names;
  for (const auto& [name, list] : cases()) names.push_back(name);
  return names;
}

void check(const testing::ZipArchive& archive, const Case& c) {
  const auto model = archive.read(c.name + "/model.onnx");
  ASSERT_TRUE(model) << model.error().message();
  ImportReport report;
  auto graph = import_onnx(*model, {}, report);
  if (const auto entry = refused().find(c.name); entry != refused().end()) {
    ASSERT_FALSE(graph) << "the import succeeds: take it off the list";
    ASSERT_EQ(report.unsupported.size(), 1u) << graph.error().message();
    EXPECT_NE(report.unsupported[0].reason.find(entry->second), std::string::npos) << report.unsupported[0].reason;
    return;
  }
  ASSERT_TRUE(graph) << graph.error().message();
  const auto verified = verify(*graph, Stage::imported);
  ASSERT_TRUE(verified) << verified.error().message();

  std::vector<Array> inputs;
  for (size_t i = 0; i < c.inputs; ++i) {
    auto array = archive.read_npy(c.name + "/input" + std::to_string(i) + ".npy");
    ASSERT_TRUE(array) << array.error().message();
    inputs.push_back(std::move(*array));
  }
  const auto outputs = testing::run_graph(*graph, inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), c.outputs);
  for (size_t i = 0; i < c.outputs; ++i) {
    const auto expected = archive.read_npy(c.name + "/output" + std::to_string(i) + ".npy");
    ASSERT_TRUE(expected) << expected.error().message();
    if (const auto entry = differing_elements().find(c.name); entry != differing_elements().end()) {
      const testing::Difference difference = testing::compare(*expected, (*outputs)[i]);
      EXPECT_EQ(difference.nonfinite_mismatches, entry->second);
      EXPECT_EQ(difference.largest_difference, 0);
      continue;
    }
    EXPECT_TRUE(testing::close_to(*expected, (*outputs)[i], 1e-4)) << "output " << i;
  }
}

TEST(RecordedCases, ArePresent) {
  EXPECT_GT(cases().size(), 100u);
}

class RecordedCases : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedCases, GiveTheRecordedOutputs) {
  const auto archive = testing::ZipArchive::open(archive_path());
  ASSERT_TRUE(archive) << archive.error().message();
  for (const Case& c : cases().at(GetParam())) {
    SCOPED_TRACE(c.name);
    check(*archive, c);
  }
}

INSTANTIATE_TEST_SUITE_P(Onnx, RecordedCases, ::testing::ValuesIn(operators()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot::compiler
