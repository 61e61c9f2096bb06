// Pooling against its definition, in both layouts, over windows that cross the borders of what the loops have in work:
// rows wider than a span, more channels than a run, few columns, strides, padding, dilation; and threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <format>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/runtime/kernels/kernel_call.h"
#include "tests/support/compare.h"

namespace ingot::testing {
namespace {

struct Shape {
  const char* what;
  std::array<int, 4> in;
  std::array<int, 2> kernel, stride, padding, dilation = {1, 1};
  bool ceil_mode = false;
};

constexpr Shape kShapes[] = {
    {"3x3/2", {2, 5, 13, 18}, {3, 3}, {2, 2}, {1, 1}},
    {"2x2/2", {1, 19, 8, 8}, {2, 2}, {2, 2}, {0, 0}},
    {"one by one", {1, 35, 3, 3}, {3, 3}, {1, 1}, {0, 0}},
    {"wide", {1, 2, 5, 2500}, {3, 4}, {1, 3}, {1, 2}},
    {"many channels", {1, 1100, 3, 4}, {2, 2}, {1, 1}, {1, 1}},
    {"ceil", {1, 3, 10, 10}, {3, 3}, {2, 3}, {1, 0}, {1, 1}, true},
    {"stride beyond the kernel", {1, 17, 20, 21}, {2, 1}, {5, 4}, {0, 0}},
    {"large window", {1, 2, 70, 90}, {30, 33}, {9, 7}, {15, 16}},
    {"window larger than that", {1, 2, 70, 90}, {65, 10}, {3, 2}, {8, 5}},
};
constexpr Shape kDilated = {"dilated", {1, 4, 15, 16}, {3, 2}, {2, 1}, {2, 1}, {2, 3}};
constexpr Shape kPadding = {"window in the padding", {1, 18, 1, 4}, {2, 2}, {1, 1}, {1, 1}, {2, 1}};

// By how much the padded image is larger than a window.
int slack_of(const Shape& s, size_t axis) {
  return s.in[2 + axis] + 2 * s.padding[axis] - s.dilation[axis] * (s.kernel[axis] - 1) - 1;
}

int out_size(const Shape& s, size_t axis) {
  const int in = s.in[2 + axis], slack = slack_of(s, axis);
  int out = (slack + (s.ceil_mode ? s.stride[axis] - 1 : 0)) / s.stride[axis] + 1;
  if (s.ceil_mode && (out - 1) * s.stride[axis] >= in + s.padding[axis]) --out;
  return out;
}

struct Answer {
  std::vector<double> values;
  std::vector<int64_t> indices;
};

// PyTorch's documented order: row by row, a later element wins where it is larger or NaN.
// Where there is no element the answer is `lowest`.
Answer reference(const Shape& s, const std::vector<double>& x, bool largest, bool include_padding,
                 double lowest = -std::numeric_limits<double>::infinity()) {
  Answer answer;
  const auto [batch, channels, height, width] = s.in;
  for (int plane = 0; plane < batch * channels; ++plane) {
    for (int y = 0; y < out_size(s, 0); ++y) {
      for (int z = 0; z < out_size(s, 1); ++z) {
        const int top = y * s.stride[0] - s.padding[0], left = z * s.stride[1] - s.padding[1];
        double sum = 0, best = lowest;
        int64_t at = -1, inside = 0;
        for (int i = 0; i < s.kernel[0]; ++i) {
          for (int j = 0; j < s.kernel[1]; ++j) {
            const int row = top + i * s.dilation[0], column = left + j * s.dilation[1];
            if (row < 0 || column < 0 || row >= height || column >= width) continue;
            const double value = x[static_cast<size_t>((plane * height + row) * width + column)];
            sum += value;
            ++inside;
            if (at < 0) at = int64_t{row} * width + column;
            if (value > best || std::isnan(value)) best = value, at = int64_t{row} * width + column;
          }
        }
        const int64_t padded = (std::min(top + s.kernel[0], height + s.padding[0]) - top) *
                               int64_t{std::min(left + s.kernel[1], width + s.padding[1]) - left};
        answer.values.push_back(largest ? best : sum / static_cast<double>(include_padding ? padded : inside));
        answer.indices.push_back(at);
      }
    }
  }
  return answer;
}

std::vector<double> some_values(const Shape& s, DType dtype, bool special) {
  std::mt19937 random(3);
  std::vector<double> values(static_cast<size_t>(s.in[0] * s.in[1] * s.in[2] * s.in[3]));
  for (double& value : values) {
    value = static_cast<double>(random() % 21) - 10;  // ties are frequent
    if (dtype == DType::uint8) value += 10;
    if (dtype == DType::float32 && special && random() % 9 == 0) {
      value = random() % 2 == 0 ? std::numeric_limits<double>::quiet_NaN() : -std::numeric_limits<double>::infinity();
    }
  }
  return values;
}

std::vector<int64_t> list(const std::array<int, 2>& x) {
  return {x[0], x[1]};
}

// Hands out ranges from the last to the first, as threads might.
void run_backwards(void*, size_t count, size_t grain, Parallel::Body body, void* context) {
  for (size_t ranges = (count + grain - 1) / grain; ranges-- > 0;) {
    body(context, ranges * grain, std::min(count, (ranges + 1) * grain));
  }
}

// Calls check(input's order, output's order, threads) for the layouts.
template <typename F>
void in_each_layout(F&& check) {
  const std::vector<uint8_t> first = {}, last = {0, 2, 3, 1};
  check(first, first, Parallel{});
  check(last, last, Parallel{});
  check(first, last, Parallel{});
  check(last, first, Parallel{});
  check(last, last, Parallel{run_backwards, nullptr, 3});
}

void expect_equal(const Tensor& found, const std::vector<double>& expected, double tolerance) {
  const Array array = to_array(found);
  for (size_t i = 0; i < expected.size(); ++i) {
    const double value = found.dtype() == DType::float32 ? reinterpret_cast<const float*>(array.data.data())[i]
                         : found.dtype() == DType::int8  ? reinterpret_cast<const int8_t*>(array.data.data())[i]
                                                         : reinterpret_cast<const uint8_t*>(array.data.data())[i];
    if (std::isnan(expected[i]) && std::isnan(value)) continue;
    if (value == expected[i]) continue;
    ASSERT_NEAR(value, expected[i], tolerance) << "element " << i;
  }
}

void expect_largest(const Shape& s, DType dtype) {
  const std::vector<double> x = some_values(s, dtype, true);
  const double lowest = dtype == DType::float32 ? -std::numeric_limits<double>::infinity()
                        : dtype == DType::int8  ? -128
                                                : 0;
  const Answer answer = reference(s, x, true, false, lowest);
  const std::vector<int32_t> out_sizes = {s.in[0], s.in[1], out_size(s, 0), out_size(s, 1)};
  in_each_layout([&](const auto& in_order, const auto& out_order, const Parallel& parallel) {
    OwnedTensor in(array_of(dtype, {s.in.begin(), s.in.end()}, x), in_order);
    OwnedTensor out(dtype, out_sizes, out_order), indices(DType::int64, out_sizes, in_order);
    KernelCall call;
    call.tensor(in.tensor).ints(list(s.kernel)).ints(list(s.stride)).ints(list(s.padding)).ints(list(s.dilation));
    const auto done = call.boolean(s.ceil_mode)
                          .tensor(out.tensor)
                          .tensor(indices.tensor)
                          .run("aten::max_pool2d_with_indices.out", parallel);
    ASSERT_TRUE(done) << done.error().message();
    expect_equal(out.tensor, answer.values, 0);
    const Array found = to_array(indices.tensor);
    for (size_t i = 0; i < answer.indices.size(); ++i) {
      if (answer.indices[i] < 0) continue;  // a window in the padding has no element
      ASSERT_EQ(reinterpret_cast<const int64_t*>(found.data.data())[i], answer.indices[i]) << "index " << i;
    }
  });
}

void expect_average(const Shape& s, bool include_padding) {
  const std::vector<double> x = some_values(s, DType::float32, false);
  const Answer answer = reference(s, x, false, include_padding);
  const std::vector<int32_t> out_sizes = {s.in[0], s.in[1], out_size(s, 0), out_size(s, 1)};
  in_each_layout([&](const auto& in_order, const auto& out_order, const Parallel& parallel) {
    OwnedTensor in(array_of(DType::float32, {s.in.begin(), s.in.end()}, x), in_order);
    OwnedTensor out(DType::float32, out_sizes, out_order);
    KernelCall call;
    call.tensor(in.tensor).ints(list(s.kernel)).ints(list(s.stride)).ints(list(s.padding)).boolean(s.ceil_mode);
    const auto done = call.boolean(include_padding).none().tensor(out.tensor).run("aten::avg_pool2d.out", parallel);
    ASSERT_TRUE(done) << done.error().message();
    expect_equal(out.tensor, answer.values, 1e-4);
  });
}

// The integers' average: each sum, rounded to the nearest by the definition in arithmetic.h; the scales here are powers
// of two, so that nothing else is rounded.
void expect_integer_average(const Shape& s, bool include_padding) {
  constexpr int kZero = 3;
  std::vector<double> x = some_values(s, DType::int8, false);
  std::vector<double> reals = x;
  for (double& real : reals) real -= kZero;
  const Answer answer = reference(s, reals, false, include_padding);
  const std::vector<int32_t> out_sizes = {s.in[0], s.in[1], out_size(s, 0), out_size(s, 1)};
  in_each_layout([&](const auto& in_order, const auto& out_order, const Parallel& parallel) {
    OwnedTensor in(array_of(DType::int8, {s.in.begin(), s.in.end()}, x), in_order);
    OwnedTensor out(DType::int8, out_sizes, out_order);
    KernelCall call;
    call.tensor(in.tensor).ints(list(s.kernel)).ints(list(s.stride)).ints(list(s.padding)).boolean(s.ceil_mode);
    call.boolean(include_padding).none().real(1).integer(kZero).real(0.25).integer(-1).integer(-128).integer(127);
    const auto done = call.tensor(out.tensor).run("ingot::quantized_avg_pool2d.out", parallel);
    ASSERT_TRUE(done) << done.error().message();
    std::vector<double> expected;
    for (const double mean : answer.values) expected.push_back(4 * mean - 1);
    expect_equal(out.tensor, expected, 0.5001);
  });
}

// With padding as PyTorch limits it.
Shape draw_shape(std::mt19937& random) {
  const auto from = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
  for (;;) {
    Shape s = {"drawn", {from(1, 2), from(1, 70), from(1, 20), from(1, 40)}, {from(1, 6), from(1, 6)}, {}, {}};
    s.stride = {from(1, 7), from(1, 7)};
    s.padding = {from(0, s.kernel[0] / 2), from(0, s.kernel[1] / 2)};
    s.ceil_mode = from(0, 1) == 1;
    if (slack_of(s, 0) >= 0 && slack_of(s, 1) >= 0) return s;
  }
}

TEST(Pooling, FollowsItsDefinitionWhateverIsDrawn) {
  with_each_loop_level([] {
    std::mt19937 random(5);
    for (int i = 0; i < 60; ++i) {
      Shape s = draw_shape(random);
      SCOPED_TRACE(std::format("{}: {}x{}x{}x{}, kernel {}x{}, stride {}x{}, padding {}x{}{}", i, s.in[0], s.in[1],
                               s.in[2], s.in[3], s.kernel[0], s.kernel[1], s.stride[0], s.stride[1], s.padding[0],
                               s.padding[1], s.ceil_mode ? ", ceil_mode" : ""));
      expect_average(s, i % 2 == 0);
      expect_integer_average(s, i % 2 == 0);
      s.dilation = {1 + i % 2, 1 + i % 3};
      if (slack_of(s, 0) < 0 || slack_of(s, 1) < 0) continue;
      expect_largest(s, DType::float32);
      expect_largest(s, DType::int8);
    }
  });
}

TEST(Pooling, TheLargestFollowsItsDefinition) {
  with_each_loop_level([] {
    for (const Shape& s : kShapes) {
      SCOPED_TRACE(s.what);
      expect_largest(s, DType::float32);
      expect_largest(s, DType::int8);
      expect_largest(s, DType::uint8);
    }
    expect_largest(kDilated, DType::float32);
    expect_largest(kPadding, DType::float32);
    expect_largest(kPadding, DType::int8);
    expect_largest(kPadding, DType::uint8);
  });
}

TEST(Pooling, AveragesFollowTheirDefinition) {
  with_each_loop_level([] {
    for (const Shape& s : kShapes) {
      SCOPED_TRACE(s.what);
      expect_average(s, true);
      expect_average(s, false);
      expect_integer_average(s, true);
      expect_integer_average(s, false);
    }
  });
}

TEST(Pooling, AdaptiveAveragesOfEqualWindows) {
  const Shape s = {"adaptive", {2, 21, 12, 10}, {4, 2}, {4, 2}, {0, 0}};
  const std::vector<double> x = some_values(s, DType::float32, false);
  const Answer answer = reference(s, x, false, false);
  in_each_layout([&](const auto& in_order, const auto& out_order, const Parallel& parallel) {
    OwnedTensor in(array_of(DType::float32, {s.in.begin(), s.in.end()}, x), in_order);
    OwnedTensor out(DType::float32, {2, 21, 3, 5}, out_order);
    const auto done =
        KernelCall().tensor(in.tensor).ints({3, 5}).tensor(out.tensor).run("aten::_adaptive_avg_pool2d.out", parallel);
    ASSERT_TRUE(done) << done.error().message();
    expect_equal(out.tensor, answer.values, 1e-4);
  });
}

}  // namespace
}  // namespace ingot::testing
