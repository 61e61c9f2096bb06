// Samples from files: folders, lists, arrays; each error names its file.
#include "compiler/quantize/samples.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/npy/whole_file.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

namespace fs = std::filesystem;

class SamplesTest : public ::testing::Test {
 protected:
  SamplesTest() : folder_(fs::path(::testing::TempDir()) / ("ingot_samples" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "deeper");
    graph_.add_input("x", {DType::float32, {1, 2}, {}});
  }
  ~SamplesTest() override { fs::remove_all(folder_); }

  std::string write_array(const std::string& name, const std::vector<int32_t>& sizes, const std::vector<float>& data) {
    const std::string path = (folder_ / name).string();
    EXPECT_TRUE(write_npy(path, DType::float32, sizes, data.data()));
    return path;
  }
  std::string write_text(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  Result<std::unique_ptr<SampleSource>> open(const std::string& path) {
    return open_samples(graph_, path, kTorchvision);
  }
  static std::vector<float> numbers(SampleSource& samples) {
    std::vector<float> all;
    for (size_t i = 0; i < samples.size(); ++i) {
      const auto sample = samples.read(i);
      EXPECT_TRUE(sample) << sample.error().message();
      if (sample) all.insert(all.end(), sample->inputs[0].as<float>().begin(), sample->inputs[0].as<float>().end());
    }
    return all;
  }
  void expect_error(const std::string& path, const std::string& part) {
    const auto samples = open(path);
    Result<Sample> sample = Sample{};
    if (samples) sample = (*samples)->read(0);
    ASSERT_FALSE(samples && sample);
    const std::string message = samples ? sample.error().message() : samples.error().message();
    EXPECT_TRUE(message.contains(part)) << message;
  }

  fs::path folder_;
  Graph graph_;
};

TEST_F(SamplesTest, AFolderIsReadInOrderAndBatchesAreTakenApart) {
  write_array("b.npy", {3, 2}, {1, 2, 3, 4, 5, 6});
  write_array("deeper/c.npy", {1, 2}, {7, 8});
  write_array("a.npy", {1, 2}, {9, 10});
  write_text("notes.txt", "not a sample");
  const auto samples = open(folder_.string());
  ASSERT_TRUE(samples) << samples.error().message();
  EXPECT_EQ((*samples)->size(), 5u);
  EXPECT_EQ(numbers(**samples), (std::vector<float>{9, 10, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(SamplesTest, ListsNameFilesBesideThemAndLabels) {
  write_array("deeper/one.npy", {1, 2}, {1, 2});
  write_array("two.npy", {1, 2}, {3, 4});
  const auto samples = open(write_text("list.txt", "deeper/one.npy\t7\r\n\ntwo.npy\n"));
  ASSERT_TRUE(samples) << samples.error().message();
  EXPECT_EQ(numbers(**samples), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ((*samples)->read(0)->label, 7);
  EXPECT_EQ((*samples)->read(1)->label, std::nullopt);
}

TEST_F(SamplesTest, ArchivesHoldAnArrayForEachInput) {
  graph_.add_input("y", {DType::float32, {1}, {}});
  const std::vector<float> x = {1, 2, 3, 4}, y = {5, 6};
  const int32_t x_sizes[] = {2, 2}, y_sizes[] = {2};
  const auto bytes = testing::make_zip({{"x.npy", format_npy(DType::float32, x_sizes, x.data())},
                                        {"y.npy", format_npy(DType::float32, y_sizes, y.data())}});
  const std::string path = (folder_ / "all.npz").string();
  ASSERT_TRUE(write_file(path, bytes));
  const auto samples = open(path);
  ASSERT_TRUE(samples) << samples.error().message();
  ASSERT_EQ((*samples)->size(), 2u);
  const auto second = (*samples)->read(1);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->inputs[0].as<float>()[1], 4);
  EXPECT_EQ(second->inputs[1].as<float>()[0], 6);
}

TEST_F(SamplesTest, ErrorsSayWhatAndWhere) {
  expect_error((folder_ / "nothing").string(), "nothing");
  expect_error((folder_ / "deeper").string(), "deeper: no .jpg, .png, .npy or .npz file is in it");
  expect_error(write_array("wrong.npy", {1, 3}, {1, 2, 3}), "wrong.npy: input 'x': expected float32[1, 2]");
  expect_error(write_text("bad.txt", "a.npy\tcat\n"), "bad.txt:1: expected path<TAB>label");
  expect_error(write_text("empty.txt", "\n"), "empty.txt: the list is empty");
  expect_error(write_text("torn.jpg", "\xFF\xD8 not a photo"), "torn.jpg: damaged JPEG");
  expect_error(write_text("list.txt", "missing.png\t1\n"), "missing.png");
}

TEST_F(SamplesTest, RandomInputsAreTheSameAgain) {
  const auto a = random_samples(graph_, 3, 4), b = random_samples(graph_, 3, 4), c = random_samples(graph_, 4, 4);
  EXPECT_EQ(numbers(*a), numbers(*b));
  EXPECT_NE(numbers(*a), numbers(*c));
}

}  // namespace
}  // namespace ingot::compiler
