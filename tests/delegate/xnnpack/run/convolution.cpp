// Conv2d, DepthwiseConv2d and ConvTranspose2d against the definition, in fp32 and int8, all NHWC.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "tests/delegate/xnnpack/run/fixture.h"

namespace ingot::xnnpack {
namespace {

struct Geometry {
  uint32_t height = 9, width = 8, groups = 1, in = 3, out = 5;  // channels are those of a group
  uint32_t kernel_height = 3, kernel_width = 3, stride_height = 1, stride_width = 1, dilation_height = 1,
           dilation_width = 1;
  uint32_t top = 0, right = 0, bottom = 0, left = 0;

  uint32_t out_height() const {
    return (height + top + bottom - ((kernel_height - 1) * dilation_height + 1)) / stride_height + 1;
  }
  uint32_t out_width() const {
    return (width + left + right - ((kernel_width - 1) * dilation_width + 1)) / stride_width + 1;
  }
  Dims input() const { return {2, height, width, groups * in}; }
  Dims output() const { return {2, out_height(), out_width(), groups * out}; }
};

wire::NodeConvolutionT node_of(const Geometry& g) {
  wire::NodeConvolutionT node;
  node.padding_top = g.top;
  node.padding_right = g.right;
  node.padding_bottom = g.bottom;
  node.padding_left = g.left;
  node.kernel_height = g.kernel_height;
  node.kernel_width = g.kernel_width;
  node.subsampling_height = g.stride_height;
  node.subsampling_width = g.stride_width;
  node.dilation_height = g.dilation_height;
  node.dilation_width = g.dilation_width;
  node.groups = g.groups;
  node.group_input_channels = g.in;
  node.group_output_channels = g.out;
  return node;
}

// Filter [groups * out, kernel_height, kernel_width, in].
std::vector<double> convolve(const Geometry& g, const std::vector<float>& x, const std::vector<float>& filter,
                             const std::vector<float>& bias) {
  std::vector<double> y;
  for (uint32_t n = 0; n < 2; ++n)
    for (uint32_t i = 0; i < g.out_height(); ++i)
      for (uint32_t j = 0; j < g.out_width(); ++j)
        for (uint32_t oc = 0; oc < g.groups * g.out; ++oc) {
          double sum = bias[oc];
          for (uint32_t ki = 0; ki < g.kernel_height; ++ki)
            for (uint32_t kj = 0; kj < g.kernel_width; ++kj) {
              const int64_t r = int64_t{i} * g.stride_height + ki * g.dilation_height - g.top;
              const int64_t c = int64_t{j} * g.stride_width + kj * g.dilation_width - g.left;
              if (r < 0 || r >= g.height || c < 0 || c >= g.width) continue;
              for (uint32_t ic = 0; ic < g.in; ++ic) {
                const size_t channel = (oc / g.out) * g.in + ic;
                const size_t at =
                    ((n * g.height + static_cast<size_t>(r)) * g.width + static_cast<size_t>(c)) * g.groups * g.in;
                sum +=
                    double{x[at + channel]} * filter[((oc * g.kernel_height + ki) * g.kernel_width + kj) * g.in + ic];
              }
            }
          y.push_back(sum);
        }
  return y;
}

const Geometry kGeometries[] = {
    {},
    {.top = 1, .right = 1, .bottom = 1, .left = 1},
    {.stride_height = 2, .stride_width = 2, .top = 0, .right = 1, .bottom = 1, .left = 0},
    {.dilation_height = 2, .dilation_width = 3, .top = 2, .right = 3, .bottom = 2, .left = 3},
    {.in = 7, .out = 16, .kernel_height = 1, .kernel_width = 1},
    {.groups = 2, .in = 3, .out = 4, .top = 1, .right = 1, .bottom = 1, .left = 1},
    {.in = 4, .out = 6, .kernel_height = 5, .kernel_width = 2, .stride_height = 3, .stride_width = 1},
    // 49 and 17 pixels of many channels, of which XNNPACK of 2024-11 gets the last one wrong in 8 bits on AMX.
    {.height = 7, .width = 7, .in = 72, .out = 5, .top = 1, .right = 1, .bottom = 1, .left = 1},
    {.height = 3, .width = 36, .in = 66, .out = 3, .stride_height = 2, .stride_width = 2},
};

TEST(Conv2d, Fp32) {
  for (const Geometry& g : kGeometries) {
    for (const bool bounded : {false, true}) {
      const Dims filter_dims = {g.groups * g.out, g.kernel_height, g.kernel_width, g.in};
      const auto x = sample(numel(g.input())), filter = sample(numel(filter_dims), 1, 2),
                 bias = sample(g.groups * g.out, 1, 3);
      PayloadWriter writer;
      auto node = node_of(g);
      node.input1_id = writer.add_input(0, kFloat, g.input());
      node.filter_id = writer.add_constant(kFloat, filter_dims, as_bytes(filter));
      node.bias_id = writer.add_constant(kFloat, Dims{g.groups * g.out}, as_bytes(bias));
      node.output_id = writer.add_output(1, kFloat, g.output());
      std::optional<std::pair<float, float>> bounds;
      if (bounded) bounds = {0.0f, 6.0f};
      writer.add_node(Type::Conv2d, node, bounds);
      auto in = OwnedTensor::of(DType::float32, g.input(), x);
      const Dims dims = g.output();
      OwnedTensor out(DType::float32, {dims.begin(), dims.end()});
      run(std::move(writer), {in.get(), out.get()});
      auto expected = convolve(g, x, filter, bias);
      if (bounded) {
        for (double& v : expected) v = std::clamp(v, 0.0, 6.0);
      }
      expect_near(expected, out.items<float>(), 1e-5);
    }
  }
}

// int8 with a scale for each filter, without a bias and with an int32 one.
TEST(Conv2d, Int8PerChannel) {
  for (const Geometry& g : kGeometries) {
    for (const bool biased : {false, true}) {
      const uint32_t channels = g.groups * g.out;
      const Dims filter_dims = {channels, g.kernel_height, g.kernel_width, g.in};
      const auto x = sample_int8(numel(g.input())), filter = sample_int8(numel(filter_dims), 2);
      std::vector<float> scales, bias_scales, real_bias, real_filter;
      std::vector<int32_t> bias;
      for (uint32_t c = 0; c < channels; ++c) {
        scales.push_back(0.01f * static_cast<float>(1 + c % 3));
        bias_scales.push_back(scales[c] * 0.02f);
        bias.push_back(biased ? static_cast<int32_t>(c * 300) - 700 : 0);
        real_bias.push_back(static_cast<float>(bias[c]) * bias_scales[c]);
      }
      for (size_t i = 0; i < filter.size(); ++i) {
        real_filter.push_back(static_cast<float>(filter[i]) * scales[i / (filter.size() / channels)]);
      }
      PayloadWriter writer;
      auto node = node_of(g);
      node.input1_id = writer.add_input(0, int8_type(0.02f, 5), g.input());
      node.filter_id = writer.add_constant(ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}), filter_dims,
                                           as_bytes(filter));
      node.bias_id = biased ? writer.add_constant(ElementType::quantized(DataType::qcint32, PerChannel{bias_scales, 0}),
                                                  Dims{channels}, as_bytes(bias))
                            : kNoId;
      node.output_id = writer.add_output(1, int8_type(0.1f, -20), g.output());
      writer.add_node(Type::Conv2d, node);
      auto in = OwnedTensor::of(DType::int8, g.input(), x);
      const Dims dims = g.output();
      OwnedTensor out(DType::int8, {dims.begin(), dims.end()});
      run(std::move(writer), {in.get(), out.get()});
      expect_steps(convolve(g, dequantize(x, 0.02f, 5), real_filter, real_bias), out.items<int8_t>(), 0.1f, -20, 0.51);
    }
  }
}

class DynamicConv2d : public ::testing::TestWithParam<Geometry> {};

INSTANTIATE_TEST_SUITE_P(
    Sizes, DynamicConv2d,
    ::testing::Values(Geometry{.in = 4, .out = 6, .top = 1, .right = 1, .bottom = 1, .left = 1},
                      Geometry{.height = 7, .width = 7, .in = 72, .out = 5, .kernel_height = 1, .kernel_width = 1},
                      Geometry{.height = 3, .width = 19, .in = 100, .out = 4}));

TEST_P(DynamicConv2d, RoundsItsInput) {
  const Geometry g = GetParam();
  const Dims filter_dims = {g.out, g.kernel_height, g.kernel_width, g.in};
  const auto x = sample(numel(g.input()));
  const auto filter = sample_int8(numel(filter_dims), 2);
  const auto bias = sample(g.out, 1, 3);
  const std::vector<float> scales(g.out, 0.01f);
  PayloadWriter writer;
  wire::Node1x1T convert;
  convert.input_id = writer.add_input(0, kFloat, g.input());
  convert.output_id = writer.add_internal(ElementType::quantized(DataType::qdint8, PerToken{3}), g.input());
  writer.add_node(Type::Convert, convert);
  auto node = node_of(g);
  node.input1_id = convert.output_id;
  node.filter_id = writer.add_constant(ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}), filter_dims,
                                       as_bytes(filter));
  node.bias_id = writer.add_constant(kFloat, Dims{g.out}, as_bytes(bias));
  node.output_id = writer.add_output(1, kFloat, g.output());
  writer.add_node(Type::Conv2d, node);
  auto in = OwnedTensor::of(DType::float32, g.input(), x);
  const Dims dims = g.output();
  OwnedTensor out(DType::float32, {dims.begin(), dims.end()});
  run(std::move(writer), {in.get(), out.get()});
  // Half a step of inputs in [-1, 1) for each product.
  const double bound = 1.0 / 255 * 0.01 * 127 * static_cast<double>(filter.size() / g.out);
  expect_near(convolve(g, x, dequantize(filter, 0.01f, 0), bias), out.items<float>(), std::min(bound, 0.03));
}

// A depthwise filter [1, h, w, channels * multiplier] as the filter [channels * multiplier, h, w, 1] of a grouped one.
std::vector<float> grouped(const std::vector<float>& filter, size_t channels) {
  std::vector<float> out(filter.size());
  const size_t taps = filter.size() / channels;
  for (size_t tap = 0; tap < taps; ++tap)
    for (size_t c = 0; c < channels; ++c) out[c * taps + tap] = filter[tap * channels + c];
  return out;
}

const Geometry kDepthwise[] = {
    {.groups = 19, .in = 1, .out = 1, .top = 1, .right = 1, .bottom = 1, .left = 1},
    {.groups = 8,
     .in = 1,
     .out = 1,
     .kernel_height = 5,
     .kernel_width = 5,
     .stride_height = 2,
     .stride_width = 2,
     .top = 2,
     .right = 2,
     .bottom = 2,
     .left = 2},
    {.groups = 5, .in = 1, .out = 3, .top = 1, .right = 1, .bottom = 1, .left = 1},  // depth multiplier 3
};

TEST(DepthwiseConv2d, Fp32AndInt8) {
  for (const Geometry& g : kDepthwise) {
    const uint32_t channels = g.groups * g.out;
    const Dims filter_dims = {1, g.kernel_height, g.kernel_width, channels};
    const Dims dims = g.output();
    {
      const auto x = sample(numel(g.input())), filter = sample(numel(filter_dims), 1, 2), bias = sample(channels, 1, 3);
      PayloadWriter writer;
      auto node = node_of(g);
      node.input1_id = writer.add_input(0, kFloat, g.input());
      node.filter_id = writer.add_constant(kFloat, filter_dims, as_bytes(filter));
      node.bias_id = writer.add_constant(kFloat, Dims{channels}, as_bytes(bias));
      node.output_id = writer.add_output(1, kFloat, dims);
      writer.add_node(Type::DepthwiseConv2d, node);
      auto in = OwnedTensor::of(DType::float32, g.input(), x);
      OwnedTensor out(DType::float32, {dims.begin(), dims.end()});
      run(std::move(writer), {in.get(), out.get()});
      expect_near(convolve(g, x, grouped(filter, channels), bias), out.items<float>(), 1e-5);
    }
    {
      const auto x = sample_int8(numel(g.input())), filter = sample_int8(numel(filter_dims), 2);
      std::vector<float> scales, real;
      for (uint32_t c = 0; c < channels; ++c) scales.push_back(0.005f * static_cast<float>(1 + c % 4));
      for (size_t i = 0; i < filter.size(); ++i) real.push_back(static_cast<float>(filter[i]) * scales[i % channels]);
      PayloadWriter writer;
      auto node = node_of(g);
      node.input1_id = writer.add_input(0, int8_type(0.02f, -7), g.input());
      node.filter_id = writer.add_constant(ElementType::quantized(DataType::qcint8, PerChannel{scales, 3}), filter_dims,
                                           as_bytes(filter));
      node.bias_id = kNoId;
      node.output_id = writer.add_output(1, int8_type(0.05f, 11), dims);
      writer.add_node(Type::DepthwiseConv2d, node, std::pair(0.0f, 6.0f));
      auto in = OwnedTensor::of(DType::int8, g.input(), x);
      OwnedTensor out(DType::int8, {dims.begin(), dims.end()});
      run(std::move(writer), {in.get(), out.get()});
      auto expected = convolve(g, dequantize(x, 0.02f, -7), grouped(real, channels), std::vector<float>(channels));
      for (double& v : expected) v = std::clamp(v, 0.0, 6.0);
      expect_steps(expected, out.items<int8_t>(), 0.05f, 11, 0.51);
    }
  }
}

// Scatters each input pixel: y[i * stride + k * dilation - pad] += x[i] * filter[k].
std::vector<double> deconvolve(const Geometry& g, uint32_t out_height, uint32_t out_width, const std::vector<float>& x,
                               const std::vector<float>& filter, const std::vector<float>& bias) {
  std::vector<double> y(2 * out_height * out_width * g.groups * g.out);
  for (size_t i = 0; i < y.size(); ++i) y[i] = bias[i % (g.groups * g.out)];
  for (uint32_t n = 0; n < 2; ++n)
    for (uint32_t i = 0; i < g.height; ++i)
      for (uint32_t j = 0; j < g.width; ++j)
        for (uint32_t oc = 0; oc < g.groups * g.out; ++oc)
          for (uint32_t ki = 0; ki < g.kernel_height; ++ki)
            for (uint32_t kj = 0; kj < g.kernel_width; ++kj) {
              const int64_t r = int64_t{i} * g.stride_height + ki * g.dilation_height - g.top;
              const int64_t c = int64_t{j} * g.stride_width + kj * g.dilation_width - g.left;
              if (r < 0 || r >= out_height || c < 0 || c >= out_width) continue;
              double sum = 0;
              for (uint32_t ic = 0; ic < g.in; ++ic) {
                sum += double{x[((n * g.height + i) * g.width + j) * g.groups * g.in + (oc / g.out) * g.in + ic]} *
                       filter[((oc * g.kernel_height + ki) * g.kernel_width + kj) * g.in + ic];
              }
              y[((n * out_height + static_cast<size_t>(r)) * out_width + static_cast<size_t>(c)) * g.groups * g.out +
                oc] += sum;
            }
  return y;
}

TEST(ConvTranspose2d, Fp32) {
  struct Case {
    Geometry g;
    uint32_t adjustment;
  };
  const Case cases[] = {
      {{.height = 4, .width = 5}, 0},
      {{.height = 4, .width = 5, .stride_height = 2, .stride_width = 2, .top = 1, .right = 1, .bottom = 1, .left = 1},
       1},
      {{.height = 4,
        .width = 5,
        .groups = 2,
        .in = 2,
        .out = 3,
        .kernel_height = 2,
        .kernel_width = 2,
        .stride_height = 2,
        .stride_width = 2},
       0},
      {{.height = 3, .width = 3, .in = 2, .out = 4, .dilation_height = 2, .dilation_width = 1, .top = 1}, 0},
  };
  for (const auto& [g, adjustment] : cases) {
    const uint32_t height = (g.height - 1) * g.stride_height + (g.kernel_height - 1) * g.dilation_height + 1 +
                            adjustment - g.top - g.bottom;
    const uint32_t width =
        (g.width - 1) * g.stride_width + (g.kernel_width - 1) * g.dilation_width + 1 + adjustment - g.left - g.right;
    const Dims filter_dims = {g.groups * g.out, g.kernel_height, g.kernel_width, g.in};
    const Dims dims = {2, height, width, g.groups * g.out};
    const auto x = sample(numel(g.input())), filter = sample(numel(filter_dims), 1, 2),
               bias = sample(g.groups * g.out, 1, 3);
    PayloadWriter writer;
    auto node = node_of(g);
    node.adjustment_height = node.adjustment_width = adjustment;
    node.input1_id = writer.add_input(0, kFloat, g.input());
    node.filter_id = writer.add_constant(kFloat, filter_dims, as_bytes(filter));
    node.bias_id = writer.add_constant(kFloat, Dims{g.groups * g.out}, as_bytes(bias));
    node.output_id = writer.add_output(1, kFloat, dims);
    writer.add_node(Type::ConvTranspose2d, node);
    auto in = OwnedTensor::of(DType::float32, g.input(), x);
    OwnedTensor out(DType::float32, {dims.begin(), dims.end()});
    run(std::move(writer), {in.get(), out.get()});
    expect_near(deconvolve(g, height, width, x, filter, bias), out.items<float>(), 1e-5);
  }
}

// Everything that could make XNNPACK read or write beyond a tensor, or give nonsense, is refused with its reason.
TEST(Conv2d, RefusesWhatDoesNotFit) {
  const Geometry g;
  const auto attempt = [&](auto&& change) {
    auto node = node_of(g);
    Dims filter_dims = {g.out, 3, 3, g.in}, bias_dims = {g.out}, input_dims = g.input();
    change(node, filter_dims, bias_dims, input_dims);
    const std::vector<float> filter(numel(filter_dims)), bias(numel(bias_dims));
    PayloadWriter writer;
    node.input1_id = writer.add_input(0, kFloat, input_dims);
    node.filter_id = writer.add_constant(kFloat, filter_dims, as_bytes(filter));
    node.bias_id = writer.add_constant(kFloat, bias_dims, as_bytes(bias));
    node.output_id = writer.add_output(1, kFloat, g.output());
    writer.add_node(Type::Conv2d, node);
    const WrittenPayload written = std::move(writer).finish();
    const auto loaded = LoadedPayload::load(written, 2);
    return loaded ? std::string() : std::string(loaded.error().message());
  };
  using Node = wire::NodeConvolutionT;
  using testing::HasSubstr;
  EXPECT_EQ(attempt([](Node&, Dims&, Dims&, Dims&) {}), "");
  EXPECT_THAT(attempt([](Node&, Dims& f, Dims&, Dims&) { f[0] = 4; }),
              HasSubstr("node 0 (Conv2d): its filter is [4, 3, 3, 3], expected [5, 3, 3, 3]"));
  EXPECT_THAT(attempt([](Node&, Dims&, Dims& b, Dims&) { b[0] = 4; }),
              HasSubstr("its bias has 4 elements, expected 5"));
  EXPECT_THAT(attempt([](Node&, Dims&, Dims&, Dims& i) { i[3] = 1; }),
              HasSubstr("its input has 1 channels, expected 3"));
  EXPECT_THAT(attempt([](Node& n, Dims&, Dims&, Dims&) { n.subsampling_width = 0; }), HasSubstr("stride 0"));
  EXPECT_THAT(attempt([](Node& n, Dims&, Dims&, Dims&) { n.flags = 1; }), HasSubstr("flags 0x1"));
  EXPECT_THAT(attempt([](Node& n, Dims&, Dims&, Dims&) { n.padding_top = n.padding_left = 0xFFFFFFFF; }),
              HasSubstr("windows cover more than"));
  EXPECT_THAT(attempt([](Node& n, Dims&, Dims&, Dims&) { n.dilation_height = 5; }),
              HasSubstr("exceeds the padded input"));
  EXPECT_THAT(attempt([](Node& n, Dims&, Dims&, Dims&) { n.groups = 0; }), HasSubstr("channels, expected 0"));
}

TEST(Conv2d, RefusesAScaleXnnpackCannotReach) {
  const Geometry g{.kernel_height = 1, .kernel_width = 1};
  const std::vector<int8_t> filter(g.out * g.in);
  const std::vector<float> scales(g.out, 1.0f);
  PayloadWriter writer;
  auto node = node_of(g);
  node.input1_id = writer.add_input(0, int8_type(1.0f, 0), g.input());
  node.filter_id = writer.add_constant(ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}),
                                       Dims{g.out, 1, 1, g.in}, as_bytes(filter));
  node.bias_id = kNoId;
  node.output_id = writer.add_output(1, int8_type(0.001f, 0), g.output());
  writer.add_node(Type::Conv2d, node);
  EXPECT_THAT(refusal(std::move(writer), 2), testing::HasSubstr("times the output's scale"));
}

}  // namespace
}  // namespace ingot::xnnpack
