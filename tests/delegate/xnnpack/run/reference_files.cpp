// Programs that ExecuTorch's exporter made, run through the delegate, against what ExecuTorch's own runner answered.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "delegate/xnnpack/run/threads.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/include/ingot.hpp"
#include "runtime/npy/npy.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

struct Reference {
  const char* name;
  size_t inputs;
  double tolerance;  // relative to the largest answer
  double slack = 0;  // absolute besides: a step of the output's quantization
  friend void PrintTo(const Reference& reference, std::ostream* out) { *out << reference.name; }
};

class ReferenceFile : public ::testing::TestWithParam<Reference> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(runtime_.add_kernels(portable_kernels()));
    ASSERT_TRUE(runtime_.add_delegate(xnnpack_));
  }

  // Runs the method once on the recorded inputs and compares.
  static void run_and_compare(Method& method, const Reference& reference) {
    const std::string stem = std::string("executorch/") + reference.name;
    for (size_t i = 0; i < reference.inputs; ++i) {
      const auto input = read_npy(testing::shared_file(stem + ".input" + std::to_string(i) + ".npy"));
      ASSERT_TRUE(input) << input.error().message();
      const auto set = method.set_input(i, input->dtype, input->sizes, input->data.data());
      ASSERT_TRUE(set) << set.error().message();
    }
    const auto executed = method.execute();
    ASSERT_TRUE(executed) << executed.error().message();
    const auto expected = read_npy(testing::shared_file(stem + ".output0.npy"));
    ASSERT_TRUE(expected) << expected.error().message();
    const auto output = method.output(0);
    ASSERT_TRUE(output) << output.error().message();
    EXPECT_TRUE(testing::close_to(*expected, **output, reference.tolerance, reference.slack));
  }

  XnnpackDelegate xnnpack_;
  Runtime runtime_;
};

TEST_P(ReferenceFile, AnswersAsExecuTorchDoes) {
  const std::string path = INGOT_SHARED_FILE(std::string("executorch/") + GetParam().name + ".pte");
  const auto program = Program::open(runtime_, path.c_str());
  ASSERT_TRUE(program) << program.error().message();
  auto method = Method::load(*program);
  ASSERT_TRUE(method) << method.error().message();
  run_and_compare(*method, GetParam());
  run_and_compare(*method, GetParam());  // set up already
}

constexpr double kExact = 0;
constexpr Reference kReferences[] = {
    {"add_mul_elem_xnnpack_fp32", 2, 1e-5},
    {"add_mul_xnnpack_fp32", 3, 1e-5},
    {"bigmlp_xnnpack_fp32", 1, 1e-4},
    {"bigmlp_xnnpack_q8", 1, 1e-5},
    {"bigmlp_xnnpack_qd8", 1, 0.02},
    {"conv1_xnnpack_fp32", 1, 1e-4},
    {"conv1_xnnpack_q8", 1, 1e-5},
    {"linear_xnnpack_fp32", 1, 1e-4},
    {"linear_xnnpack_q8", 1, 1e-5},
    {"linear_xnnpack_qd8", 1, 0.02},
    {"mlp_xnnpack_fp32", 1, 1e-4},
    {"mlp_xnnpack_q8", 1, 1e-5},
    {"mlp_xnnpack_qd8", 1, 0.02},
    {"mobilenet_v2_xnnpack_fp32", 1, 1e-4},
    {"mobilenet_v2_xnnpack_q8", 1, kExact},
    {"mobilenet_v3_small_xnnpack_fp32", 1, 1e-4},
    {"mobilenet_v3_small_xnnpack_q8", 1, kExact},
    {"softmax_xnnpack_fp32", 1, 1e-5},
    {"transformer_encoder_xnnpack_fp32", 1, 1e-4},
};
INSTANTIATE_TEST_SUITE_P(All, ReferenceFile, ::testing::ValuesIn(kReferences),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace ingot
