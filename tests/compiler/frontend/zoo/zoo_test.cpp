#include "compiler/frontend/zoo/zoo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/verify.h"
#include "runtime/npy/npy.h"
#include "runtime/npy/whole_file.h"
#include "tests/support/compare.h"
#include "tests/support/graph/run_graph.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

using testing::close_to;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::run_graph;

constexpr const char* kVisionModels[] = {"mv2", "mv3", "mv3_large", "resnet18", "resnet50"};

// Draws as tests/data/record_zoo.py does: mean and spread follow from a parameter's name and rank.
class RecordedWeights : public SeededWeights {
 public:
  RecordedWeights() : SeededWeights(7) {}
  Result<Bytes> get(const std::string& name, const std::vector<int64_t>& sizes, double /*mean*/,
                    double /*stddev*/) override {
    if (sizes.size() > 1) {
      double fan_in = 1;
      for (size_t i = 1; i < sizes.size(); ++i) fan_in *= static_cast<double>(sizes[i]);
      return SeededWeights::get(name, sizes, 0, std::sqrt(2 / fan_in));
    }
    const bool positive = name.ends_with("weight") || name.ends_with("running_var");
    return SeededWeights::get(name, sizes, positive ? 1 : 0, 0.125);
  }
};

// Parameters by name.
class GivenWeights : public WeightSource {
 public:
  explicit GivenWeights(std::map<std::string, std::vector<float>> values) : values_(std::move(values)) {}
  Result<Bytes> get(const std::string& name, const std::vector<int64_t>&, double, double) override {
    return Bytes::copy_of(std::as_bytes(std::span(values_.at(name))));
  }

 private:
  std::map<std::string, std::vector<float>> values_;
};

Array array(std::vector<int32_t> sizes, const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {DType::float32, std::move(sizes), {bytes.begin(), bytes.end()}};
}

Array random_input(uint64_t seed) {
  const Bytes bytes = SeededWeights(seed).get("input", {1, 3, 224, 224}, 0, 1).value();
  return {DType::float32, {1, 3, 224, 224}, {bytes.span().begin(), bytes.span().end()}};
}

Graph build(std::string_view name, WeightSource& weights) {
  auto graph = build_zoo_model(name, weights);
  if (graph) return std::move(*graph);
  ADD_FAILURE() << graph.error().message();
  return Graph();
}

Array run(const Graph& graph, const std::vector<Array>& inputs) {
  auto outputs = run_graph(graph, inputs);
  if (outputs && outputs->size() == 1) return std::move(outputs->front());
  ADD_FAILURE() << (outputs ? "not one output" : outputs.error().message());
  return {};
}

class VisionModel : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Zoo, VisionModel, ::testing::ValuesIn(kVisionModels),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(VisionModel, GivesTorchvisionsLogits) {
  const auto recorded = testing::ZipArchive::open(INGOT_SOURCE_DIR "/tests/data/zoo.zip");
  ASSERT_TRUE(recorded) << recorded.error().message();
  const auto expected = recorded->read_npy(std::string(GetParam()) + ".npy");
  ASSERT_TRUE(expected) << expected.error().message();
  RecordedWeights weights;
  EXPECT_TRUE(close_to(*expected, run(build(GetParam(), weights), {random_input(7)}), 1e-4));
}

double deviation(std::span<const float> values) {
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const auto count = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

TEST_P(VisionModel, KeepsActivationsInRangeWithSeededWeights) {
  SeededWeights weights;
  const Graph graph = build(GetParam(), weights);
  const std::vector<Array> inputs = {random_input(1)};
  const auto outputs = run_graph(graph, inputs, [](const Node& node, const Array& output) {
    if (output.dtype != DType::float32 || output.data.empty()) return;
    const double spread = deviation(output.as<float>());
    EXPECT_TRUE(spread > 1e-2 && spread < 1e2) << node.source() << " " << node.op().full_name() << ": " << spread;
  });
  ASSERT_TRUE(outputs) << outputs.error().message();
  const auto logits = outputs->front().as<float>();
  EXPECT_GT(deviation(logits), 0.1);
  EXPECT_LT(deviation(logits), 30);
  // The answer depends on the input.
  const Array other = run(graph, {random_input(2)});
  EXPECT_FALSE(close_to(outputs->front(), other, 1e-2));
}

TEST(Zoo, ListsEveryModelAndBuildsIt) {
  EXPECT_EQ(zoo_models().size(), 11u);
  for (const ZooModel& model : zoo_models()) {
    SeededWeights weights;
    const Graph graph = build(model.name, weights);
    EXPECT_EQ(graph.outputs().size(), 1u) << model.name;
    EXPECT_FALSE(graph.nodes().empty()) << model.name;
    const auto legal = verify(graph, Stage::imported);
    EXPECT_TRUE(legal) << model.name << ": " << legal.error().message();
    for (const auto& node : graph.nodes()) EXPECT_FALSE(node->source().empty()) << model.name;
  }
}

TEST(Zoo, AnUnknownNameListsTheKnownOnes) {
  SeededWeights weights;
  const auto graph = build_zoo_model("mv4", weights);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::not_found);
  EXPECT_STREQ(graph.error().message(),
               "no model is called 'mv4'; known names: mv2, mv3, mv3_large, resnet18, resnet50, add, mul, add_mul, "
               "linear, softmax, conv1d");
}

bool same_constants(const Graph& a, const Graph& b) {
  return std::ranges::equal(a.values(), b.values(), [](const auto& x, const auto& y) {
    return x->name == y->name && x->type == y->type && std::ranges::equal(x->data.span(), y->data.span());
  });
}

TEST(Zoo, TheSameSeedGivesTheSameModel) {
  SeededWeights weights(3);
  SeededWeights others(4);
  EXPECT_TRUE(same_constants(build("mv3", weights), build("mv3", weights)));
  EXPECT_FALSE(same_constants(build("mv3", weights), build("mv3", others)));
}

TEST(Zoo, NodesAndConstantsCarryTorchvisionsNames) {
  SeededWeights weights;
  const Graph graph = build("mv3", weights);
  std::vector<std::string> sources;
  for (const auto& node : graph.nodes()) sources.push_back(node->source());
  EXPECT_THAT(sources, ::testing::IsSupersetOf({"features.0.0", "features.0.1", "features.0.2", "features.1.block.1",
                                                "features.1.block.1.fc1", "features.3", "avgpool", "classifier.3"}));
  std::vector<std::string> names;
  for (const auto& value : graph.values()) names.push_back(value->name);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"input", "features.0.0.weight", "features.0.1.running_mean",
                                              "features.1.block.1.fc1.bias", "classifier.3.weight"}));
}

TEST(Zoo, AddMulAddMul) {
  SeededWeights none;
  EXPECT_TRUE(close_to(array({1}, {5}), run(build("add", none), {array({1}, {2}), array({1}, {3})}), 0));
  EXPECT_TRUE(close_to(array({3, 2}, {6, 5, 8, 9, 10, 12}),
                       run(build("mul", none), {array({3, 2}, {1, 1, 2, 3, 5, 6}), array({3, 2}, {6, 5, 4, 3, 2, 2})}),
                       0));
  EXPECT_TRUE(close_to(array({2, 2}, {20, 23, 44, 51}),
                       run(build("add_mul", none),
                           {array({2, 2}, {1, 2, 3, 4}), array({2, 2}, {5, 6, 7, 8}), array({2, 2}, {1, 1, 1, 1})}),
                       0));
}

TEST(Zoo, Softmax) {
  SeededWeights none;
  std::vector<float> x(2 * 4096, 0.0f);
  x[4096] = std::log(4097.0f);  // as much as all others of its row and two more
  const Array output = run(build("softmax", none), {array({2, 4096}, x)});
  ASSERT_EQ(output.as<float>().size(), x.size());
  EXPECT_THAT(output.as<float>().first(4096), Each(1.0f / 4096));
  EXPECT_NEAR(output.as<float>()[4096], 4097.0 / (4097 + 4095), 2e-5);
}

TEST(Zoo, Linear) {
  GivenWeights weights({{"linear.weight", {1, 2, 3, 0, 1, 0, 1, 1, 1}}, {"linear.bias", {10, 20, 30}}});
  EXPECT_TRUE(close_to(array({3, 3}, {11, 20, 31, 12, 21, 31, 20, 22, 36}),
                       run(build("linear", weights), {array({3, 3}, {1, 0, 0, 0, 1, 0, 3, 2, 1})}), 0));
}

TEST(Zoo, Conv1d) {
  // Filter 0 is the difference of the neighbours in channel 1; the others are zero.
  std::vector<float> filters(16 * 3 * 3, 0.0f);
  filters[3] = -1;
  filters[5] = 1;
  std::vector<float> biases(16, 0.5f);
  GivenWeights weights({{"conv1d.weight", filters}, {"conv1d.bias", biases}});
  std::vector<float> x(3 * 10, 100.0f);
  for (int i = 0; i < 10; ++i) x[10 + static_cast<size_t>(i)] = static_cast<float>(i * i);
  const Array output = run(build("conv1d", weights), {array({1, 3, 10}, x)});
  ASSERT_EQ(output.sizes, (std::vector<int32_t>{1, 16, 10}));
  EXPECT_THAT(output.as<float>().first(10),
              ::testing::ElementsAre(1.5f, 4.5f, 8.5f, 12.5f, 16.5f, 20.5f, 24.5f, 28.5f, 32.5f, -63.5f));
  EXPECT_THAT(output.as<float>().subspan(10), Each(0.5f));
}

TEST(Zoo, AWeightFileMustHoldTheModelsParametersAndNoOthers) {
  const std::vector<float> values(9, 1.0f);
  const auto weight = format_npy(DType::float32, std::vector{3, 3}, values.data());
  const auto bias = format_npy(DType::float32, std::vector{3}, values.data());
  const std::string path = ::testing::TempDir() + "zoo_test.npz";
  const auto attempt = [&](const std::vector<testing::ZipEntry>& entries) -> std::string {
    EXPECT_TRUE(write_file(path, testing::make_zip(entries)));
    const auto file = FileWeights::open(path);
    if (!file) return file.error().message();
    const auto graph = build_zoo_model("linear", **file);
    return graph ? "built" : graph.error().message();
  };
  EXPECT_EQ(attempt({{"linear.weight.npy", weight}, {"linear.bias.npy", bias}}), "built");
  EXPECT_EQ(attempt({{"linear.weight.npy", weight}}),
            path + ": no parameter 'linear.bias', which the model needs with shape [3]");
  EXPECT_EQ(attempt({{"linear.weight.npy", weight}, {"linear.bias.npy", bias}, {"fc.bias.npy", bias}}),
            path + ": the model has no parameter 'fc.bias' (shape [3])");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ingot::compiler
