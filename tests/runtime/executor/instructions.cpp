// Calls whose arguments do not fit, control flow, and operators on numbers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/runtime/executor/test_kernels.h"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

using ::testing::HasSubstr;
using testing::PteBuilder;

// The outcome of loading and running a program with the test kernels: a message, or nothing.
std::string run(const PteBuilder& builder, const std::function<void(const Method&)>& look = [](const Method&) {}) {
  Runtime runtime;
  EXPECT_TRUE(runtime.add_kernels(testing::kTestKernels));
  runtime.set_instruction_limit(1000);
  const std::vector<std::byte> file = builder.finish();
  const Result<Program> program = Program::from_memory(runtime, file);
  if (!program) return program.error().message();
  Result<Method> method = Method::load(*program);
  if (!method) return method.error().message();
  const Result<void> result = method->execute();
  if (!result) return result.error().message();
  look(*method);
  return "";
}

struct Arguments {
  PteBuilder builder;
  int t = builder.planned(DType::float32, {2});
  int o = builder.planned(DType::float32, {2});
  int i = builder.integer(1);
  int f = builder.real(1.5);
  int b = builder.boolean(true);
  int n = builder.null();
  int r = builder.string("text");
  int l = builder.int_list({1, 2});
  int d = builder.double_list({1.5});
  int bools = builder.bool_list({1, 0});
  int m = builder.tensor_list({t, t});
  int optional = builder.optional_tensor_list({t, -1});
  int outs = builder.tensor_list({o});
  float data[2] = {1, 2};
  int constant = builder.constant(DType::float32, {2}, data);
};

std::vector<int32_t> everything(const Arguments& a) {
  // T T? S S? i i f b r L L? D B M m N O, and the two outputs as a list
  return {a.t, a.n, a.f, a.n, a.i, a.b, a.i, a.b, a.r, a.l, a.n, a.d, a.bools, a.m, a.optional, a.outs, a.o};
}

TEST(Calls, AcceptWhatSignaturesAllow) {
  Arguments a;
  a.builder.kernel_call("test::add", "out", {a.t, a.t, a.o, a.o});
  a.builder.kernel_call("test::fill", "out", {a.i, a.o, a.o});
  a.builder.kernel_call("test::fill", "out", {a.b, a.o, a.o});
  a.builder.kernel_call("test::less", "out", {a.i, a.f, a.builder.planned(DType::boolean, {1}), a.i});
  a.builder.plan().chains[0]->instructions.pop_back();
  const int both = a.builder.tensor_list({a.o, a.t});
  const int third = a.builder.planned(DType::float32, {2});
  a.builder.kernel_call("test::two", "out", {third, a.o, a.t, both});
  EXPECT_EQ(run(a.builder), "");
}

TEST(Calls, RefuseEveryWrongKind) {
  const Arguments reference;
  const std::vector<int32_t> good = everything(reference);
  for (size_t position = 0; position < good.size(); ++position) {
    // A string fits one letter only, and there an int list serves as the wrong kind.
    Arguments a;
    std::vector<int32_t> args = everything(a);
    args[position] = args[position] == a.r ? a.l : a.r;
    a.builder.kernel_call("test::everything", "out", args);
    EXPECT_THAT(run(a.builder), HasSubstr("in instruction 0: test::everything.out: argument " +
                                          std::to_string(position) + ": expected "));
  }
}

TEST(Calls, RefuseNoneWhereItIsNotOptional) {
  for (const size_t position : {0, 2, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16}) {
    Arguments a;
    std::vector<int32_t> args = everything(a);
    args[position] = a.n;
    a.builder.kernel_call("test::everything", "out", args);
    EXPECT_THAT(run(a.builder), HasSubstr("argument " + std::to_string(position) + ": expected "));
  }
}

TEST(Calls, RefuseWrongCountsAndReturns) {
  const auto call = [](std::function<std::vector<int32_t>(const Arguments&)> args, const char* name = "test::add") {
    Arguments a;
    a.builder.kernel_call(name, "out", args(a));
    return run(a.builder);
  };
  using A = const Arguments&;
  EXPECT_THAT(call([](A) { return std::vector<int32_t>{}; }), HasSubstr("only 0 arguments"));
  EXPECT_THAT(call([](A a) { return std::vector{a.t, a.t}; }), HasSubstr("only 2 arguments"));
  EXPECT_THAT(call([](A a) { return std::vector{a.t, a.t, a.o}; }), HasSubstr("then the output once more"));
  EXPECT_THAT(call([](A a) { return std::vector{a.t, a.t, a.o, a.t}; }), HasSubstr("then the output once more"));
  EXPECT_THAT(call([](A a) { return std::vector{a.t, a.t, a.o, a.o, a.o}; }), HasSubstr("then the output once more"));
  EXPECT_THAT(call([](A a) { return std::vector{a.t, a.o, a.o, a.o}; }, "test::two"), HasSubstr("then the output"));
  EXPECT_THAT(call([](A a) { return std::vector{a.t, a.o, a.o, a.m}; }, "test::two"), HasSubstr("then the output"));
}

TEST(Calls, RefuseToWriteConstantsAndInputs) {
  Arguments a;
  a.builder.kernel_call("test::fill", "out", {a.i, a.constant, a.constant});
  EXPECT_THAT(run(a.builder), HasSubstr("argument 1: writes to a constant"));
  Arguments b;
  const int list = b.builder.tensor_list({b.constant});
  std::vector<int32_t> args = everything(b);
  args[15] = list;
  b.builder.kernel_call("test::everything", "out", args);
  EXPECT_THAT(run(b.builder), HasSubstr("argument 15: writes to a constant"));
  Arguments c;
  const int x = c.builder.unplanned(DType::float32, {2});
  c.builder.input(x).kernel_call("test::fill", "out", {c.i, x, x});
  EXPECT_THAT(run(c.builder), HasSubstr("argument 1: writes to a constant"));
}

TEST(Calls, RefuseToWriteOverWhatTheyRead) {
  Arguments a;
  a.builder.kernel_call("test::copy", "out", {a.t, a.t, a.t});
  EXPECT_THAT(run(a.builder), HasSubstr("test::copy.out: argument 1 is written over argument 0"));
  Arguments b;
  b.builder.tensor(b.o).allocation_info->memory_offset_low = 4;
  b.builder.kernel_call("test::copy", "out", {b.t, b.o, b.o});
  EXPECT_THAT(run(b.builder), HasSubstr("argument 1 is written over argument 0"));
}

TEST(Calls, ErrorsNameInstructionAndOperator) {
  Arguments a;
  const int wrong = a.builder.planned(DType::float32, {3});
  a.builder.free_call(a.t);
  a.builder.kernel_call("test::add", "out", {a.t, wrong, a.o, a.o});
  EXPECT_EQ(run(a.builder), "in instruction 1, test::add.out: expected float tensors of equal sizes");
}

TEST(Control, LoopsUntilTheConditionFails) {
  PteBuilder builder;
  const int i = builder.integer(0);
  const int one = builder.integer(1);
  const int ten = builder.integer(10);
  const int done = builder.boolean(false);
  const int sum = builder.planned(DType::float32, {1});
  const int ones = builder.planned(DType::float32, {1});
  const int next = builder.planned(DType::float32, {1});
  builder.output(sum).output(i);
  builder.kernel_call("test::fill", "out", {one, ones, ones});
  const int loop = builder.kernel_call("test::add", "out", {sum, ones, next, next});
  builder.move_call(next, sum);
  builder.kernel_call("executorch_prim::add", "Scalar", {i, one, i});
  builder.kernel_call("executorch_prim::ge", "Scalar", {i, ten, done});
  builder.jump_false(done, loop);
  EXPECT_EQ(run(builder,
                [](const Method& method) {
                  EXPECT_EQ((*method.output(0))->data_as<float>()[0], 10);
                  EXPECT_EQ((*method.output_value(1))->integer, 10);
                  EXPECT_FALSE(method.output(1));
                }),
            "");
}

TEST(Control, JumpsOnTensorsWithAnyFalseElement) {
  for (const bool all : {true, false}) {
    PteBuilder builder;
    const uint8_t flags[] = {1, static_cast<uint8_t>(all), 1};
    const int condition = builder.constant(DType::boolean, {3}, flags);
    const int x = builder.planned(DType::float32, {1});
    const int value = builder.integer(5);
    builder.output(x);
    builder.jump_false(condition, 2);
    builder.kernel_call("test::fill", "out", {value, x, x});
    EXPECT_EQ(
        run(builder, [&](const Method& method) { EXPECT_EQ((*method.output(0))->data_as<float>()[0], all ? 5 : 0); }),
        "");
  }
}

TEST(Control, StopsAProgramThatNeverEnds) {
  PteBuilder builder;
  builder.jump_false(builder.boolean(false), 0);
  EXPECT_EQ(run(builder), "stopped at instruction 0 after 1000 instructions");
}

TEST(Control, RunsAllChains) {
  PteBuilder builder;
  const int x = builder.planned(DType::float32, {1});
  const int three = builder.integer(3);
  builder.output(x);
  builder.jump_false(builder.boolean(false), 1);  // to the chain's end
  builder.kernel_call("test::fill", "out", {three, x, x});
  auto second = std::make_unique<pte::ChainT>();
  second->instructions.push_back(std::move(builder.plan().chains[0]->instructions.back()));
  builder.plan().chains[0]->instructions.pop_back();
  builder.plan().chains.push_back(std::move(second));
  EXPECT_EQ(run(builder, [](const Method& method) { EXPECT_EQ((*method.output(0))->data_as<float>()[0], 3); }), "");
}

// The result of an operator on numbers, which the program made room for as an int, a float or a bool.
std::string number(const std::string& name, const std::string& overload, std::vector<double> args, Value::Kind kind,
                   bool reals = false) {
  PteBuilder builder;
  std::vector<int32_t> indices;
  for (const double arg : args) {
    indices.push_back(reals ? builder.real(arg) : builder.integer(static_cast<int64_t>(arg)));
  }
  const int out = kind == Value::Kind::integer ? builder.integer(0)
                  : kind == Value::Kind::real  ? builder.real(0)
                                               : builder.boolean(false);
  indices.push_back(out);
  builder.output(out);
  builder.kernel_call(name, overload, indices);
  std::string text;
  const std::string error = run(builder, [&](const Method& method) {
    const Value& value = **method.output_value(0);
    text = value.kind == Value::Kind::real      ? std::to_string(value.real)
           : value.kind == Value::Kind::integer ? std::to_string(value.integer)
                                                : (value.boolean ? "true" : "false");
  });
  return error.empty() ? text : error;
}

TEST(Numbers, FollowPython) {
  using enum Value::Kind;
  const std::string prim = "executorch_prim::";
  EXPECT_EQ(number(prim + "add", "Scalar", {2, 3}, integer), "5");
  EXPECT_EQ(number(prim + "sub", "Scalar", {2, 3}, integer), "-1");
  EXPECT_EQ(number(prim + "mul", "Scalar", {1.5, 3}, real, true), "4.500000");
  EXPECT_EQ(number(prim + "floordiv", "Scalar", {-7, 2}, integer), "-4");
  EXPECT_EQ(number(prim + "floordiv", "int", {7, -2}, integer), "-4");
  EXPECT_EQ(number(prim + "mod", "int", {-7, 3}, integer), "2");
  EXPECT_EQ(number(prim + "mod", "Scalar", {7, -3}, integer), "-2");
  EXPECT_EQ(number(prim + "mod", "Scalar", {-7.5, 2}, real, true), "0.500000");
  EXPECT_EQ(number(prim + "truediv", "Scalar", {7, 2}, real), "3.500000");
  EXPECT_EQ(number(prim + "eq", "Scalar", {2, 2}, boolean), "true");
  EXPECT_EQ(number(prim + "lt", "Scalar", {2, 2}, boolean), "false");
  EXPECT_EQ(number(prim + "le", "Scalar", {2, 2}, boolean), "true");
  EXPECT_EQ(number(prim + "gt", "Scalar", {3, 2}, boolean), "true");
  EXPECT_EQ(number(prim + "ge", "Scalar", {NAN, NAN}, boolean, true), "false");
  EXPECT_EQ(number(prim + "sym_max", "Scalar", {2, 3}, integer), "3");
  EXPECT_EQ(number(prim + "sym_min", "Scalar", {2, 3}, integer), "2");
  EXPECT_EQ(number(prim + "neg", "Scalar", {2}, integer), "-2");
  EXPECT_EQ(number(prim + "ceil", "Scalar", {1.2}, integer, true), "2");
  EXPECT_EQ(number(prim + "round", "Scalar", {2.5}, integer, true), "2");
  EXPECT_EQ(number(prim + "trunc", "Scalar", {-2.5}, integer, true), "-2");
  EXPECT_EQ(number(prim + "sym_float", "Scalar", {2}, real), "2.000000");
  EXPECT_EQ(number(prim + "sym_int", "Scalar", {2.9}, integer, true), "2");
  EXPECT_EQ(number(prim + "sym_not", "Scalar", {0}, boolean), "true");
  EXPECT_EQ(number(prim + "sym_ite", "Scalar", {0, 5, 6}, integer), "6");
}

TEST(Numbers, FailWhereThereIsNoResult) {
  using enum Value::Kind;
  const std::string prim = "executorch_prim::";
  const double most = 9.2e18;
  EXPECT_THAT(number(prim + "add", "Scalar", {most, most}, integer), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "mul", "Scalar", {most, 2}, integer), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "sub", "Scalar", {-most, most}, integer), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "neg", "Scalar", {-0x1p63}, integer), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "floordiv", "int", {-0x1p63, -1}, integer), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "floordiv", "Scalar", {1, 0}, integer), HasSubstr("division by zero"));
  EXPECT_THAT(number(prim + "mod", "int", {1, 0}, integer), HasSubstr("division by zero"));
  EXPECT_THAT(number(prim + "truediv", "Scalar", {1, 0}, real), HasSubstr("division by zero"));
  EXPECT_THAT(number(prim + "ceil", "Scalar", {1e30}, integer, true), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "sym_int", "Scalar", {NAN}, integer, true), HasSubstr("does not fit"));
  EXPECT_THAT(number(prim + "add", "Scalar", {1.5, 1}, integer, true), HasSubstr("does not fit a value that is int"));
}

TEST(Numbers, ComeFromTensors) {
  PteBuilder builder;
  const int64_t elements[] = {7};
  const int scalar = builder.constant(DType::int64, {1}, elements);
  const int x = builder.planned(DType::float32, {2, 5});
  const int last = builder.integer(-1);
  const int size = builder.integer(0), numel = builder.integer(0), item = builder.integer(0);
  builder.output(size).output(numel).output(item);
  builder.kernel_call("aten::sym_size", "int", {x, last, size});
  builder.kernel_call("aten::sym_numel", "", {x, numel});
  builder.kernel_call("aten::_local_scalar_dense", "", {scalar, item});
  EXPECT_EQ(run(builder,
                [](const Method& method) {
                  EXPECT_EQ((*method.output_value(0))->integer, 5);
                  EXPECT_EQ((*method.output_value(1))->integer, 10);
                  EXPECT_EQ((*method.output_value(2))->integer, 7);
                }),
            "");
  PteBuilder bad;
  const int y = bad.planned(DType::float32, {2, 5});
  bad.kernel_call("aten::sym_size", "int", {y, bad.integer(2), bad.integer(0)});
  EXPECT_THAT(run(bad), HasSubstr("dimension 2 of a tensor of rank 2"));
}

TEST(Views, CopyIntoTheNewShape) {
  PteBuilder builder;
  const float data[] = {1, 2, 3, 4, 5, 6};
  const int x = builder.constant(DType::float32, {2, 3}, data);
  const int y = builder.planned(DType::float32, {3, 2});
  const int shape = builder.int_list({3, -1});
  builder.output(y);
  builder.kernel_call("executorch_prim::et_view", "default", {x, shape, y});
  EXPECT_EQ(run(builder, [](const Method& method) { EXPECT_EQ((*method.output(0))->data_as<float>()[5], 6); }), "");
  for (const std::vector<int64_t>& bad : {std::vector<int64_t>{4, -1}, {-1, -1}, {7, 1}, {-2, 3}, {0, -1}}) {
    PteBuilder wrong;
    const int from = wrong.constant(DType::float32, {2, 3}, data);
    const int to = wrong.planned(DType::float32, {3, 2}, true);
    const int sizes = wrong.int_list({bad[0], bad[1]});
    wrong.kernel_call("executorch_prim::et_view", "default", {from, sizes, to});
    EXPECT_NE(run(wrong), "");
  }
}

TEST(CopyIndex, GrowsItsTarget) {
  const float data[] = {1, 2};
  for (const int64_t index : {0, 1, 2, 3, -1}) {
    PteBuilder builder;
    const int x = builder.constant(DType::float32, {2}, data);
    const int y = builder.planned(DType::float32, {3, 2}, true);
    const int at = builder.integer(index);
    builder.output(y);
    builder.kernel_call("executorch_prim::et_copy_index", "tensor", {y, x, at});
    const bool fits = index >= 0 && index < 3;
    EXPECT_EQ(run(builder,
                  [&](const Method& method) {
                    EXPECT_EQ((*method.output(0))->data_as<float>()[static_cast<size_t>(index) * 2 + 1], 2);
                  })
                  .empty(),
              fits);
  }
}

}  // namespace
}  // namespace ingot
