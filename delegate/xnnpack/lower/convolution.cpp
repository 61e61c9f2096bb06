// aten::convolution: over one or two dimensions, plain, grouped, depthwise, dilated, transposed.

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/reorder.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

// The node's attributes for height and width. Over one dimension the height is 1.
struct Geometry {
  std::array<int64_t, 2> kernel = {1, 1}, stride = {1, 1}, dilation = {1, 1}, adjustment = {0, 0};
  std::array<int64_t, 2> before = {0, 0}, after = {0, 0};
};

Expected<Geometry> geometry_of(NodeLowering& n, size_t spatial, const Sizes& weight) {
  Geometry g;
  const auto read = [&n, spatial](std::string_view arg, int64_t least, std::array<int64_t, 2>* to) -> Lowered {
    const std::vector<int64_t> values = n.node.ints(arg);
    for (size_t i = 0; i < spatial; ++i) {
      const int64_t value = values[values.size() == 1 ? 0 : i];
      if (value < least || value > INT32_MAX) return refuse("{} {}, XNNPACK takes {} and more", arg, value, least);
      (*to)[2 - spatial + i] = value;
    }
    return {};
  };
  INGOT_TRY_VOID(read("stride", 1, &g.stride));
  INGOT_TRY_VOID(read("dilation", 1, &g.dilation));
  INGOT_TRY_VOID(read("padding", 0, &g.before));
  if (n.node.boolean("transposed")) INGOT_TRY_VOID(read("output_padding", 0, &g.adjustment));
  g.after = g.before;
  for (size_t i = 0; i < spatial; ++i) g.kernel[2 - spatial + i] = weight[2 + i];
  if (const Node* pad = n.fusions().padding_of(n.node)) {
    const std::vector<int64_t> amounts = pad->ints("pad");  // pairs, the last dimension first
    for (size_t i = 0; i < amounts.size(); i += 2) {
      g.before[1 - i / 2] += amounts[i];
      g.after[1 - i / 2] += amounts[i + 1];
    }
  }
  return g;
}

int64_t output_size(const Geometry& g, size_t axis, int64_t input, bool transposed) {
  const int64_t reach = (g.kernel[axis] - 1) * g.dilation[axis] + 1, padding = g.before[axis] + g.after[axis];
  if (transposed) return (input - 1) * g.stride[axis] + reach + g.adjustment[axis] - padding;
  return (input + padding - reach) / g.stride[axis] + 1;
}

struct Filter {
  wire::NodeUnion type = wire::NodeUnion::Conv2d;
  Tensor* tensor = nullptr;
  Order order = {0, 1, 2, 3};
  int64_t group_inputs = 0;
  int64_t group_outputs = 0;
};

// [in, out / groups, height, width] to [out, height, width, in / groups]. Every group has the same scales.
Tensor& transposed_filter(TensorBuilder& build, Tensor& weight, int64_t groups) {
  const int64_t in = weight.sizes[0] / groups, out = weight.sizes[1];
  const Sizes split = {groups, in, out, weight.sizes[2], weight.sizes[3]};
  const Sizes joined = {groups * out, weight.sizes[2], weight.sizes[3], in};
  const auto rearranged = [&](Tensor& filter) -> Tensor& {
    return build.view(build.permute(build.view(filter, split), {0, 2, 3, 4, 1}), joined);
  };
  if (!weight.type.per_channel || weight.type.per_channel->dim != 1 || groups == 1) return rearranged(weight);
  std::vector<float> scales;
  const auto once = weight.type.per_channel->scales;
  for (int64_t group = 0; group < groups; ++group) scales.insert(scales.end(), once.begin(), once.end());
  const ElementType any = affine_type(false, 1, 0);
  Tensor& integers = rearranged(build.constant(weight.sizes, weight.data_order, *weight.data, any));
  return build.constant(joined, identity(4), *integers.data,
                        build.per_channel(wire::DataType::qcint8, std::move(scales), 0));
}

// The weight as XNNPACK wants it: [out, height, width, in / groups], depthwise [1, height, width, out].
Filter filter_of(NodeLowering& n, Tensor& weight, const Geometry& g, int64_t groups) {
  Filter filter;
  Tensor& image = n.build.view(weight, {weight.sizes[0], weight.sizes[1], g.kernel[0], g.kernel[1]});
  if (n.node.boolean("transposed")) {
    filter.type = wire::NodeUnion::ConvTranspose2d;
    filter.group_inputs = weight.sizes[0] / groups;
    filter.group_outputs = weight.sizes[1];
    filter.tensor = &transposed_filter(n.build, image, groups);
    return filter;
  }
  filter.group_inputs = weight.sizes[1];
  filter.group_outputs = weight.sizes[0] / groups;
  filter.tensor = &image;
  const bool depthwise = filter.group_inputs == 1 && groups > 1;
  if (depthwise) filter.type = wire::NodeUnion::DepthwiseConv2d;
  filter.order = depthwise ? Order{1, 2, 3, 0} : Order{0, 2, 3, 1};
  return filter;
}

// XNNPACK pads each tap of a filter of integers to 8 channels. Where windows move on by several pixels of few channels,
// so many neighbours can be taken for one pixel of all their channels: that is how they lie in memory, and fewer taps
// are padded. The first convolution of MobileNetV2 takes three quarters of the time so, ResNet's 60 % (AVX-512 VNNI).
// The geometry of the merged pixels; nothing where they are not worth it or do not come out even.
std::optional<Geometry> merged_pixels(const NodeLowering& n, const Tensor& image, const Tensor& filter,
                                      const Geometry& g) {
  constexpr int64_t kPadded = 8;
  const int64_t step = g.stride[1], width = image.sizes[3];
  if (!n.in_integers() || !n.fusions().fixed_sizes() || !is_affine(image.type) || is_float(filter.type)) return {};
  if (n.node.boolean("transposed") || n.node.integer("groups") != 1 || g.dilation[1] != 1) return {};
  if (step == 1 || g.kernel[1] == 1 || image.sizes[1] * step > kPadded || width % step != 0) return {};
  Geometry merged = g;
  merged.stride[1] = 1;
  merged.before[1] = (g.before[1] + step - 1) / step;
  merged.kernel[1] = (merged.before[1] * step - g.before[1] + g.kernel[1] + step - 1) / step;
  merged.after[1] = output_size(g, 1, width, false) - 1 + merged.kernel[1] - width / step - merged.before[1];
  return merged.after[1] >= 0 ? std::optional(merged) : std::nullopt;
}

// The filter of [out, channels, height, width] for these pixels: zeros before and behind its rows.
Tensor& merged_filter(TensorBuilder& build, const Tensor& filter, const Geometry& g, const Geometry& merged) {
  const int64_t out = filter.sizes[0], channels = filter.sizes[1], step = g.stride[1];
  const Bytes rows = reordered(*filter.data, filter.sizes, filter.data_order, channels_last(4));
  const auto row = static_cast<size_t>(g.kernel[1] * channels);
  const auto merged_row = static_cast<size_t>(merged.kernel[1] * step * channels);
  const auto before = static_cast<size_t>((merged.before[1] * step - g.before[1]) * channels);
  const auto count = static_cast<size_t>(out * g.kernel[0]);
  std::byte* bytes = nullptr;
  Bytes data = Bytes::allocate(count * merged_row, &bytes);
  const int32_t zero = filter.type.per_tensor ? filter.type.per_tensor->zero_point : 0;
  std::fill_n(bytes, data.size(), static_cast<std::byte>(zero));
  for (size_t i = 0; i < count; ++i) std::memcpy(bytes + i * merged_row + before, rows.span().data() + i * row, row);
  return build.constant({out, channels * step, g.kernel[0], merged.kernel[1]}, channels_last(4), std::move(data),
                        filter.type);
}

// All but its values.
wire::NodeConvolutionT node_of(const Geometry& g, const Filter& filter, int64_t groups) {
  wire::NodeConvolutionT node;
  node.padding_top = static_cast<uint32_t>(g.before[0]);
  node.padding_left = static_cast<uint32_t>(g.before[1]);
  node.padding_bottom = static_cast<uint32_t>(g.after[0]);
  node.padding_right = static_cast<uint32_t>(g.after[1]);
  node.kernel_height = static_cast<uint32_t>(g.kernel[0]);
  node.kernel_width = static_cast<uint32_t>(g.kernel[1]);
  node.subsampling_height = static_cast<uint32_t>(g.stride[0]);
  node.subsampling_width = static_cast<uint32_t>(g.stride[1]);
  node.dilation_height = static_cast<uint32_t>(g.dilation[0]);
  node.dilation_width = static_cast<uint32_t>(g.dilation[1]);
  node.adjustment_height = static_cast<uint32_t>(g.adjustment[0]);
  node.adjustment_width = static_cast<uint32_t>(g.adjustment[1]);
  node.group_input_channels = static_cast<uint32_t>(filter.group_inputs);
  node.group_output_channels = static_cast<uint32_t>(filter.group_outputs);
  node.groups = static_cast<uint32_t>(groups);
  return node;
}

Lowered lower_convolution(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand(n.fusions().convolved(n.node)));
  Tensor* weight = INGOT_TRY(n.operand("weight"));
  Tensor* bias = INGOT_TRY(n.optional_operand("bias"));
  const bool transposed = n.node.boolean("transposed");
  const int64_t groups = n.node.integer("groups");
  if (x->rank() < 3 || x->rank() > 4 || weight->rank() != x->rank()) {
    return refuse("a convolution of {} dimensions, XNNPACK has those over one or two (3 or 4 with batch and channels)",
                  x->rank());
  }
  if (!weight->is_constant()) return refuse("its weight is not constant");
  if (bias != nullptr && !bias->is_constant()) return refuse("its bias is not constant");
  const size_t spatial = x->rank() - 2;
  Geometry g = INGOT_TRY(geometry_of(n, spatial, weight->sizes));

  Tensor& image = spatial == 2 ? *x : n.build.view(*x, {x->sizes[0], x->sizes[1], 1, x->sizes[2]});
  Filter filter = filter_of(n, *weight, g, groups);
  const int64_t channels = groups * filter.group_outputs;
  const Sizes sizes = {image.sizes[0], channels, output_size(g, 0, image.sizes[2], transposed),
                       output_size(g, 1, image.sizes[3], transposed)};
  Sizes pixels = physical(image.sizes, channels_last(4));
  if (const auto merged = merged_pixels(n, image, *filter.tensor, g)) {
    filter.tensor = &merged_filter(n.build, *filter.tensor, g, *merged);
    filter.group_inputs *= g.stride[1];
    pixels = {pixels[0], pixels[1], pixels[2] / g.stride[1], pixels[3] * g.stride[1]};
    g = *merged;
  }
  if (image.type.per_token) n.build.compute_in(ElementType{});
  bias = INGOT_TRY(product_bias(n.build, bias, image, *filter.tensor, channels));
  wire::NodeConvolutionT node = node_of(g, filter, groups);
  node.input1_id = n.build.get(image, channels_last(4), pixels);
  node.filter_id = n.build.get(*filter.tensor, filter.order);
  node.bias_id = bias != nullptr ? n.build.get(*bias, {0}) : kNoId;
  Tensor& y = n.build.computed(sizes, channels_last(4));
  node.output_id = n.build.id(y);
  n.build.node(filter.type, node, n.bounds());
  return n.define(spatial == 2 ? y : n.build.view(y, {sizes[0], sizes[1], sizes[3]}));
}

constexpr Rule kRules[] = {{"aten::convolution", lower_convolution}};

}  // namespace

std::span<const Rule> convolution_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
