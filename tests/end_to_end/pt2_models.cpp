// The torch.export archives beside the checkout (../shared): those with recorded outputs give them, by XNNPACK and by
// portable kernels; the small ones of both versions of PyTorch compile, or are refused for the reason that stands here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/end_to_end/pipeline.h"
#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using testing::Way;

struct Recorded {
  const char* name;  // below ../shared/executorch
  size_t inputs = 1;
  double step = 0;                 // of a quantized output
  double delegated_tolerance = 0;  // where the delegate rounds otherwise than PyTorch's graph: absolute
};

const Recorded kRecorded[] = {
    {"add_mul", 3},
    {"add_mul_elem", 2},
    {"bigmlp"},
    {"conv1"},
    {"conv1_q8", 1, 0.00986592},
    {"linear"},
    {"linear_q8", 1, 0.00956416},
    // XNNPACK finds the scales of each row by itself, PyTorch's graph one for all of them.
    {"linear_qd8", 1, 0, 0.0125},
    {"mlp"},
    {"mlp_q8", 1, 0.00468896},
    {"mlp_qd8", 1, 0, 0.005},
    {"mobilenet_v3_small"},
    {"softmax"},
    {"transformer_encoder"},
};

void PrintTo(const Recorded& recorded, std::ostream* out) {
  *out << recorded.name;
}

void check(const Recorded& recorded, Way way) {
  const std::string stem = std::string("executorch/") + recorded.name;
  compiler::CompileOptions options;
  options.model_path = INGOT_SHARED_FILE(stem + ".pt2");
  std::vector<Array> inputs;
  for (size_t i = 0; i < recorded.inputs; ++i) {
    auto input = read_npy(INGOT_SHARED_FILE(stem + ".input" + std::to_string(i) + ".npy"));
    ASSERT_TRUE(input) << input.error().message();
    inputs.push_back(std::move(*input));
  }
  const auto expected = read_npy(INGOT_SHARED_FILE(stem + ".output0.npy"));
  ASSERT_TRUE(expected) << expected.error().message();
  const auto built = testing::build(options, way);
  ASSERT_TRUE(built) << built.error().message();
  const auto outputs = testing::run(built->file, inputs);
  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), 1u);
  double slack = recorded.step;
  if (way == Way::delegated && recorded.delegated_tolerance > 0) slack = recorded.delegated_tolerance;
  EXPECT_TRUE(testing::close_to(*expected, (*outputs)[0], 1e-4, slack));
}

class Pt2Models : public ::testing::TestWithParam<Recorded> {};

TEST_P(Pt2Models, AnswerAsRecordedWithXnnpack) {
  check(GetParam(), Way::delegated);
}

TEST_P(Pt2Models, AnswerAsRecordedWithPortableKernels) {
  check(GetParam(), Way::portable);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Pt2Models, ::testing::ValuesIn(kRecorded),
                         [](const auto& info) { return std::string(info.param.name); });

struct Small {
  const char* name;                 // below ../shared/pt2, without the version
  std::vector<int64_t> sizes = {};  // of its first input, where they are open
  const char* refusal = nullptr;    // what the error must contain
  bool both_versions = true;
};

const Small kSmall[] = {
    {"auto", {3, 4}},
    {"cond", {}, "control flow"},
    {"dyn", {3, 4}},
    {"dynconv", {1, 1, 8, 10}},
    {"encoder"},
    {"grad"},
    {"idx"},
    {"item", {}, "what the model computes when it runs"},
    {"lstm"},
    {"lstm_core"},
    {"misc"},
    {"mut", {}, "exported in training mode"},
    {"mut_core", {}, "exported in training mode"},
    {"sym", {7}, nullptr, false},
    {"two_conv_relu"},
    {"two_conv_relu_core"},
    {"view"},
};

void PrintTo(const Small& small, std::ostream* out) {
  *out << small.name;
}

class SmallPt2Models : public ::testing::TestWithParam<Small> {};

TEST_P(SmallPt2Models, CompileOrAreRefused) {
  const Small& small = GetParam();
  for (const char* version : {"2.14.1", "2.6.0"}) {
    if (!small.both_versions && std::string(version) == "2.6.0") continue;
    const std::string name = std::string("pt2/") + small.name + "_torch" + version + ".pt2";
    SCOPED_TRACE(name);
    compiler::CompileOptions options;
    options.model_path = INGOT_SHARED_FILE(name);
    if (!small.sizes.empty()) options.input_shapes.emplace_back("", compiler::to_shape(small.sizes));
    for (const Way way : testing::kBothWays) {
      const auto built = testing::build(options, way);
      if (small.refusal == nullptr) {
        EXPECT_TRUE(built) << built.error().message();
        continue;
      }
      ASSERT_FALSE(built) << "it compiles: take it off the list";
      EXPECT_THAT(built.error().message(), ::testing::HasSubstr(small.refusal));
      EXPECT_EQ(built.error().code(), ErrorCode::not_supported);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, SmallPt2Models, ::testing::ValuesIn(kSmall),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace ingot
