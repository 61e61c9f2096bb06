// examples/digits: the network that tools/demo shows gives PyTorch's scores and reads as many digits right.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/include/ingot.hpp"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"

namespace ingot {
namespace {

constexpr size_t kPixels = 64, kClasses = 10;

std::string example(const std::string& name) {
  return std::string(INGOT_SOURCE_DIR) + "/examples/digits/" + name;
}

// The scores of all images, one execution each.
Result<Array> read_images(std::span<const std::byte> file, std::span<const float> images) {
  XnnpackDelegate delegate;
  Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(portable_kernels()));
  INGOT_TRY_VOID(runtime.add_kernels(quantized_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(delegate));
  const Program program = INGOT_TRY(Program::from_memory(runtime, file));
  Method method = INGOT_TRY(Method::load(program));
  const int32_t sizes[] = {1, 1, 8, 8};
  Array scores;
  scores.sizes = {static_cast<int32_t>(images.size() / kPixels), kClasses};
  for (size_t i = 0; i < images.size(); i += kPixels) {
    INGOT_TRY_VOID(method.set_input(0, DType::float32, sizes, images.data() + i));
    INGOT_TRY_VOID(method.execute());
    const Array output = testing::to_array(*INGOT_TRY(method.output(0)));
    scores.data.insert(scores.data.end(), output.data.begin(), output.data.end());
  }
  return scores;
}

class Digits : public ::testing::TestWithParam<testing::Way> {};

TEST_P(Digits, AreReadAsInPyTorch) {
  const auto images = read_npy(example("test_images.npy"));
  const auto labels = read_npy(example("test_labels.npy"));
  const auto logits = read_npy(example("test_logits.npy"));
  ASSERT_TRUE(images && labels && logits);
  compiler::CompileOptions options;
  options.model_path = example("digits.onnx");
  const auto built = testing::build(options, GetParam());
  ASSERT_TRUE(built) << built.error().message();
  if (GetParam() == testing::Way::delegated) {
    EXPECT_EQ(built->report.partition.delegate_calls, 1);
    EXPECT_TRUE(built->report.partition.left_out.empty());
  }
  const auto scores = read_images(built->file, images->as<float>());
  ASSERT_TRUE(scores) << scores.error().message();
  EXPECT_TRUE(testing::close_to(*logits, *scores, 1e-4));
  size_t right = 0;
  for (size_t i = 0; i < labels->as<int64_t>().size(); ++i) {
    const auto row = scores->as<float>().subspan(i * kClasses, kClasses);
    right += std::ranges::max_element(row) - row.begin() == labels->as<int64_t>()[i];
  }
  EXPECT_EQ(right, 358u);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Digits, ::testing::ValuesIn(testing::kBothWays),
                         [](const auto& info) { return to_string(info.param); });

}  // namespace
}  // namespace ingot
