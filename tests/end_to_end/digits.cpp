// examples/digits: the network that tools/demo shows gives PyTorch's scores and reads as many digits right.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "delegate/xnnpack/lower/xnnpack_lowering.h"
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

size_t count_right(const Array& scores, const Array& labels) {
  size_t right = 0;
  for (size_t i = 0; i < labels.as<int64_t>().size(); ++i) {
    const auto row = scores.as<float>().subspan(i * kClasses, kClasses);
    right += std::ranges::max_element(row) - row.begin() == labels.as<int64_t>()[i];
  }
  return right;
}

class Digits : public ::testing::TestWithParam<testing::Way> {
 protected:
  void SetUp() override {
    auto read_all = [](const char* name, Array* to) {
      auto array = read_npy(example(name));
      ASSERT_TRUE(array) << array.error().message();
      *to = std::move(*array);
    };
    read_all("test_images.npy", &images);
    read_all("test_labels.npy", &labels);
    read_all("test_logits.npy", &logits);
    options.model_path = example("digits.onnx");
  }
  // The scores of the network as these options make it: in one call, where it is delegated.
  Array scores() {
    const auto built = testing::build(options, GetParam());
    EXPECT_TRUE(built) << built.error().message();
    if (!built) return {};
    if (GetParam() == testing::Way::delegated) {
      EXPECT_EQ(built->report.partition.delegate_calls, 1);
      EXPECT_TRUE(built->report.partition.left_out.empty());
    }
    auto read = read_images(built->file, images.as<float>());
    EXPECT_TRUE(read) << read.error().message();
    return read ? std::move(*read) : Array();
  }

  Array images, labels, logits;
  compiler::CompileOptions options;
};

TEST_P(Digits, AreReadAsInPyTorch) {
  const Array found = scores();
  EXPECT_TRUE(testing::close_to(logits, found, 1e-4));
  EXPECT_EQ(count_right(found, labels), 358u);
}

// Calibrated on images that the network was trained with.
TEST_P(Digits, AreReadAsWellInEightBits) {
  xnnpack::XnnpackLowering lowering;
  options.quantize.emplace();
  options.quantize->calibration_data = example("calibration_images.npy");
  if (GetParam() == testing::Way::delegated) {
    options.quantize->lowering = options.quantize->target = &lowering;
  } else {
    options.target = compiler::Target::ingot;
  }
  EXPECT_GE(count_right(scores(), labels), 357u);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Digits, ::testing::ValuesIn(testing::kBothWays),
                         [](const auto& info) { return to_string(info.param); });

}  // namespace
}  // namespace ingot
