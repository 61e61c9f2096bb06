// What PyTorch's recording does not hold: layouts of every order, threads, bfloat16 and the conversions between all
// dtypes, and values at the ends of the integers' ranges.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "runtime/core/half.h"
#include "tests/runtime/kernels/kernel_call.h"
#include "tests/support/compare.h"

namespace ingot::testing {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Array counted(std::vector<int32_t> sizes) {
  std::vector<double> values(tensor_nbytes(DType::int8, sizes).value());
  std::iota(values.begin(), values.end(), 1.0);
  return array_of(DType::float32, std::move(sizes), values);
}

std::vector<std::vector<uint8_t>> all_orders(size_t rank) {
  std::vector<uint8_t> order(rank);
  std::iota(order.begin(), order.end(), uint8_t{0});
  std::vector<std::vector<uint8_t>> orders;
  do orders.push_back(order);
  while (std::ranges::next_permutation(order).found);
  return orders;
}

// The answer must not depend on layouts: every order of the operands and of the result against contiguous ones.
template <typename F>
void expect_same_in_every_layout(const std::vector<Array>& inputs, std::vector<int32_t> out_sizes, F&& call) {
  std::deque<OwnedTensor> plain(inputs.begin(), inputs.end());
  OwnedTensor expected(DType::float32, out_sizes);
  ASSERT_TRUE(call(plain, expected.tensor));
  for (const std::vector<uint8_t>& in_order : all_orders(inputs[0].sizes.size())) {
    for (const std::vector<uint8_t>& out_order : all_orders(out_sizes.size())) {
      std::deque<OwnedTensor> tensors;
      for (const Array& input : inputs) {
        tensors.emplace_back(input, input.sizes.size() == in_order.size() ? in_order : std::vector<uint8_t>{});
      }
      OwnedTensor out(DType::float32, out_sizes, out_order);
      ASSERT_TRUE(call(tensors, out.tensor));
      ASSERT_EQ(to_array(out.tensor).data, to_array(expected.tensor).data);
    }
  }
}

TEST(Layouts, ElementwiseWithBroadcasting) {
  expect_same_in_every_layout(
      {counted({2, 3, 4}), counted({2, 1, 4}), counted({4})}, {2, 3, 4}, [](std::deque<OwnedTensor>& in, Tensor& out) {
        return KernelCall().tensor(in[0].tensor).tensor(in[1].tensor).tensor(out).run("aten::mul.out") &&
               KernelCall().tensor(in[0].tensor).tensor(in[2].tensor).tensor(out).run("aten::div.out");
      });
}

TEST(Layouts, Permutation) {
  for (const std::vector<uint8_t>& dims : all_orders(4)) {
    const std::vector<int32_t> sizes = {5, 2, 7, 3};
    std::vector<int32_t> out_sizes;
    for (const uint8_t d : dims) out_sizes.push_back(sizes[d]);
    OwnedTensor in(counted(sizes)), out(DType::float32, out_sizes);
    ASSERT_TRUE(KernelCall()
                    .tensor(in.tensor)
                    .ints({dims.begin(), dims.end()})
                    .tensor(out.tensor)
                    .run("aten::permute_copy.out"));
    const float* values = out.tensor.data_as<float>();
    std::vector<int32_t> i(4);
    for (i[0] = 0; i[0] < out_sizes[0]; ++i[0]) {
      for (i[1] = 0; i[1] < out_sizes[1]; ++i[1]) {
        for (i[2] = 0; i[2] < out_sizes[2]; ++i[2]) {
          for (i[3] = 0; i[3] < out_sizes[3]; ++i[3]) {
            int64_t from = 0;
            for (size_t d = 0; d < 4; ++d) from += i[d] * in.tensor.strides()[dims[d]];
            ASSERT_EQ(*values++, static_cast<float>(from + 1));
          }
        }
      }
    }
  }
}

TEST(Layouts, MovementAndReductions) {
  const std::vector<Array> one = {counted({2, 3, 4})};
  const auto check = [&](std::vector<int32_t> out_sizes, auto call) {
    expect_same_in_every_layout(one, std::move(out_sizes), [&](std::deque<OwnedTensor>& in, Tensor& out) {
      KernelCall arguments;
      arguments.tensor(in[0].tensor);
      return call(arguments, out);
    });
  };
  check({4, 6}, [](KernelCall& c, Tensor& out) { return c.ints({4, 6}).tensor(out).run("aten::view_copy.out"); });
  check({2, 6, 8}, [](KernelCall& c, Tensor& out) { return c.ints({1, 2, 2}).tensor(out).run("aten::repeat.out"); });
  check({2, 3, 4}, [](KernelCall& c, Tensor& out) { return c.ints({5}).ints({}).tensor(out).run("aten::roll.out"); });
  check({2, 3, 4},
        [](KernelCall& c, Tensor& out) { return c.ints({1, 3}).ints({1, 2}).tensor(out).run("aten::roll.out"); });
  check({2, 3, 4}, [](KernelCall& c, Tensor& out) { return c.ints({0, 2}).tensor(out).run("aten::flip.out"); });
  check({2, 3, 4}, [](KernelCall& c, Tensor& out) { return c.integer(-1).tensor(out).run("aten::tril.out"); });
  check({2, 6, 7},
        [](KernelCall& c, Tensor& out) { return c.ints({1, 2, 2, 1}).tensor(out).run("aten::reflection_pad2d.out"); });
  check({3, 2}, [](KernelCall& c, Tensor& out) {
    return c.integer(1).integer(0).integer(2).tensor(out).run("aten::diagonal_copy.out");
  });
  check({2, 4}, [](KernelCall& c, Tensor& out) {
    return c.ints({1}).boolean(false).none().tensor(out).run("aten::sum.IntList_out");
  });
  check({1, 3, 1}, [](KernelCall& c, Tensor& out) {
    return c.ints({0, 2}).none().boolean(true).tensor(out).run("aten::var.correction_out");
  });
  check({2, 3, 4}, [](KernelCall& c, Tensor& out) { return c.integer(1).none().tensor(out).run("aten::cumsum.out"); });
}

TEST(Layouts, IndexOfTheLargestIsThatOfTheShape) {
  const Array array = array_of(DType::float32, {2, 3}, {1, 5, 0, 5, 2, 5});
  for (const std::vector<uint8_t>& order : all_orders(2)) {
    OwnedTensor in(array, order), out(DType::int64, {});
    ASSERT_TRUE(KernelCall().tensor(in.tensor).none().boolean(false).tensor(out.tensor).run("aten::argmax.out"));
    EXPECT_EQ(*out.tensor.data_as<int64_t>(), 1);
  }
}

// Hands out ranges from the last to the first, as threads might.
void run_backwards(void*, size_t count, size_t grain, Parallel::Body body, void* context) {
  for (size_t ranges = (count + grain - 1) / grain; ranges-- > 0;) {
    body(context, ranges * grain, std::min(count, (ranges + 1) * grain));
  }
}
constexpr Parallel kBackwards = {run_backwards, nullptr, 3};

TEST(Threads, MakeNoDifference) {
  const Array big = counted({3, 70, 301});
  const Array row = counted({301});
  OwnedTensor in(big), other(row);
  const auto check = [&](std::vector<int32_t> sizes, const char* name, auto arguments) {
    OwnedTensor expected(DType::float32, sizes), found(DType::float32, sizes);
    KernelCall alone, threaded;
    arguments(alone);
    arguments(threaded);
    ASSERT_TRUE(alone.tensor(expected.tensor).run(name));
    ASSERT_TRUE(threaded.tensor(found.tensor).run(name, kBackwards));
    EXPECT_EQ(to_array(expected.tensor).data, to_array(found.tensor).data) << name;
  };
  check({3, 70, 301}, "aten::mul.out", [&](KernelCall& c) { c.tensor(in.tensor).tensor(other.tensor); });
  check({301, 3, 70}, "aten::permute_copy.out", [&](KernelCall& c) { c.tensor(in.tensor).ints({2, 0, 1}); });
  check({3, 70, 300}, "aten::slice_copy.Tensor_out",
        [&](KernelCall& c) { c.tensor(in.tensor).integer(2).integer(1).none().integer(1); });
  check({3, 301}, "aten::sum.IntList_out", [&](KernelCall& c) { c.tensor(in.tensor).ints({1}).boolean(false).none(); });
  check({3, 70}, "aten::sum.IntList_out", [&](KernelCall& c) { c.tensor(in.tensor).ints({2}).boolean(false).none(); });
  check({3, 70, 301}, "aten::cumsum.out", [&](KernelCall& c) { c.tensor(in.tensor).integer(1).none(); });
  OwnedTensor zero(array_of(DType::int32, {40000}, std::vector<double>(40000, 1))), out(DType::int32, {40000});
  zero.tensor.data_as<int32_t>()[39999] = 0;
  EXPECT_FALSE(
      KernelCall().tensor(zero.tensor).tensor(zero.tensor).tensor(out.tensor).run("aten::fmod.Tensor_out", kBackwards));
}

TEST(Bfloat16, IsComputedInFloatAndRoundedOnce) {
  OwnedTensor a(DType::bfloat16, {3}), b(DType::bfloat16, {3}), out(DType::bfloat16, {3});
  const float as[] = {1.0f, -2.5f, kInf}, bs[] = {0.00390625f, 2.5f, -kInf};
  for (size_t i = 0; i < 3; ++i) {
    a.tensor.data_as<BFloat16>()[i] = to_bfloat16(as[i]);
    b.tensor.data_as<BFloat16>()[i] = to_bfloat16(bs[i]);
  }
  ASSERT_TRUE(KernelCall().tensor(a.tensor).tensor(b.tensor).integer(1).tensor(out.tensor).run("aten::add.out"));
  const BFloat16* found = out.tensor.data_as<BFloat16>();
  EXPECT_EQ(to_float(found[0]), 1.0f);  // a tie goes to the even neighbour
  EXPECT_EQ(to_float(found[1]), 0.0f);
  EXPECT_TRUE(std::isnan(to_float(found[2])));
}

// float16 values of every kind, one after the other: exact, tie, subnormal, overflow.
TEST(Float16, RoundsToNearestEven) {
  EXPECT_EQ(to_float16(1.0f).bits, 0x3C00);
  EXPECT_EQ(to_float16(-2.0f).bits, 0xC000);
  EXPECT_EQ(to_float16(1.0f + 0x1p-11f).bits, 0x3C00);
  EXPECT_EQ(to_float16(1.0f + 0x1.8p-10f).bits, 0x3C02);
  EXPECT_EQ(to_float16(65504.0f).bits, 0x7BFF);
  EXPECT_EQ(to_float16(65519.9f).bits, 0x7BFF);
  EXPECT_EQ(to_float16(65520.0f).bits, 0x7C00);
  EXPECT_EQ(to_float16(-kInf).bits, 0xFC00);
  EXPECT_EQ(to_float16(0x1p-24f).bits, 0x0001);
  EXPECT_EQ(to_float16(0x1p-25f).bits, 0x0000);
  EXPECT_EQ(to_float16(0x1.8p-25f).bits, 0x0001);
  EXPECT_EQ(to_float16(0x1.ff8p-15f).bits, 0x03FF);
  EXPECT_TRUE(std::isnan(to_float(to_float16(kNan))));
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = to_float(Float16{static_cast<uint16_t>(bits)});
    if (std::isnan(value)) continue;
    ASSERT_EQ(to_float16(value).bits, bits);
  }
}

TEST(Conversions, OfFloatsSaturate) {
  OwnedTensor in(array_of(DType::float32, {6}, {-1000, 1000, kNan, kInf, -0.9, 3.9}));
  const auto converted = [&](DType dtype) {
    OwnedTensor out(dtype, {6});
    EXPECT_TRUE(KernelCall()
                    .tensor(in.tensor)
                    .boolean(false)
                    .none()
                    .tensor(out.tensor)
                    .run("dim_order_ops::_to_dim_order_copy.out"));
    return to_array(out.tensor);
  };
  EXPECT_EQ(converted(DType::int8).data, array_of(DType::int8, {6}, {-128, 127, 0, 127, 0, 3}).data);
  EXPECT_EQ(converted(DType::uint8).data, array_of(DType::uint8, {6}, {0, 255, 0, 255, 0, 3}).data);
  EXPECT_EQ(converted(DType::int64).as<int64_t>()[3], std::numeric_limits<int64_t>::max());
  EXPECT_EQ(converted(DType::boolean).data, array_of(DType::uint8, {6}, {1, 1, 1, 1, 1, 1}).data);
  EXPECT_EQ(converted(DType::float64).data, array_of(DType::float64, {6}, {-1000, 1000, kNan, kInf, -0.9f, 3.9f}).data);
}

TEST(Conversions, ReachEveryDtypeFromEveryDtype) {
  constexpr DType kAll[] = {DType::uint8,   DType::int8,    DType::int16,   DType::int32,   DType::int64,
                            DType::float16, DType::float32, DType::float64, DType::boolean, DType::bfloat16,
                            DType::uint16,  DType::uint32,  DType::uint64};
  OwnedTensor one(array_of(DType::float32, {3}, {1, 0, 1}));
  const auto to = [](Tensor& in, DType dtype) {
    auto out = std::make_unique<OwnedTensor>(dtype, std::vector<int32_t>{3});
    EXPECT_TRUE(KernelCall().tensor(in).boolean(false).none().tensor(out->tensor).run("aten::_to_copy.out"));
    return out;
  };
  for (const DType from : kAll) {
    for (const DType via : kAll) {
      SCOPED_TRACE(std::string(to_string(from)) + " to " + to_string(via));
      const auto back = to(to(to(one.tensor, from)->tensor, via)->tensor, DType::float32);
      EXPECT_EQ(to_array(back->tensor).data, to_array(one.tensor).data);
    }
  }
}

TEST(Integers, WrapAndNeverTrap) {
  constexpr double kLeast = -9223372036854775808.0;
  OwnedTensor a(array_of(DType::int64, {4}, {kLeast, kLeast, 7, -7})), b(array_of(DType::int64, {4}, {-1, 1, -2, 2}));
  OwnedTensor out(DType::int64, {4});
  const auto answer = [&](const char* name) {
    EXPECT_TRUE(KernelCall().tensor(a.tensor).tensor(b.tensor).tensor(out.tensor).run(name)) << name;
    const int64_t* x = out.tensor.data_as<int64_t>();
    return std::vector<int64_t>(x, x + 4);
  };
  const int64_t least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(answer("aten::floor_divide.out"), (std::vector<int64_t>{least, least, -4, -4}));
  EXPECT_EQ(answer("aten::remainder.Tensor_out"), (std::vector<int64_t>{0, 0, -1, 1}));
  EXPECT_EQ(answer("aten::fmod.Tensor_out"), (std::vector<int64_t>{0, 0, 1, -1}));
  EXPECT_EQ(answer("aten::mul.out"), (std::vector<int64_t>{least, least, -14, -14}));
  EXPECT_EQ(answer("aten::bitwise_left_shift.Tensor_out"), (std::vector<int64_t>{0, 0, 0, -28}));
  EXPECT_EQ(answer("aten::bitwise_right_shift.Tensor_out"), (std::vector<int64_t>{-1, least / 2, 0, -2}));
  EXPECT_EQ(answer("aten::pow.Tensor_Tensor_out"), (std::vector<int64_t>{0, least, 0, 49}));
  EXPECT_TRUE(KernelCall().tensor(a.tensor).tensor(out.tensor).run("aten::abs.out"));
  EXPECT_EQ(out.tensor.data_as<int64_t>()[0], least);
}

TEST(Scalars, OfAnotherKindDecideTheResult) {
  OwnedTensor ints(array_of(DType::int32, {2}, {1, 2})), flags(array_of(DType::boolean, {2}, {1, 0}));
  OwnedTensor floats(DType::float32, {2}), wide(DType::int64, {2});
  ASSERT_TRUE(KernelCall().tensor(ints.tensor).real(0.5).integer(1).tensor(floats.tensor).run("aten::add.Scalar_out"));
  EXPECT_EQ(floats.tensor.data_as<float>()[1], 2.5f);
  ASSERT_TRUE(KernelCall().tensor(flags.tensor).integer(3).tensor(wide.tensor).run("aten::mul.Scalar_out"));
  EXPECT_EQ(wide.tensor.data_as<int64_t>()[0], 3);
  ASSERT_TRUE(KernelCall().tensor(ints.tensor).tensor(floats.tensor).run("aten::sqrt.out"));
  EXPECT_EQ(floats.tensor.data_as<float>()[1], std::sqrt(2.0f));
}

TEST(Prelu, MultipliesNegativesByTheirWeight) {
  OwnedTensor in(array_of(DType::float32, {1, 2, 2}, {-1, 2, -3, kNan})),
      weight(array_of(DType::float32, {2, 1}, {0.5, 2}));
  OwnedTensor out(DType::float32, {1, 2, 2});
  ASSERT_TRUE(KernelCall().tensor(in.tensor).tensor(weight.tensor).tensor(out.tensor).run("ingot::prelu.out"));
  const float* x = out.tensor.data_as<float>();
  EXPECT_EQ(x[0], -0.5f);
  EXPECT_EQ(x[1], 2.0f);
  EXPECT_EQ(x[2], -6.0f);
  EXPECT_TRUE(std::isnan(x[3]));
}

TEST(Hardswish, FollowsItsFormula) {
  OwnedTensor in(array_of(DType::float32, {5}, {-4, -3, -1, 1, 4})), out(DType::float32, {5});
  ASSERT_TRUE(KernelCall().tensor(in.tensor).tensor(out.tensor).run("ingot::hardswish.out"));
  EXPECT_TRUE(close_to(array_of(DType::float32, {5}, {0, 0, -1.0 / 3, 2.0 / 3, 4}), out.tensor, 1e-6));
}

TEST(DimOrderCopies, ChangeTheLayout) {
  OwnedTensor in(counted({1, 2, 2, 3})), out(DType::float32, {1, 2, 2, 3}, {0, 2, 3, 1});
  for (const char* name : {"dim_order_ops::_to_dim_order_copy.out", "dim_order_ops::_clone_dim_order.out"}) {
    ASSERT_TRUE(KernelCall().tensor(in.tensor).boolean(false).ints({0, 2, 3, 1}).tensor(out.tensor).run(name));
    EXPECT_EQ(out.tensor.data_as<float>()[1], 7.0f);
    EXPECT_EQ(to_array(out.tensor).data, to_array(in.tensor).data);
  }
}

}  // namespace
}  // namespace ingot::testing
