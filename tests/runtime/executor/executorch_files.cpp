// Files that ExecuTorch's exporter made, with the answers of its own runner.

#include <gtest/gtest.h>

#include <string>

#include "runtime/include/ingot.hpp"
#include "runtime/npy/npy.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

class ExecutorchPortable : public ::testing::TestWithParam<const char*> {};

TEST_P(ExecutorchPortable, GivesTheRecordedOutput) {
  const std::string stem = std::string("executorch/") + GetParam();
  const std::string path = INGOT_SHARED_FILE(stem + ".pte");
  Runtime runtime;
  const Result<void> added = runtime.add_kernels(portable_kernels());
  ASSERT_TRUE(added) << added.error().message();
  for (const Program::Source source : {Program::Source::map, Program::Source::read}) {
    const Result<Program> program = Program::open(runtime, path.c_str(), source);
    ASSERT_TRUE(program) << program.error().message();
    Result<Method> method = Method::load(*program);
    ASSERT_TRUE(method) << method.error().message();
    for (size_t i = 0; i < method->num_inputs(); ++i) {
      const Result<Array> input = read_npy(INGOT_SHARED_FILE(stem + ".input" + std::to_string(i) + ".npy"));
      ASSERT_TRUE(input) << input.error().message();
      const Result<void> set = method->set_input(i, input->dtype, input->sizes, input->data.data());
      ASSERT_TRUE(set) << set.error().message();
    }
    const Result<void> run = method->execute();
    ASSERT_TRUE(run) << run.error().message();
    for (size_t i = 0; i < method->num_outputs(); ++i) {
      const Result<Array> expected = read_npy(INGOT_SHARED_FILE(stem + ".output" + std::to_string(i) + ".npy"));
      ASSERT_TRUE(expected) << expected.error().message();
      EXPECT_TRUE(testing::close_to(*expected, **method->output(i), 1e-4));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ExecutorchPortable,
                         ::testing::Values("add_mul_elem_portable", "add_mul_portable", "conv1_portable",
                                           "linear_portable", "mlp_portable", "softmax_portable",
                                           "transformer_encoder_portable", "mobilenet_v2_portable",
                                           "mobilenet_v3_small_portable"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ingot
