// Programs whose sizes are open within bounds, at sizes that grow and shrink between executions, against what ONNX
// Runtime or PyTorch answers at each (tests/data/open_sizes.zip): layers, and torchvision's architectures in small.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/zip.h"

namespace ingot {
namespace {

using Json = nlohmann::json;
using testing::Way;

testing::ZipArchive archive() {
  return testing::ZipArchive::open(std::string(INGOT_SOURCE_DIR) + "/tests/data/open_sizes.zip").value();
}

std::vector<Json> cases() {
  return Json::parse(archive().read_text("cases.json").value()).get<std::vector<Json>>();
}

compiler::CompileOptions options_for(const Json& c) {
  compiler::CompileOptions options;
  for (const Json& input : c["shapes"]) {
    compiler::Shape shape;
    for (const Json& range : input[1]) {
      const int64_t low = range[0], high = range[1];
      const std::string name = input[0].get<std::string>() + std::to_string(shape.size());
      shape.push_back(low == high ? compiler::Dim(low) : compiler::Dim::symbol(name, low, high));
    }
    options.input_shapes.emplace_back(input[0], shape);
  }
  return options;
}

std::vector<std::vector<Array>> recorded(const testing::ZipArchive& zip, const Json& c, const char* what) {
  std::vector<std::vector<Array>> runs(c["runs"].get<size_t>());
  for (size_t run = 0; run < runs.size(); ++run) {
    for (size_t i = 0; i < c[std::string(what) + "s"].get<size_t>(); ++i) {
      const std::string file = c["name"].get<std::string>() + "/" + std::to_string(run) + "." + what;
      runs[run].push_back(zip.read_npy(file + std::to_string(i) + ".npy").value());
    }
  }
  return runs;
}

class OpenSizes : public ::testing::TestWithParam<Json> {};

TEST_P(OpenSizes, GiveTheRecordedOutputsAtEachSize) {
  const testing::ZipArchive zip = archive();
  const Json& c = GetParam();
  const auto model = zip.read(c["name"].get<std::string>() + "/" + c["model"].get<std::string>());
  ASSERT_TRUE(model) << model.error().message();
  const auto inputs = recorded(zip, c, "input"), expected = recorded(zip, c, "output");
  for (const Way way : testing::kBothWays) {
    SCOPED_TRACE(to_string(way));
    compiler::CompileOptions options = options_for(c);
    options.model_bytes = *model;
    const auto built = testing::build(options, way);
    ASSERT_TRUE(built) << built.error().message();
    if (way == Way::delegated) {
      EXPECT_EQ(built->report.partition.macs_delegated, built->report.partition.macs_total);
    }
    const auto outputs = testing::run_each(built->file, inputs);
    ASSERT_TRUE(outputs) << outputs.error().message();
    for (size_t run = 0; run < expected.size(); ++run) {
      for (size_t i = 0; i < expected[run].size(); ++i) {
        EXPECT_TRUE(testing::close_to(expected[run][i], (*outputs)[run][i], 1e-4)) << "run " << run << " output " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, OpenSizes, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param["name"].template get<std::string>(); });

TEST(OpenSizes, AreRefusedOutsideTheirBounds) {
  const testing::ZipArchive zip = archive();
  const Json c = cases().front();
  const auto model = zip.read(c["name"].get<std::string>() + "/model.onnx");
  compiler::CompileOptions options = options_for(c);
  options.model_bytes = *model;
  const auto built = testing::build(options, Way::delegated);
  ASSERT_TRUE(built) << built.error().message();
  const auto message = [&](const std::vector<int32_t>& sizes) -> std::string {
    Array array{DType::float32, sizes, {}};
    size_t count = 1;
    for (const int32_t size : sizes) count *= static_cast<size_t>(size);
    array.data.resize(count * sizeof(float));
    const auto outputs = testing::run(built->file, {&array, 1});
    return outputs ? "" : outputs.error().message();
  };
  EXPECT_EQ(message({1, 3, 16, 10}), "");
  EXPECT_EQ(message({1, 3, 15, 10}), "input 0: dimension 2: expected 16 to 48, found 15");
  EXPECT_EQ(message({1, 3, 16, 65}), "input 0: dimension 3: expected 10 to 64, found 65");
  EXPECT_EQ(message({4, 3, 16, 10}), "input 0: dimension 0: expected 1 to 3, found 4");
  EXPECT_EQ(message({1, 4, 16, 10}), "input 0: dimension 1: expected 3, found 4");
}

}  // namespace
}  // namespace ingot
