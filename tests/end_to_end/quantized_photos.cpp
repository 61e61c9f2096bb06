// Networks as others made and quantized them, where ../shared is: on a hundred photos the classes that ONNX Runtime and
// TensorFlow Lite found, with XNNPACK and with kernels on integers.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/quantize/samples.h"
#include "runtime/core/number.h"
#include "tests/end_to_end/photos.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using testing::Way;

struct Network {
  std::string name;  // a column of the table of recorded classes
  std::string file;  // below models/
  testing::Labels labels = testing::Labels::of_1001;
  compiler::Preprocess preprocess = compiler::kTensorflow;  // for inputs that are not pixels
  int least_same = 95;                                      // classes
  int right_off = 2;                                        // how many more or fewer than recorded may be right
};

// mobilenet_v2_qat_tflite has one scale for all channels of a layer, and a step's difference in a sum may move its
// answer by 40 steps of 256: computed by definition, it gives 75 right classes where every sum is rounded twice as
// TensorFlow Lite does, 74 where halves go up, and 73, these photos' scores to the step, by XNNPACK's arithmetic.
// Recorded are 77.
const Network kNetworks[] = {
    {"mobilenet_v2_fp32_onnx", "onnx/mobilenet_v2_1.0_224_google_fp32.onnx", testing::Labels::of_1001,
     compiler::kTensorflow, 100, 0},
    {"squeezenet1.1_fp32_onnx", "onnx/squeezenet1.1_fp32.onnx", testing::Labels::of_1000, compiler::kTorchvision, 100,
     0},
    {"mobilenet_v2_qdq_onnx", "onnx/mobilenet_v2_1.0_224_google_qdq_u8s8.onnx"},
    {"mobilenet_v2_ptq_tflite", "tflite/tf2_mobilenet_v2_1.0_224_ptq.tflite"},
    {"mobilenet_v2_qat_tflite", "tflite/mobilenet_v2_1.0_224_quant.tflite", testing::Labels::of_1001,
     compiler::kTensorflow, 95, 4},
};

void PrintTo(const Network& network, std::ostream* out) {
  *out << network.name;
}

// One column of the table, below its comments and its line of names.
std::vector<int64_t> recorded_classes(const std::string& table, const std::string& column) {
  std::ifstream in(table);
  std::vector<int64_t> classes;
  std::vector<std::string> names;
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::vector<std::string> cells;
    for (std::string cell; fields >> cell;) cells.push_back(cell);
    for (size_t i = 0; i < names.size() && i < cells.size(); ++i) {
      if (names[i] == column) classes.push_back(std::stoll(cells[i]));
    }
    if (names.empty()) names = cells;
  }
  return classes;
}

// The first of the largest.
int64_t best_class(const Array& scores) {
  const size_t size = size_of(scores.dtype);
  const auto score = [&](size_t i) { return load_number(scores.dtype, &scores.data[i * size]); };
  size_t best = 0;
  for (size_t i = 1; i < scores.data.size() / size; ++i) best = score(i) > score(best) ? i : best;
  return static_cast<int64_t>(best);
}

void check(const Network& network, Way way, const std::vector<int64_t>& recorded) {
  compiler::CompileOptions options;
  options.model_path = testing::shared_file("models/" + network.file);
  options.target = compiler::Target::ingot;
  const auto built = testing::build(options, way);
  ASSERT_TRUE(built) << built.error().message();
  if (way == Way::delegated) {
    EXPECT_EQ(built->report.partition.delegate_calls, 1);
    EXPECT_TRUE(built->report.partition.left_out.empty());
  }
  const auto samples = compiler::open_samples(built->graph, testing::photo_list(testing::Half::test, network.labels),
                                              network.preprocess);
  ASSERT_TRUE(samples) << samples.error().message();
  ASSERT_EQ((*samples)->size(), recorded.size());
  std::vector<std::vector<Array>> photos;
  std::vector<int64_t> labels;
  for (size_t i = 0; i < recorded.size(); ++i) {
    auto sample = (*samples)->read(i);
    ASSERT_TRUE(sample) << sample.error().message();
    labels.push_back(*sample->label);
    photos.push_back(std::move(sample->inputs));
  }
  const auto outputs = testing::run_each(built->file, photos);
  ASSERT_TRUE(outputs) << outputs.error().message();
  int right = 0, same = 0, recorded_right = 0;
  for (size_t i = 0; i < recorded.size(); ++i) {
    const int64_t found = best_class(outputs->at(i).front());
    right += found == labels[i];
    recorded_right += recorded[i] == labels[i];
    same += found == recorded[i];
  }
  std::printf("%d right, recorded %d; %d as recorded\n", right, recorded_right, same);
  EXPECT_NEAR(right, recorded_right, network.right_off);
  EXPECT_GE(same, network.least_same);
}

class QuantizedPhotos : public ::testing::TestWithParam<Network> {};

TEST_P(QuantizedPhotos, AnsweredAsRecorded) {
  const std::string table = INGOT_SHARED_FILE("models/expected.tsv");
  const std::vector<int64_t> recorded = recorded_classes(table, GetParam().name);
  ASSERT_EQ(recorded.size(), 100u);
  for (const Way way : testing::kBothWays) {
    SCOPED_TRACE(testing::to_string(way));
    check(GetParam(), way, recorded);
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, QuantizedPhotos, ::testing::ValuesIn(kNetworks), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name) c = c == '.' ? '_' : c;
  return name;
});

// ONNX Runtime's own answer to its network.
TEST(QuantizedNetwork, GivesTheRecordedScores) {
  const std::string stem = "models/onnx/mobilenet_v2_1.0_224_google_qdq_u8s8";
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE(stem + ".onnx");
  options.target = compiler::Target::ingot;
  const auto input = read_npy(INGOT_SHARED_FILE(stem + ".input0.npy"));
  const auto expected = read_npy(INGOT_SHARED_FILE(stem + ".output0.npy"));
  ASSERT_TRUE(input && expected);
  for (const Way way : testing::kBothWays) {
    const auto built = testing::build(options, way);
    ASSERT_TRUE(built) << built.error().message();
    const auto outputs = testing::run(built->file, std::span(&*input, 1));
    ASSERT_TRUE(outputs) << outputs.error().message();
    EXPECT_TRUE(testing::close_to(*expected, outputs->front(), 0.03)) << testing::to_string(way);
  }
}

}  // namespace
}  // namespace ingot
