// Which products stay float because they are faster so: what is timed, and what becomes of the times.
#include "compiler/quantize/tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/ir/text.h"
#include "compiler/ir/verify.h"
#include "compiler/quantize/quantize.h"

namespace ingot::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An image, two depthwise filters between point-wise ones, and a classifier whose weights are most of all.
constexpr const char* kNetwork = R"(graph forward(%x: float32[1, 3, 8, 8]) {
  %w0 = const float32[4, 3, 3, 3] seed 1
  %w1 = const float32[4, 1, 3, 3] seed 2
  %w2 = const float32[4, 4, 1, 1] seed 3
  %w3 = const float32[4, 1, 5, 5] seed 4
  %m = const float32[256, 90] seed 5
  %a = aten::convolution(%x, %w0, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 1) @"image"
  %b = aten::hardtanh(%a, 0.0, 6.0)
  %c = aten::convolution(%b, %w1, none, [1, 1], [1, 1], [1, 1], false, [0, 0], 4) @"small"
  %d = aten::convolution(%c, %w2, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1) @"points"
  %e = aten::convolution(%d, %w3, none, [1, 1], [2, 2], [1, 1], false, [0, 0], 4) @"large"
  %f = aten::view_copy(%e, [1, 256])
  %g = aten::mm(%f, %m) @"classes"
  return %g
})";

class TuneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto parsed = parse(kNetwork);
    ASSERT_TRUE(parsed) << parsed.error().message();
    graph = std::move(*parsed);
  }

  // The names of what is left in float where float takes so many times as long as integers, by layer; 2 for others.
  std::vector<std::string> in_float(const std::map<std::string, double>& ratios, bool images_last = true) {
    const Scheme scheme = make_scheme(graph, {});
    const std::vector<AffineParameters> parameters(scheme.groups.size(), AffineParameters{0.125, 3});
    const auto stopwatch = [&](Graph in_integers, Graph in_floats) -> Result<FormTimes> {
      for (const Graph* form : {&in_integers, &in_floats}) {
        const auto verified = verify(*form, Stage::canonical, Target::ingot);
        EXPECT_TRUE(verified) << verified.error().message() << print(*form);
      }
      const auto product = std::ranges::find_if(in_floats.nodes(), [](const auto& n) { return !n->source().empty(); });
      const std::string name = (*product)->source();
      timed[name] = {print(in_integers), print(in_floats)};
      return FormTimes{1, ratios.contains(name) ? ratios.at(name) : 2};
    };
    auto chosen = faster_in_float(graph, scheme, parameters, images_last, stopwatch, {});
    EXPECT_TRUE(chosen) << chosen.error().message();
    std::vector<std::string> names;
    for (const Node* node : chosen ? *chosen : std::vector<const Node*>()) names.push_back(node->source());
    return names;
  }

  Graph graph;
  std::map<std::string, std::pair<std::string, std::string>> timed;  // both forms as text
};

TEST_F(TuneTest, OnlyWhatIsClearlyFasterStaysFloat) {
  EXPECT_THAT(in_float({}), IsEmpty());
  EXPECT_THAT(in_float({{"small", 0.95}}), IsEmpty());
  EXPECT_THAT(in_float({{"small", 0.85}}), ElementsAre("small"));
  EXPECT_EQ(timed.size(), 5u);
}

// A hundredth of 94 kB is room for both depthwise filters and not for the classifier.
TEST_F(TuneTest, WhatSavesMostForItsBytesComesFirst) {
  EXPECT_THAT(in_float({{"small", 0.5}, {"large", 0.5}, {"classes", 0.1}}), ElementsAre("small", "large"));
  EXPECT_THAT(in_float({{"small", 0.8}, {"large", 0.2}}), ElementsAre("large", "small"));
  EXPECT_THAT(in_float({{"image", 0.2}, {"small", 0.5}, {"large", 0.5}}), ElementsAre("small", "image", "large"));
}

// Conversions count where the other form needs none.
TEST_F(TuneTest, EachFormIsTimedBetweenItsNeighbours) {
  in_float({});
  const auto& [image, image_in_float] = timed.at("image");
  EXPECT_EQ(image.find("graph unit(%x: float32[1, 3, 8, 8] order [0, 2, 3, 1])"), 0u) << image;
  EXPECT_EQ(image_in_float.find("graph unit(%x: float32[1, 3, 8, 8] order [0, 2, 3, 1])"), 0u) << image_in_float;
  EXPECT_THAT(image, HasSubstr("const int8[4, 3, 3, 3]"));
  EXPECT_THAT(image_in_float, HasSubstr("const float32[4, 3, 3, 3]"));
  EXPECT_THAT(image, HasSubstr("aten::hardtanh"));
  const auto& [small, small_in_float] = timed.at("small");
  for (const std::string& text : {small, small_in_float}) {
    EXPECT_EQ(text.find("graph unit(%b: int8[1, 4, 8, 8] order [0, 2, 3, 1])"), 0u) << text;
    EXPECT_THAT(text, HasSubstr("int8[1, 4, 8, 8] order [0, 2, 3, 1] = quantized_decomposed::quantize_per_tensor"));
  }
  const auto& [classes, classes_in_float] = timed.at("classes");
  EXPECT_THAT(classes, HasSubstr("float32[1, 90] = quantized_decomposed::dequantize_per_tensor"));
  EXPECT_THAT(classes_in_float, Not(HasSubstr("::quantize_per_tensor(")));
  in_float({}, false);
  EXPECT_EQ(timed.at("small").first.find("graph unit(%b: int8[1, 4, 8, 8])"), 0u) << timed.at("small").first;
}

// Whatever the times are on this machine, the layers are all there, with a reason where they are float.
TEST_F(TuneTest, ARealStopwatchDecides) {
  const auto report = quantize(graph, {.tune = true});
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->total, 5);
  for (const auto& layer : report->layers) {
    EXPECT_EQ(layer.reason, layer.dtype == "int8" ? "" : "it is faster in float on this machine");
  }
  const auto verified = verify(graph, Stage::canonical, Target::executorch);
  EXPECT_TRUE(verified) << verified.error().message();
}

}  // namespace
}  // namespace ingot::compiler
