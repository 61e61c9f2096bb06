// Arguments that a hostile file may hold: each is an error of one line that names what is wrong, and nothing is
// touched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/runtime/kernels/kernel_call.h"

namespace ingot::testing {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Tensors that live as long as the test.
class Refusals : public ::testing::Test {
 protected:
  Tensor& make(DType dtype, std::vector<int32_t> sizes) {
    OwnedTensor& owned = tensors_.emplace_back(dtype, std::move(sizes));
    std::fill_n(owned.tensor.data_as<std::byte>(), owned.tensor.nbytes(), std::byte{0});
    return owned.tensor;
  }
  Tensor& f32(std::vector<int32_t> sizes) { return make(DType::float32, std::move(sizes)); }

 private:
  std::deque<OwnedTensor> tensors_;
};

void expect_refused(const Result<void>& result, const char* text) {
  ASSERT_FALSE(result) << "accepted, where the error was to say: " << text;
  EXPECT_THAT(result.error().message(), HasSubstr(text));
}

TEST_F(Refusals, DtypesThatDoNotFit) {
  expect_refused(KernelCall().tensor(f32({2})).tensor(f32({2})).tensor(make(DType::int32, {2})).run("aten::mul.out"),
                 "out: expected a dtype that holds float32, found int32");
  expect_refused(KernelCall()
                     .tensor(make(DType::int32, {2}))
                     .tensor(f32({2}))
                     .integer(1)
                     .tensor(make(DType::int32, {2}))
                     .run("aten::add.out"),
                 "out: expected a dtype that holds float32, found int32");
  expect_refused(KernelCall().tensor(make(DType::int32, {2})).tensor(make(DType::int32, {2})).run("aten::exp.out"),
                 "out: expected a dtype that holds float32, found int32");
  expect_refused(KernelCall()
                     .tensor(make(DType::uint32, {2}))
                     .tensor(make(DType::int32, {2}))
                     .tensor(make(DType::int64, {2}))
                     .run("aten::mul.out"),
                 "uint32 and int32 have no common dtype");
  expect_refused(KernelCall()
                     .tensors({&f32({2}), &make(DType::int8, {2})})
                     .integer(0)
                     .tensor(make(DType::int8, {4}))
                     .run("aten::cat.out"),
                 "out: expected a dtype that holds float32, found int8");
  expect_refused(
      KernelCall().tensor(f32({2, 3})).ints({1, 0}).tensor(make(DType::int32, {3, 2})).run("aten::permute_copy.out"),
      "found float32 and int32");
}

TEST_F(Refusals, DtypesThatAnOperatorDoesNotHave) {
  expect_refused(KernelCall().tensor(f32({2})).tensor(f32({2})).tensor(f32({2})).run("aten::bitwise_and.Tensor_out"),
                 "not defined for dtype float32");
  expect_refused(KernelCall().tensor(make(DType::boolean, {2})).tensor(make(DType::boolean, {2})).run("aten::neg.out"),
                 "not defined for dtype bool");
  expect_refused(KernelCall().tensor(make(DType::uint32, {2})).tensor(make(DType::uint32, {2})).run("aten::abs.out"),
                 "not defined for dtype uint32");
  expect_refused(KernelCall()
                     .tensor(make(DType::int32, {2}))
                     .real(1.5)
                     .tensor(make(DType::int32, {2}))
                     .run("aten::bitwise_or.Scalar_out"),
                 "");
}

TEST_F(Refusals, ShapesThatDoNotBroadcast) {
  expect_refused(KernelCall().tensor(f32({2, 3})).tensor(f32({2})).tensor(f32({2, 3})).run("aten::mul.out"),
                 "dimension 1 has sizes 3 and 2");
  expect_refused(KernelCall().tensor(f32({2, 3})).tensor(f32({3})).tensor(f32({2, 2})).run("aten::mul.out"),
                 "size of dimension 1: expected 2, found 3");
  expect_refused(KernelCall().tensor(f32({2, 3})).tensor(f32({3})).tensor(f32({6})).run("aten::mul.out"), "rank");
}

TEST_F(Refusals, DivisionsOfIntegersByZero) {
  for (const char* name : {"aten::floor_divide.out", "aten::fmod.Tensor_out", "aten::remainder.Tensor_out"}) {
    expect_refused(KernelCall()
                       .tensor(make(DType::int32, {2}))
                       .tensor(make(DType::int32, {2}))
                       .tensor(make(DType::int32, {2}))
                       .run(name),
                   "division of an integer by zero");
  }
}

TEST_F(Refusals, AxesOutOfRange) {
  for (const int64_t axis : {int64_t{2}, int64_t{-3}, kLeast, kMost}) {
    expect_refused(
        KernelCall().tensors({&f32({2, 3}), &f32({2, 3})}).integer(axis).tensor(f32({4, 3})).run("aten::cat.out"),
        "axis");
    expect_refused(KernelCall().tensor(f32({2, 3})).ints({0, axis}).tensor(f32({2, 3})).run("aten::permute_copy.out"),
                   "axis");
    expect_refused(KernelCall()
                       .tensor(f32({2, 3}))
                       .ints({axis})
                       .boolean(false)
                       .none()
                       .tensor(f32({2}))
                       .run("aten::sum.IntList_out"),
                   "axis");
    expect_refused(KernelCall()
                       .tensor(f32({2, 3}))
                       .integer(axis)
                       .boolean(false)
                       .tensor(make(DType::int64, {2}))
                       .run("aten::argmax.out"),
                   "axis");
    expect_refused(KernelCall().tensor(f32({2, 3})).integer(axis).none().tensor(f32({2, 3})).run("aten::cumsum.out"),
                   "axis");
    expect_refused(
        KernelCall().tensor(f32({2, 3})).integer(axis).integer(0).tensor(f32({2})).run("aten::select_copy.int_out"),
        "axis");
    expect_refused(KernelCall().tensor(f32({2, 3})).ints({axis}).tensor(f32({2, 3})).run("aten::flip.out"), "axis");
    expect_refused(KernelCall().tensor(f32({2, 4})).integer(axis).tensor(f32({2, 2})).run("aten::glu.out"), "axis");
  }
  expect_refused(KernelCall().tensor(f32({2, 3})).ints({1, 1}).tensor(f32({2, 3})).run("aten::permute_copy.out"),
                 "twice");
  expect_refused(KernelCall()
                     .tensor(f32({2, 3}))
                     .ints({1, -1})
                     .boolean(false)
                     .none()
                     .tensor(f32({2}))
                     .run("aten::sum.IntList_out"),
                 "twice");
  expect_refused(KernelCall()
                     .tensor(f32({2, 3}))
                     .integer(0)
                     .integer(1)
                     .integer(-1)
                     .tensor(f32({2}))
                     .run("aten::diagonal_copy.out"),
                 "twice");
}

TEST_F(Refusals, ListsOfAnotherLength) {
  expect_refused(KernelCall().tensor(f32({2, 3})).ints({0}).tensor(f32({2, 3})).run("aten::permute_copy.out"),
                 "dims: expected 2, found 1");
  expect_refused(
      KernelCall().tensor(f32({2, 3})).ints(std::vector<int64_t>(40, 1)).tensor(f32({2, 3})).run("aten::view_copy.out"),
      "more than 16 dimensions");
  expect_refused(
      KernelCall().tensor(f32({2, 3})).ints(std::vector<int64_t>(40, 1)).tensor(f32({2, 3})).run("aten::repeat.out"),
      "more than 16 dimensions");
  expect_refused(KernelCall().tensor(f32({2, 3})).ints({2}).tensor(f32({2, 3})).run("aten::repeat.out"), "repeats");
  expect_refused(
      KernelCall().tensor(f32({2, 3})).ints({2}).boolean(false).tensor(f32({2, 3})).run("aten::expand_copy.out"),
      "size");
  for (const std::vector<int64_t>& pad : {std::vector<int64_t>{1}, {1, 1, 1, 1, 1, 1}}) {
    expect_refused(
        KernelCall().tensor(f32({2, 3})).ints(pad).integer(0).tensor(f32({2, 5})).run("aten::constant_pad_nd.out"),
        "pad: expected at most 2 pairs");
    expect_refused(
        KernelCall().tensor(f32({1, 2, 3})).ints(pad).tensor(f32({1, 2, 5})).run("aten::reflection_pad2d.out"),
        "padding: expected 4 numbers");
  }
  expect_refused(KernelCall().tensor(f32({2, 3})).ints({1, 2}).ints({0}).tensor(f32({2, 3})).run("aten::roll.out"),
                 "shifts");
  expect_refused(KernelCall().ints(std::vector<int64_t>(17, 1)).integer(0).tensor(f32({1})).run("aten::full.out"),
                 "17 dimensions");
}

TEST_F(Refusals, TensorListsWithHolesOrOfAnotherLength) {
  expect_refused(KernelCall().tensors({}).integer(0).tensor(f32({2})).run("aten::cat.out"), "at least one");
  expect_refused(KernelCall().tensors({&f32({2}), nullptr}).integer(0).tensor(f32({4})).run("aten::cat.out"),
                 "missing");
  expect_refused(KernelCall().tensors({nullptr}).integer(0).tensor(f32({1, 2})).run("aten::stack.out"), "missing");
  expect_refused(
      KernelCall().tensor(f32({4})).integer(2).integer(0).tensors({&f32({2})}).run("aten::split_copy.Tensor_out"),
      "out: expected 2 tensors, found 1");
  expect_refused(KernelCall()
                     .tensor(f32({4}))
                     .integer(2)
                     .integer(0)
                     .tensors({&f32({2}), nullptr})
                     .run("aten::split_copy.Tensor_out"),
                 "missing");
  expect_refused(
      KernelCall().tensor(f32({4})).integer(0).integer(0).tensors({&f32({4})}).run("aten::split_copy.Tensor_out"),
      "split_size");
  expect_refused(KernelCall()
                     .tensor(f32({4}))
                     .ints({2, 3})
                     .integer(0)
                     .tensors({&f32({2}), &f32({3})})
                     .run("aten::split_with_sizes_copy.out"),
                 "sum to 4");
  expect_refused(KernelCall()
                     .tensor(f32({4}))
                     .ints({kMost, kMost})
                     .integer(0)
                     .tensors({&f32({2}), &f32({3})})
                     .run("aten::split_with_sizes_copy.out"),
                 "sum to 4");
  expect_refused(KernelCall().tensor(f32({2, 3})).integer(0).tensors({&f32({3})}).run("aten::unbind_copy.int_out"),
                 "expected 2 tensors");
}

TEST_F(Refusals, IndicesSizesAndPads) {
  for (const int64_t index : {int64_t{2}, int64_t{-3}, kLeast, kMost}) {
    expect_refused(
        KernelCall().tensor(f32({2, 3})).integer(0).integer(index).tensor(f32({3})).run("aten::select_copy.int_out"),
        "index");
    expect_refused(KernelCall()
                       .tensor(f32({2, 3}))
                       .tensor(f32({3}))
                       .integer(0)
                       .integer(index)
                       .tensor(f32({2, 3}))
                       .run("aten::select_scatter.out"),
                   "index");
  }
  for (const int64_t step : {int64_t{0}, int64_t{-1}, kLeast}) {
    expect_refused(KernelCall().tensor(f32({4})).integer(0).none().none().integer(step).tensor(f32({4})).run(
                       "aten::slice_copy.Tensor_out"),
                   "step");
  }
  for (const std::vector<int64_t>& size :
       {std::vector<int64_t>{-2}, {-1, -1}, {5}, {-1, 4}, {kMost, kMost}, {1 << 20, 1 << 20}}) {
    expect_refused(KernelCall().tensor(f32({2, 3})).ints(size).tensor(f32({6})).run("aten::view_copy.out"), "size");
  }
  expect_refused(KernelCall().tensor(f32({2, 0})).ints({0, -1}).tensor(f32({0, 0})).run("aten::view_copy.out"),
                 "ambiguous");
  for (const int64_t times : {int64_t{-1}, kLeast, kMost, int64_t{1} << 40}) {
    expect_refused(KernelCall().tensor(f32({2})).ints({times}).tensor(f32({2})).run("aten::repeat.out"), "repeats");
  }
  expect_refused(KernelCall().tensor(f32({2})).ints({1 << 30}).tensor(f32({2})).run("aten::repeat.out"), "size");
  expect_refused(
      KernelCall().tensor(f32({2})).ints({-1, 2}).boolean(false).tensor(f32({1, 2})).run("aten::expand_copy.out"),
      "size");
  for (const int64_t pad : {kLeast, kMost, int64_t{-3}, int64_t{1} << 32}) {
    expect_refused(
        KernelCall().tensor(f32({2})).ints({pad, 0}).integer(0).tensor(f32({2})).run("aten::constant_pad_nd.out"), "");
    expect_refused(
        KernelCall().tensor(f32({1, 2})).ints({0, pad}).tensor(f32({1, 2})).run("aten::reflection_pad1d.out"),
        "padding");
    expect_refused(
        KernelCall().tensor(f32({1, 2})).ints({0, pad}).tensor(f32({1, 2})).run("aten::replication_pad1d.out"),
        "padding");
  }
  expect_refused(KernelCall().tensor(f32({1, 2})).ints({2, 0}).tensor(f32({1, 4})).run("aten::reflection_pad1d.out"),
                 "padding");
  expect_refused(KernelCall().tensor(f32({1, 0})).ints({1, 0}).tensor(f32({1, 1})).run("aten::replication_pad1d.out"),
                 "padding");
  for (const int64_t factor : {int64_t{0}, int64_t{-2}, kMost, int64_t{1} << 33}) {
    expect_refused(
        KernelCall().tensor(f32({4, 2, 2})).integer(factor).tensor(f32({1, 4, 4})).run("aten::pixel_shuffle.out"),
        "upscale_factor");
    expect_refused(
        KernelCall().tensor(f32({1, 4, 4})).integer(factor).tensor(f32({4, 2, 2})).run("aten::pixel_unshuffle.out"),
        "downscale_factor");
  }
  expect_refused(KernelCall().tensor(f32({3, 2, 2})).integer(2).tensor(f32({1, 4, 4})).run("aten::pixel_shuffle.out"),
                 "multiple of 4");
  expect_refused(KernelCall().tensor(f32({1, 3, 4})).integer(2).tensor(f32({4, 1, 2})).run("aten::pixel_unshuffle.out"),
                 "multiples of 2");
  expect_refused(KernelCall().tensor(f32({3})).integer(0).tensor(f32({1})).run("aten::glu.out"), "even");
}

TEST_F(Refusals, RanksThatDoNotFit) {
  expect_refused(KernelCall().tensor(f32({})).integer(0).integer(0).tensor(f32({})).run("aten::select_copy.int_out"),
                 "rank");
  expect_refused(KernelCall().tensor(f32({2, 2, 2})).tensor(f32({2, 2, 2})).run("aten::t_copy.out"), "rank");
  expect_refused(KernelCall().tensor(f32({2})).integer(0).tensor(f32({2})).run("aten::tril.out"), "rank");
  expect_refused(KernelCall().tensor(f32({2, 2})).integer(2).tensor(f32({2, 2})).run("aten::pixel_shuffle.out"),
                 "rank");
  expect_refused(KernelCall().tensor(f32({2})).ints({1, 1}).tensor(f32({4})).run("aten::reflection_pad1d.out"), "rank");
  expect_refused(KernelCall().tensors({&f32({})}).integer(0).tensor(f32({1})).run("aten::cat.out"), "rank");
  const std::vector<int32_t> most(16, 1);
  const std::vector<int32_t> ones(15, 1);
  expect_refused(KernelCall().tensor(f32(most)).integer(0).tensor(f32(most)).run("aten::unsqueeze_copy.out"),
                 "16 dimensions");
  expect_refused(KernelCall().tensors({&f32(most)}).integer(0).tensor(f32(most)).run("aten::stack.out"),
                 "16 dimensions");
}

TEST_F(Refusals, ReductionsOfNothing) {
  expect_refused(KernelCall().tensor(f32({0})).ints({}).boolean(false).tensor(f32({})).run("aten::amax.out"),
                 "no elements");
  expect_refused(KernelCall()
                     .tensor(f32({2, 0}))
                     .integer(1)
                     .boolean(false)
                     .tensor(make(DType::int64, {2}))
                     .run("aten::argmin.out"),
                 "no elements");
}

TEST_F(Refusals, NumbersAndNames) {
  expect_refused(KernelCall().tensor(f32({2})).string("fast").tensor(f32({2})).run("aten::gelu.out"), "found fast");
  expect_refused(KernelCall().tensor(f32({2})).tensor(f32({2})).string("up").tensor(f32({2})).run("aten::div.out_mode"),
                 "found up");
  expect_refused(KernelCall().tensor(f32({2})).none().none().tensor(f32({2})).run("aten::clamp.out"), "neither");
  expect_refused(KernelCall()
                     .tensor(make(DType::int32, {2}))
                     .integer(-1)
                     .tensor(make(DType::int32, {2}))
                     .run("aten::pow.Tensor_Scalar_out"),
                 "exponent");
  expect_refused(KernelCall()
                     .tensor(make(DType::int32, {2}))
                     .tensor(make(DType::int32, {2}))
                     .real(0.5)
                     .tensor(make(DType::int32, {2}))
                     .run("aten::add.out"),
                 "alpha");
  Tensor& out = f32({2});
  expect_refused(KernelCall().integer(0).integer(3).integer(0).tensor(out).run("aten::arange.start_out"), "steps of 0");
  expect_refused(KernelCall().integer(0).integer(3).integer(-1).tensor(out).run("aten::arange.start_out"), "steps");
  expect_refused(KernelCall().integer(kLeast).integer(kMost).integer(1).tensor(out).run("aten::arange.start_out"),
                 "too long");
  expect_refused(KernelCall().real(0).real(INFINITY).real(1).tensor(out).run("aten::arange.start_out"), "range");
  expect_refused(KernelCall().real(0).real(NAN).real(1).tensor(out).run("aten::arange.start_out"), "range");
}

TEST_F(Refusals, TensorsWithoutMemory) {
  Tensor& nowhere = f32({2});
  nowhere.set_data(nullptr, 0);
  expect_refused(KernelCall().tensor(nowhere).tensor(f32({2})).run("aten::relu.out"), "no memory");
  expect_refused(KernelCall().tensor(f32({2})).tensor(nowhere).run("aten::relu.out"), "no memory");
  expect_refused(KernelCall().tensors({&nowhere}).integer(0).tensor(f32({2})).run("aten::cat.out"), "no memory");
  expect_refused(KernelCall().tensor(nowhere).ints({2}).tensor(f32({2})).run("aten::view_copy.out"), "no memory");
  expect_refused(
      KernelCall().tensor(nowhere).ints({}).boolean(false).none().tensor(f32({})).run("aten::sum.IntList_out"),
      "no memory");
  expect_refused(KernelCall().ints({2}).integer(1).tensor(nowhere).run("aten::full.out"), "no memory");
}

TEST_F(Refusals, DimOrdersThatAreNotTheResults) {
  expect_refused(KernelCall()
                     .tensor(f32({2, 3}))
                     .boolean(false)
                     .ints({1, 0})
                     .tensor(f32({2, 3}))
                     .run("dim_order_ops::_to_dim_order_copy.out"),
                 "dim_order");
}

}  // namespace
}  // namespace ingot::testing
