// Conv2d, DepthwiseConv2d and ConvTranspose2d, all NHWC.

#include "delegate/xnnpack/graph/faults.h"
#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

bool same_padding(const wire::NodeConvolution& conv) {
  return (conv.flags() & XNN_FLAG_TENSORFLOW_SAME_PADDING) != 0;
}

struct Spatial {
  size_t height = 0, width = 0;
};

Result<Spatial> output_size(const wire::NodeConvolution& conv, const Operand& input) {
  const Window vertical{input.dim(1),         conv.padding_top(),     conv.padding_bottom(),
                        conv.kernel_height(), conv.dilation_height(), conv.subsampling_height()};
  const Window horizontal{input.dim(2),        conv.padding_left(),   conv.padding_right(),
                          conv.kernel_width(), conv.dilation_width(), conv.subsampling_width()};
  Spatial out;
  out.height = INGOT_TRY(window_positions(vertical, same_padding(conv), "height"));
  out.width = INGOT_TRY(window_positions(horizontal, same_padding(conv), "width"));
  INGOT_TRY_VOID(check_window_count(out.height, out.width, conv.kernel_height(), conv.kernel_width()));
  return out;
}

// The filter is what the attributes say: constant, [out, height, width, in].
Result<void> check_filter(const Operand& filter, const wire::NodeConvolution& conv, uint64_t out, uint64_t in) {
  if (filter.value->constant == 0) return fail(ErrorCode::not_supported, "its filter is not constant");
  if (filter.dim(0) != out || filter.dim(1) != conv.kernel_height() || filter.dim(2) != conv.kernel_width() ||
      filter.dim(3) != in) {
    return fail(ErrorCode::invalid_file, "its filter is %s, expected [%llu, %u, %u, %llu]",
                ShapeText(*filter.shape).text, static_cast<unsigned long long>(out), conv.kernel_height(),
                conv.kernel_width(), static_cast<unsigned long long>(in));
  }
  return {};
}

Result<void> check_channels(const Operand& input, uint64_t channels) {
  if (input.dim(3) == channels) return {};
  return fail(ErrorCode::invalid_argument, "its input has %zu channels, expected %llu", input.dim(3),
              static_cast<unsigned long long>(channels));
}

// Products of two 32-bit attributes fit 64 bits.
uint64_t times(uint32_t a, uint32_t b) {
  return uint64_t{a} * b;
}

struct Padding {
  uint32_t top = 0, right = 0, bottom = 0, left = 0;
};

// What XNNPACK would pad by itself along an axis.
uint64_t same_total(uint64_t in, uint64_t out, uint32_t kernel, uint32_t dilation, uint32_t stride) {
  const uint64_t needed = (out - 1) * stride + times(kernel - 1, dilation) + 1;
  return needed > in ? needed - in : 0;
}

// With room for a row more.
Padding extended_padding(const NodeDefine& define, const wire::NodeConvolution& conv) {
  Padding padding = {conv.padding_top(), conv.padding_right(), conv.padding_bottom(), conv.padding_left()};
  if (same_padding(conv)) {
    const Shape &in = define.shape(conv.input1_id()), &out = define.shape(conv.output_id());
    const uint64_t vertical =
        same_total(in[1], out[1], conv.kernel_height(), conv.dilation_height(), conv.subsampling_height());
    const uint64_t horizontal =
        same_total(in[2], out[2], conv.kernel_width(), conv.dilation_width(), conv.subsampling_width());
    padding.top = static_cast<uint32_t>(vertical / 2);
    padding.left = static_cast<uint32_t>(horizontal / 2);
    padding.bottom = static_cast<uint32_t>(vertical - vertical / 2);
    padding.right = static_cast<uint32_t>(horizontal - horizontal / 2);
  }
  padding.bottom += conv.subsampling_height();
  return padding;
}

bool is_pointwise(const wire::NodeConvolution& conv) {
  return conv.kernel_height() == 1 && conv.kernel_width() == 1 && conv.subsampling_height() == 1 &&
         conv.subsampling_width() == 1 && conv.padding_top() == 0 && conv.padding_bottom() == 0 &&
         conv.padding_left() == 0 && conv.padding_right() == 0;
}

}  // namespace

bool ends_wrong(const Payload& payload, const wire::XNode& node, std::span<const Shape> shapes) {
  const bool transposed = node.xnode_union_type() == wire::NodeUnion::ConvTranspose2d;
  if (!transposed && node.xnode_union_type() != wire::NodeUnion::Conv2d) return false;
  const auto& conv = *static_cast<const wire::NodeConvolution*>(node.xnode_union());
  const auto datatype = [&payload](uint32_t id) { return payload.values()[payload.find(id)].datatype; };
  const wire::DataType input = datatype(conv.input1_id());
  if (input != wire::DataType::qint8 && input != wire::DataType::qdint8) return false;
  // These are matrix products, which are right; and where upsampling, rows are computed one by one.
  if (!transposed && input == wire::DataType::qint8 && is_pointwise(conv)) return false;
  if (transposed && (conv.subsampling_height() > 1 || conv.subsampling_width() > 1)) return false;
  const Shape& out = shapes[payload.find(conv.output_id())];
  return ends_in_single_pixel(uint64_t{out[1]} * out[2], conv.group_input_channels()) && faults().single_pixel_tile;
}

Result<void> check_convolution(NodeCheck& check) {
  const auto& conv = *static_cast<const wire::NodeConvolution*>(check.node.xnode_union());
  INGOT_TRY_VOID(check.flags(conv.flags(), XNN_FLAG_TENSORFLOW_SAME_PADDING));
  const Operand input = INGOT_TRY(check.input(conv.input1_id(), "input", 4));
  const Operand filter = INGOT_TRY(check.input(conv.filter_id(), "filter", 4));
  const uint64_t out_channels = times(conv.groups(), conv.group_output_channels());
  INGOT_TRY_VOID(check_channels(input, times(conv.groups(), conv.group_input_channels())));
  INGOT_TRY_VOID(check_filter(filter, conv, out_channels, conv.group_input_channels()));
  INGOT_TRY_VOID(check_filter_quantization(filter, 0));
  INGOT_TRY_VOID(check_dynamic_input(input, 3));
  INGOT_TRY_VOID(check_bias(check, conv.bias_id(), out_channels));
  const Spatial out = INGOT_TRY(output_size(conv, input));
  return check.output(conv.output_id(), Shape{4, {input.dim(0), out.height, out.width, out_channels}});
}

Result<void> define_convolution(const NodeDefine& define) {
  const auto& conv = *static_cast<const wire::NodeConvolution*>(define.node.xnode_union());
  INGOT_TRY_VOID(check_requantization(define, conv.input1_id(), conv.filter_id(), conv.output_id()));
  Padding padding = {conv.padding_top(), conv.padding_right(), conv.padding_bottom(), conv.padding_left()};
  uint32_t flags = conv.flags();
  if (define.extra_row) {
    padding = extended_padding(define, conv);
    flags &= ~static_cast<uint32_t>(XNN_FLAG_TENSORFLOW_SAME_PADDING);
  }
  return answered(xnn_define_convolution_2d(
      define.subgraph, padding.top, padding.right, padding.bottom, padding.left, conv.kernel_height(),
      conv.kernel_width(), conv.subsampling_height(), conv.subsampling_width(), conv.dilation_height(),
      conv.dilation_width(), conv.groups(), conv.group_input_channels(), conv.group_output_channels(),
      define.bounds.min, define.bounds.max, define.id(conv.input1_id()), define.id(conv.filter_id()),
      define.id(conv.bias_id()), define.id(conv.output_id()), flags));
}

// groups is the number of input channels, group_output_channels how many outputs each has. The filter is
// [1, height, width, out].
Result<void> check_depthwise_convolution(NodeCheck& check) {
  const auto& conv = *static_cast<const wire::NodeConvolution*>(check.node.xnode_union());
  INGOT_TRY_VOID(check.flags(conv.flags(), XNN_FLAG_TENSORFLOW_SAME_PADDING));
  const Operand input = INGOT_TRY(check.input(conv.input1_id(), "input", 4));
  const Operand filter = INGOT_TRY(check.input(conv.filter_id(), "filter", 4));
  if (conv.group_input_channels() != 1) {
    return fail(ErrorCode::invalid_file, "a depthwise convolution with %u input channels a group, expected 1",
                conv.group_input_channels());
  }
  const uint64_t out_channels = times(conv.groups(), conv.group_output_channels());
  INGOT_TRY_VOID(check_channels(input, conv.groups()));
  INGOT_TRY_VOID(check_filter(filter, conv, 1, out_channels));
  INGOT_TRY_VOID(check_filter_quantization(filter, 3));
  INGOT_TRY_VOID(check_bias(check, conv.bias_id(), out_channels));
  const Spatial out = INGOT_TRY(output_size(conv, input));
  return check.output(conv.output_id(), Shape{4, {input.dim(0), out.height, out.width, out_channels}});
}

Result<void> define_depthwise_convolution(const NodeDefine& define) {
  const auto& conv = *static_cast<const wire::NodeConvolution*>(define.node.xnode_union());
  INGOT_TRY_VOID(check_requantization(define, conv.input1_id(), conv.filter_id(), conv.output_id()));
  return answered(xnn_define_depthwise_convolution_2d(
      define.subgraph, conv.padding_top(), conv.padding_right(), conv.padding_bottom(), conv.padding_left(),
      conv.kernel_height(), conv.kernel_width(), conv.subsampling_height(), conv.subsampling_width(),
      conv.dilation_height(), conv.dilation_width(), conv.group_output_channels(), conv.groups(), define.bounds.min,
      define.bounds.max, define.id(conv.input1_id()), define.id(conv.filter_id()), define.id(conv.bias_id()),
      define.id(conv.output_id()), conv.flags()));
}

// subsampling is the upsampling here. The filter is [groups * out, height, width, in].
Result<void> check_transposed_convolution(NodeCheck& check) {
  const auto& conv = *static_cast<const wire::NodeConvolution*>(check.node.xnode_union());
  INGOT_TRY_VOID(check.flags(conv.flags()));
  const Operand input = INGOT_TRY(check.input(conv.input1_id(), "input", 4));
  const Operand filter = INGOT_TRY(check.input(conv.filter_id(), "filter", 4));
  const uint64_t out_channels = times(conv.groups(), conv.group_output_channels());
  INGOT_TRY_VOID(check_channels(input, times(conv.groups(), conv.group_input_channels())));
  INGOT_TRY_VOID(check_filter(filter, conv, out_channels, conv.group_input_channels()));
  INGOT_TRY_VOID(check_filter_quantization(filter, 0));
  INGOT_TRY_VOID(check_dynamic_input(input, 3));
  INGOT_TRY_VOID(check_bias(check, conv.bias_id(), out_channels));
  const auto size = [](uint64_t in, uint32_t stride, uint32_t dilation, uint32_t kernel, uint32_t adjustment,
                       uint64_t padding) -> Result<size_t> {
    if (stride == 0 || dilation == 0 || kernel == 0 || in == 0) {
      return fail(ErrorCode::invalid_file, "kernel %u, stride %u, dilation %u, expected at least 1", kernel, stride,
                  dilation);
    }
    if (adjustment >= stride) {
      return fail(ErrorCode::not_supported, "output padding %u, expected less than the stride %u", adjustment, stride);
    }
    const unsigned __int128 grown =
        static_cast<unsigned __int128>(in - 1) * stride + times(kernel - 1, dilation) + 1 + adjustment;
    if (grown <= padding) return fail(ErrorCode::invalid_argument, "its padding removes the whole output");
    const unsigned __int128 out = grown - padding;
    if (out > kMaxValueBytes) return fail(ErrorCode::limit_exceeded, "its output is too large");
    return static_cast<size_t>(out);
  };
  const size_t height =
      INGOT_TRY(size(input.dim(1), conv.subsampling_height(), conv.dilation_height(), conv.kernel_height(),
                     conv.adjustment_height(), uint64_t{conv.padding_top()} + conv.padding_bottom()));
  const size_t width =
      INGOT_TRY(size(input.dim(2), conv.subsampling_width(), conv.dilation_width(), conv.kernel_width(),
                     conv.adjustment_width(), uint64_t{conv.padding_left()} + conv.padding_right()));
  INGOT_TRY_VOID(check_window_count(height, width, conv.kernel_height(), conv.kernel_width()));
  return check.output(conv.output_id(), Shape{4, {input.dim(0), height, width, out_channels}});
}

Result<void> define_transposed_convolution(const NodeDefine& define) {
  const auto& conv = *static_cast<const wire::NodeConvolution*>(define.node.xnode_union());
  INGOT_TRY_VOID(check_requantization(define, conv.input1_id(), conv.filter_id(), conv.output_id()));
  if (define.extra_row && conv.padding_bottom() == 0) {
    return fail(ErrorCode::not_supported, "XNNPACK computes its last pixel wrong on this processor");
  }
  const uint32_t bottom = conv.padding_bottom() - (define.extra_row ? 1 : 0);  // padding takes rows away
  return answered(xnn_define_deconvolution_2d(
      define.subgraph, conv.padding_top(), conv.padding_right(), bottom, conv.padding_left(), conv.adjustment_height(),
      conv.adjustment_width(), conv.kernel_height(), conv.kernel_width(), conv.subsampling_height(),
      conv.subsampling_width(), conv.dilation_height(), conv.dilation_width(), conv.groups(),
      conv.group_input_channels(), conv.group_output_channels(), define.bounds.min, define.bounds.max,
      define.id(conv.input1_id()), define.id(conv.filter_id()), define.id(conv.bias_id()), define.id(conv.output_id()),
      conv.flags()));
}

}  // namespace ingot::xnnpack
