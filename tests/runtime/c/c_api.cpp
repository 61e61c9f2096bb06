#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/include/ingot.h"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> sum_program() {
  testing::PteBuilder builder;
  const int a = builder.planned(DType::float32, {2}, true);
  const int b = builder.planned(DType::float32, {2}, true);
  const int alpha = builder.integer(1);
  const int out = builder.planned(DType::float32, {2}, true);
  builder.input(a).input(b).output(out);
  builder.kernel_call("aten::add", "out", {a, b, alpha, out, out});
  return builder.finish();
}

class CApi : public ::testing::Test {
 protected:
  CApi() : file(sum_program()) {
    EXPECT_EQ(ingot_runtime_create(&runtime), INGOT_OK);
    EXPECT_EQ(ingot_runtime_add_portable_kernels(runtime), INGOT_OK);
    EXPECT_EQ(ingot_program_from_memory(runtime, file.data(), file.size(), &program), INGOT_OK);
  }
  ~CApi() override {
    ingot_method_destroy(method);
    ingot_program_destroy(program);
    ingot_runtime_destroy(runtime);
  }
  void run() {
    const int32_t sizes[] = {2};
    const float a[] = {1, 2}, b[] = {10, 20};
    ASSERT_EQ(ingot_method_set_input(method, 0, INGOT_FLOAT32, sizes, 1, a), INGOT_OK);
    ASSERT_EQ(ingot_method_set_input(method, 1, INGOT_FLOAT32, sizes, 1, b), INGOT_OK);
    ASSERT_EQ(ingot_method_execute(method), INGOT_OK);
    ingot_tensor output = {sizeof output};
    ASSERT_EQ(ingot_method_output(method, 0, &output), INGOT_OK);
    EXPECT_EQ(static_cast<const float*>(output.data)[1], 22);
    EXPECT_EQ(output.nbytes, 8u);
    EXPECT_EQ(output.strides[0], 1);
  }
  std::vector<std::byte> file;
  ingot_runtime* runtime = nullptr;
  ingot_program* program = nullptr;
  ingot_method* method = nullptr;
};

TEST_F(CApi, Runs) {
  ASSERT_EQ(ingot_method_load(program, "forward", &method), INGOT_OK);
  run();
}

TEST_F(CApi, RunsInTheCallersMemory) {
  ingot_memory_requirements needed = {sizeof needed};
  ASSERT_EQ(ingot_program_memory_requirements(program, "forward", &needed), INGOT_OK);
  ASSERT_EQ(needed.num_arenas, 1u);
  std::vector<std::byte> block(needed.method_bytes), arena(static_cast<size_t>(needed.arena_bytes[0]));
  std::vector<std::byte> scratch(needed.scratch_bytes + 64);
  const uintptr_t start = (reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64;
  void* const arenas[] = {arena.data()};
  const size_t arena_bytes[] = {arena.size()};
  ingot_method_memory memory = {sizeof memory,
                                block.data(),
                                block.size(),
                                reinterpret_cast<void*>(start),
                                needed.scratch_bytes,
                                1,
                                arenas,
                                arena_bytes,
                                nullptr,
                                0};
  ASSERT_EQ(ingot_method_load_in(program, "forward", &memory, &method), INGOT_OK);
  run();
  ingot_method_destroy(method);
  method = nullptr;
  --memory.method_bytes;
  EXPECT_EQ(ingot_method_load_in(program, "forward", &memory, &method), INGOT_OUT_OF_MEMORY);
  memory.struct_size = 8;
  EXPECT_EQ(ingot_method_load_in(program, "forward", &memory, &method), INGOT_INVALID_ARGUMENT);
}

TEST_F(CApi, DescribesMethods) {
  EXPECT_EQ(ingot_program_num_methods(program), 1u);
  ingot_method_info info = {sizeof info};
  ASSERT_EQ(ingot_program_method_info(program, 0, &info), INGOT_OK);
  EXPECT_STREQ(info.name, "forward");
  EXPECT_EQ(info.num_inputs, 2u);
  ingot_tensor_info input = {sizeof input};
  ASSERT_EQ(ingot_program_input_info(program, "forward", 1, &input), INGOT_OK);
  EXPECT_EQ(input.dtype, INGOT_FLOAT32);
  EXPECT_EQ(input.sizes[0], 2);
  EXPECT_EQ(input.resizable, 1);
  EXPECT_EQ(ingot_program_output_info(program, "forward", 1, &input), INGOT_INVALID_ARGUMENT);
}

TEST_F(CApi, FillsOnlyWhatTheCallerHasRoomFor) {
  ingot_tensor_info info;
  std::memset(&info, 0x55, sizeof info);
  info.struct_size = offsetof(ingot_tensor_info, rank);  // an older caller's structure
  ASSERT_EQ(ingot_program_input_info(program, "forward", 0, &info), INGOT_OK);
  EXPECT_EQ(info.dtype, INGOT_FLOAT32);
  EXPECT_EQ(info.struct_size, offsetof(ingot_tensor_info, rank));
  EXPECT_EQ(info.rank, 0x5555555555555555u);
  info.struct_size = 0;
  EXPECT_EQ(ingot_program_input_info(program, "forward", 0, &info), INGOT_INVALID_ARGUMENT);
}

TEST_F(CApi, ReportsErrorsPerThread) {
  ingot_program* missing = nullptr;
  EXPECT_EQ(ingot_program_open(runtime, "/nowhere.pte", INGOT_SOURCE_MAP, &missing), INGOT_NOT_FOUND);
  EXPECT_EQ(missing, nullptr);
  EXPECT_THAT(ingot_error_message(), HasSubstr("cannot open '/nowhere.pte'"));
  std::thread([] { EXPECT_STREQ(ingot_error_message(), ""); }).join();
  EXPECT_STREQ(ingot_status_name(INGOT_NOT_FOUND), "not found");
  EXPECT_STREQ(ingot_status_name(INGOT_OK), "ok");
  EXPECT_STREQ(ingot_status_name(99), "unknown error");
}

TEST_F(CApi, RefusesNullPointersAndUnknownNumbers) {
  ingot_program* other = nullptr;
  EXPECT_EQ(ingot_runtime_create(nullptr), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_runtime_add_portable_kernels(nullptr), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_program_open(nullptr, "x", 0, &other), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_program_open(runtime, "x", 7, &other), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_method_load(nullptr, "forward", &method), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_method_execute(nullptr), INGOT_INVALID_ARGUMENT);
  ASSERT_EQ(ingot_method_load(program, "forward", &method), INGOT_OK);
  const int32_t sizes[] = {2};
  const float a[] = {1, 2};
  EXPECT_EQ(ingot_method_set_input(method, 0, 256 + INGOT_FLOAT32, sizes, 1, a), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_method_set_input(method, 0, INGOT_FLOAT32, nullptr, 1, a), INGOT_INVALID_ARGUMENT);
  EXPECT_EQ(ingot_method_set_input(method, 9, INGOT_FLOAT32, sizes, 1, a), INGOT_INVALID_ARGUMENT);
  ingot_method_destroy(nullptr);
  ingot_program_destroy(nullptr);
  ingot_runtime_destroy(nullptr);
}

}  // namespace
}  // namespace ingot
