// Networks with 8-bit weights and rows rounded as they come, where ../shared is: no further from the float network than
// what ExecuTorch's exporter and runner make of the same network.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

double sqnr_db(const Array& expected, const Array& found) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < expected.as<float>().size(); ++i) {
    const double x = expected.as<float>()[i], d = x - static_cast<double>(found.as<float>()[i]);
    signal += x * x;
    noise += d * d;
  }
  return 10 * std::log10(signal / noise);
}

class DynamicRows : public ::testing::TestWithParam<const char*> {};

TEST_P(DynamicRows, AreAsGoodAsExecuTorchs) {
  const std::string stem = std::string("executorch/") + GetParam();
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE(stem + ".onnx");
  options.quantize.emplace();
  options.quantize->mode = compiler::QuantizeMode::dynamic;
  const auto read = [&](const std::string& suffix) { return read_npy(testing::shared_file(stem + suffix)); };
  const auto input = read(".input0.npy"), expected = read(".output0.npy"), theirs = read("_xnnpack_qd8.output0.npy");
  ASSERT_TRUE(input && expected && theirs);
  for (const testing::Way way : testing::kBothWays) {
    const auto built = testing::build(options, way);
    ASSERT_TRUE(built) << built.error().message();
    EXPECT_EQ(built->report.quantize->done, built->report.quantize->total);
    EXPECT_EQ(built->report.partition.delegate_calls, way == testing::Way::delegated ? 1 : 0);
    const auto outputs = testing::run(built->file, std::span(&*input, 1));
    ASSERT_TRUE(outputs) << outputs.error().message();
    EXPECT_GT(sqnr_db(*expected, outputs->front()), sqnr_db(*expected, *theirs) - 0.2) << to_string(way);
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, DynamicRows, ::testing::Values("linear", "mlp", "bigmlp"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ingot
