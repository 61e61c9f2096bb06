// Every operator of QNNPACK's list, in signed and unsigned integers, against what PyTorch computes in float
// (tests/data/quantized_layers.zip): one delegate call, and at most one quantization step apart.

#include <cmath>
#include <sstream>
#include <string>

#include "compiler/ir/text.h"
#include "delegate/xnnpack/lower/xnnpack_lowering.h"
#include "tests/delegate/xnnpack/lower/harness.h"
#include "tests/support/zip.h"

namespace ingot::testing {
namespace {

Result<void> run_case(const ZipArchive& archive, const std::string& name) {
  const std::string text = INGOT_TRY(archive.read_text(name + "/graph.txt"));
  const Array input = INGOT_TRY(archive.read_npy(name + "/input.npy"));
  const Array output = INGOT_TRY(archive.read_npy(name + "/output.npy"));
  const Array scale = INGOT_TRY(archive.read_npy(name + "/step.npy"));
  compiler::Graph graph = INGOT_TRY(compiler::parse(text));
  xnnpack::XnnpackLowering lowering;
  const auto report = INGOT_TRY(partition(graph, lowering));
  EXPECT_EQ(report.delegate_calls, 1);
  EXPECT_EQ(report.nodes_delegated, report.nodes_total);
  EXPECT_EQ(graph.nodes().size(), 1u);
  const auto actual = INGOT_TRY(run(graph, {compiler::Bytes::copy_of(input.data)}));
  const auto expected = output.as<float>();
  const float step = scale.as<float>()[0];
  EXPECT_EQ(actual[0].size(), expected.size());
  double largest = 0;
  for (size_t i = 0; i < expected.size() && i < actual[0].size(); ++i) {
    largest = std::max<double>(largest, std::abs(expected[i] - actual[0][i]));
  }
  EXPECT_LE(largest / step, 1.001);
  return {};
}

TEST(QuantizedLayers, AgreeWithPyTorch) {
  const auto archive = ZipArchive::open(INGOT_SOURCE_DIR "/tests/data/quantized_layers.zip");
  ASSERT_TRUE(archive) << archive.error().message();
  const auto names = archive->read_text("names.txt");
  ASSERT_TRUE(names) << names.error().message();
  std::istringstream list(*names);
  int count = 0;
  for (std::string name; std::getline(list, name); ++count) {
    SCOPED_TRACE(name);
    const auto result = run_case(*archive, name);
    EXPECT_TRUE(result) << result.error().message();
  }
  EXPECT_EQ(count, 36);
}

}  // namespace
}  // namespace ingot::testing
