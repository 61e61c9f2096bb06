// Every sample is run once; a lane sees its own in their order; an error ends the run.
#include "compiler/quantize/sample_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <span>
#include <vector>

#include "compiler/ir/text.h"

namespace ingot::compiler {
namespace {

// Sample i holds i; the one at `broken` cannot be read.
class Counted final : public SampleSource {
 public:
  explicit Counted(size_t broken = SIZE_MAX) : broken_(broken) {}
  size_t size() const override { return 21; }
  Result<Sample> read(size_t index) override {
    if (index == broken_) return fail(ErrorCode::invalid_file, "sample %zu is broken", index);
    const auto number = static_cast<float>(index);
    const auto bytes = std::as_bytes(std::span(&number, 1));
    return Sample{{Array{DType::float32, {1}, {bytes.begin(), bytes.end()}}}, {}};
  }

 private:
  size_t broken_;
};

Graph doubled() {
  auto graph = parse("graph f(%x: float32[1]) { %y = aten::add.Tensor(%x, %x) return %y }");
  EXPECT_TRUE(graph) << graph.error().message();
  return graph ? std::move(*graph) : Graph();
}

TEST(SampleRunnerTest, LanesSeeTheirSamplesInOrder) {
  const Graph graph = doubled();
  const Runnable runnable{&graph, nullptr};
  Counted samples;
  std::array<std::vector<size_t>, kLanes> seen;
  size_t told = 0;
  const Progress progress = [&told](std::string_view stage, size_t done, size_t total) {
    EXPECT_EQ(stage, "testing");
    EXPECT_EQ(done, ++told);
    EXPECT_EQ(total, 18u);
  };
  const auto ran = run_samples({&runnable, 1}, samples, 18, "testing", progress,
                               [&](size_t lane, size_t index, const Sample&, std::span<const Session> sessions) {
                                 const auto y = sessions[0].floats(0);
                                 EXPECT_TRUE(y && (*y)[0] == 2 * static_cast<float>(index));
                                 seen[lane].push_back(index);
                                 return Result<void>();
                               });
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(told, 18u);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    std::vector<size_t> own;
    for (size_t i = lane; i < 18; i += kLanes) own.push_back(i);
    EXPECT_EQ(seen[lane], own);
  }
}

TEST(SampleRunnerTest, ErrorsEndTheRun) {
  const Graph graph = doubled();
  const Runnable runnable{&graph, nullptr};
  Counted samples(2);
  std::atomic<size_t> seen = 0;
  const auto see = [&seen](size_t, size_t, const Sample&, std::span<const Session>) {
    ++seen;
    return Result<void>();
  };
  const auto ran = run_samples({&runnable, 1}, samples, 21, "testing", nullptr, see);
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().message(), ::testing::HasSubstr("sample 2 is broken"));
  EXPECT_LT(seen, 21u);
}

}  // namespace
}  // namespace ingot::compiler
