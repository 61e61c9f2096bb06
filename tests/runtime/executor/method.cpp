#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/runtime/executor/test_kernels.h"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PteBuilder;
using testing::TestDelegate;

// A Runtime with the test kernels and delegate, and a program of the builder's bytes.
class MethodTest : public ::testing::Test {
 protected:
  MethodTest() {
    EXPECT_TRUE(runtime.add_kernels(testing::kTestKernels));
    EXPECT_TRUE(runtime.add_delegate(delegate));
  }

  const Program& open(const PteBuilder& builder) {
    file = builder.finish();
    Result<Program> opened = Program::from_memory(runtime, file);
    if (!opened) throw std::runtime_error(opened.error().message());
    program = std::make_unique<Program>(std::move(*opened));
    return *program;
  }
  std::string load_error(const PteBuilder& builder) {
    const Result<Method> method = Method::load(open(builder));
    return method ? "" : method.error().message();
  }

  TestDelegate delegate;
  Runtime runtime;
  std::vector<std::byte> file;
  std::unique_ptr<Program> program;
};

// y = add(x, w), z = delegate(y).
PteBuilder add_then_delegate(bool resizable = false) {
  PteBuilder builder;
  const float weights[] = {10, 20, 30};
  const int x = builder.planned(DType::float32, {3}, resizable);
  const int w = builder.constant(DType::float32, {3}, weights);
  const int y = builder.planned(DType::float32, {3}, resizable);
  const int z = builder.planned(DType::float32, {3}, resizable);
  builder.input(x).output(z);
  builder.kernel_call("test::add", "out", {x, w, y, y});
  builder.named("key", "value");
  const int delegate = builder.delegate("TestDelegate", "copy");
  builder.plan().delegates[0]->compile_specs.push_back(std::make_unique<pte::CompileSpecT>());
  builder.plan().delegates[0]->compile_specs[0]->key = "spec";
  builder.delegate_call(delegate, {y, z});
  return builder;
}

TEST_F(MethodTest, RunsKernelsAndDelegates) {
  Result<Method> method = Method::load(open(add_then_delegate()));
  ASSERT_TRUE(method) << method.error().message();
  for (const float first : {1.f, 5.f}) {
    const float x[] = {first, 2, 3};
    ASSERT_TRUE(method->set_input(0, DType::float32, std::vector<int32_t>{3}, x));
    ASSERT_TRUE(method->execute());
    EXPECT_EQ((*method->output(0))->data_as<float>()[0], first + 10);
    EXPECT_EQ((*method->output(0))->data_as<float>()[2], 33);
  }
}

TEST_F(MethodTest, TellsAProfilerOfEveryStep) {
  struct Steps final : Profiler {
    void took(const ProfiledStep& step) override {
      seen.push_back(std::to_string(step.instruction) + "." + std::to_string(step.node) + " " + step.name);
    }
    std::vector<std::string> seen;
  } steps;
  const Program& opened = open(add_then_delegate());
  Result<Method> before = Method::load(opened);
  runtime.set_profiler(&steps);
  Result<Method> method = Method::load(opened);
  ASSERT_TRUE(before && method);
  EXPECT_TRUE(before->execute());
  EXPECT_THAT(steps.seen, ElementsAre());
  for (int run = 0; run < 2; ++run) {
    steps.seen.clear();
    EXPECT_TRUE(method->execute());
    EXPECT_THAT(steps.seen, ElementsAre("0.-1 test::add.out", "1.0 copy", "1.-1 TestDelegate"));
  }
}

TEST_F(MethodTest, DelegatesMayLieInline) {
  PteBuilder builder;
  const int x = builder.planned(DType::float32, {3});
  const int y = builder.planned(DType::float32, {3});
  builder.input(x).output(y);
  builder.delegate_call(builder.delegate("TestDelegate", "copy", pte::DataLocation::INLINE), {x, y});
  Result<Method> method = Method::load(open(builder));
  ASSERT_TRUE(method) << method.error().message();
  EXPECT_TRUE(method->execute());
}

TEST_F(MethodTest, DelegateErrorsNameTheDelegate) {
  PteBuilder builder;
  const int x = builder.planned(DType::float32, {3});
  builder.delegate_call(builder.delegate("TestDelegate", "nonsense"), {x, x});
  EXPECT_EQ(load_error(builder), "loading method 'forward': delegate 0, TestDelegate: unknown payload 'nonsense'");
}

TEST_F(MethodTest, DelegatesMayNotWriteConstants) {
  PteBuilder builder;
  const float one = 1;
  const int x = builder.planned(DType::float32, {1});
  const int w = builder.constant(DType::float32, {1}, &one);
  builder.delegate_call(builder.delegate("TestDelegate", "copy"), {x, w});
  Result<Method> method = Method::load(open(builder));
  ASSERT_TRUE(method);
  EXPECT_STREQ(method->execute().error().message(), "in instruction 0, TestDelegate: output 0 is a constant");
}

TEST_F(MethodTest, SetInputSaysWhatIsWrong) {
  PteBuilder builder;
  builder.input(builder.planned(DType::float32, {2, 3})).input(builder.planned(DType::float32, {2, 3}, true));
  builder.input(builder.integer(1));
  Result<Method> method = Method::load(open(builder));
  ASSERT_TRUE(method);
  const float x[6] = {};
  const auto message = [&](size_t index, DType dtype, std::vector<int32_t> sizes) {
    const Result<void> set = method->set_input(index, dtype, sizes, x);
    return std::string(set ? "" : set.error().message());
  };
  EXPECT_EQ(message(0, DType::float32, {2, 3}), "");
  EXPECT_EQ(message(0, DType::int8, {2, 3}), "input 0: expected dtype float32, found int8");
  EXPECT_EQ(message(0, DType::float32, {2}), "input 0: expected rank 2, found rank 1");
  EXPECT_EQ(message(0, DType::float32, {2, 4}), "input 0: dimension 1: expected 3, found 4");
  EXPECT_EQ(message(1, DType::float32, {1, 3}), "");
  EXPECT_EQ(message(1, DType::float32, {1, 4}), "input 1: dimension 1: expected 0 to 3, found 4");
  EXPECT_EQ(message(1, DType::float32, {-1, 3}), "input 1: dimension 0: expected 0 to 2, found -1");
  EXPECT_EQ(message(2, DType::float32, {}), "input 2 is int, not a tensor");
  EXPECT_EQ(message(3, DType::float32, {}), "method 'forward' has 3 inputs, there is no input 3");
  EXPECT_FALSE(method->set_input(0, DType::float32, std::vector<int32_t>{2, 3}, nullptr));
}

TEST_F(MethodTest, UnplannedInputsAndOutputsAreTheCallers) {
  PteBuilder builder;
  const int x = builder.unplanned(DType::float32, {3}, true);
  const int y = builder.unplanned(DType::float32, {3}, true);
  builder.input(x).output(y);
  builder.kernel_call("test::add", "out", {x, x, y, y});
  Result<Method> method = Method::load(open(builder));
  ASSERT_TRUE(method) << method.error().message();
  EXPECT_STREQ(method->execute().error().message(), "input 0 has no memory: call set_input first");
  const float data[] = {1, 2, 3};
  ASSERT_TRUE(method->set_input(0, DType::float32, std::vector<int32_t>{2}, data));
  EXPECT_STREQ(method->execute().error().message(), "output 0 has no memory: call set_output first");
  float out[3] = {};
  EXPECT_FALSE(method->set_output(0, out, 8));
  ASSERT_TRUE(method->set_output(0, out, sizeof out));
  ASSERT_TRUE(method->execute());
  EXPECT_EQ((*method->output(0))->size(0), 2);
  EXPECT_EQ(out[1], 4);
  EXPECT_EQ(out[2], 0);
  ASSERT_TRUE(method->set_input(0, DType::float32, std::vector<int32_t>{3}, data));
  ASSERT_TRUE(method->execute());
  EXPECT_EQ(out[2], 6);
  EXPECT_FALSE(method->set_input(0, DType::float32, std::vector<int32_t>{2}, reinterpret_cast<const char*>(data) + 1));
}

TEST_F(MethodTest, PlannedOutputsKeepTheirMemory) {
  Result<Method> method = Method::load(open(add_then_delegate()));
  float out[3];
  EXPECT_EQ(method->set_output(0, out, sizeof out).error().code(), ErrorCode::invalid_state);
}

TEST_F(MethodTest, ResizesThroughTheProgram) {
  PteBuilder builder;
  const int x = builder.planned(DType::float32, {4}, true);
  const int y = builder.planned(DType::float32, {4}, true);
  const int z = builder.planned(DType::float32, {4}, true);
  builder.input(x).output(z);
  builder.kernel_call("test::add", "out", {x, x, y, y});
  builder.kernel_call("test::copy", "out", {y, z, z});
  Result<Method> method = Method::load(open(builder));
  ASSERT_TRUE(method) << method.error().message();
  const float data[] = {1, 2, 3, 4};
  for (const int32_t n : {2, 4, 0, 3}) {
    ASSERT_TRUE(method->set_input(0, DType::float32, std::vector<int32_t>{n}, data));
    const Result<void> run = method->execute();
    ASSERT_TRUE(run) << run.error().message();
    EXPECT_EQ((*method->output(0))->size(0), n);
  }
}

TEST_F(MethodTest, InitialStateIsCopiedAndKept) {
  PteBuilder builder;
  const float start[] = {1, 2};
  const int state = builder.planned(DType::float32, {2});
  builder.tensor(state).data_buffer_idx = 1;
  const int next = builder.planned(DType::float32, {2});
  const int segment =
      builder.segment(std::string("\0\0\0\0", 4) + std::string(reinterpret_cast<const char*>(start), 8));
  builder.program.mutable_data_segments.push_back(std::make_unique<pte::SubsegmentOffsetsT>());
  builder.program.mutable_data_segments[0]->segment_index = static_cast<uint32_t>(segment);
  builder.program.mutable_data_segments[0]->offsets = {0, 4};
  builder.output(state);
  builder.kernel_call("test::add", "out", {state, state, next, next});
  builder.move_call(next, state);
  Result<Method> method = Method::load(open(builder));
  ASSERT_TRUE(method) << method.error().message();
  ASSERT_TRUE(method->execute());
  ASSERT_TRUE(method->execute());
  EXPECT_EQ((*method->output(0))->data_as<float>()[1], 8);
  Result<Method> other = Method::load(*program);
  EXPECT_EQ((*other->output(0))->data_as<float>()[1], 2);
}

TEST_F(MethodTest, MemoryRequirementsAreExact) {
  PteBuilder builder = add_then_delegate();
  const int in = builder.planned(DType::float32, {100});
  const int out = builder.planned(DType::float32, {100});
  builder.kernel_call("test::copy", "out", {in, out, out});
  builder.int_list({1, 2, 3});
  builder.tensor_list({in, out});
  open(builder);
  const Result<MemoryRequirements> needed = program->memory_requirements("forward");
  ASSERT_TRUE(needed) << needed.error().message();
  EXPECT_EQ(needed->scratch_bytes, 400u);
  ASSERT_EQ(needed->arena_bytes.size(), 1u);
  EXPECT_EQ(needed->arena_bytes[0], 3 * 16 + 2 * 400);

  std::vector<std::byte> method_block(needed->method_bytes);
  std::vector<std::byte> arena(static_cast<size_t>(needed->arena_bytes[0]));
  alignas(64) std::byte scratch[400];
  const std::span<std::byte> arenas[] = {arena};
  const MethodMemory memory{method_block, arenas, scratch};
  {
    Result<Method> method = Method::load(*program, "forward", memory);
    ASSERT_TRUE(method) << method.error().message();
    const float x[] = {1, 2, 3};
    ASSERT_TRUE(method->set_input(0, DType::float32, std::vector<int32_t>{3}, x));
    ASSERT_TRUE(method->execute());
    const Tensor& result = **method->output(0);
    EXPECT_EQ(result.data_as<float>()[0], 11);
    EXPECT_GE(result.data_as<std::byte>(), arena.data());
    EXPECT_LE(result.data_as<std::byte>() + result.nbytes(), arena.data() + arena.size());
  }
  EXPECT_EQ(delegate.counter.handles, 0);

  const auto shorter = [&](MethodMemory less) { return Method::load(*program, "forward", less).error().code(); };
  EXPECT_EQ(shorter({std::span(method_block).first(method_block.size() - 1), arenas, scratch}),
            ErrorCode::out_of_memory);
  EXPECT_EQ(shorter({method_block, {}, scratch}), ErrorCode::invalid_argument);
  const std::span<std::byte> short_arena[] = {std::span(arena).first(arena.size() - 1)};
  EXPECT_EQ(shorter({method_block, short_arena, scratch}), ErrorCode::invalid_argument);
  const std::span<std::byte> null_arena[] = {std::span<std::byte>()};
  EXPECT_EQ(shorter({method_block, null_arena, scratch}), ErrorCode::invalid_argument);
  EXPECT_EQ(shorter({method_block, arenas, std::span(scratch).first(399)}), ErrorCode::invalid_argument);
}

TEST_F(MethodTest, HugeArenasAreAnErrorOfMemory) {
  PteBuilder builder;
  builder.plan().non_const_buffer_sizes[1] = INT64_MAX;
  EXPECT_THAT(load_error(builder), HasSubstr("cannot allocate"));
  builder.plan().non_const_buffer_sizes = {0, INT64_MAX, INT64_MAX, INT64_MAX};
  EXPECT_THAT(load_error(builder), HasSubstr("larger than this machine's addresses"));
}

TEST_F(MethodTest, ReportsEverythingThatIsMissing) {
  PteBuilder builder;
  const int x = builder.planned(DType::float32, {1});
  builder.kernel_call("aten::foo", "out", {x, x});
  builder.kernel_call("aten::bar", "", {x, x});
  builder.kernel_call("aten::foo", "out", {x, x});
  builder.begin_method("other");
  builder.kernel_call("aten::baz", "Tensor_out", {});
  builder.delegate("OtherDelegate", "");
  EXPECT_EQ(
      load_error(builder),
      "loading method 'forward': the program needs delegates that no Runtime::add_delegate brought: OtherDelegate; "
      "and 3 kernels that no Runtime::add_kernels brought: aten::foo.out, aten::bar, aten::baz.Tensor_out");
  for (int i = 0; i < 100; ++i) builder.kernel_call("aten::operator" + std::to_string(i), "out", {});
  EXPECT_THAT(load_error(builder), HasSubstr("103 kernels"));
  EXPECT_THAT(load_error(builder), ::testing::EndsWith(" more"));
}

TEST_F(MethodTest, UnknownMethodIsNamed) {
  const Result<Method> method = Method::load(open(add_then_delegate()), "backward");
  EXPECT_STREQ(method.error().message(), "no method 'backward' in the program; its first is 'forward'");
}

TEST_F(MethodTest, NothingIsRegisteredTwice) {
  EXPECT_THAT(runtime.add_kernels(testing::kTestKernels).error().message(), HasSubstr("registered twice"));
  TestDelegate again;
  EXPECT_THAT(runtime.add_delegate(again).error().message(), HasSubstr("registered twice"));
}

TEST_F(MethodTest, StatesAreSharedPerProgramAndGroup) {
  open(add_then_delegate());
  {
    const Result<Method> a = Method::load(*program);
    const Result<Method> b = Method::load(*program);
    EXPECT_EQ(delegate.counter.program_states, 1);
    EXPECT_EQ(delegate.counter.group_states, 2);
    MethodGroup group(runtime);
    const Result<Method> c = Method::load(*program, "forward", &group);
    const Result<Method> d = Method::load(*program, "forward", &group);
    EXPECT_EQ(delegate.counter.group_states, 3);
    EXPECT_EQ(delegate.counter.handles, 4);
  }
  EXPECT_EQ(delegate.counter.group_states, 0);
  EXPECT_EQ(delegate.counter.program_states, 1);
  program.reset();
  EXPECT_EQ(delegate.counter.program_states, 0);
}

TEST_F(MethodTest, MethodsOfOneProgramRunOnManyThreads) {
  open(add_then_delegate());
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; ++round) {
        Result<Method> method = Method::load(*program);
        if (!method) return;
        const float x[] = {static_cast<float>(t), 2, 3};
        for (int i = 0; i < 20; ++i) {
          if (!method->set_input(0, DType::float32, std::vector<int32_t>{3}, x) || !method->execute()) return;
          right += (*method->output(0))->data_as<float>()[0] == static_cast<float>(t) + 10;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 4 * 20 * 20);
  EXPECT_EQ(delegate.counter.program_states, 1);
}

TEST_F(MethodTest, MovesLeaveNothingBehind) {
  open(add_then_delegate());
  const Program moved = std::move(*program);
  Result<Method> a = Method::load(moved);
  Method b = std::move(*a);
  ASSERT_TRUE(b.execute());
  b = Method::load(moved).value();
  EXPECT_TRUE(b.execute());
  EXPECT_EQ(moved.find("key")->size(), 5u);
  EXPECT_EQ(delegate.counter.handles, 1);
}

}  // namespace
}  // namespace ingot
