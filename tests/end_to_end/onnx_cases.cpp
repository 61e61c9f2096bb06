// Every recorded ONNX case (tests/data/onnx_ops.zip, with what ONNX Runtime answers) through the whole pipeline, once
// with XNNPACK taking what it can and once with portable kernels alone: passes, partitioning, planning, emitting,
// loading, running. What is refused on the way is listed here, with the reason it must give.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/zip.h"

namespace ingot {
namespace {

using testing::Way;

struct Case {
  std::string name;
  size_t inputs = 0;
  size_t outputs = 0;
};

// Case -> what the error must contain.
const std::map<std::string, std::string>& refused() {
  static const std::map<std::string, std::string> cases = {};
  return cases;
}

// Case -> how many of its elements are answered otherwise for infinities, NaN and numbers close to the largest:
// PyTorch's sign(NaN) is 0, its hardswish multiplies by 6 before it divides, XNNPACK's log(3e38) is infinite.
struct Differing {
  size_t delegated = 0;
  size_t portable = 0;
};
size_t differing_elements(const std::string& name, Way way) {
  static const std::map<std::string, Differing> cases = {
      {"HardSwish/special", {0, 1}}, {"Log/special", {1, 0}}, {"Sign/special", {1, 1}}};
  const auto found = cases.find(name);
  if (found == cases.end()) return 0;
  return way == Way::delegated ? found->second.delegated : found->second.portable;
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
    for (const auto& entry : nlohmann::json::parse(text ? *text : "[]")) {
      map[entry["op"]].push_back({entry["name"], entry["inputs"], entry["outputs"]});
    }
    return map;
  }();
  return by_op;
}

std::vector<std::string> operators() {
  std::vector<std::string> names;
  for (const auto& [name, list] : cases()) names.push_back(name);
  return names;
}

Result<std::vector<Array>> read_arrays(const testing::ZipArchive& archive, const std::string& stem, size_t count) {
  std::vector<Array> arrays;
  for (size_t i = 0; i < count; ++i) {
    arrays.push_back(INGOT_TRY(archive.read_npy(stem + std::to_string(i) + ".npy")));
  }
  return arrays;
}

void check(const testing::ZipArchive& archive, const Case& c, Way way) {
  const auto model = archive.read(c.name + "/model.onnx");
  ASSERT_TRUE(model) << model.error().message();
  compiler::CompileOptions options;
  options.model_bytes = *model;
  const auto built = testing::build(options, way);
  if (const auto entry = refused().find(c.name); entry != refused().end()) {
    ASSERT_FALSE(built) << "it compiles: take it off the list";
    EXPECT_NE(std::string(built.error().message()).find(entry->second), std::string::npos) << built.error().message();
    return;
  }
  ASSERT_TRUE(built) << built.error().message();
  const auto inputs = read_arrays(archive, c.name + "/input", c.inputs);
  ASSERT_TRUE(inputs) << inputs.error().message();
  const auto expected = read_arrays(archive, c.name + "/output", c.outputs);
  ASSERT_TRUE(expected) << expected.error().message();
  const auto outputs = testing::run(built->file, *inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), expected->size());
  for (size_t i = 0; i < expected->size(); ++i) {
    const testing::Difference difference = testing::compare((*expected)[i], (*outputs)[i]);
    if (const size_t differing = differing_elements(c.name, way); differing > 0) {
      EXPECT_EQ(difference.nonfinite_mismatches, differing) << "output " << i;
      EXPECT_LE(difference.largest_difference, 1e-4 * difference.largest_expected) << "output " << i;
    } else {
      EXPECT_TRUE(testing::close_to((*expected)[i], (*outputs)[i], 1e-4)) << "output " << i;
    }
  }
}

TEST(OnnxCases, ArePresent) {
  EXPECT_GT(cases().size(), 100u);
}

class OnnxCases : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxCases, GiveTheRecordedOutputs) {
  const auto archive = testing::ZipArchive::open(archive_path());
  ASSERT_TRUE(archive) << archive.error().message();
  for (const Case& c : cases().at(GetParam())) {
    for (const Way way : testing::kBothWays) {
      SCOPED_TRACE(c.name + " " + to_string(way));
      check(*archive, c, way);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, OnnxCases, ::testing::ValuesIn(operators()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ingot
