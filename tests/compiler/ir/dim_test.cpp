#include "compiler/ir/dim.h"

#include <gtest/gtest.h>

#include <limits>

namespace ingot::compiler {
namespace {

const Dim s0 = Dim::symbol("s0", 1, 64);
const Dim s1 = Dim::symbol("s1", 2, 10);

TEST(Dim, StaticSizesAreNumbers) {
  EXPECT_EQ(Dim(3) + 4, Dim(7));
  EXPECT_EQ(floor_div(Dim(-7), 2), Dim(-4));
  EXPECT_EQ(ceil_div(Dim(7), 2), Dim(4));
  EXPECT_EQ(max(Dim(3), Dim(5)), Dim(5));
  EXPECT_TRUE((Dim(3) * 4).is_static());
}

TEST(Dim, AlgebraIsRecognized) {
  EXPECT_EQ(s0 + 1 - s0, Dim(1));
  EXPECT_EQ(s0 * 2 + s1 * s0, s0 * (s1 + 2));
  EXPECT_EQ((s0 + s1) * (s0 - s1), s0 * s0 - s1 * s1);
  EXPECT_NE(s0, s1);
  EXPECT_NE(s0, Dim(64));
}

TEST(Dim, DivisionTakesOutWholeMultiples) {
  EXPECT_EQ(floor_div(s0 * 6, 3), s0 * 2);
  EXPECT_EQ(floor_div(s0 * s1 * 12, s0 * 4), s1 * 3);
  EXPECT_EQ(floor_div(s0 * 2 + 1, 2), s0);
  EXPECT_EQ(floor_div(s0 - 1, 2) + 1, floor_div(s0 + 1, 2));
  EXPECT_EQ(floor_div(floor_div(s0 + 1, 2) + 1, 2), floor_div(s0 + 3, 4));
  EXPECT_EQ(floor_div(s0, s0), Dim(1));
  EXPECT_EQ(floor_div(s0, 0), Dim(0));
}

TEST(Dim, BoundsFollow) {
  const Dim d = floor_div(s0 + 3, 2) * s1;
  EXPECT_EQ(d.min(), 4);
  EXPECT_EQ(d.max(), 33 * 10);
  EXPECT_EQ((s0 - s1).min(), -9);
  EXPECT_EQ((s0 - s1).max(), 62);
  EXPECT_EQ(max(s0, Dim(100)), Dim(100));
  EXPECT_EQ(min(s0, Dim(100)), s0);
  EXPECT_FALSE(max(s0, s1).is_static());
}

TEST(Dim, EvaluatesForGivenSymbols) {
  const Dim d = max(floor_div(s0 + 3, 2), s1) * 2 + 1;
  EXPECT_EQ(d.evaluate({{"s0", 9}, {"s1", 4}}), 13);
  EXPECT_EQ(d.evaluate({{"s0", 1}, {"s1", 4}}), 9);
  EXPECT_EQ(d.evaluate({}), 67);
}

// Every value of a symbol gives the same number through the simplified expression and through plain arithmetic.
TEST(Dim, SimplificationKeepsTheValue) {
  for (int64_t a = -3; a <= 3; ++a) {
    for (int64_t b = -5; b <= 5; ++b) {
      for (int64_t c = 1; c <= 5; ++c) {
        const Dim d = floor_div(floor_div(s0 * a + b, c) + b, 2);
        for (int64_t v = 1; v <= 12; ++v) {
          const auto down = [](int64_t x, int64_t y) { return (x - ((x % y) + y) % y) / y; };
          ASSERT_EQ(d.evaluate({{"s0", v}}), down(down(v * a + b, c) + b, 2)) << a << " " << b << " " << c << " " << v;
        }
      }
    }
  }
}

TEST(Dim, PrintsReadably) {
  EXPECT_EQ(Dim(3).str(), "3");
  EXPECT_EQ((s0 * 2 - 1).str(), "2*s0 - 1");
  EXPECT_EQ(floor_div(s0 + 1, 2).str(), "(s0 + 1) // 2");
  EXPECT_EQ((floor_div(s0, 2) + 1).str(), "(s0 // 2) + 1");
  EXPECT_EQ(max(s0, s1).str(), "max(s0, s1)");
  EXPECT_EQ(to_string(Shape{1, 3, s0}), "[1, 3, s0]");
}

TEST(Dim, SticksAtTheEndsOfTheRange) {
  const int64_t largest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Dim(largest) + 1, Dim(largest));
  EXPECT_EQ(Dim(largest) * 2, Dim(largest));
  EXPECT_EQ((Dim(largest) * s0).max(), largest);
  EXPECT_EQ(numel({largest, largest, 0}), Dim(0));
}

TEST(Dim, StaysSmallWhateverIsMultiplied) {
  Dim product = 1;
  for (int i = 0; i < 40; ++i) {
    product = product * (Dim::symbol("a" + std::to_string(i), 1, 2) + Dim::symbol("b" + std::to_string(i), 0, 1));
  }
  EXPECT_GT(product.max(), int64_t{1} << 60);
  Dim nested = s0;
  for (int i = 0; i < 60; ++i) nested = floor_div((nested + 1) * (nested + s1), nested + 2) + 1;
  EXPECT_LT(nested.str().size(), 10000u);
  Dim square = Dim::symbol("bit", 0, 1);
  for (int i = 0; i < 60; ++i) square = square * square;
  EXPECT_EQ(square.max(), 1);
  EXPECT_LT(square.str().size(), 10000u);
}

TEST(Dim, CollectsItsSymbols) {
  std::map<std::string, Dim> symbols;
  (floor_div(s0 + s1, 3) * 2).collect_symbols(&symbols);
  ASSERT_EQ(symbols.size(), 2u);
  EXPECT_EQ(symbols.at("s0").max(), 64);
}

}  // namespace
}  // namespace ingot::compiler
