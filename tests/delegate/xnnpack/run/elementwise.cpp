// Unary, binary, Softmax, Convert and Clamp nodes against plain formulas.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "tests/delegate/xnnpack/run/fixture.h"

namespace ingot::xnnpack {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct UnaryCase {
  Type type;
  double (*f)(double);
  bool positive = false;  // defined for positive inputs only
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double gelu(double x) {
  return x * 0.5 * (1 + std::erf(x / std::numbers::sqrt2));
}

const UnaryCase kUnary[] = {
    {Type::Sigmoid, sigmoid},
    {Type::Floor, [](double x) { return std::floor(x); }},
    {Type::SquareRoot, [](double x) { return std::sqrt(x); }, true},
    {Type::Ceiling, [](double x) { return std::ceil(x); }},
    {Type::Hardswish, [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }},
    {Type::Negate, [](double x) { return -x; }},
    {Type::Square, [](double x) { return x * x; }},
    {Type::Abs, [](double x) { return std::abs(x); }},
    {Type::ReciprocalSquareRoot, [](double x) { return 1 / std::sqrt(x); }, true},
    {Type::Log, [](double x) { return std::log(x); }, true},
    {Type::Gelu, gelu},
    {Type::Tanh, [](double x) { return std::tanh(x); }},
    {Type::Exp, [](double x) { return std::exp(x); }},
    {Type::Sin, [](double x) { return std::sin(x); }},
    {Type::Cos, [](double x) { return std::cos(x); }},
};

// Adds a one-input node of any table with input_id and output_id.
template <typename NodeT = wire::Node1x1T>
void add_unary(PayloadWriter& writer, Type type, uint32_t in, uint32_t out, NodeT node = {},
               std::optional<std::pair<float, float>> bounds = {}) {
  node.input_id = in;
  node.output_id = out;
  writer.add_node(type, node, bounds);
}

TEST(Unary, Fp32) {
  for (const UnaryCase& c : kUnary) {
    SCOPED_TRACE(wire::EnumNameNodeUnion(c.type));
    const Dims dims = {3, 5, 7};
    auto input = sample(numel(dims), 3);
    if (c.positive) std::ranges::transform(input, input.begin(), [](float x) { return std::abs(x) + 0.1f; });
    PayloadWriter writer;
    const uint32_t x = writer.add_input(0, kFloat, dims), y = writer.add_output(1, kFloat, dims);
    add_unary(writer, c.type, x, y);
    auto in = OwnedTensor::of(DType::float32, dims, input);
    OwnedTensor out(DType::float32, {3, 5, 7});
    run(std::move(writer), {in.get(), out.get()});
    std::vector<double> expected;
    for (const float v : input) expected.push_back(c.f(v));
    expect_near(expected, out.items<float>(), 2e-4);
  }
}

// All 256 inputs, against the formula on dequantized values.
TEST(Unary, Int8) {
  for (const UnaryCase& c : kUnary) {
    SCOPED_TRACE(wire::EnumNameNodeUnion(c.type));
    const Dims dims = {256};
    std::vector<int8_t> input(256);
    for (int i = 0; i < 256; ++i) input[static_cast<size_t>(i)] = static_cast<int8_t>(i - 128);
    const float in_scale = 0.02f, out_scale = 0.05f;
    const int32_t in_zero = c.positive ? -128 : 3, out_zero = -11;
    PayloadWriter writer;
    const uint32_t x = writer.add_input(0, int8_type(in_scale, in_zero), dims);
    const uint32_t y = writer.add_output(1, int8_type(out_scale, out_zero), dims);
    add_unary(writer, c.type, x, y);
    auto in = OwnedTensor::of(DType::int8, dims, input);
    OwnedTensor out(DType::int8, {256});
    run(std::move(writer), {in.get(), out.get()});
    std::vector<double> expected;
    for (const float v : dequantize(input, in_scale, in_zero)) {
      const double y_real = c.f(v);
      expected.push_back(std::isfinite(y_real) ? y_real : std::copysign(1e9, y_real));
    }
    expect_steps(expected, out.items<int8_t>(), out_scale, out_zero);
  }
}

TEST(Unary, WithParameters) {
  const Dims dims = {40};
  const auto input = sample(40, 3);
  auto in = OwnedTensor::of(DType::float32, dims, input);
  const auto check = [&](auto node, Type type, std::optional<std::pair<float, float>> bounds,
                         const std::function<double(double)>& f) {
    SCOPED_TRACE(wire::EnumNameNodeUnion(type));
    PayloadWriter writer;
    const uint32_t x = writer.add_input(0, kFloat, dims), y = writer.add_output(1, kFloat, dims);
    add_unary(writer, type, x, y, node, bounds);
    OwnedTensor out(DType::float32, {40});
    run(std::move(writer), {in.get(), out.get()});
    std::vector<double> expected;
    for (const float v : input) expected.push_back(f(v));
    expect_near(expected, out.items<float>(), 1e-5);
  };
  wire::NodeLeakyReLUT leaky;
  leaky.negative_slope = 0.2f;
  check(leaky, Type::LeakyReLU, {}, [](double x) { return x < 0 ? 0.2 * x : x; });
  wire::NodeELUT elu;
  elu.alpha = 0.7f;
  check(elu, Type::ELU, {}, [](double x) { return x < 0 ? 0.7 * (std::exp(x) - 1) : x; });
  check(wire::Node1x1T(), Type::Clamp, std::pair(-0.5f, 1.5f), [](double x) { return std::clamp(x, -0.5, 1.5); });
  check(wire::Node1x1T(), Type::Clamp, std::pair(0.0f, static_cast<float>(kInfinity)),
        [](double x) { return std::max(x, 0.0); });
  check(wire::Node1x1T(), Type::Copy, {}, [](double x) { return x; });
  // Bounds on a function that takes none become a Clamp of their own.
  check(wire::Node1x1T(), Type::Tanh, std::pair(-0.3f, 0.6f),
        [](double x) { return std::clamp(std::tanh(x), -0.3, 0.6); });
  check(leaky, Type::LeakyReLU, std::pair(-0.1f, 1.0f),
        [](double x) { return std::clamp(x < 0 ? 0.2 * x : x, -0.1, 1.0); });
}

struct BinaryCase {
  Type type;
  double (*f)(double, double);
};

const BinaryCase kBinary[] = {
    {Type::Add, [](double a, double b) { return a + b; }},
    {Type::Subtract, [](double a, double b) { return a - b; }},
    {Type::Multiply, [](double a, double b) { return a * b; }},
    {Type::Div, [](double a, double b) { return a / b; }},
    {Type::Minimum, [](double a, double b) { return std::min(a, b); }},
    {Type::Maximum, [](double a, double b) { return std::max(a, b); }},
};

// Index of the element of a broadcast operand of shape `dims` for flat index i of an output of shape `out`.
size_t broadcast_index(size_t i, const Dims& out, const Dims& dims) {
  size_t index = 0, stride = 1;
  for (size_t d = 0; d < out.size(); ++d) {
    const size_t at = i % out[out.size() - 1 - d];
    i /= out[out.size() - 1 - d];
    if (d >= dims.size()) continue;
    const size_t size = dims[dims.size() - 1 - d];
    if (size > 1) index += at * stride;
    stride *= size;
  }
  return index;
}

TEST(Binary, Fp32Broadcasts) {
  const std::tuple<Dims, Dims, Dims> shapes[] = {{{2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}},
                                                 {{2, 3, 4, 5}, {5}, {2, 3, 4, 5}},
                                                 {{4, 1}, {3, 1, 6}, {3, 4, 6}},
                                                 {{7}, {1}, {7}},
                                                 {{2, 3}, {}, {2, 3}}};
  for (const BinaryCase& c : kBinary) {
    for (const auto& [a_dims, b_dims, dims] : shapes) {
      SCOPED_TRACE(wire::EnumNameNodeUnion(c.type));
      const auto a = sample(numel(a_dims), 2, 1);
      auto b = sample(numel(b_dims), 2, 2);
      for (float& v : b) v += v < 0 ? -0.5f : 0.5f;
      for (const bool bounded : {false, true}) {
        PayloadWriter writer;
        wire::Node2x1T node;
        node.input1_id = writer.add_input(0, kFloat, a_dims);
        node.input2_id = writer.add_input(1, kFloat, b_dims);
        node.output_id = writer.add_output(2, kFloat, dims);
        std::optional<std::pair<float, float>> bounds;
        if (bounded) bounds = {-0.25f, 0.75f};
        writer.add_node(c.type, node, bounds);
        auto x = OwnedTensor::of(DType::float32, a_dims, a), y = OwnedTensor::of(DType::float32, b_dims, b);
        OwnedTensor out(DType::float32, {dims.begin(), dims.end()});
        run(std::move(writer), {x.get(), y.get(), out.get()});
        std::vector<double> expected;
        for (size_t i = 0; i < numel(dims); ++i) {
          const double v = c.f(a[broadcast_index(i, dims, a_dims)], b[broadcast_index(i, dims, b_dims)]);
          expected.push_back(bounded ? std::clamp(v, -0.25, 0.75) : v);
        }
        expect_near(expected, out.items<float>(), 1e-6);
      }
    }
  }
}

TEST(Binary, Int8) {
  const Dims dims = {5, 33};
  const auto a = sample_int8(numel(dims), 1), b = sample_int8(numel(dims), 2, 20, 127);  // b is never near zero
  for (const BinaryCase& c : kBinary) {
    SCOPED_TRACE(wire::EnumNameNodeUnion(c.type));
    PayloadWriter writer;
    wire::Node2x1T node;
    node.input1_id = writer.add_input(0, int8_type(0.02f, 3), dims);
    node.input2_id = writer.add_input(1, int8_type(0.03f, -5), dims);
    node.output_id = writer.add_output(2, int8_type(0.04f, 7), dims);
    writer.add_node(c.type, node, std::pair(-2.0f, 3.0f));
    auto x = OwnedTensor::of(DType::int8, dims, a), y = OwnedTensor::of(DType::int8, dims, b);
    OwnedTensor out(DType::int8, {5, 33});
    run(std::move(writer), {x.get(), y.get(), out.get()});
    const auto real_a = dequantize(a, 0.02f, 3), real_b = dequantize(b, 0.03f, -5);
    std::vector<double> expected;
    for (size_t i = 0; i < a.size(); ++i) expected.push_back(std::clamp(c.f(real_a[i], real_b[i]), -2.0, 3.0));
    expect_steps(expected, out.items<int8_t>(), 0.04f, 7);
  }
}

TEST(Binary, Prelu) {
  const Dims dims = {1, 3, 3, 4}, slope_dims = {4};
  const auto x = sample(numel(dims)), slope = sample(4, 0.5f, 9);
  PayloadWriter writer;
  wire::Node2x1T node;
  node.input1_id = writer.add_input(0, kFloat, dims);
  node.input2_id = writer.add_constant(kFloat, slope_dims, as_bytes(slope));
  node.output_id = writer.add_output(1, kFloat, dims);
  writer.add_node(Type::PReLU, node);
  auto in = OwnedTensor::of(DType::float32, dims, x);
  OwnedTensor out(DType::float32, {1, 3, 3, 4});
  run(std::move(writer), {in.get(), out.get()});
  std::vector<double> expected;
  for (size_t i = 0; i < x.size(); ++i) expected.push_back(x[i] < 0 ? x[i] * slope[i % 4] : x[i]);
  expect_near(expected, out.items<float>(), 1e-6);
}

TEST(Binary, RefusesShapesThatDoNotBroadcast) {
  PayloadWriter writer;
  wire::Node2x1T node;
  node.input1_id = writer.add_input(0, kFloat, Dims{2, 3});
  node.input2_id = writer.add_input(1, kFloat, Dims{2, 4});
  node.output_id = writer.add_output(2, kFloat, Dims{2, 4});
  writer.add_node(Type::Add, node);
  EXPECT_THAT(refusal(std::move(writer), 3), testing::HasSubstr("node 0 (Add): its inputs are [2, 3] and [2, 4]"));
}

TEST(Softmax, OverTheLastDimension) {
  const Dims dims = {3, 2, 11};
  const auto x = sample(numel(dims), 5);
  PayloadWriter writer;
  const uint32_t in_id = writer.add_input(0, kFloat, dims), out_id = writer.add_output(1, kFloat, dims);
  add_unary(writer, Type::Softmax, in_id, out_id);
  auto in = OwnedTensor::of(DType::float32, dims, x);
  OwnedTensor out(DType::float32, {3, 2, 11});
  run(std::move(writer), {in.get(), out.get()});
  std::vector<double> expected;
  for (size_t row = 0; row < 6; ++row) {
    double sum = 0;
    for (size_t i = 0; i < 11; ++i) sum += std::exp(double{x[row * 11 + i]});
    for (size_t i = 0; i < 11; ++i) expected.push_back(std::exp(double{x[row * 11 + i]}) / sum);
  }
  expect_near(expected, out.items<float>(), 1e-5);
}

TEST(Convert, FloatToInt8AndBack) {
  const Dims dims = {2, 65};
  const auto x = sample(numel(dims), 4);
  PayloadWriter writer;
  const uint32_t in_id = writer.add_input(0, kFloat, dims), out_id = writer.add_output(1, kFloat, dims);
  const uint32_t middle = writer.add_internal(int8_type(0.05f, 10), dims);
  const uint32_t other = writer.add_internal(int8_type(0.04f, -3), dims);
  const uint32_t codes = writer.add_output(2, int8_type(0.05f, 10), dims);
  add_unary(writer, Type::Convert, in_id, middle);
  add_unary(writer, Type::Convert, middle, other);  // between scales
  add_unary(writer, Type::Convert, other, out_id);
  add_unary(writer, Type::Convert, in_id, codes);
  auto in = OwnedTensor::of(DType::float32, dims, x);
  OwnedTensor out(DType::float32, {2, 65}), quantized(DType::int8, {2, 65});
  run(std::move(writer), {in.get(), out.get(), quantized.get()});
  for (size_t i = 0; i < x.size(); ++i) {
    const double code = std::clamp<double>(std::nearbyint(x[i] / 0.05f) + 10, -128.0, 127.0);
    ASSERT_NEAR(code, quantized.items<int8_t>()[i], 0.01) << i;
    const double first = (code - 10) * 0.05;
    ASSERT_NEAR(std::clamp(first, -125 * 0.04, 130 * 0.04), out.items<float>()[i], 0.0201) << i;
  }
}

TEST(Convert, Uint8) {
  const Dims dims = {50};
  const auto x = sample(50, 4);
  PayloadWriter writer;
  const uint32_t in_id = writer.add_input(0, kFloat, dims), out_id = writer.add_output(1, uint8_type(0.05f, 100), dims);
  add_unary(writer, Type::Convert, in_id, out_id);
  auto in = OwnedTensor::of(DType::float32, dims, x);
  OwnedTensor out(DType::uint8, {50});
  run(std::move(writer), {in.get(), out.get()});
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(std::clamp(x[i] / 0.05 + 100, 0.0, 255.0), out.items<uint8_t>()[i], 0.51) << i;
  }
}

}  // namespace
}  // namespace ingot::xnnpack
