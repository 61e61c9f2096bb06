// How calls behave over time: sizes that change, memory that moves, wrong arguments, weights and workspaces that are
// shared, threads.

#include "delegate/xnnpack/run/call.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>

#include "delegate/xnnpack/run/packed_weights.h"
#include "delegate/xnnpack/run/threads.h"
#include "tests/delegate/xnnpack/run/fixture.h"

namespace ingot::xnnpack {
namespace {

using testing::HasSubstr;

constexpr uint32_t kIn = 24, kOut = 10;

// tanh(x W) of [rows, 24], which is declared with 8 rows.
PayloadWriter layer(const std::vector<float>& filter) {
  PayloadWriter writer;
  wire::NodeFullyConnectedT fc;
  fc.input1_id = writer.add_input(0, kFloat, Dims{8, kIn});
  fc.filter_id = writer.add_constant(kFloat, Dims{kOut, kIn}, as_bytes(filter));
  fc.bias_id = kNoId;
  fc.output_id = writer.add_internal(kFloat, Dims{8, kOut});
  writer.add_node(Type::FullyConnected, fc);
  wire::Node1x1T tanh;
  tanh.input_id = fc.output_id;
  tanh.output_id = writer.add_output(1, kFloat, Dims{8, kOut});
  writer.add_node(Type::Tanh, tanh);
  return writer;
}

std::vector<double> expected_of(const std::vector<float>& x, const std::vector<float>& filter) {
  std::vector<double> y;
  for (size_t row = 0; row < x.size() / kIn; ++row) {
    for (size_t o = 0; o < kOut; ++o) {
      double sum = 0;
      for (size_t i = 0; i < kIn; ++i) sum += double{x[row * kIn + i]} * filter[o * kIn + i];
      y.push_back(std::tanh(sum));
    }
  }
  return y;
}

TEST(Call, ShapesShrinkAndGrow) {
  const auto filter = sample(kOut * kIn, 0.2f, 2);
  const WrittenPayload written = layer(filter).finish();
  auto loaded = LoadedPayload::load(written, 2);
  ASSERT_TRUE(loaded) << loaded.error().message();
  OwnedTensor in(DType::float32, {40, kIn}, true), out(DType::float32, {40, kOut}, true);
  for (const int32_t rows : {8, 3, 40, 1, 40, 8}) {
    SCOPED_TRACE(rows);
    const auto x = sample(static_cast<size_t>(rows) * kIn, 2, static_cast<uint32_t>(rows));
    ASSERT_TRUE(in.get()->resize(std::vector<int32_t>{rows, kIn}));
    std::ranges::copy(x, in.get()->data_as<float>());
    const auto done = (*loaded)->execute({in.get(), out.get()});
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_THAT(out.get()->sizes(), testing::ElementsAre(rows, int32_t{kOut}));
    expect_near(expected_of(x, filter), out.items<float>(), 1e-5);
  }
}

TEST(Call, WrongArgumentsAreErrorsAndTheNextCallWorks) {
  const auto filter = sample(kOut * kIn, 0.2f, 2);
  const auto x = sample(8 * kIn);
  const WrittenPayload written = layer(filter).finish();
  auto loaded = LoadedPayload::load(written, 2);
  ASSERT_TRUE(loaded);
  auto in = OwnedTensor::of(DType::float32, {8, kIn}, x);
  OwnedTensor out(DType::float32, {8, kOut});
  const auto attempt = [&](Tensor* a, Tensor* b) {
    const auto done = (*loaded)->execute({a, b});
    const std::string message = done ? "" : done.error().message();
    const auto again = (*loaded)->execute({in.get(), out.get()});
    EXPECT_TRUE(again) << again.error().message();
    expect_near(expected_of(x, filter), out.items<float>(), 1e-5);
    return message;
  };
  OwnedTensor narrow(DType::float32, {8, kIn - 1}), halves(DType::float16, {8, kIn}), flat(DType::float32, {8 * kOut}),
      small(DType::float32, {7, kOut}), empty(DType::float32, {0, kIn}), unset(DType::float32, {8, kIn}),
      bytes(DType::int8, {8, kOut});
  unset.get()->set_data(nullptr, 0);
  EXPECT_THAT(attempt(narrow.get(), out.get()), HasSubstr("expected 24 columns"));
  EXPECT_THAT(attempt(halves.get(), out.get()), HasSubstr("argument 0 is float16, expected float32"));
  EXPECT_THAT(attempt(empty.get(), out.get()), HasSubstr("argument 0 has a size of 0"));
  EXPECT_THAT(attempt(unset.get(), out.get()), HasSubstr("argument 0 has no memory"));
  EXPECT_THAT(attempt(in.get(), bytes.get()), HasSubstr("argument 1 is int8, expected float32"));
  EXPECT_THAT(attempt(in.get(), flat.get()), HasSubstr("argument 1 has 1 dimensions, expected 2"));
  EXPECT_THAT(attempt(in.get(), small.get()), HasSubstr("size of dimension 0"));
  EXPECT_THAT((*loaded)->execute({in.get()}).error().message(), HasSubstr("1 arguments, expected 2"));
}

TEST(Call, FollowsMemoryThatMoves) {
  const auto filter = sample(kOut * kIn, 0.2f, 2);
  const WrittenPayload written = layer(filter).finish();
  auto loaded = LoadedPayload::load(written, 2);
  ASSERT_TRUE(loaded);
  for (uint32_t i = 0; i < 3; ++i) {
    const auto x = sample(8 * kIn, 2, i + 1);
    auto in = OwnedTensor::of(DType::float32, {8, kIn}, x);
    OwnedTensor out(DType::float32, {8, kOut});
    ASSERT_TRUE((*loaded)->execute({in.get(), out.get()}));
    expect_near(expected_of(x, filter), out.items<float>(), 1e-5);
  }
}

// Dimensions reach XNNPACK in the order in which they lie in memory.
TEST(Call, DimOrderPermutesSizes) {
  PayloadWriter writer;
  wire::Node1x1T node;
  node.input_id = writer.add_input(0, kFloat, Dims{1, 4, 5, 3});  // NHWC
  node.output_id = writer.add_output(1, kFloat, Dims{1, 4, 5, 3});
  writer.add_node(Type::Negate, node);
  const WrittenPayload written = std::move(writer).finish();
  auto loaded = LoadedPayload::load(written, 2);
  ASSERT_TRUE(loaded);
  OwnedTensor in(DType::float32, {1, 3, 4, 5}), out(DType::float32, {1, 3, 4, 5});
  in.set_dim_order({0, 2, 3, 1});
  out.set_dim_order({0, 2, 3, 1});
  std::iota(in.get()->data_as<float>(), in.get()->data_as<float>() + 60, 1.0f);
  const auto done = (*loaded)->execute({in.get(), out.get()});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(out.items<float>()[59], -60);
}

// Inputs that end at the end of a page with nothing behind it: XNNPACK reads beyond tensors, the delegate sees to it
// that this is harmless.
TEST(Call, ReadsNothingBehindAPage) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  auto* memory =
      static_cast<std::byte*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  ASSERT_EQ(mprotect(memory + page, page, PROT_NONE), 0);
  for (uint32_t count = 1; count < 40; ++count) {
    PayloadWriter writer;
    wire::Node2x1T node;
    node.input1_id = writer.add_input(0, int8_type(0.5f, 0), Dims{count});
    node.input2_id = writer.add_input(1, int8_type(0.5f, 0), Dims{count});
    node.output_id = writer.add_output(2, int8_type(0.5f, 0), Dims{count});
    writer.add_node(Type::Add, node);
    const WrittenPayload written = std::move(writer).finish();
    auto loaded = LoadedPayload::load(written, 3);
    ASSERT_TRUE(loaded);
    const auto size = static_cast<int32_t>(count);
    OwnedTensor a(DType::int8, {size}), b(DType::int8, {size}), out(DType::int8, {size});
    a.get()->set_data(memory + page - count, count);
    out.get()->set_data(memory + page - count, count);  // in place
    for (uint32_t i = 0; i < count; ++i) a.get()->data_as<int8_t>()[i] = static_cast<int8_t>(i);
    std::fill_n(b.get()->data_as<int8_t>(), count, int8_t{5});
    ASSERT_TRUE((*loaded)->execute({a.get(), b.get(), out.get()}));
    for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(out.get()->data_as<int8_t>()[i], static_cast<int8_t>(i + 5));
  }
  munmap(memory, 2 * page);
}

// Calls of one program that share packed weights and a workspace, where one grows the workspace under the other.
TEST(Call, SharesWeightsAndWorkspace) {
  XnnpackDelegate delegate;
  const std::unique_ptr<DelegateState> program(*delegate.make_program_state()), group(*delegate.make_group_state());
  const auto& weights = static_cast<const PackedWeights&>(*program);
  const auto filter = sample(kOut * kIn, 0.2f, 2), other = sample(kOut * kIn, 0.2f, 3);
  const WrittenPayload written = layer(filter).finish(), second = layer(other).finish();
  const WrittenData data(written), second_data(second);
  const auto init = [&](const WrittenPayload& payload, const WrittenData& names) {
    DelegateInit init;
    init.payload = payload.blob;
    init.named_data = &names;
    init.program_state = program.get();
    init.group_state = group.get();
    init.num_args = 2;
    auto handle = delegate.init(init);
    EXPECT_TRUE(handle) << handle.error().message();
    return std::unique_ptr<DelegateHandle>(*handle);
  };
  const auto a = init(written, data);
  const size_t once = weights.bytes();
  EXPECT_GT(once, 0u);
  const auto b = init(written, data);
  EXPECT_EQ(weights.bytes(), once);
  const auto c = init(second, second_data);  // after the others are ready to run
  EXPECT_EQ(weights.bytes(), 2 * once);

  OwnedTensor in(DType::float32, {500, kIn}, true), out(DType::float32, {500, kOut}, true);
  const auto check = [&](DelegateHandle& handle, int32_t rows, const std::vector<float>& used) {
    const auto x = sample(static_cast<size_t>(rows) * kIn, 2, static_cast<uint32_t>(rows));
    ASSERT_TRUE(in.get()->resize(std::vector<int32_t>{rows, kIn}));
    std::ranges::copy(x, in.get()->data_as<float>());
    Tensor* const args[] = {in.get(), out.get()};
    const auto done = handle.execute(args);
    ASSERT_TRUE(done) << done.error().message();
    expect_near(expected_of(x, used), out.items<float>(), 1e-5);
  };
  check(*a, 8, filter);
  check(*b, 500, filter);
  check(*a, 8, filter);
  check(*c, 100, other);
  check(*b, 500, filter);
  check(*a, 8, filter);
}

// A fully connected layer and tanh.
TEST(Call, SaysWhatItsOperatorsTake) {
  struct Steps final : Profiler {
    void took(const ProfiledStep& step) override {
      EXPECT_EQ(step.instruction, 7u);
      EXPECT_EQ(step.node, static_cast<int64_t>(names.size()));
      names.emplace_back(step.name);
    }
    std::vector<std::string> names;
  };
  XnnpackDelegate delegate;
  const WrittenPayload written = layer(sample(kOut * kIn)).finish();
  const WrittenData data(written);
  for (const bool is_profiled : {true, false}) {
    DelegateInit init;
    init.payload = written.blob;
    init.named_data = &data;
    init.num_args = 2;
    init.is_profiled = is_profiled;
    const std::unique_ptr<DelegateHandle> handle(*delegate.init(init));
    OwnedTensor in(DType::float32, {8, kIn}), out(DType::float32, {8, kOut});
    std::ranges::copy(sample(8 * kIn), in.get()->data_as<float>());
    Tensor* const args[] = {in.get(), out.get()};
    for (int run = 0; run < 2; ++run) {
      ASSERT_TRUE(handle->execute(args));
      Steps steps;
      handle->profile(7, steps);
      if (!is_profiled) {
        EXPECT_THAT(steps.names, testing::IsEmpty());
        continue;
      }
      ASSERT_EQ(steps.names.size(), 2u);
      EXPECT_THAT(steps.names[0], HasSubstr("Fully Connected"));
    }
  }
}

// XNNPACK plans memory for the sizes that a payload declares as soon as it is built.
TEST(Call, RefusesToPlanForMoreThanItsArgumentsHold) {
  XnnpackDelegate delegate;
  const std::unique_ptr<DelegateState> program(*delegate.make_program_state()), group(*delegate.make_group_state());
  const WrittenPayload written = layer(sample(kOut * kIn)).finish();
  const WrittenData data(written);
  const auto init = [&](int32_t rows) {
    OwnedTensor in(DType::float32, {rows, kIn}), out(DType::float32, {rows, kOut});
    Tensor* const args[] = {in.get(), out.get()};
    DelegateInit init;
    init.payload = written.blob;
    init.named_data = &data;
    init.program_state = program.get();
    init.group_state = group.get();
    init.num_args = 2;
    init.args = args;
    auto handle = delegate.init(init);
    if (handle) delete *handle;
    return handle ? std::string() : std::string(handle.error().message());
  };
  EXPECT_EQ(init(8), "");
  EXPECT_THAT(init(7), HasSubstr("bytes for argument 0, which has at most"));
}

// Threads initialise and run calls of one program at the same time, some on a shared pool.
TEST(Call, RunsInParallelOnThreads) {
  XnnpackDelegate delegate;
  const std::unique_ptr<DelegateState> program(*delegate.make_program_state());
  const auto filter = sample(kOut * kIn, 0.2f, 2);
  const WrittenPayload written = layer(filter).finish();
  const WrittenData data(written);
  auto pool = Threads::make(2);
  ASSERT_TRUE(pool);
  std::atomic<int> failures = 0;
  const auto work = [&](bool pooled) {
    for (int round = 0; round < 4; ++round) {
      const std::unique_ptr<DelegateState> group(*delegate.make_group_state());
      DelegateInit init;
      init.payload = written.blob;
      init.named_data = &data;
      init.program_state = program.get();
      init.group_state = group.get();
      init.num_args = 2;
      init.threadpool = pooled ? pool->pool() : nullptr;
      auto made = delegate.init(init);
      if (!made) {
        ++failures;
        return;
      }
      const std::unique_ptr<DelegateHandle> handle(*made);
      const auto x = sample(8 * kIn, 2, static_cast<uint32_t>(round + 1));
      const auto expected = expected_of(x, filter);
      auto in = OwnedTensor::of(DType::float32, {8, kIn}, x);
      OwnedTensor out(DType::float32, {8, kOut});
      Tensor* const args[] = {in.get(), out.get()};
      for (int run = 0; run < 20; ++run) {
        if (!handle->execute(args)) ++failures;
        for (size_t i = 0; i < expected.size(); ++i) failures += std::abs(out.items<float>()[i] - expected[i]) > 1e-4;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i % 2 == 0);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

TEST(Threads, CoverEveryItemOnce) {
  for (const size_t count : {1, 2, 3}) {
    auto threads = Threads::make(count);
    ASSERT_TRUE(threads);
    EXPECT_EQ(threads->size(), count);
    EXPECT_EQ(threads->pool() == nullptr, count == 1);
    std::vector<std::atomic<int>> hits(1000);
    parallel_for(threads->parallel(), hits.size(), 7, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) ++hits[i];
    });
    for (const auto& hit : hits) ASSERT_EQ(hit, 1);
  }
  EXPECT_GE(performance_cores(), 1u);
}

}  // namespace
}  // namespace ingot::xnnpack
