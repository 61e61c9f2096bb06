// Pooling and resizing of images.

#include <xnnpack.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

using wire::NodeUnion;

// A sliding window over height and width.
struct Window {
  std::array<int64_t, 2> kernel = {1, 1}, stride = {1, 1}, dilation = {1, 1};
  std::array<int64_t, 2> before = {0, 0}, after = {0, 0};

  bool padded() const { return before[0] + before[1] + after[0] + after[1] > 0; }
};

std::array<int64_t, 2> pair_of(const std::vector<int64_t>& values) {
  return {values.front(), values.back()};  // one value stands for both
}

// [N, C, H, W]; [C, H, W] is taken as a batch of one.
Tensor& as_images(NodeLowering& n, Tensor& x) {
  return n.build.view(x, pad_front(x.sizes, 4));
}

// What the node's attributes say, with as much padding behind as the output's size asks for (ceil_mode).
Expected<Window> window_of(NodeLowering& n, const Tensor& x, bool dilated) {
  if (x.rank() != 3 && x.rank() != 4) return refuse("pooling of {} dimensions, expected 3 or 4", x.rank());
  INGOT_TRY_VOID(check_value(*n.node.output()));
  Window window;
  window.kernel = pair_of(n.node.ints("kernel_size"));
  const std::vector<int64_t> stride = n.node.ints("stride");
  window.stride = stride.empty() ? window.kernel : pair_of(stride);
  window.before = window.after = pair_of(n.node.ints("padding"));
  if (dilated) window.dilation = pair_of(n.node.ints("dilation"));
  if (const Node* pad = n.fusions().padding_of(n.node)) {
    const std::vector<int64_t> amounts = pad->ints("pad");
    for (size_t i = 0; i < amounts.size(); i += 2) {
      window.before[1 - i / 2] += amounts[i];
      window.after[1 - i / 2] += amounts[i + 1];
    }
  }
  const Sizes out = sizes_of(*n.node.output());
  for (size_t axis = 0; axis < 2; ++axis) {
    if (window.kernel[axis] < 1 || window.stride[axis] < 1 || window.dilation[axis] < 1 || window.before[axis] < 0) {
      return refuse("kernel {}, stride {}, dilation {}, padding {}", window.kernel[axis], window.stride[axis],
                    window.dilation[axis], window.before[axis]);
    }
    const int64_t reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const int64_t covered = (out[out.size() - 2 + axis] - 1) * window.stride[axis] + reach;
    const int64_t available = x.sizes[x.rank() - 2 + axis] + window.before[axis] + window.after[axis];
    if (covered > available) window.after[axis] += covered - available;
  }
  return window;
}

int64_t positions(const Window& window, size_t axis, int64_t input) {
  const int64_t reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
  return (input + window.before[axis] + window.after[axis] - reach) / window.stride[axis] + 1;
}

// x is [N, C, H, W].
Tensor& pool(NodeLowering& n, NodeUnion type, Tensor& x, const Window& window, const Bounds& bounds) {
  wire::NodePoolingT node;
  node.padding_top = static_cast<uint32_t>(window.before[0]);
  node.padding_left = static_cast<uint32_t>(window.before[1]);
  node.padding_bottom = static_cast<uint32_t>(window.after[0]);
  node.padding_right = static_cast<uint32_t>(window.after[1]);
  node.pooling_height = static_cast<uint32_t>(window.kernel[0]);
  node.pooling_width = static_cast<uint32_t>(window.kernel[1]);
  node.stride_height = static_cast<uint32_t>(window.stride[0]);
  node.stride_width = static_cast<uint32_t>(window.stride[1]);
  node.dilation_height = static_cast<uint32_t>(window.dilation[0]);
  node.dilation_width = static_cast<uint32_t>(window.dilation[1]);
  node.input_id = n.build.get(x, channels_last(4));
  const Sizes sizes = {x.sizes[0], x.sizes[1], positions(window, 0, x.sizes[2]), positions(window, 1, x.sizes[3])};
  Tensor& y = type == NodeUnion::MaxPooling2d ? n.build.moved(x, sizes, channels_last(4))
                                              : n.build.computed(sizes, channels_last(4));
  node.output_id = n.build.id(y);
  n.build.node(type, node, bounds);
  return y;
}

// A depthwise convolution with equal weights: XNNPACK averages no integers but those of a whole image. Zeros around the
// image count. `window` has no dilation.
Tensor& average(NodeLowering& n, Tensor& x, const Window& window, double divisor, const Bounds& bounds) {
  const bool is_unsigned = x.type.datatype == wire::DataType::quint8;
  const int64_t channels = x.sizes[1];
  const Sizes sizes = {1, window.kernel[0], window.kernel[1], channels};
  const float weight = static_cast<float>(1 / divisor);
  std::byte* integers = nullptr;
  const Bytes data = Bytes::allocate(static_cast<size_t>(numel(sizes)), &integers);
  constexpr uint8_t kMost = 127;
  std::fill_n(integers, data.size(), static_cast<std::byte>(is_unsigned ? kMost + 128 : kMost));
  Tensor& filter = n.build.constant(sizes, identity(4), data, affine_type(is_unsigned, weight / kMost, 0));
  wire::NodeConvolutionT node;
  node.padding_top = static_cast<uint32_t>(window.before[0]);
  node.padding_left = static_cast<uint32_t>(window.before[1]);
  node.padding_bottom = static_cast<uint32_t>(window.after[0]);
  node.padding_right = static_cast<uint32_t>(window.after[1]);
  node.kernel_height = static_cast<uint32_t>(window.kernel[0]);
  node.kernel_width = static_cast<uint32_t>(window.kernel[1]);
  node.subsampling_height = static_cast<uint32_t>(window.stride[0]);
  node.subsampling_width = static_cast<uint32_t>(window.stride[1]);
  node.dilation_height = node.dilation_width = 1;
  node.group_input_channels = node.group_output_channels = 1;
  node.groups = static_cast<uint32_t>(channels);
  node.input1_id = n.build.get(x, channels_last(4));
  node.filter_id = n.build.get(filter, identity(4));
  node.bias_id = kNoId;
  const Sizes out = {x.sizes[0], channels, positions(window, 0, x.sizes[2]), positions(window, 1, x.sizes[3])};
  Tensor& y = n.build.computed(out, channels_last(4));
  node.output_id = n.build.id(y);
  n.build.node(NodeUnion::DepthwiseConv2d, node, bounds);
  return y;
}

bool is_identity(const Window& window) {
  return window.kernel == std::array<int64_t, 2>{1, 1} && window.stride == std::array<int64_t, 2>{1, 1} &&
         !window.padded();
}

Lowered lower_max_pool(NodeLowering& n) {
  const Node* pad = n.fusions().padding_of(n.node);
  Tensor* x = INGOT_TRY(n.operand(pad != nullptr ? pad->tensor(0) : n.node.tensor("self")));
  const Window window = INGOT_TRY(window_of(n, *x, true));
  Tensor& images = as_images(n, *x);
  Tensor& y = is_identity(window) ? bounded(n.build, images, n.bounds())
                                  : pool(n, NodeUnion::MaxPooling2d, images, window, n.bounds());
  return n.define(n.build.view(y, sizes_of(*n.node.output())));
}

// XNNPACK's average leaves padding out. Where ATen counts it, the zeros are written first; what ceil_mode adds behind
// them is counted by neither, unless a divisor is given.
Lowered lower_avg_pool(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  Window window = INGOT_TRY(window_of(n, *x, false));
  const bool divisor = !n.node.is_none("divisor_override");
  Tensor* images = &as_images(n, *x);
  if (n.in_integers() && !is_identity(window)) {
    const bool equal = divisor || !window.padded() ||
                       (n.node.boolean("count_include_pad") && window.after == pair_of(n.node.ints("padding")));
    if (!equal) return refuse("its windows average different numbers of pixels");
    const int64_t pixels = divisor ? n.node.integer("divisor_override") : window.kernel[0] * window.kernel[1];
    if (pixels <= 0) return refuse("divisor {}", pixels);
    Tensor& y = average(n, *images, window, static_cast<double>(pixels), n.bounds());
    return n.define(n.build.view(y, sizes_of(*n.node.output())));
  }
  if (window.padded() && (divisor || n.node.boolean("count_include_pad"))) {
    const std::array<int64_t, 2> own = pair_of(n.node.ints("padding"));
    const std::array<int64_t, 2> behind = divisor ? window.after : own;
    images = &pad(n.build, *images, {0, 0, window.before[0], window.before[1]}, {0, 0, behind[0], behind[1]}, 0);
    window.before = {0, 0};
    for (size_t axis = 0; axis < 2; ++axis) window.after[axis] -= behind[axis];
  }
  const bool identity = is_identity(window);
  const Bounds bounds = divisor ? std::nullopt : n.bounds();
  Tensor* y =
      identity ? &bounded(n.build, *images, bounds) : &pool(n, NodeUnion::AvgPooling2d, *images, window, bounds);
  if (divisor) {
    const double elements = static_cast<double>(window.kernel[0]) * static_cast<double>(window.kernel[1]);
    const double factor = elements / static_cast<double>(n.node.integer("divisor_override"));
    y = &binary(n.build, NodeUnion::Multiply, *y, n.build.scalar(static_cast<float>(factor)), n.bounds());
  }
  return n.define(n.build.view(*y, sizes_of(*n.node.output())));
}

// Windows of equal size, where the output divides the input.
Lowered lower_adaptive_avg_pool(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  if (x->rank() != 3 && x->rank() != 4) return refuse("pooling of {} dimensions, expected 3 or 4", x->rank());
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const Sizes out = sizes_of(*n.node.output());
  Tensor& images = as_images(n, *x);
  Window window;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t from = images.sizes[2 + axis], to = out[out.size() - 2 + axis];
    if (from % to != 0) return refuse("{} positions from {}, XNNPACK's windows have one size", to, from);
    window.kernel[axis] = window.stride[axis] = from / to;
  }
  if (is_identity(window)) return n.define(n.build.view(bounded(n.build, images, n.bounds()), out));
  const bool global = out[out.size() - 2] == 1 && out.back() == 1;
  const auto pooled = [&]() -> Tensor& {
    if (global) return bounded(n.build, mean(n.build, images, {2, 3}), n.bounds());
    if (!n.in_integers()) return pool(n, NodeUnion::AvgPooling2d, images, window, n.bounds());
    const double pixels = static_cast<double>(window.kernel[0]) * static_cast<double>(window.kernel[1]);
    return average(n, images, window, pixels, n.bounds());
  };
  Tensor& y = pooled();
  return n.define(n.build.view(y, out));
}

// ATen computes where a pixel comes from with the scale that is given, else with the ratio of the sizes.
Expected<std::array<double, 2>> scales_of(NodeLowering& n, const Sizes& in, const Sizes& out) {
  std::array<double, 2> scales;
  for (size_t axis = 0; axis < 2; ++axis) {
    scales[axis] = static_cast<double>(out[2 + axis]) / static_cast<double>(in[2 + axis]);
    if (n.node.is_none("scale_factors") || !n.node.is_none("output_size")) continue;
    const auto& given = std::get<std::vector<double>>(n.node.arg("scale_factors"));
    if (axis < given.size()) scales[axis] = given[axis];
  }
  return scales;
}

Lowered lower_bilinear(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("input"));
  if (x->rank() != 4) return refuse("{} dimensions, expected 4", x->rank());
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const Sizes out = sizes_of(*n.node.output());
  const bool align_corners = n.node.boolean("align_corners");
  const auto scales = INGOT_TRY(scales_of(n, x->sizes, out));
  for (size_t axis = 0; axis < 2 && !align_corners; ++axis) {
    const double ratio = static_cast<double>(out[2 + axis]) / static_cast<double>(x->sizes[2 + axis]);
    if (std::abs(scales[axis] - ratio) > 1e-6 * ratio) {
      return refuse("scale {} from {} to {} pixels, XNNPACK scales by the sizes' ratio", scales[axis],
                    x->sizes[2 + axis], out[2 + axis]);
    }
  }
  wire::NodeStaticResizeBilinear2DT node;
  node.new_height = static_cast<uint32_t>(out[2]);
  node.new_width = static_cast<uint32_t>(out[3]);
  node.flags = align_corners ? XNN_FLAG_ALIGN_CORNERS : 0;  // else pixels have their centres at halves, as in ATen
  node.input_id = n.build.get(*x, channels_last(4));
  Tensor& y = n.build.moved(*x, out, channels_last(4));
  node.output_id = n.build.id(y);
  n.build.node(NodeUnion::StaticResizeBilinear2D, node);
  return n.define(y);
}

// Integer factors: every pixel repeated. XNNPACK has no other nearest neighbours.
Lowered lower_nearest(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("input"));
  if (x->rank() != 4) return refuse("{} dimensions, expected 4", x->rank());
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const Sizes out = sizes_of(*n.node.output());
  const auto scales = INGOT_TRY(scales_of(n, x->sizes, out));
  std::array<int64_t, 2> factors;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t from = x->sizes[2 + axis], to = out[2 + axis];
    factors[axis] = to / from;
    // As ATen computes it, in float, every pixel must come from where repetition takes it.
    const float step = static_cast<float>(1 / scales[axis]);
    bool repeats = to % from == 0 && factors[axis] <= kMostRepetitions;
    for (int64_t i = 0; i < to && repeats; ++i) {
      const auto source = static_cast<int64_t>(std::floor(static_cast<float>(i) * step));
      repeats = std::min(source, from - 1) == i / factors[axis];
    }
    if (!repeats) return refuse("from {} to {} pixels by scale {}: not a repetition", from, to, scales[axis]);
  }
  if (factors[0] * factors[1] > kMostRepetitions) {
    return refuse("{} repetitions, expected at most {}", factors[0] * factors[1], kMostRepetitions);
  }
  return n.define(upsample_nearest(n.build, *x, factors[0], factors[1]));
}

constexpr Rule kRules[] = {
    {"aten::max_pool2d_with_indices", lower_max_pool},       {"aten::avg_pool2d", lower_avg_pool},
    {"aten::_adaptive_avg_pool2d", lower_adaptive_avg_pool}, {"aten::upsample_bilinear2d.vec", lower_bilinear},
    {"aten::upsample_nearest2d.vec", lower_nearest},
};

}  // namespace

std::span<const Rule> pooling_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
