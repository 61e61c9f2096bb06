// Convolution against its definition, over shapes that cross the borders of the kernel's blocks: more input channels
// than a panel is deep, more pixels than it is wide, planes larger than a depthwise band; both layouts; and threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <format>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/runtime/kernels/kernel_call.h"

namespace ingot::testing {
namespace {

struct Shape {
  const char* what;
  int batch, in_channels, out_channels, groups;
  std::array<int, 2> in, kernel, stride, padding, dilation;
  bool transposed = false;
  std::array<int, 2> output_padding = {0, 0};
};

constexpr Shape kShapes[] = {
    {"pointwise, deep", 1, 400, 13, 1, {7, 7}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},
    {"pointwise, one pixel", 2, 400, 13, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},
    {"pointwise, strided", 1, 5, 7, 1, {9, 11}, {1, 1}, {2, 3}, {0, 0}, {1, 1}},
    {"3x3", 2, 24, 14, 1, {13, 15}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {"3x3 strided, padded", 1, 3, 16, 1, {33, 31}, {3, 3}, {2, 2}, {1, 1}, {1, 1}},
    {"dilated, padded beyond the kernel", 1, 3, 4, 1, {6, 5}, {3, 2}, {1, 2}, {4, 5}, {2, 3}},
    {"grouped", 1, 12, 18, 3, {8, 9}, {3, 3}, {1, 1}, {1, 0}, {1, 1}},
    {"depthwise", 2, 6, 6, 6, {17, 19}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {"depthwise, strided, 5x5", 1, 5, 5, 5, {14, 14}, {5, 5}, {2, 2}, {2, 2}, {1, 1}},
    {"depthwise, more outputs", 1, 3, 9, 3, {8, 8}, {3, 3}, {1, 1}, {1, 1}, {2, 2}},
    {"depthwise, many bands", 1, 2, 2, 2, {150, 130}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {"depthwise, large kernel", 1, 2, 2, 2, {20, 20}, {9, 9}, {1, 1}, {4, 4}, {1, 1}},
    {"depthwise, long stride", 1, 2, 2, 2, {20, 20}, {3, 3}, {5, 7}, {1, 1}, {1, 1}},
    {"pointwise, several tiles", 2, 20, 130, 1, {11, 13}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},
    {"3x3, deep and padded", 1, 300, 20, 1, {4, 5}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {"few channels, dilated", 1, 2, 33, 1, {12, 10}, {3, 4}, {1, 2}, {2, 1}, {2, 1}},
    {"grouped, few channels", 1, 6, 34, 2, {9, 9}, {5, 5}, {2, 1}, {2, 2}, {1, 1}},
    {"depthwise, many channels", 2, 53, 53, 53, {9, 12}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {"depthwise, strided, dilated", 1, 40, 40, 40, {11, 15}, {5, 3}, {2, 3}, {3, 2}, {1, 2}},
    {"depthwise, kernel beyond the image", 1, 33, 33, 33, {3, 2}, {5, 5}, {1, 1}, {2, 2}, {1, 1}},
    {"transposed", 1, 6, 10, 1, {5, 6}, {3, 3}, {2, 2}, {1, 1}, {1, 1}, true, {1, 1}},
    {"transposed, stride beyond the kernel", 1, 4, 6, 2, {5, 6}, {2, 2}, {3, 4}, {0, 0}, {1, 1}, true, {1, 2}},
    {"transposed, dilated", 2, 4, 6, 2, {5, 4}, {3, 2}, {2, 3}, {2, 1}, {2, 2}, true, {0, 1}},
};

int reach_of(const Shape& s, int axis) {
  return s.dilation[axis] * (s.kernel[axis] - 1) + 1;
}

int output_size(const Shape& s, int axis) {
  const int reach = reach_of(s, axis);
  if (s.transposed) return (s.in[axis] - 1) * s.stride[axis] - 2 * s.padding[axis] + reach + s.output_padding[axis];
  return (s.in[axis] + 2 * s.padding[axis] - reach) / s.stride[axis] + 1;
}

// Each product of the definition is added where it belongs.
std::vector<double> reference(const Shape& s, const std::vector<double>& x, const std::vector<double>& w,
                              const std::vector<double>& bias) {
  const int out_h = output_size(s, 0), out_w = output_size(s, 1);
  const int in_group = s.in_channels / s.groups, out_group = s.out_channels / s.groups;
  std::vector<double> y(static_cast<size_t>(s.batch) * s.out_channels * out_h * out_w);
  for (size_t i = 0; i < y.size(); ++i) y[i] = bias[i / (out_h * out_w) % s.out_channels];
  const auto add = [&](int n, int ic, int iy, int ix, int oc, int oy, int ox, double weight) {
    if (iy < 0 || ix < 0 || iy >= s.in[0] || ix >= s.in[1] || oy < 0 || ox < 0 || oy >= out_h || ox >= out_w) return;
    y[((n * s.out_channels + oc) * out_h + oy) * out_w + ox] +=
        weight * x[((n * s.in_channels + ic) * s.in[0] + iy) * s.in[1] + ix];
  };
  for (int n = 0; n < s.batch; ++n) {
    for (int oc = 0; oc < s.out_channels; ++oc) {
      for (int i = 0; i < in_group; ++i) {
        const int ic = oc / out_group * in_group + i;
        for (int ky = 0; ky < s.kernel[0]; ++ky) {
          for (int kx = 0; kx < s.kernel[1]; ++kx) {
            const int row = s.transposed ? ic * out_group + oc % out_group : oc * in_group + i;
            const double weight = w[(row * s.kernel[0] + ky) * s.kernel[1] + kx];
            const int dy = ky * s.dilation[0] - s.padding[0], dx = kx * s.dilation[1] - s.padding[1];
            for (int a = 0; a < (s.transposed ? s.in[0] : out_h); ++a) {
              for (int b = 0; b < (s.transposed ? s.in[1] : out_w); ++b) {
                const int far_y = a * s.stride[0] + dy, far_x = b * s.stride[1] + dx;
                s.transposed ? add(n, ic, a, b, oc, far_y, far_x, weight) : add(n, ic, far_y, far_x, oc, a, b, weight);
              }
            }
          }
        }
      }
    }
  }
  return y;
}

std::vector<int64_t> list(const std::array<int, 2>& x) {
  return {x[0], x[1]};
}

// Ranges of a parallel_for, on as many threads.
void run_on_threads(void* pool, size_t count, size_t, Parallel::Body body, void* context) {
  const size_t threads = *static_cast<size_t*>(pool);
  std::vector<std::thread> running;
  for (size_t t = 0; t < threads; ++t) {
    const size_t begin = count * t / threads, end = count * (t + 1) / threads;
    if (begin < end) running.emplace_back([=] { body(context, begin, end); });
  }
  for (std::thread& thread : running) thread.join();
}

// A convolution, drawn so that each kind of kernel comes up, with outputs that are not empty.
Shape draw_shape(std::mt19937& random) {
  const auto from = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
  for (;;) {
    Shape s = {"drawn", from(1, 2), 0, 0, 1, {}, {}, {}, {}, {}};
    const bool depthwise = from(0, 2) == 0;
    s.groups = depthwise ? from(1, 70) : from(0, 2) == 0 ? from(2, 4) : 1;
    s.in_channels = depthwise ? s.groups : s.groups * from(1, from(0, 1) == 0 ? 9 : 80);
    s.out_channels = depthwise ? s.groups * (from(0, 3) == 0 ? 2 : 1) : s.groups * from(1, 40);
    s.in = {from(1, 14), from(1, 14)};
    s.kernel = {from(1, 5), from(1, 5)};
    s.stride = {from(1, 3), from(1, 3)};
    s.padding = {from(0, 3), from(0, 3)};
    s.dilation = {from(1, 2), from(1, 2)};
    s.transposed = !depthwise && from(0, 9) == 0;
    const auto fits = [&](int axis) {
      return output_size(s, axis) > 0 && (s.transposed || reach_of(s, axis) <= s.in[axis] + 2 * s.padding[axis]);
    };
    if (fits(0) && fits(1)) return s;
  }
}

size_t count(const std::vector<int32_t>& sizes) {
  size_t n = 1;
  for (const int32_t size : sizes) n *= static_cast<size_t>(size);
  return n;
}

void expect_near(const Shape& s, const Tensor& out, const std::vector<double>& expected) {
  double largest = 0, difference = 0;
  const size_t channels = static_cast<size_t>(s.out_channels), width = static_cast<size_t>(out.size(3));
  const size_t plane = static_cast<size_t>(out.size(2)) * width;
  for (size_t i = 0; i < expected.size(); ++i) {
    const size_t n = i / plane / channels, c = i / plane % channels, y = i % plane / width, z = i % width;
    const std::span<const int64_t> strides = out.strides();
    const float found = out.data_as<float>()[n * strides[0] + c * strides[1] + y * strides[2] + z * strides[3]];
    largest = std::max(largest, std::abs(expected[i]));
    difference = std::max(difference, std::abs(expected[i] - found));
  }
  // What rounding adds up to grows with the root of the depth.
  const double depth = static_cast<double>(s.in_channels / s.groups * s.kernel[0] * s.kernel[1]);
  EXPECT_LE(difference, 1e-6 * std::max(1.0, std::sqrt(depth / 400)) * std::max(largest, 1e-2));
}

void expect_definition(const Shape& s, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto values = [&](size_t n) {
    std::vector<double> v(n);
    for (double& x : v) x = static_cast<float>(uniform(random));
    return v;
  };
  const int weight_rows = s.transposed ? s.in_channels : s.out_channels;
  const int weight_columns = (s.transposed ? s.out_channels : s.in_channels) / s.groups;
  const std::vector<int32_t> in_sizes = {s.batch, s.in_channels, s.in[0], s.in[1]};
  const std::vector<int32_t> weight_sizes = {weight_rows, weight_columns, s.kernel[0], s.kernel[1]};
  const std::vector<int32_t> out_sizes = {s.batch, s.out_channels, output_size(s, 0), output_size(s, 1)};
  const std::vector<double> x = values(count(in_sizes)), w = values(count(weight_sizes)),
                            b = values(static_cast<size_t>(s.out_channels));
  const std::vector<double> expected = reference(s, x, w, b);
  std::array<std::vector<std::byte>, 2> answers;
  // Contiguous, three mixtures of channels-last, then the first two with threads.
  for (const size_t variant : {0, 1, 2, 3, 4, 5}) {
    SCOPED_TRACE("variant " + std::to_string(variant));
    const std::vector<uint8_t> last = {0, 2, 3, 1}, first = {};
    OwnedTensor in(array_of(DType::float32, in_sizes, x), variant == 1 || variant == 3 || variant == 5 ? last : first);
    OwnedTensor weight(array_of(DType::float32, weight_sizes, w), variant == 2 || variant == 3 ? last : first);
    OwnedTensor bias(array_of(DType::float32, {s.out_channels}, b));
    OwnedTensor out(DType::float32, out_sizes, variant == 1 || variant == 2 || variant == 5 ? last : first);
    KernelCall call;
    call.tensor(in.tensor).tensor(weight.tensor).tensor(bias.tensor);
    call.ints(list(s.stride)).ints(list(s.padding)).ints(list(s.dilation)).boolean(s.transposed);
    call.ints(list(s.output_padding)).integer(s.groups).tensor(out.tensor);
    size_t threads = 3;
    const Parallel parallel{run_on_threads, &threads, threads};
    const Result<void> result = call.run("aten::convolution.out", variant >= 4 ? parallel : Parallel{});
    ASSERT_TRUE(result) << result.error().message();
    expect_near(s, out.tensor, expected);
    const std::byte* bytes = out.tensor.data_as<std::byte>();
    if (variant < 2) answers[variant].assign(bytes, bytes + out.tensor.nbytes());
    if (variant >= 4) {
      EXPECT_EQ(std::memcmp(answers[variant - 4].data(), bytes, out.tensor.nbytes()), 0);
    }
  }
}

TEST(Convolution, FollowsItsDefinition) {
  with_each_loop_level([] {
    std::mt19937 random(7);
    for (const Shape& s : kShapes) {
      SCOPED_TRACE(s.what);
      expect_definition(s, random);
    }
  });
}

TEST(Convolution, FollowsItsDefinitionWhateverIsDrawn) {
  with_each_loop_level([] {
    std::mt19937 random(11);
    for (int i = 0; i < 60; ++i) {
      const Shape s = draw_shape(random);
      SCOPED_TRACE(std::format(
          "{}: {}x{}x{}x{}, {} of {} groups, kernel {}x{}, stride {}x{}, padding {}x{}, dilation {}x{}{}", i, s.batch,
          s.in_channels, s.in[0], s.in[1], s.out_channels, s.groups, s.kernel[0], s.kernel[1], s.stride[0], s.stride[1],
          s.padding[0], s.padding[1], s.dilation[0], s.dilation[1], s.transposed ? ", transposed" : ""));
      expect_definition(s, random);
    }
  });
}

}  // namespace
}  // namespace ingot::testing
