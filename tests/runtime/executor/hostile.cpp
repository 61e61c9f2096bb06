// Damaged files: each byte flipped, each length cut. Whatever the damage, opening, loading and running end with a
// result or an error, within limits; the sanitizers watch the rest.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/runtime/executor/test_kernels.h"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

using testing::PteBuilder;

// A program that uses every kind of value and instruction.
std::vector<std::byte> sample() {
  PteBuilder builder;
  const float weights[] = {10, 20, 30};
  const int x = builder.planned(DType::float32, {3}, true);
  const int w = builder.constant(DType::float32, {3}, weights);
  const int y = builder.planned(DType::float32, {3}, true);
  const int z = builder.planned(DType::float32, {3}, true);
  const int done = builder.boolean(true);
  const int i = builder.integer(0), one = builder.integer(1);
  const int none = builder.null();
  const int half = builder.real(0.5);
  const int text = builder.string("text");
  const int shape = builder.int_list({1, 3});
  const int doubles = builder.double_list({1.5, 2.5});
  const int bools = builder.bool_list({1, 0});
  const int tensors = builder.tensor_list({x, w});
  const int optional = builder.optional_tensor_list({x, -1});
  const int outs = builder.tensor_list({y});
  const int both = builder.tensor_list({y, z});
  const int view = builder.planned(DType::float32, {1, 3});
  const int free_input = builder.unplanned(DType::float32, {2});
  builder.input(x).input(free_input).output(z);
  builder.kernel_call("test::add", "out", {x, w, y, y});
  builder.kernel_call("test::copy", "out", {y, z, z});
  builder.kernel_call(
      "test::everything", "out",
      {x, none, half, none, i, one, half, done, text, shape, none, doubles, bools, tensors, optional, outs, z});
  builder.plan().chains[0]->instructions.pop_back();  // its returned values cannot be written so; the operator stays
  builder.kernel_call("test::two", "out", {x, y, z, both});
  builder.kernel_call("executorch_prim::add", "Scalar", {i, one, i});
  builder.kernel_call("executorch_prim::et_view", "default", {y, shape, view});
  builder.delegate_call(builder.delegate("TestDelegate", "copy"), {y, z});
  builder.move_call(z, y);
  builder.free_call(y);
  builder.jump_false(done, 0);
  builder.named("key", "value");
  builder.alignment = 16;
  return builder.finish();
}

// Opens, loads and runs; counts what got through.
struct Outcome {
  int opened = 0, loaded = 0, executed = 0;
};
void attempt(const Runtime& runtime, std::span<const std::byte> bytes, Outcome& outcome) {
  constexpr size_t kMost = 1 << 20;
  const Result<Program> program = Program::from_memory(runtime, bytes);
  if (!program) {
    EXPECT_STRNE(program.error().message(), "");
    return;
  }
  ++outcome.opened;
  for (size_t i = 0; i < program->num_methods(); ++i) {
    const std::string_view name = program->method_info(i)->name;
    const Result<MemoryRequirements> needed = program->memory_requirements(name);
    if (!needed) continue;
    size_t total = needed->method_bytes + needed->scratch_bytes + needed->prepared_bytes;
    for (const int64_t arena : needed->arena_bytes) total += std::min(static_cast<size_t>(arena), kMost);
    if (total > kMost) continue;
    Result<Method> method = Method::load(*program, name);
    if (!method) continue;
    ++outcome.loaded;
    for (size_t input = 0; input < method->num_inputs(); ++input) {
      const Result<TensorInfo> info = program->input_info(name, input);
      if (!info || info->nbytes > kMost) continue;
      const std::vector<std::byte> data(info->nbytes + 1);
      static_cast<void>(method->set_input(input, info->dtype, info->sizes, data.data()));
    }
    const float two[2] = {};
    static_cast<void>(method->set_input(1, DType::float32, std::vector<int32_t>{2}, two));
    outcome.executed += method->execute().has_value();
  }
}

class Hostile : public ::testing::Test {
 protected:
  Hostile() {
    EXPECT_TRUE(runtime.add_kernels(testing::kTestKernels));
    EXPECT_TRUE(runtime.add_delegate(delegate));
    runtime.set_instruction_limit(200);
  }
  testing::TestDelegate delegate;
  Runtime runtime;
};

TEST_F(Hostile, TheSampleIsWhole) {
  Outcome outcome;
  attempt(runtime, sample(), outcome);
  EXPECT_EQ(outcome.executed, 1);
}

TEST_F(Hostile, SurvivesEveryFlippedByte) {
  const std::vector<std::byte> good = sample();
  Outcome outcome;
  for (size_t i = 0; i < good.size(); ++i) {
    for (const uint8_t flip : {0x01, 0x04, 0x80, 0xFF}) {
      std::vector<std::byte> bad = good;
      bad[i] ^= std::byte{flip};
      attempt(runtime, bad, outcome);
    }
  }
  // Some damage is harmless, much is found when opening, some when loading or running.
  EXPECT_GT(outcome.executed, 100);
  EXPECT_LT(outcome.executed, outcome.opened);
  EXPECT_LT(static_cast<size_t>(outcome.opened), 4 * good.size());
}

TEST_F(Hostile, SurvivesEveryTruncation) {
  const std::vector<std::byte> good = sample();
  Outcome outcome;
  for (size_t length = 0; length < good.size(); ++length) {
    // Exactly so many bytes, so that the sanitizer sees a read beyond.
    const std::vector<std::byte> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(length));
    attempt(runtime, cut, outcome);
  }
  EXPECT_EQ(outcome.opened, 0);
}

TEST_F(Hostile, BigClaimsOfSmallFilesAreErrors) {
  PteBuilder builder;
  const int x = builder.constant(DType::float32, {1}, "1234");
  builder.tensor(x).sizes = {750'000'000};
  builder.output(x);
  const std::vector<std::byte> file = builder.finish();
  ASSERT_LT(file.size(), 1024u);
  const Result<Program> program = Program::from_memory(runtime, file);
  ASSERT_FALSE(program);
  EXPECT_STREQ(program.error().message(),
               "method 'forward': value 0: a tensor of 3000000000 bytes, but its data 1 has only 4");
}

}  // namespace
}  // namespace ingot
