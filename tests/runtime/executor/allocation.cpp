// Nothing is allocated once a method is loaded: every call of the C library's allocator on this thread is counted. (The
// sanitizers bring allocators of their own, so these tests are for builds without.)

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/runtime/executor/test_kernels.h"
#include "tests/support/pte_builder.h"

namespace {
thread_local size_t allocations = 0;
}

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
  ++allocations;
  return __libc_realloc(block, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}

namespace ingot {
namespace {

std::vector<std::byte> program_of_all_instructions() {
  testing::PteBuilder builder;
  const int x = builder.planned(DType::float32, {64}, true);
  const int y = builder.planned(DType::float32, {64}, true);
  const int z = builder.planned(DType::float32, {64}, true);
  const int i = builder.integer(0), one = builder.integer(1), ten = builder.integer(10);
  const int done = builder.boolean(false);
  builder.input(x).output(z);
  builder.kernel_call("test::add", "out", {x, x, y, y});
  builder.kernel_call("test::copy", "out", {y, z, z});
  builder.delegate_call(builder.delegate("TestDelegate", "copy"), {y, z});
  builder.move_call(z, y);
  builder.kernel_call("executorch_prim::add", "Scalar", {i, one, i});
  builder.kernel_call("executorch_prim::ge", "Scalar", {i, ten, done});
  builder.jump_false(done, 0);
  builder.free_call(y);
  return builder.finish();
}

TEST(Allocation, IsCounted) {
  const size_t before = allocations;
  std::free(std::malloc(1));
  delete new int;
  EXPECT_GE(allocations, before + 1);
}

TEST(Allocation, EndsWithLoading) {
  testing::TestDelegate delegate;
  Runtime runtime;
  ASSERT_TRUE(runtime.add_kernels(testing::kTestKernels));
  ASSERT_TRUE(runtime.add_delegate(delegate));
  const std::vector<std::byte> file = program_of_all_instructions();
  const Result<Program> program = Program::from_memory(runtime, file);
  ASSERT_TRUE(program) << program.error().message();
  Result<Method> method = Method::load(*program);
  ASSERT_TRUE(method) << method.error().message();
  const float data[64] = {};
  int32_t sizes[] = {64};
  const size_t before = allocations;
  bool good = true;
  for (const int32_t n : {64, 3, 17, 64}) {
    sizes[0] = n;
    good = good && method->set_input(0, DType::float32, sizes, data) && method->execute() && method->output(0);
  }
  const bool refused = !method->set_input(0, DType::int8, sizes, data);  // errors do not allocate either
  const size_t after = allocations;
  EXPECT_TRUE(good);
  EXPECT_TRUE(refused);
  EXPECT_EQ(after, before);
}

// With the caller's memory a method's own tables take none from the heap, and a heap method takes two blocks: one for
// its tables, one for arenas and scratch.
TEST(Allocation, IsTheCallersWhereTheCallerWants) {
  Runtime runtime;
  ASSERT_TRUE(runtime.add_kernels(testing::kTestKernels));
  testing::PteBuilder builder;
  const int x = builder.planned(DType::float32, {64});
  const int y = builder.planned(DType::float32, {64});
  builder.kernel_call("test::copy", "out", {x, y, y});
  const std::vector<std::byte> file = builder.finish();
  const Result<Program> program = Program::from_memory(runtime, file);
  ASSERT_TRUE(program);
  const Result<MemoryRequirements> needed = program->memory_requirements("forward");
  ASSERT_TRUE(needed);
  std::vector<std::byte> block(needed->method_bytes), arena(static_cast<size_t>(needed->arena_bytes[0]));
  alignas(64) std::byte scratch[256];
  const std::span<std::byte> arenas[] = {arena};
  const MethodMemory memory{block, arenas, scratch};

  size_t before = allocations;
  {
    const Result<Method> method = Method::load(*program, "forward", memory);
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(method);
  }
  before = allocations;
  {
    const Result<Method> method = Method::load(*program);
    EXPECT_EQ(allocations, before + 2);
    EXPECT_TRUE(method);
  }
}

}  // namespace
}  // namespace ingot

#endif
