// The quantized kernels against XNNPACK's own operators, bit for bit: where arithmetic.h claims XNNPACK's arithmetic.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "runtime/kernels/quantized/arithmetic.h"
#include "tests/runtime/kernels/kernel_call.h"
#include "tests/runtime/kernels/quantized/xnnpack.h"
#include "tests/support/compare.h"

namespace ingot::testing {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Bytes {
  DType dtype;
  xnn_datatype datatype;
  int32_t least;
};
constexpr Bytes kInt8{DType::int8, xnn_datatype_qint8, -128};
constexpr Bytes kUint8{DType::uint8, xnn_datatype_quint8, 0};

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  std::vector<uint8_t> bytes(size_t count) {
    std::vector<uint8_t> result(count);
    for (uint8_t& byte : result) byte = static_cast<uint8_t>(engine_());
    return result;
  }
  int32_t between(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(engine_() % static_cast<uint32_t>(high - low + 1));
  }
  float scale() { return std::ldexp(1.0f + static_cast<float>(engine_() % 1000) / 1000.0f, between(-7, -4)); }

 private:
  std::mt19937 engine_;
};

Array array(DType dtype, std::vector<int32_t> sizes, const void* data) {
  Array result{dtype, std::move(sizes), {}};
  size_t count = size_of(dtype);
  for (const int32_t size : result.sizes) count *= static_cast<size_t>(size);
  result.data.resize(count);
  std::copy_n(static_cast<const std::byte*>(data), count, result.data.data());
  return result;
}

std::vector<uint8_t> bytes_of(const Tensor& tensor) {
  const Array result = to_array(tensor);
  const auto* data = reinterpret_cast<const uint8_t*>(result.data.data());
  return {data, data + result.data.size()};
}

// Element (n, h, w, c) of an array that holds (n, c, h, w).
template <typename T>
std::vector<T> channels_last(const std::vector<T>& x, size_t n, size_t c, size_t h, size_t w) {
  std::vector<T> result(x.size());
  for (size_t i = 0; i < n; ++i)
    for (size_t k = 0; k < c; ++k)
      for (size_t y = 0; y < h; ++y)
        for (size_t z = 0; z < w; ++z) result[((i * h + y) * w + z) * c + k] = x[((i * c + k) * h + y) * w + z];
  return result;
}

// --- Functions of one value: all 256 of them.

struct Parameters {
  float in_scale;
  int32_t in_zero_point;
  float out_scale;
  int32_t out_zero_point;
};

std::vector<uint8_t> xnn_table(const Bytes& type, xnn_unary_operator op, const xnn_unary_params& params,
                               const Parameters& p) {
  std::vector<uint8_t> all(256);
  for (int32_t i = 0; i < 256; ++i) all[i] = static_cast<uint8_t>(type.least + i);
  XnnNode node(type.datatype);
  const uint32_t in = node.input({1, 256}, p.in_scale, p.in_zero_point, all);
  const uint32_t out = node.output({1, 256}, p.out_scale, p.out_zero_point);
  expect_success(xnn_define_unary(node.subgraph(), op, &params, in, out, 0), "unary");
  return node.run();
}

std::vector<Parameters> parameter_sets(const Bytes& type, uint32_t seed) {
  Random random(seed);
  // The first two hit halves.
  std::vector<Parameters> sets = {{0.5f, type.least + 100, 1.0f, type.least + 99},
                                  {0.25f, type.least + 128, 0.5f, type.least + 140}};
  for (int i = 0; i < 12; ++i) {
    sets.push_back(
        {random.scale(), type.least + random.between(0, 255), random.scale(), type.least + random.between(0, 255)});
  }
  return sets;
}

template <typename F>
void expect_table(xnn_unary_operator op, const xnn_unary_params& params, const F& expected) {
  for (const Bytes& type : {kInt8, kUint8}) {
    for (const Parameters& p : parameter_sets(type, 1)) {
      const std::vector<uint8_t> actual = xnn_table(type, op, params, p);
      const quantized::OutputRange range{p.out_zero_point, type.least, type.least + 255};
      for (int32_t i = 0; i < 256; ++i) {
        EXPECT_EQ(static_cast<uint8_t>(expected(type.least + i, p, range)), actual[i])
            << to_string(type.dtype) << " " << type.least + i << " scales " << p.in_scale << " " << p.out_scale
            << " zero points " << p.in_zero_point << " " << p.out_zero_point;
      }
    }
  }
}

// By the float function.
template <typename F>
void expect_function(xnn_unary_operator op, const xnn_unary_params& params, const F& f) {
  expect_table(op, params, [&](int32_t x, const Parameters& p, const quantized::OutputRange& range) {
    const float y = static_cast<float>(f(quantized::dequantize(x, p.in_scale, p.in_zero_point)));
    return quantized::table_entry(y, 1 / p.out_scale, range);
  });
}

TEST(AgainstXnnpack, Tables) {
  expect_function(xnn_unary_sigmoid, {}, [](double x) { return 1 / (1 + std::exp(-x)); });
  // In float, as XNNPACK has it: the last bit may decide between two integers.
  expect_function(xnn_unary_tanh, {}, [](float x) { return std::tanh(x); });
  expect_function(xnn_unary_gelu, {}, [](double x) { return x / 2 * (1 + std::erf(x * std::sqrt(0.5))); });
  expect_function(xnn_unary_hardswish, {}, [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; });
  expect_function(xnn_unary_exp, {}, [](double x) { return std::exp(x); });
  expect_function(xnn_unary_abs, {}, [](double x) { return std::abs(x); });
  xnn_unary_params params;
  params.elu.alpha = 0.7f;
  expect_function(xnn_unary_elu, params, [](double x) { return x < 0 ? 0.7f * std::expm1(x) : x; });
}

TEST(AgainstXnnpack, Conversion) {
  expect_table(xnn_unary_convert, {}, [](int32_t x, const Parameters& p, const quantized::OutputRange& range) {
    const int32_t multiplier = quantized::conversion_multiplier(p.in_scale / p.out_scale);
    return quantized::convert_parameters(x, p.in_zero_point, multiplier, range);
  });
}

TEST(AgainstXnnpack, LeakyRelu) {
  xnn_unary_params params;
  for (const float slope : {0.1f, 0.3f, -0.25f}) {
    params.leaky_relu.negative_slope = slope;
    expect_table(
        xnn_unary_leaky_relu, params, [&](int32_t x, const Parameters& p, const quantized::OutputRange& range) {
          const float ratio = p.in_scale / p.out_scale;
          const float factor = x < p.in_zero_point ? ratio * slope : ratio;
          return quantized::convert_parameters(x, p.in_zero_point, quantized::conversion_multiplier(factor), range);
        });
  }
}

// --- Two operands: every pair of values.

void expect_binary(const char* kernel, xnn_binary_operator op) {
  Random random(2);
  for (const Bytes& type : {kInt8, kUint8}) {
    for (int set = 0; set < 8; ++set) {
      const float a_scale = random.scale(), b_scale = random.scale(), scale = random.scale();
      const int32_t a_zero = type.least + random.between(0, 255), b_zero = type.least + random.between(0, 255);
      const int32_t zero = type.least + random.between(0, 255);
      std::vector<uint8_t> a(65536), b(65536);
      for (size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<uint8_t>(i >> 8);
        b[i] = static_cast<uint8_t>(i);
      }
      XnnNode node(type.datatype);
      const uint32_t left = node.input({65536}, a_scale, a_zero, a), right = node.input({65536}, b_scale, b_zero, b);
      const uint32_t result = node.output({65536}, scale, zero);
      expect_success(xnn_define_binary(node.subgraph(), op, nullptr, left, right, result, 0), "binary");
      const std::vector<uint8_t> expected = node.run();

      const auto run = [&](std::span<const uint8_t> left_bytes, std::span<const uint8_t> right_bytes) {
        const auto size = [](std::span<const uint8_t> bytes) { return static_cast<int32_t>(bytes.size()); };
        OwnedTensor x(array(type.dtype, {size(left_bytes)}, left_bytes.data()));
        OwnedTensor y(array(type.dtype, {size(right_bytes)}, right_bytes.data()));
        OwnedTensor out(type.dtype, {std::max(size(left_bytes), size(right_bytes))});
        KernelCall call;
        call.tensor(x.tensor).real(a_scale).integer(a_zero).tensor(y.tensor).real(b_scale).integer(b_zero);
        call.real(scale).integer(zero).integer(type.least).integer(type.least + 255).tensor(out.tensor);
        const Result<void> done = call.run(kernel);
        EXPECT_TRUE(done) << done.error().message();
        return bytes_of(out.tensor);
      };
      SCOPED_TRACE(std::string(kernel) + " " + to_string(type.dtype) + " set " + std::to_string(set));
      with_each_loop_level([&] {
        EXPECT_EQ(expected, run(a, b));
        for (const uint8_t one : {3, 200}) {  // one value for a row that ends within a register
          const size_t n = 251;
          const std::span<const uint8_t> row(b.data(), n);
          std::vector<uint8_t> one_right, one_left;
          for (size_t i = 0; i < n; ++i) {
            one_left.push_back(expected[one * 256u + i]);
            one_right.push_back(expected[i * 256u + one]);
          }
          EXPECT_EQ(one_right, run(row, {&one, 1}));
          EXPECT_EQ(one_left, run({&one, 1}, row));
        }
      });
    }
  }
}

TEST(AgainstXnnpack, Addition) {
  expect_binary("ingot::quantized_add.out", xnn_binary_add);
}
TEST(AgainstXnnpack, Subtraction) {
  expect_binary("ingot::quantized_sub.out", xnn_binary_subtract);
}
TEST(AgainstXnnpack, Multiplication) {
  expect_binary("ingot::quantized_mul.out", xnn_binary_multiply);
}

// --- Products.

struct ConvolutionCase {
  size_t channels, out_channels, groups, height, width, kernel, stride, padding;
  bool transposed = false;
};

float largest_result(const ConvolutionCase& c) {
  // Random bytes: the standard deviation of a sum of so many products.
  return std::sqrt(static_cast<float>(c.channels / c.groups * c.kernel * c.kernel)) * 74 * 74;
}

void run_convolution(const ConvolutionCase& c, uint32_t seed) {
  SCOPED_TRACE("channels " + std::to_string(c.channels) + " to " + std::to_string(c.out_channels) + ", kernel " +
               std::to_string(c.kernel) + (c.transposed ? ", transposed" : ""));
  Random random(seed);
  const size_t group_in = c.channels / c.groups, group_out = c.out_channels / c.groups;
  const bool depthwise = !c.transposed && group_in == 1 && c.groups > 1;
  const std::vector<uint8_t> x = random.bytes(c.channels * c.height * c.width);
  std::vector<uint8_t> w = random.bytes(c.out_channels * group_in * c.kernel * c.kernel);
  // XNNPACK's signed weights are symmetrical.
  for (uint8_t& byte : w) byte = byte == 128 ? 129 : byte;
  std::vector<float> scales(c.transposed ? 1 : c.out_channels);
  for (float& scale : scales) scale = random.scale();
  std::vector<int32_t> bias(c.out_channels);
  for (int32_t& b : bias) b = random.between(-20000, 20000);
  const float in_scale = random.scale(), out_scale = in_scale * scales[0] * largest_result(c) / 64;
  const int32_t in_zero = random.between(-128, 127), out_zero = random.between(-40, 40);
  const auto out_of = [&](size_t in) {
    return c.transposed ? (in - 1) * c.stride + c.kernel - 2 * c.padding
                        : (in + 2 * c.padding - c.kernel) / c.stride + 1;
  };
  const size_t out_h = out_of(c.height), out_w = out_of(c.width);

  // Ours: weights [out, in / groups, h, w], or [in, out / groups, h, w] where transposed.
  const auto i32 = [](size_t n) { return static_cast<int32_t>(n); };
  OwnedTensor input(array(DType::int8, {1, i32(c.channels), i32(c.height), i32(c.width)}, x.data()));
  const std::vector<int32_t> weight_sizes =
      c.transposed ? std::vector<int32_t>{i32(c.channels), i32(group_out), i32(c.kernel), i32(c.kernel)}
                   : std::vector<int32_t>{i32(c.out_channels), i32(group_in), i32(c.kernel), i32(c.kernel)};
  OwnedTensor weight(array(DType::int8, weight_sizes, w.data()));
  OwnedTensor bias_tensor(array(DType::int32, {i32(c.out_channels)}, bias.data()));
  OwnedTensor scale_tensor(array(DType::float32, {i32(scales.size())}, scales.data()));
  OwnedTensor out(DType::int8, {1, i32(c.out_channels), i32(out_h), i32(out_w)});
  const auto pair = [](size_t n) { return std::vector<int64_t>(2, static_cast<int64_t>(n)); };
  const int32_t least = -100, most = 90;
  KernelCall call;
  call.tensor(input.tensor).tensor(weight.tensor).tensor(bias_tensor.tensor).ints(pair(c.stride)).ints(pair(c.padding));
  call.ints(pair(1)).boolean(c.transposed).ints(pair(0)).integer(static_cast<int64_t>(c.groups));
  call.real(in_scale).integer(in_zero).tensor(scale_tensor.tensor).integer(0);
  call.real(out_scale).integer(out_zero).integer(least).integer(most).tensor(out.tensor);
  const Result<void> done = call.run("ingot::quantized_convolution.out");
  ASSERT_TRUE(done) << done.error().message();

  // XNNPACK's: [out, h, w, in / groups], depthwise [1, h, w, out].
  XnnNode node(xnn_datatype_qint8);
  const uint32_t in_id = node.input({1, c.height, c.width, c.channels}, in_scale, in_zero,
                                    channels_last(x, 1, c.channels, c.height, c.width));
  const uint32_t out_id = node.output({1, out_h, out_w, c.out_channels}, out_scale, out_zero);
  const uint32_t p = static_cast<uint32_t>(c.padding), k = static_cast<uint32_t>(c.kernel);
  const uint32_t s = static_cast<uint32_t>(c.stride), g = static_cast<uint32_t>(c.groups);
  const float low = static_cast<float>(least - out_zero) * out_scale,
              high = static_cast<float>(most - out_zero) * out_scale;
  std::vector<uint8_t> packed;
  std::vector<float> bias_scales(scales.size());
  for (size_t i = 0; i < scales.size(); ++i) bias_scales[i] = scales[i] * in_scale;
  if (depthwise) {
    packed = channels_last(w, 1, c.out_channels, c.kernel, c.kernel);
    const uint32_t w_id =
        node.channelwise(xnn_datatype_qcint8, {1, c.kernel, c.kernel, c.out_channels}, 3, scales.data(), packed.data());
    const uint32_t b_id = node.channelwise(xnn_datatype_qcint32, {c.out_channels}, 0, bias_scales.data(), bias.data());
    expect_success(xnn_define_depthwise_convolution_2d(node.subgraph(), p, p, p, p, k, k, s, s, 1, 1,
                                                       static_cast<uint32_t>(group_out), c.channels, low, high, in_id,
                                                       w_id, b_id, out_id, 0),
                   "depthwise convolution");
  } else if (c.transposed) {
    // [in, out / groups, h, w] to [groups * out / groups, h, w, in / groups]
    packed.resize(w.size());
    for (size_t group = 0; group < c.groups; ++group)
      for (size_t o = 0; o < group_out; ++o)
        for (size_t t = 0; t < c.kernel * c.kernel; ++t)
          for (size_t i = 0; i < group_in; ++i) {
            packed[((group * group_out + o) * c.kernel * c.kernel + t) * group_in + i] =
                w[((group * group_in + i) * group_out + o) * c.kernel * c.kernel + t];
          }
    const uint32_t w_id =
        node.constant(xnn_datatype_qint8, {c.out_channels, c.kernel, c.kernel, group_in}, scales[0], 0, packed.data());
    const uint32_t b_id = node.constant(xnn_datatype_qint32, {c.out_channels}, bias_scales[0], 0, bias.data());
    expect_success(xnn_define_deconvolution_2d(node.subgraph(), p, p, p, p, 0, 0, k, k, s, s, 1, 1, g, group_in,
                                               group_out, low, high, in_id, w_id, b_id, out_id, 0),
                   "deconvolution");
  } else {
    packed = channels_last(w, c.out_channels, group_in, c.kernel, c.kernel);
    const uint32_t w_id = node.channelwise(xnn_datatype_qcint8, {c.out_channels, c.kernel, c.kernel, group_in}, 0,
                                           scales.data(), packed.data());
    const uint32_t b_id = node.channelwise(xnn_datatype_qcint32, {c.out_channels}, 0, bias_scales.data(), bias.data());
    expect_success(xnn_define_convolution_2d(node.subgraph(), p, p, p, p, k, k, s, s, 1, 1, g, group_in, group_out, low,
                                             high, in_id, w_id, b_id, out_id, 0),
                   "convolution");
  }
  EXPECT_EQ(node.run(), channels_last(bytes_of(out.tensor), 1, c.out_channels, out_h, out_w));
}

TEST(AgainstXnnpack, Convolution) {
  const ConvolutionCase cases[] = {
      {3, 8, 1, 9, 10, 3, 2, 1},
      {16, 24, 1, 7, 5, 1, 1, 0},
      {70, 9, 1, 6, 6, 3, 1, 1},
      {300, 40, 1, 1, 1, 1, 1, 0},
      {12, 8, 4, 8, 8, 3, 1, 1},
      {8, 8, 8, 12, 11, 3, 1, 1},
      {8, 8, 8, 12, 11, 5, 2, 2},
      {6, 12, 6, 9, 9, 3, 1, 0},
      {32, 130, 1, 9, 9, 1, 1, 0},
      {6, 5, 1, 5, 6, 3, 2, 1, true},
      {6, 4, 2, 5, 6, 2, 2, 0, true},
      {401, 300, 1, 7, 7, 1, 1, 0},
      {45, 20, 1, 11, 11, 3, 1, 1},
      {2, 2, 2, 101, 99, 3, 1, 1},
      {3, 3, 3, 60, 120, 3, 2, 1},
      // More padding than image: the rows of a tile begin far inside it.
      {2, 2, 2, 20, 224, 3, 1, 400},
      {2, 2, 2, 9, 30, 3, 2, 150},
      {2, 2, 2, 9, 30, 3, 3, 150},
  };
  for (const ConvolutionCase& c : cases) {
    for (uint32_t seed = 0; seed < 2; ++seed) with_each_loop_level([&] { run_convolution(c, seed); });
  }
}

void run_fully_connected() {
  for (const auto& [rows, depth, channels] :
       {std::array<size_t, 3>{1, 40, 9}, {5, 300, 33}, {40, 64, 16}, {2, 1500, 7}, {31, 2501, 280}}) {
    Random random(4);
    const std::vector<uint8_t> x = random.bytes(rows * depth);
    std::vector<uint8_t> w = random.bytes(channels * depth);
    for (uint8_t& byte : w) byte = byte == 128 ? 129 : byte;
    std::vector<float> scales(channels), bias_scales(channels);
    std::vector<int32_t> bias(channels);
    const float in_scale = random.scale();
    for (size_t i = 0; i < channels; ++i) {
      scales[i] = random.scale();
      bias_scales[i] = scales[i] * in_scale;
      bias[i] = random.between(-50000, 50000);
    }
    const float out_scale = in_scale * scales[0] * std::sqrt(static_cast<float>(depth)) * 80;
    const auto i32 = [](size_t n) { return static_cast<int32_t>(n); };
    OwnedTensor input(array(DType::int8, {i32(rows), i32(depth)}, x.data()));
    OwnedTensor weight(array(DType::int8, {i32(channels), i32(depth)}, w.data()));
    OwnedTensor bias_tensor(array(DType::int32, {i32(channels)}, bias.data()));
    OwnedTensor scale_tensor(array(DType::float32, {i32(channels)}, scales.data()));
    OwnedTensor out(DType::int8, {i32(rows), i32(channels)});
    KernelCall call;
    call.tensor(input.tensor).tensor(weight.tensor).tensor(bias_tensor.tensor).real(in_scale).integer(-9);
    call.tensor(scale_tensor.tensor)
        .integer(0)
        .real(out_scale)
        .integer(5)
        .integer(-128)
        .integer(127)
        .tensor(out.tensor);
    const Result<void> done = call.run("ingot::quantized_linear.out");
    ASSERT_TRUE(done) << done.error().message();

    XnnNode node(xnn_datatype_qint8);
    const uint32_t in_id = node.input({rows, depth}, in_scale, -9, x);
    const uint32_t out_id = node.output({rows, channels}, out_scale, 5);
    const uint32_t w_id = node.channelwise(xnn_datatype_qcint8, {channels, depth}, 0, scales.data(), w.data());
    const uint32_t b_id = node.channelwise(xnn_datatype_qcint32, {channels}, 0, bias_scales.data(), bias.data());
    expect_success(xnn_define_fully_connected(node.subgraph(), -kInfinity, kInfinity, in_id, w_id, b_id, out_id, 0),
                   "fully connected");
    EXPECT_EQ(node.run(), bytes_of(out.tensor)) << "depth " << depth;
  }
}

TEST(AgainstXnnpack, FullyConnected) {
  with_each_loop_level(run_fully_connected);
}

// --- Means and resizing.

TEST(AgainstXnnpack, Mean) {
  Random random(5);
  for (const Bytes& type : {kInt8, kUint8}) {
    for (const size_t size : {1, 7, 14, 31}) {
      const size_t channels = 19;
      const std::vector<uint8_t> x = random.bytes(2 * channels * size * size);
      const float in_scale = random.scale(), out_scale = in_scale / 3;
      const int32_t in_zero = type.least + random.between(90, 160), out_zero = type.least + random.between(90, 160);
      const int32_t n = static_cast<int32_t>(size), c = static_cast<int32_t>(channels);
      OwnedTensor input(array(type.dtype, {2, c, n, n}, x.data())), out(type.dtype, {2, c, 1, 1});
      KernelCall call;
      call.tensor(input.tensor).ints({2, 3}).boolean(true).real(in_scale).integer(in_zero).real(out_scale);
      call.integer(out_zero).integer(type.least).integer(type.least + 255).tensor(out.tensor);
      const Result<void> done = call.run("ingot::quantized_mean.out");
      ASSERT_TRUE(done) << done.error().message();

      XnnNode node(type.datatype);
      const uint32_t in_id =
          node.input({2, size, size, channels}, in_scale, in_zero, channels_last(x, 2, channels, size, size));
      const uint32_t out_id = node.output({2, 1, 1, channels}, out_scale, out_zero);
      const size_t axes[] = {1, 2};
      expect_success(
          xnn_define_static_reduce(node.subgraph(), xnn_reduce_mean, 2, axes, in_id, out_id, XNN_FLAG_KEEP_DIMS),
          "mean");
      EXPECT_EQ(node.run(), bytes_of(out.tensor)) << to_string(type.dtype) << " " << size;
    }
  }
}

TEST(AgainstXnnpack, BilinearResize) {
  Random random(6);
  for (const Bytes& type : {kInt8, kUint8}) {
    for (const bool align : {false, true}) {
      for (const auto& [h, w] : {std::array<size_t, 2>{14, 12}, {5, 9}, {7, 6}, {3, 4}}) {
        const std::vector<uint8_t> x = random.bytes(3 * 7 * 6);
        OwnedTensor input(array(type.dtype, {1, 3, 7, 6}, x.data()));
        OwnedTensor out(type.dtype, {1, 3, static_cast<int32_t>(h), static_cast<int32_t>(w)});
        KernelCall call;
        call.tensor(input.tensor).ints({static_cast<int64_t>(h), static_cast<int64_t>(w)}).boolean(align).none();
        const Result<void> done = call.tensor(out.tensor).run("ingot::quantized_upsample_bilinear2d.out");
        ASSERT_TRUE(done) << done.error().message();
        XnnNode node(type.datatype);
        const uint32_t in_id = node.input({1, 7, 6, 3}, 0.5f, type.least + 100, channels_last(x, 1, 3, 7, 6));
        const uint32_t out_id = node.output({1, h, w, 3}, 0.5f, type.least + 100);
        expect_success(xnn_define_static_resize_bilinear_2d(node.subgraph(), h, w, in_id, out_id,
                                                            align ? XNN_FLAG_ALIGN_CORNERS : 0),
                       "resize");
        EXPECT_EQ(node.run(), channels_last(bytes_of(out.tensor), 1, 3, h, w)) << align << " " << h << "x" << w;
      }
    }
  }
}

}  // namespace
}  // namespace ingot::testing
