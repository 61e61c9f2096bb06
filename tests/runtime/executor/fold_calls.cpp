// Calls that only finish the result of the one before them become part of it: whatever the graph, the answers are those
// of the same graph with every result in between as an output of its own, which keeps the calls apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

constexpr int32_t kChannels = 12;

// A method under construction: a chain of operators on images [1, kChannels, 9, 7], each with a result of its own.
class Chain {
 public:
  // `apart`: every result is an output.
  explicit Chain(bool apart) : apart_(apart) {
    last_ = builder.planned(DType::float32, {1, kChannels, 9, 7});
    builder.input(last_);
  }

  int constant(std::vector<int32_t> sizes, float low, float high) {
    size_t count = 1;
    for (const int32_t size : sizes) count *= static_cast<size_t>(size);
    std::vector<float> values(count);
    std::uniform_real_distribution<float> uniform(low, high);
    for (float& value : values) value = uniform(random_);
    return builder.constant(DType::float32, sizes, values.data());
  }

  Chain& convolution(int groups, bool bias, int kernel = 3) {
    const int out = next();
    const int pad = kernel / 2;
    builder.kernel_call("aten::convolution", "out",
                        {last_, constant({kChannels, kChannels / groups, kernel, kernel}, -0.5f, 0.5f),
                         bias ? constant({kChannels}, -1, 1) : builder.null(), builder.int_list({1, 1}),
                         builder.int_list({pad, pad}), builder.int_list({1, 1}), builder.boolean(false),
                         builder.int_list({0, 0}), builder.integer(groups), out, out});
    return done(out);
  }
  Chain& batch_norm() {
    const int out = next();
    const int none[] = {builder.planned(DType::float32, {0}), builder.planned(DType::float32, {0})};
    builder.kernel_call("aten::_native_batch_norm_legit_no_training", "out",
                        {last_, constant({kChannels}, 0.5f, 2), constant({kChannels}, -1, 1),
                         constant({kChannels}, -1, 1), constant({kChannels}, 0.2f, 2), builder.real(0.1),
                         builder.real(1e-3), out, none[0], none[1], builder.tensor_list({out, none[0], none[1]})});
    return done(out);
  }
  Chain& hardtanh(double low, double high) {
    const int out = next();
    builder.kernel_call("aten::hardtanh", "out", {last_, builder.real(low), builder.real(high), out, out});
    return done(out);
  }
  Chain& relu() {
    const int out = next();
    builder.kernel_call("aten::relu", "out", {last_, out, out});
    return done(out);
  }
  // The sum with the chain's result `back` steps ago.
  Chain& add_earlier(size_t back) {
    const int out = next();
    builder.kernel_call("aten::add", "out", {last_, steps_[steps_.size() - back], builder.integer(1), out, out});
    return done(out);
  }

  Chain& add_view_of_earlier(size_t back) {
    const int view = next();
    *builder.tensor(view).allocation_info = *builder.tensor(steps_[steps_.size() - back]).allocation_info;
    const int out = next();
    builder.kernel_call("aten::add", "out", {last_, view, builder.integer(1), out, out});
    return done(out);
  }

  std::vector<std::byte> finish() {
    if (!apart_) builder.output(last_);
    return builder.finish();
  }

  testing::PteBuilder builder;

 private:
  int next() { return builder.planned(DType::float32, {1, kChannels, 9, 7}); }
  Chain& done(int out) {
    last_ = out;
    steps_.push_back(out);
    if (apart_) builder.output(out);
    return *this;
  }

  bool apart_;
  int last_;
  std::vector<int> steps_;
  std::mt19937 random_{5};
};

// What the last output holds after two executions on the same random input; empty after a failure.
std::vector<float> run(const std::vector<std::byte>& file, size_t* prepared_bytes = nullptr) {
  Runtime runtime;
  EXPECT_TRUE(runtime.add_kernels(portable_kernels()));
  const Result<Program> program = Program::from_memory(runtime, file);
  if (!program) return ADD_FAILURE() << program.error().message(), std::vector<float>{};
  if (prepared_bytes != nullptr) *prepared_bytes = program->memory_requirements("forward")->prepared_bytes;
  Result<Method> method = Method::load(*program);
  if (!method) return ADD_FAILURE() << method.error().message(), std::vector<float>{};
  std::vector<float> result;
  for (int repeat = 0; repeat < 2; ++repeat) {  // the second run finds what the first left in the arena
    Tensor& input = **method->input(0);
    std::mt19937 random(9);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < input.numel(); ++i) input.data_as<float>()[i] = normal(random);
    const Result<void> ran = method->execute();
    if (!ran) return ADD_FAILURE() << ran.error().message(), std::vector<float>{};
    const Tensor& output = **method->output(method->num_outputs() - 1);
    const float* values = output.data_as<float>();
    result.assign(values, values + output.numel());
  }
  return result;
}

void expect_same(const std::function<void(Chain&)>& make) {
  Chain together(false), apart(true);
  make(together);
  make(apart);
  const std::vector<float> expected = run(apart.finish()), actual = run(together.finish());
  ASSERT_EQ(expected.size(), actual.size());
  float largest = 0;
  for (const float x : expected) largest = std::max(largest, std::abs(x));
  EXPECT_GT(largest, 0.1f);
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(expected[i], actual[i], 1e-5f * largest) << i;
}

TEST(FoldCalls, ConvolutionAndActivation) {
  expect_same([](Chain& c) { c.convolution(1, true).relu(); });
  expect_same([](Chain& c) { c.convolution(1, true).hardtanh(-0.5, 0.75); });
  expect_same([](Chain& c) { c.convolution(kChannels, true).hardtanh(0, 6); });
  expect_same([](Chain& c) { c.convolution(3, false).relu().hardtanh(-1, 1); });
}

TEST(FoldCalls, ConvolutionAndBatchNormalization) {
  for (const int groups : {1, 3, kChannels}) {
    for (const bool bias : {false, true}) {
      SCOPED_TRACE(groups);
      expect_same([&](Chain& c) { c.convolution(groups, bias).batch_norm(); });
      expect_same([&](Chain& c) { c.convolution(groups, bias, 1).batch_norm().relu(); });
      expect_same([&](Chain& c) { c.convolution(groups, bias).relu().batch_norm(); });  // in this order it is not one
    }
  }
}

TEST(FoldCalls, LongChains) {
  expect_same([](Chain& c) {
    c.convolution(1, true).batch_norm().relu().convolution(kChannels, true).batch_norm().hardtanh(0, 6);
    c.convolution(1, false, 1).batch_norm().add_earlier(4).relu().convolution(1, true).relu();
  });
}

// A result that somebody else reads stays what it was.
TEST(FoldCalls, LeavesWhatOthersRead) {
  expect_same([](Chain& c) { c.convolution(1, true).relu().add_earlier(2); });
  expect_same([](Chain& c) { c.convolution(1, true).batch_norm().relu().add_earlier(2).add_earlier(4); });
}

// The same through a name of its own for the same bytes, as memory planning leaves of a view.
TEST(FoldCalls, LeavesWhatViewsRead) {
  expect_same([](Chain& c) { c.convolution(1, true).relu().add_view_of_earlier(2); });
}

// Calls on nothing but constants run when the method is loaded, and the answers stay right over executions.
TEST(FoldCalls, CallsOnConstantsRunOnce) {
  for (const bool apart : {false, true}) {
    testing::PteBuilder builder;
    const float constants[] = {-1, 2, -3, 4};
    const int x = builder.planned(DType::float32, {4}), y = builder.planned(DType::float32, {4});
    const int positive = builder.planned(DType::float32, {4}), bounded = builder.planned(DType::float32, {4});
    builder.input(x);
    builder.kernel_call("aten::relu", "out", {builder.constant(DType::float32, {4}, constants), positive, positive});
    builder.kernel_call("aten::hardtanh", "out", {positive, builder.real(0), builder.real(3), bounded, bounded});
    builder.kernel_call("aten::add", "out", {x, bounded, builder.integer(1), y, y});
    if (apart) builder.output(bounded);
    builder.output(y);
    size_t prepared = 0;
    const std::vector<float> found = run(builder.finish(), &prepared);
    EXPECT_EQ(prepared, 128u);  // two results, each on a cache line of its own
    ASSERT_EQ(found.size(), 4u);
    constexpr float kAdded[] = {0, 2, 0, 3};
    std::mt19937 random(9);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(found[i], normal(random) + kAdded[i]);
  }
}

}  // namespace
}  // namespace ingot
