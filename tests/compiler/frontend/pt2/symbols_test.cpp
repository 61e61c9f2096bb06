#include "compiler/frontend/pt2/symbols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ingot::compiler::pt2 {
namespace {

using ::testing::HasSubstr;

Result<Dim> value_of(std::string_view expression) {
  return evaluate(expression, {{"s0", Dim(10)}, {"s1", Dim(3)}, {"b", Dim::symbol("b", 2, 8)}});
}

TEST(SymbolsTest, EvaluatesExpressions) {
  const std::pair<const char*, int64_t> kCases[] = {
      {"Symbol('s0', positive=True, integer=True)", 10},
      {"Integer(-7)", -7},
      {"Add(FloorDiv(Add(Symbol('s0', integer=True), Integer(-1)), Integer(2)), Integer(1))", 5},
      {"Mul(Integer(2), Symbol('s0'), Symbol('s1'))", 60},
      {"Mod(Symbol('s0'), Symbol('s1'))", 1},
      {"PythonMod(Integer(-7), Integer(3))", 2},
      {"FloorDiv(Integer(-7), Integer(3))", -3},
      {"CeilDiv(Symbol('s0'), Integer(3))", 4},
      {"Pow(Symbol('s1'), Integer(3))", 27},
      {"Max(Integer(1), Symbol('s0'), Integer(4))", 10},
      {"Min(Integer(1), Symbol('s0'))", 1},
  };
  for (const auto& [expression, expected] : kCases) {
    const auto value = value_of(expression);
    ASSERT_TRUE(value) << expression << ": " << value.error().message();
    EXPECT_EQ(*value, Dim(expected)) << expression;
  }
  const auto bounded = value_of("Add(Symbol('b'), Integer(1))");
  ASSERT_TRUE(bounded);
  EXPECT_EQ(bounded->min(), 3);
  EXPECT_EQ(bounded->max(), 9);
}

TEST(SymbolsTest, RefusesWhatIsNoSize) {
  for (const char* expression :
       {"", "Symbol('u7')", "Symbol('s0'", "Add()", "Add(Integer(1)", "Integer(x)", "FloorDiv(Integer(1), Integer(0))",
        "Where(Integer(1), Integer(2), Integer(3))", "Integer(1) Integer(2)", "Mod(Integer(3), Integer(0))",
        "Pow(Integer(2), Integer(99))"}) {
    EXPECT_FALSE(value_of(expression)) << expression;
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "Add(";
  EXPECT_FALSE(value_of(deep));
}

TEST(SymbolsTest, NamesSymbolsThatStandAlone) {
  EXPECT_EQ(symbol_name("Symbol('s77', positive=True, integer=True)"), "s77");
  EXPECT_EQ(symbol_name("Add(Symbol('s77'), Integer(1))"), "");
  EXPECT_EQ(readable("Symbol('s77')"), "s77");
}

TEST(SymbolsTest, ComputesWithNumbers) {
  const auto call = [](const char* target, const std::vector<SymbolicNumber>& args) {
    auto result = call_symbolic(target, args);
    return result ? *result : SymbolicNumber(std::string("error").size() == 0);
  };
  EXPECT_EQ(std::get<Dim>(call("_operator.floordiv", {Dim(-7), Dim(2)})), Dim(-4));
  EXPECT_EQ(std::get<Dim>(call("_operator.mod", {Dim(-7), Dim(2)})), Dim(1));
  EXPECT_EQ(std::get<Dim>(call("torch.sym_max", {Dim(7), Dim(2)})), Dim(7));
  EXPECT_EQ(std::get<Dim>(call("_operator.neg", {Dim(7)})), Dim(-7));
  EXPECT_EQ(std::get<Dim>(call("_operator.pow", {Dim(3), Dim(2)})), Dim(9));
  EXPECT_EQ(std::get<double>(call("_operator.truediv", {Dim(7), Dim(2)})), 3.5);
  EXPECT_EQ(std::get<double>(call("torch._sym_sqrt", {Dim(9)})), 3.0);
  EXPECT_EQ(std::get<Dim>(call("math.trunc", {-2.5})), Dim(-2));
  EXPECT_TRUE(std::get<bool>(call("_operator.le", {Dim(7), Dim(7)})));
  EXPECT_TRUE(std::get<bool>(call("_operator.lt", {1.5, Dim(2)})));
  EXPECT_FALSE(std::get<bool>(call("torch.sym_not", {true})));
  EXPECT_EQ(std::get<Dim>(call("torch.sym_ite", {false, Dim(1), Dim(2)})), Dim(2));
  const Dim bounded = Dim::symbol("b", 2, 8);
  EXPECT_TRUE(std::get<bool>(call("_operator.ge", {bounded, Dim(2)})));
  const std::vector<SymbolicNumber> open = {bounded, Dim(4)};
  const auto unknown = call_symbolic("_operator.gt", open);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("depends on the size b"));
  EXPECT_FALSE(call_symbolic("_operator.add", std::vector<SymbolicNumber>{Dim(1)}));
  const std::vector<SymbolicNumber> by_zero = {Dim(1), Dim(0)};
  EXPECT_FALSE(call_symbolic("_operator.floordiv", by_zero));
  EXPECT_FALSE(call_symbolic("_operator.truediv", by_zero));
}

}  // namespace
}  // namespace ingot::compiler::pt2
