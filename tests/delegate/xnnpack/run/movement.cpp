// Pooling and data movement nodes against their definitions, in fp32 and int8.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "tests/delegate/xnnpack/run/fixture.h"

namespace ingot::xnnpack {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

// Runs a node with input_id and output_id on fp32 values.
template <typename NodeT>
std::vector<float> run_node(Type type, NodeT node, const Dims& in_dims, const std::vector<float>& x,
                            const Dims& out_dims) {
  PayloadWriter writer;
  node.input_id = writer.add_input(0, kFloat, in_dims);
  node.output_id = writer.add_output(1, kFloat, out_dims);
  writer.add_node(type, node);
  auto in = OwnedTensor::of(DType::float32, in_dims, x);
  OwnedTensor out(DType::float32, {out_dims.begin(), out_dims.end()});
  run(std::move(writer), {in.get(), out.get()});
  return out.items<float>();
}

// The same on int8, with one scale and zero point for both sides.
template <typename NodeT>
std::vector<int8_t> run_int8(Type type, NodeT node, const Dims& in_dims, const std::vector<int8_t>& x,
                             const Dims& out_dims) {
  PayloadWriter writer;
  node.input_id = writer.add_input(0, int8_type(0.5f, 3), in_dims);
  node.output_id = writer.add_output(1, int8_type(0.5f, 3), out_dims);
  writer.add_node(type, node);
  auto in = OwnedTensor::of(DType::int8, in_dims, x);
  OwnedTensor out(DType::int8, {out_dims.begin(), out_dims.end()});
  run(std::move(writer), {in.get(), out.get()});
  return out.items<int8_t>();
}

constexpr uint32_t kHeight = 7, kWidth = 6, kChannels = 5;
const Dims kImage = {2, kHeight, kWidth, kChannels};

wire::NodePoolingT pooling(uint32_t kernel, uint32_t stride, uint32_t padding, uint32_t dilation) {
  wire::NodePoolingT node;
  node.padding_top = node.padding_right = node.padding_bottom = node.padding_left = padding;
  node.pooling_height = node.pooling_width = kernel;
  node.stride_height = node.stride_width = stride;
  node.dilation_height = node.dilation_width = dilation;
  return node;
}

Dims pooled(const wire::NodePoolingT& n) {
  const uint32_t reach = (n.pooling_height - 1) * n.dilation_height + 1;
  return {2, (kHeight + 2 * n.padding_top - reach) / n.stride_height + 1,
          (kWidth + 2 * n.padding_left - reach) / n.stride_width + 1, kChannels};
}

// Folds each window: max, or the mean over the pixels that exist.
template <typename T>
std::vector<double> pool(const wire::NodePoolingT& n, const std::vector<T>& x, bool max) {
  std::vector<double> y;
  const Dims out = pooled(n);
  for (uint32_t b = 0; b < 2; ++b)
    for (uint32_t i = 0; i < out[1]; ++i)
      for (uint32_t j = 0; j < out[2]; ++j)
        for (uint32_t c = 0; c < kChannels; ++c) {
          double best = -1e30, sum = 0;
          int count = 0;
          for (uint32_t ki = 0; ki < n.pooling_height; ++ki)
            for (uint32_t kj = 0; kj < n.pooling_width; ++kj) {
              const int64_t r = int64_t{i} * n.stride_height + ki * n.dilation_height - n.padding_top;
              const int64_t s = int64_t{j} * n.stride_width + kj * n.dilation_width - n.padding_left;
              if (r < 0 || r >= kHeight || s < 0 || s >= kWidth) continue;
              const double v =
                  x[((b * kHeight + static_cast<size_t>(r)) * kWidth + static_cast<size_t>(s)) * kChannels + c];
              best = std::max(best, v);
              sum += v;
              ++count;
            }
          y.push_back(max ? best : sum / count);
        }
  return y;
}

TEST(MaxPooling2d, Fp32AndInt8) {
  const auto x = sample(numel(kImage));
  const auto codes = sample_int8(numel(kImage));
  for (const auto& node : {pooling(2, 2, 0, 1), pooling(3, 2, 1, 1), pooling(3, 1, 1, 1), pooling(2, 1, 0, 2)}) {
    expect_near(pool(node, x, true), run_node(Type::MaxPooling2d, node, kImage, x, pooled(node)), 1e-6);
    EXPECT_THAT(run_int8(Type::MaxPooling2d, node, kImage, codes, pooled(node)),
                ElementsAreArray(pool(node, codes, true)));
  }
}

TEST(AvgPooling2d, Fp32AndInt8) {
  const auto x = sample(numel(kImage));
  for (const auto& node : {pooling(2, 2, 0, 1), pooling(3, 2, 0, 1), pooling(3, 1, 1, 1)}) {
    expect_near(pool(node, x, false), run_node(Type::AvgPooling2d, node, kImage, x, pooled(node)), 1e-5);
  }
  auto dilated = pooling(2, 2, 0, 1);
  dilated.dilation_height = 2;
  PayloadWriter writer;
  dilated.input_id = writer.add_input(0, kFloat, kImage);
  dilated.output_id = writer.add_output(1, kFloat, kImage);
  writer.add_node(Type::AvgPooling2d, dilated);
  EXPECT_THAT(refusal(std::move(writer), 2), HasSubstr("no dilated average pooling"));
}

TEST(GlobalAvgPooling2d, Fp32AndInt8) {
  const auto x = sample(numel(kImage));
  const auto codes = sample_int8(numel(kImage), 1, -60, 60);
  std::vector<double> expected(2 * kChannels), expected_codes(2 * kChannels);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t at = i / (kHeight * kWidth * kChannels) * kChannels + i % kChannels;
    expected[at] += x[i] / double{kHeight * kWidth};
    expected_codes[at] += codes[i] / double{kHeight * kWidth};
  }
  wire::Node1x1T node;
  node.flags = 0x40;  // keep dimensions
  expect_near(expected, run_node(Type::GlobalAvgPooling2d, node, kImage, x, {2, 1, 1, kChannels}), 1e-5);
  const auto actual = run_int8(Type::GlobalAvgPooling2d, node, kImage, codes, {2, 1, 1, kChannels});
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(expected_codes[i], actual[i], 0.51);
  node.flags = 0;
  expect_near(expected, run_node(Type::GlobalAvgPooling2d, node, kImage, x, {2, kChannels}), 1e-5);
}

// XNNPACK counts a window's pixels column by column. As int64 the index it is widened in place.
TEST(ArgMaxPooling2d, ValuesAndIndices) {
  const auto x = sample(numel(kImage));
  const Dims out_dims = {2, 3, 3, kChannels};
  for (const DType index_dtype : {DType::int32, DType::int64}) {
    PayloadWriter writer;
    wire::NodeArgMaxPooling2dT node;
    node.pooling_height = node.pooling_width = 2;
    node.input_id = writer.add_input(0, kFloat, kImage);
    node.output_value_id = writer.add_output(1, kFloat, out_dims);
    node.output_index_id = writer.add_output(2, ElementType::plain(DataType::int32), out_dims);
    writer.add_node(Type::ArgMaxPooling2d, node);
    auto in = OwnedTensor::of(DType::float32, kImage, x);
    OwnedTensor values(DType::float32, {2, 3, 3, kChannels}), indices(index_dtype, {2, 3, 3, kChannels});
    run(std::move(writer), {in.get(), values.get(), indices.get()});
    for (size_t at = 0; at < numel(out_dims); ++at) {
      const size_t c = at % kChannels, j = at / kChannels % 3, i = at / kChannels / 3 % 3, b = at / kChannels / 9;
      float best = -1e30f;
      int64_t index = 0;
      for (int64_t k = 0; k < 4; ++k) {
        const float v =
            x[((b * kHeight + 2 * i + static_cast<size_t>(k) % 2) * kWidth + 2 * j + static_cast<size_t>(k) / 2) *
                  kChannels +
              c];
        if (v > best) best = v, index = k;
      }
      ASSERT_EQ(values.items<float>()[at], best);
      ASSERT_EQ(index_dtype == DType::int32 ? indices.items<int32_t>()[at] : indices.items<int64_t>()[at], index);
    }
  }
}

TEST(StaticTranspose, EveryPermutationOfThree) {
  const Dims dims = {2, 3, 4};
  const auto x = sample(24);
  const auto codes = sample_int8(24);
  Dims perm = {0, 1, 2};
  do {
    const Dims out = {dims[perm[0]], dims[perm[1]], dims[perm[2]]};
    std::vector<float> expected;
    std::vector<int8_t> expected_codes;
    const size_t strides[] = {12, 4, 1};
    for (size_t i = 0; i < out[0]; ++i)
      for (size_t j = 0; j < out[1]; ++j)
        for (size_t k = 0; k < out[2]; ++k) {
          const size_t at = i * strides[perm[0]] + j * strides[perm[1]] + k * strides[perm[2]];
          expected.push_back(x[at]);
          expected_codes.push_back(codes[at]);
        }
    wire::NodeStaticTransposeT node;
    node.num_dims = 3;
    node.perm = perm;
    EXPECT_THAT(run_node(Type::StaticTranspose, node, dims, x, out), ElementsAreArray(expected));
    EXPECT_THAT(run_int8(Type::StaticTranspose, node, dims, codes, out), ElementsAreArray(expected_codes));
  } while (std::ranges::next_permutation(perm).found);
}

TEST(StaticTranspose, RefusesWhatIsNoPermutation) {
  for (const Dims& perm : {Dims{0, 1, 1}, Dims{0, 1, 3}, Dims{0, 1}}) {
    PayloadWriter writer;
    wire::NodeStaticTransposeT node;
    node.num_dims = 3;
    node.perm = perm;
    node.input_id = writer.add_input(0, kFloat, Dims{2, 3, 4});
    node.output_id = writer.add_output(1, kFloat, Dims{2, 3, 4});
    writer.add_node(Type::StaticTranspose, node);
    EXPECT_THAT(refusal(std::move(writer), 2), HasSubstr("node 0 (StaticTranspose): perm"));
  }
}

TEST(StaticReshape, KeepsElements) {
  const auto x = sample(24);
  wire::NodeStaticReshapeT node;
  node.num_dims = 2;
  node.new_shape = {6, 4};
  EXPECT_EQ(run_node(Type::StaticReshape, node, {2, 3, 4}, x, {6, 4}), x);
  node.new_shape = {0, 8};  // the first size follows
  EXPECT_EQ(run_node(Type::StaticReshape, node, {2, 3, 4}, x, {3, 8}), x);
  PayloadWriter writer;
  node.new_shape = {5, 5};
  node.input_id = writer.add_input(0, kFloat, Dims{2, 3, 4});
  node.output_id = writer.add_output(1, kFloat, Dims{5, 5});
  writer.add_node(Type::StaticReshape, node);
  EXPECT_THAT(refusal(std::move(writer), 2), HasSubstr("[2, 3, 4] does not reshape to [5, 5]"));
}

TEST(StaticSlice, TakesABox) {
  const auto x = sample(24);
  const auto codes = sample_int8(24);
  wire::NodeStaticSliceT node;
  node.num_dims = 3;
  node.offsets = {1, 0, 2};
  node.sizes = {1, 2, 2};
  EXPECT_THAT(run_node(Type::StaticSlice, node, {2, 3, 4}, x, {1, 2, 2}),
              ElementsAreArray({x[14], x[15], x[18], x[19]}));
  EXPECT_THAT(run_int8(Type::StaticSlice, node, {2, 3, 4}, codes, {1, 2, 2}),
              ElementsAreArray({codes[14], codes[15], codes[18], codes[19]}));
  PayloadWriter writer;
  node.offsets = {1, 0, 3};
  node.input_id = writer.add_input(0, kFloat, Dims{2, 3, 4});
  node.output_id = writer.add_output(1, kFloat, Dims{1, 2, 2});
  writer.add_node(Type::StaticSlice, node);
  EXPECT_THAT(refusal(std::move(writer), 2), HasSubstr("[3, +2) of dimension 2, which has 4 elements"));
}

TEST(StaticConstantPad, SurroundsWithAValue) {
  const std::vector<float> x = {1, 2, 3, 4};
  wire::NodeStaticConstantPadT node;
  node.pre_paddings = {1, 0};
  node.post_paddings = {0, 2};
  node.padding_value = 7.5f;
  EXPECT_THAT(run_node(Type::StaticConstantPad, node, {2, 2}, x, {3, 4}),
              ElementsAreArray({7.5f, 7.5f, 7.5f, 7.5f, 1.0f, 2.0f, 7.5f, 7.5f, 3.0f, 4.0f, 7.5f, 7.5f}));
  // 7.5 / 0.5 + 3
  EXPECT_THAT(run_int8(Type::StaticConstantPad, node, {2, 2}, {1, 2, 3, 4}, {3, 4}),
              ElementsAreArray({18, 18, 18, 18, 1, 2, 18, 18, 3, 4, 18, 18}));
}

// Source coordinates: half-pixel centres, aligned corners, or TensorFlow 1's plain ratio.
double source(uint32_t i, uint32_t in, uint32_t out, uint32_t flags) {
  if (flags == 8) return out > 1 ? i * double(in - 1) / (out - 1) : 0;
  if (flags == 4) return double(i) * in / out;
  return std::max((i + 0.5) * in / out - 0.5, 0.0);
}

TEST(StaticResizeBilinear2D, ThreeConventions) {
  const auto x = sample(numel(kImage));
  for (const uint32_t flags : {0u, 4u, 8u}) {
    wire::NodeStaticResizeBilinear2DT node;
    node.new_height = 11;
    node.new_width = 4;
    node.flags = flags;
    std::vector<double> expected;
    for (size_t b = 0; b < 2; ++b)
      for (uint32_t i = 0; i < 11; ++i)
        for (uint32_t j = 0; j < 4; ++j)
          for (size_t c = 0; c < kChannels; ++c) {
            const double r = source(i, kHeight, 11, flags), s = source(j, kWidth, 4, flags);
            const auto r0 = std::min<size_t>(static_cast<size_t>(r), kHeight - 1),
                       s0 = std::min<size_t>(static_cast<size_t>(s), kWidth - 1);
            const size_t r1 = std::min<size_t>(r0 + 1, kHeight - 1), s1 = std::min<size_t>(s0 + 1, kWidth - 1);
            const auto at = [&](size_t y, size_t z) {
              return double{x[((b * kHeight + y) * kWidth + z) * kChannels + c]};
            };
            const double fr = r - static_cast<double>(r0), fs = s - static_cast<double>(s0);
            expected.push_back((at(r0, s0) * (1 - fs) + at(r0, s1) * fs) * (1 - fr) +
                               (at(r1, s0) * (1 - fs) + at(r1, s1) * fs) * fr);
          }
    expect_near(expected, run_node(Type::StaticResizeBilinear2D, node, kImage, x, {2, 11, 4, kChannels}), 1e-5);
  }
}

TEST(Concatenate, TwoToFive) {
  const Type types[] = {Type::Concatenate2, Type::Concatenate3, Type::Concatenate4, Type::Concatenate5};
  for (uint32_t count = 2; count <= 5; ++count) {
    PayloadWriter writer;
    wire::NodeConcatenateT node;
    node.axis = 1;
    uint32_t* const ids[] = {&node.input1_id, &node.input2_id, &node.input3_id, &node.input4_id, &node.input5_id};
    std::vector<OwnedTensor> inputs;
    std::vector<Tensor*> args;
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const Dims dims = {2, i + 1, 3};
      *ids[i] = writer.add_input(i, kFloat, dims);
      inputs.push_back(OwnedTensor::of(DType::float32, dims, sample(numel(dims), 1, i + 1)));
      total += i + 1;
    }
    for (OwnedTensor& input : inputs) args.push_back(input.get());
    node.output_id = writer.add_output(count, kFloat, Dims{2, total, 3});
    writer.add_node(types[count - 2], node);
    OwnedTensor out(DType::float32, {2, static_cast<int32_t>(total), 3});
    args.push_back(out.get());
    run(std::move(writer), args);
    std::vector<float> expected;
    for (size_t b = 0; b < 2; ++b) {
      for (const OwnedTensor& input : inputs) {
        const auto items = input.items<float>();
        const size_t half = items.size() / 2;
        expected.insert(expected.end(), items.begin() + static_cast<ptrdiff_t>(b * half),
                        items.begin() + static_cast<ptrdiff_t>((b + 1) * half));
      }
    }
    EXPECT_EQ(out.items<float>(), expected);
  }
}

// Elements that are moved must mean the same before and after.
TEST(Movement, RefusesToChangeTheScale) {
  PayloadWriter writer;
  wire::NodeStaticTransposeT node;
  node.num_dims = 2;
  node.perm = {1, 0};
  node.input_id = writer.add_input(0, int8_type(0.5f, 0), Dims{2, 3});
  node.output_id = writer.add_output(1, int8_type(0.25f, 0), Dims{3, 2});
  writer.add_node(Type::StaticTranspose, node);
  EXPECT_THAT(refusal(std::move(writer), 2),
              HasSubstr("its input has scale 0.5 and zero point 0, its output 0.25 and 0"));
}

}  // namespace
}  // namespace ingot::xnnpack
