// Histograms lose nothing when they widen or are merged; parameters cover what they should.
#include "compiler/quantize/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "compiler/quantize/parameters.h"

namespace ingot::compiler {
namespace {

std::vector<float> normal_numbers(size_t count, float scale, uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (float& x : numbers) x = normal(engine) * scale;
  return numbers;
}

uint64_t count_of(const Histogram& histogram) {
  uint64_t total = 0;
  histogram.for_each_bin([&](double, uint64_t count) { total += count; });
  return total;
}

TEST(HistogramTest, CountsEveryNumberOnceHoweverItWidens) {
  Histogram histogram;
  uint64_t added = 0;
  for (const float scale : {1e-20f, 1e-3f, 1.0f, 0.1f, 1e10f, 5.0f}) {
    histogram.add(normal_numbers(1000, scale, 1));
    added += 1000;
    EXPECT_EQ(count_of(histogram), added);
  }
  EXPECT_EQ(histogram.count(), added);
}

TEST(HistogramTest, BinsHoldWhatLiesInThem) {
  Histogram histogram;
  histogram.add(std::vector<float>{-1, -0.5f, 0.25f, 3});
  std::vector<double> lefts;
  histogram.for_each_bin([&](double left, uint64_t) { lefts.push_back(left); });
  ASSERT_EQ(lefts.size(), 4u);
  const double width = histogram.bin_width();
  EXPECT_LE(width, 4.0 / (Histogram::kMaxBins / 2 - 2));
  for (size_t i = 0; i < 4; ++i) {
    const double x = std::vector<double>{-1, -0.5, 0.25, 3}[i];
    EXPECT_LE(lefts[i], x);
    EXPECT_GT(lefts[i] + width, x);
  }
}

TEST(HistogramTest, MergingEqualsAddingAll) {
  const auto a = normal_numbers(3000, 1, 1), b = normal_numbers(3000, 20, 2);
  Histogram both, one, other;
  both.add(a);
  both.add(b);
  one.add(a);
  other.add(b);
  one.add(other);
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  std::vector<std::pair<double, uint64_t>> expected, found;
  both.for_each_bin([&](double left, uint64_t count) { expected.emplace_back(left, count); });
  one.for_each_bin([&](double left, uint64_t count) { found.emplace_back(left, count); });
  EXPECT_EQ(found, expected);
}

TEST(HistogramTest, NumbersThatAreNotFiniteAreCountedApart) {
  Histogram histogram;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  histogram.add(std::vector<float>{1, kInfinity, std::nanf(""), 2, -kInfinity});
  EXPECT_EQ(histogram.nonfinite(), 3u);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.max(), 2);
}

TEST(ParametersTest, ZeroIsExactAndTheRangeIsCovered) {
  for (const auto& [low, high] : {std::pair(-1.0, 3.0), {0.5, 2.0}, {-4.0, -1.0}, {-1e-30, 1e-30}, {0.0, 0.0}}) {
    const AffineParameters p = parameters_for(low, high);
    EXPECT_GE(p.zero_point, -128);
    EXPECT_LE(p.zero_point, 127);
    EXPECT_LE(p.low(), low + p.scale / 2);
    EXPECT_GE(p.high(), high - p.scale / 2);
  }
}

TEST(ParametersTest, LeastSquaresCutsOffWhatIsRare) {
  std::vector<float> numbers = normal_numbers(100000, 1, 3);
  numbers.push_back(200);
  Histogram histogram;
  histogram.add(numbers);
  const AffineParameters all = choose_parameters(histogram, Observer::min_max);
  const AffineParameters best = choose_parameters(histogram, Observer::least_squares);
  EXPECT_NEAR(all.high(), 200, 1);
  EXPECT_LT(squared_error(histogram, best), squared_error(histogram, all));
  EXPECT_LT(best.high(), 180);
}

TEST(ParametersTest, TheErrorIsThatOfTheNumbersThemselves) {
  const std::vector<float> numbers = normal_numbers(200000, 2, 4);
  Histogram histogram;
  histogram.add(numbers);
  const AffineParameters p = parameters_for(-5, 4);
  double sum = 0;
  for (const double x : numbers) {
    const double d = std::clamp(std::nearbyint(x / p.scale) * p.scale, p.low(), p.high()) - x;
    sum += d * d;
  }
  EXPECT_NEAR(squared_error(histogram, p) / (sum / static_cast<double>(numbers.size())), 1, 0.02);
}

TEST(ParametersTest, ABiasFitsItsScale) {
  const double scale = weight_scale(1e-9, 1000, 0.01);
  EXPECT_LT(1000 / (scale * 0.01), 0x1p31);
  EXPECT_NEAR(weight_scale(2.54, 0.1, 0.01), 0.02, 1e-8);
  EXPECT_GT(weight_scale(0, 0, 0.01), 0);
}

}  // namespace
}  // namespace ingot::compiler
