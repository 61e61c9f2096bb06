// FullyConnected in every kind of weight, BatchMatrixMultiply and attention, against the definition.

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "runtime/core/half.h"
#include "tests/delegate/xnnpack/run/fixture.h"

namespace ingot::xnnpack {
namespace {

constexpr uint32_t kRows = 5, kIn = 64, kOut = 19;
const Dims kInputDims = {kRows, kIn}, kFilterDims = {kOut, kIn}, kOutputDims = {kRows, kOut};

// filter [out, in]
std::vector<double> product(const std::vector<float>& x, const std::vector<float>& filter,
                            const std::vector<float>& bias) {
  std::vector<double> y;
  for (size_t row = 0; row < x.size() / kIn; ++row) {
    for (size_t out = 0; out < kOut; ++out) {
      double sum = bias[out];
      for (size_t i = 0; i < kIn; ++i) sum += double{x[row * kIn + i]} * filter[out * kIn + i];
      y.push_back(sum);
    }
  }
  return y;
}

// Converts the input, of any number of rows, to qdint8 and runs a FullyConnected with this filter.
std::vector<float> run_dynamic(const ElementType& filter_type, std::span<const std::byte> filter,
                               const std::vector<float>& x, const std::vector<float>& bias) {
  const auto rows = static_cast<uint32_t>(x.size() / kIn);
  const Dims input = {rows, kIn}, output = {rows, kOut};
  PayloadWriter writer;
  wire::Node1x1T convert;
  convert.input_id = writer.add_input(0, kFloat, input);
  convert.output_id = writer.add_internal(ElementType::quantized(DataType::qdint8, PerToken{1}), input);
  writer.add_node(Type::Convert, convert);
  wire::NodeFullyConnectedT node;
  node.input1_id = convert.output_id;
  node.filter_id = writer.add_constant(filter_type, kFilterDims, filter);
  node.bias_id = writer.add_constant(kFloat, Dims{kOut}, as_bytes(bias));
  node.output_id = writer.add_output(1, kFloat, output);
  writer.add_node(Type::FullyConnected, node);
  auto in = OwnedTensor::of(DType::float32, input, x);
  OwnedTensor out(DType::float32, {static_cast<int32_t>(rows), kOut});
  run(std::move(writer), {in.get(), out.get()});
  return out.items<float>();
}

TEST(FullyConnected, Fp32) {
  const auto x = sample(kRows * kIn), filter = sample(kOut * kIn, 1, 2), bias = sample(kOut, 1, 3);
  for (const bool transposed : {false, true}) {
    for (const bool constant : {true, false}) {
      std::vector<float> stored = filter;
      if (transposed) {
        for (size_t o = 0; o < kOut; ++o)
          for (size_t i = 0; i < kIn; ++i) stored[i * kOut + o] = filter[o * kIn + i];
      }
      const Dims dims = transposed ? Dims{kIn, kOut} : kFilterDims;
      PayloadWriter writer;
      wire::NodeFullyConnectedT node;
      node.input1_id = writer.add_input(0, kFloat, kInputDims);
      node.filter_id =
          constant ? writer.add_constant(kFloat, dims, as_bytes(stored)) : writer.add_input(2, kFloat, dims);
      node.bias_id = writer.add_constant(kFloat, Dims{kOut}, as_bytes(bias));
      node.output_id = writer.add_output(1, kFloat, kOutputDims);
      node.flags = transposed ? 1 : 0;
      writer.add_node(Type::FullyConnected, node, std::pair(-10.0f, 10.0f));
      auto in = OwnedTensor::of(DType::float32, kInputDims, x), weights = OwnedTensor::of(DType::float32, dims, stored);
      OwnedTensor out(DType::float32, {kRows, kOut});
      std::vector<Tensor*> args = {in.get(), out.get()};
      if (!constant) args.push_back(weights.get());
      run(std::move(writer), args);
      auto expected = product(x, filter, bias);
      for (double& v : expected) v = std::clamp(v, -10.0, 10.0);
      expect_near(expected, out.items<float>(), 1e-5);
    }
  }
}

TEST(FullyConnected, Int8PerChannelAndPerTensor) {
  const auto x = sample_int8(kRows * kIn), filter = sample_int8(kOut * kIn, 2);
  std::vector<int32_t> bias;
  for (uint32_t o = 0; o < kOut; ++o) bias.push_back(static_cast<int32_t>(o) * 100 - 500);
  for (const bool per_channel : {true, false}) {
    std::vector<float> scales, bias_scales, real, real_bias;
    for (uint32_t o = 0; o < kOut; ++o) {
      scales.push_back(per_channel ? 0.01f * static_cast<float>(1 + o % 3) : 0.01f);
      bias_scales.push_back(scales[o] * 0.02f);
      real_bias.push_back(static_cast<float>(bias[o]) * bias_scales[o]);
    }
    for (size_t i = 0; i < filter.size(); ++i) real.push_back(static_cast<float>(filter[i]) * scales[i / kIn]);
    const ElementType filter_type =
        per_channel ? ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}) : int8_type(scales[0], 0);
    const ElementType bias_type = per_channel ? ElementType::quantized(DataType::qcint32, PerChannel{bias_scales, 0})
                                              : ElementType::quantized(DataType::qint32, PerTensor{bias_scales[0], 0});
    PayloadWriter writer;
    wire::NodeFullyConnectedT node;
    node.input1_id = writer.add_input(0, int8_type(0.02f, -4), kInputDims);
    node.filter_id = writer.add_constant(filter_type, kFilterDims, as_bytes(filter));
    node.bias_id = writer.add_constant(bias_type, Dims{kOut}, as_bytes(bias));
    node.output_id = writer.add_output(1, int8_type(0.3f, 9), kOutputDims);
    writer.add_node(Type::FullyConnected, node);
    auto in = OwnedTensor::of(DType::int8, kInputDims, x);
    OwnedTensor out(DType::int8, {kRows, kOut});
    run(std::move(writer), {in.get(), out.get()});
    expect_steps(product(dequantize(x, 0.02f, -4), real, real_bias), out.items<int8_t>(), 0.3f, 9, 0.51);
  }
}

// XNNPACK itself scales the bias, too.
TEST(FullyConnected, FloatsTimesInt8) {
  const auto x = sample(kRows * kIn), bias = sample(kOut, 1, 3);
  const auto filter = sample_int8(kOut * kIn, 2);
  const std::vector<float> scales(kOut, 0.01f);
  PayloadWriter writer;
  wire::NodeFullyConnectedT node;
  node.input1_id = writer.add_input(0, ElementType{}, kInputDims);
  node.filter_id = writer.add_constant(ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}), kFilterDims,
                                       as_bytes(filter));
  node.bias_id = writer.add_constant(ElementType{}, Dims{kOut}, as_bytes(bias));
  node.output_id = writer.add_output(1, ElementType{}, kOutputDims);
  writer.add_node(Type::FullyConnected, node);
  auto in = OwnedTensor::of(DType::float32, kInputDims, x);
  OwnedTensor out(DType::float32, {kRows, kOut});
  run(std::move(writer), {in.get(), out.get()});
  expect_near(product(x, dequantize(filter, 0.01f, 0), bias), out.items<float>(), 1e-4);
}

TEST(FullyConnected, DynamicInt8) {
  const auto x = sample(kRows * kIn), bias = sample(kOut, 1, 3);
  const auto filter = sample_int8(kOut * kIn, 2);
  const std::vector<float> scales(kOut, 0.01f);
  const auto y =
      run_dynamic(ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}), as_bytes(filter), x, bias);
  expect_near(product(x, dequantize(filter, 0.01f, 0), bias), y, 0.02);
}

// Codes -8..7, stored with 8 added, low half first.
std::vector<uint8_t> pack4(const std::vector<int8_t>& codes) {
  std::vector<uint8_t> packed;
  for (size_t i = 0; i < codes.size(); i += 2) {
    packed.push_back(static_cast<uint8_t>((codes[i] + 8) | ((codes[i + 1] + 8) << 4)));
  }
  return packed;
}

TEST(FullyConnected, DynamicInt4PerChannel) {
  const auto x = sample(kRows * kIn), bias = sample(kOut, 1, 3);
  const auto filter = sample_int8(kOut * kIn, 2, -8, 7);
  const std::vector<float> scales(kOut, 0.125f);
  const auto y =
      run_dynamic(ElementType::quantized(DataType::qcint4, PerChannel{scales, 0}), as_bytes(pack4(filter)), x, bias);
  expect_near(product(x, dequantize(filter, 0.125f, 0), bias), y, 0.02);
}

TEST(FullyConnected, DynamicInt4PerGroup) {
  const auto bias = sample(kOut, 1, 3);
  const auto filter = sample_int8(kOut * kIn, 2, -8, 7);
  constexpr uint32_t kGroup = 32;
  std::vector<uint16_t> scales;
  std::vector<float> real;
  for (size_t i = 0; i < filter.size(); ++i) {
    const float scale = 0.0625f * static_cast<float>(1 + (i / kGroup) % 3);
    if (i % kGroup == 0) scales.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(scale) >> 16));
    real.push_back(static_cast<float>(filter[i]) * scale);
  }
  // XNNPACK of 2024-11 gets 2 and 3 rows wrong on AVX-512 with VNNI and GFNI, and so many behind each 14.
  for (const size_t rows : {1, 2, 3, 5, 14, 15, 17, 30}) {
    const auto x = sample(rows * kIn);
    const auto y = run_dynamic(ElementType::quantized(DataType::qbint4, PerGroup{scales, kGroup}),
                               as_bytes(pack4(filter)), x, bias);
    expect_near(product(x, real, bias), y, 0.02);
  }
}

// A filter of 16 bits, which a node widens: with one made here, and by the delegate, nothing is left to do at run time.
TEST(FullyConnected, Fp16Filter) {
  const auto x = sample(kRows * kIn), filter = sample(kOut * kIn, 1, 2);
  std::vector<uint16_t> halves;
  std::vector<float> real;
  for (const float w : filter) {
    halves.push_back(to_float16(w).bits);
    real.push_back(to_float(to_float16(w)));
  }
  PayloadWriter writer;
  wire::Node1x1T convert;
  convert.input_id = writer.add_constant(ElementType::plain(DataType::fp16), kFilterDims, as_bytes(halves));
  convert.output_id = writer.add_internal(kFloat, kFilterDims);
  writer.add_node(Type::Convert, convert);
  wire::NodeFullyConnectedT node;
  node.input1_id = writer.add_input(0, kFloat, kInputDims);
  node.filter_id = convert.output_id;
  node.bias_id = kNoId;
  node.output_id = writer.add_output(1, kFloat, kOutputDims);
  writer.add_node(Type::FullyConnected, node);
  auto in = OwnedTensor::of(DType::float32, kInputDims, x);
  OwnedTensor out(DType::float32, {kRows, kOut});
  run(std::move(writer), {in.get(), out.get()});
  expect_near(product(x, real, std::vector<float>(kOut)), out.items<float>(), 1e-5);
}

TEST(FullyConnected, KeepsLeadingDimensions) {
  const Dims input = {2, 3, kIn}, output = {2, 3, kOut};
  const auto x = sample(numel(input)), filter = sample(kOut * kIn, 1, 2);
  PayloadWriter writer;
  wire::NodeFullyConnectedT node;
  node.input1_id = writer.add_input(0, kFloat, input);
  node.filter_id = writer.add_constant(kFloat, kFilterDims, as_bytes(filter));
  node.bias_id = kNoId;
  node.output_id = writer.add_output(1, kFloat, output);
  writer.add_node(Type::FullyConnected, node);
  auto in = OwnedTensor::of(DType::float32, input, x);
  OwnedTensor out(DType::float32, {2, 3, kOut});
  run(std::move(writer), {in.get(), out.get()});
  expect_near(product(x, filter, std::vector<float>(kOut)), out.items<float>(), 1e-5);
}

TEST(FullyConnected, RefusesWhatDoesNotFit) {
  const auto attempt = [](const Dims& input, const Dims& filter, const Dims& bias) {
    const std::vector<float> weights(numel(filter)), biases(numel(bias));
    PayloadWriter writer;
    wire::NodeFullyConnectedT node;
    node.input1_id = writer.add_input(0, kFloat, input);
    node.filter_id = writer.add_constant(kFloat, filter, as_bytes(weights));
    node.bias_id = writer.add_constant(kFloat, bias, as_bytes(biases));
    node.output_id = writer.add_output(1, kFloat, Dims{1, 1});
    writer.add_node(Type::FullyConnected, node);
    const WrittenPayload written = std::move(writer).finish();
    const auto loaded = LoadedPayload::load(written, 2);
    return loaded ? std::string() : std::string(loaded.error().message());
  };
  using testing::HasSubstr;
  EXPECT_EQ(attempt({2, 8}, {3, 8}, {3}), "");
  EXPECT_THAT(attempt({2, 8}, {3, 9}, {3}),
              HasSubstr("node 0 (FullyConnected): its input is [2, 8], expected 9 columns"));
  EXPECT_THAT(attempt({2, 8}, {3, 8}, {2}), HasSubstr("bias has 2 elements, expected 3"));
  EXPECT_THAT(attempt({2, 8}, {3, 8, 1}, {3}), HasSubstr("its filter is [3, 8, 1], XNNPACK takes 2 dimensions"));
}

// [batch, m, k] times [batch, k, n].
std::vector<double> batch_product(const std::vector<double>& a, const std::vector<double>& b, size_t batch, size_t m,
                                  size_t k, size_t n, bool transposed) {
  std::vector<double> y;
  for (size_t g = 0; g < batch; ++g)
    for (size_t i = 0; i < m; ++i)
      for (size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (size_t l = 0; l < k; ++l)
          sum += a[(g * m + i) * k + l] * b[g * k * n + (transposed ? j * k + l : l * n + j)];
        y.push_back(sum);
      }
  return y;
}

std::vector<double> wide(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

TEST(BatchMatrixMultiply, PlainTransposedAndConstant) {
  const Dims a_dims = {2, 3, 4, 6}, out_dims = {2, 3, 4, 5};
  for (const bool transposed : {false, true}) {
    for (const bool constant : {false, true}) {
      const Dims b_dims = transposed ? Dims{2, 3, 5, 6} : Dims{2, 3, 6, 5};
      const auto a = sample(numel(a_dims)), b = sample(numel(b_dims), 1, 2);
      PayloadWriter writer;
      wire::Node2x1T node;
      node.input1_id = writer.add_input(0, kFloat, a_dims);
      node.input2_id =
          constant ? writer.add_constant(kFloat, b_dims, as_bytes(b)) : writer.add_input(2, kFloat, b_dims);
      node.output_id = writer.add_output(1, kFloat, out_dims);
      node.flags = transposed ? 1 : 0;
      writer.add_node(Type::BatchMatrixMultiply, node);
      auto x = OwnedTensor::of(DType::float32, a_dims, a), y = OwnedTensor::of(DType::float32, b_dims, b);
      OwnedTensor out(DType::float32, {2, 3, 4, 5});
      std::vector<Tensor*> args = {x.get(), out.get()};
      if (!constant) args.push_back(y.get());
      run(std::move(writer), args);
      expect_near(batch_product(wide(a), wide(b), 6, 4, 6, 5, transposed), out.items<float>(), 1e-5);
    }
  }
}

TEST(Attention, IsSoftmaxOfScaledProducts) {
  constexpr size_t kHeads = 3, kQueries = 4, kKeys = 5, kChannels = 8, kValues = 6;
  const Dims query_dims = {1, kHeads, kQueries, kChannels}, key_dims = {1, kHeads, kKeys, kChannels},
             value_dims = {1, kHeads, kKeys, kValues}, out_dims = {1, kHeads, kQueries, kValues};
  const auto query = sample(numel(query_dims), 2, 1), key = sample(numel(key_dims), 2, 2),
             value = sample(numel(value_dims), 2, 3), scale = sample(kChannels, 1, 4),
             mask = sample(kQueries * kKeys, 1, 5);
  PayloadWriter writer;
  wire::NodeScaledDotProductAttentionT node;
  node.query_id = writer.add_input(0, kFloat, query_dims);
  node.key_id = writer.add_input(1, kFloat, key_dims);
  node.value_id = writer.add_input(2, kFloat, value_dims);
  node.scale_id = writer.add_constant(kFloat, Dims{kChannels}, as_bytes(scale));
  node.mask_id = writer.add_constant(kFloat, Dims{kQueries, kKeys}, as_bytes(mask));
  node.output_id = writer.add_output(3, kFloat, out_dims);
  writer.add_node(Type::ScaledDotProductAttention, node);
  auto q = OwnedTensor::of(DType::float32, query_dims, query), k = OwnedTensor::of(DType::float32, key_dims, key),
       v = OwnedTensor::of(DType::float32, value_dims, value);
  OwnedTensor out(DType::float32, {1, kHeads, kQueries, kValues});
  run(std::move(writer), {q.get(), k.get(), v.get(), out.get()});

  auto scaled = wide(query);
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] *= scale[i % kChannels];
  auto weights = batch_product(scaled, wide(key), kHeads, kQueries, kChannels, kKeys, true);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = std::exp(weights[i] + mask[i % (kQueries * kKeys)]);
  for (size_t row = 0; row < weights.size(); row += kKeys) {
    double sum = 0;
    for (size_t i = 0; i < kKeys; ++i) sum += weights[row + i];
    for (size_t i = 0; i < kKeys; ++i) weights[row + i] /= sum;
  }
  expect_near(batch_product(weights, wide(value), kHeads, kQueries, kKeys, kValues, false), out.items<float>(), 1e-5);
}

}  // namespace
}  // namespace ingot::xnnpack
