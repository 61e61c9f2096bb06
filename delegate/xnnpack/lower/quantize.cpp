#include "delegate/xnnpack/lower/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "compiler/ir/constants.h"
#include "delegate/xnnpack/lower/tensor_ops.h"
#include "runtime/core/dtype.h"

namespace ingot::xnnpack::lowering {
namespace {

using compiler::Quantization;

bool has_8_bits(DType dtype) {
  return dtype == DType::int8 || dtype == DType::uint8;
}

// As if the integers were signed.
int64_t signed_zero_point(const Quantization& quantization, size_t channel = 0) {
  return quantization.zero_points[channel] - (quantization.dtype == DType::uint8 ? 128 : 0);
}

// The same integers with another sign convention: 128 more or less is the highest bit turned.
Bytes with_sign(const Bytes& bytes, bool from_unsigned, bool to_unsigned) {
  if (from_unsigned == to_unsigned) return bytes;
  std::byte* out = nullptr;
  Bytes turned = Bytes::allocate(bytes.size(), &out);
  std::ranges::transform(bytes.span(), out, [](std::byte byte) { return byte ^ std::byte{0x80}; });
  return turned;
}

// Integers that XNNPACK's filters cannot be (32 bits, as biases are; zero points that differ) become floats here.
Tensor& float_constant(TensorBuilder& build, const IrValue& value, const Quantization& quantization) {
  const std::vector<double> integers = compiler::load_numbers(value);
  const Sizes sizes = sizes_of(value);
  const Order order = order_of(value);
  size_t inner = 1;
  for (size_t i = quantization.axis ? position_of(order, *quantization.axis) + 1 : sizes.size(); i < sizes.size();
       ++i) {
    inner *= static_cast<size_t>(sizes[order[i]]);
  }
  std::vector<float> floats(integers.size());
  for (size_t i = 0; i < floats.size(); ++i) {
    const size_t channel = quantization.axis ? i / inner % quantization.scales.size() : 0;
    floats[i] = static_cast<float>((integers[i] - static_cast<double>(quantization.zero_points[channel])) *
                                   quantization.scales[channel]);
  }
  return build.constant(sizes, order, Bytes::copy_of(std::as_bytes(std::span(floats))));
}

Tensor& constant_of(TensorBuilder& build, const IrValue& value, const Quantization& quantization, bool is_unsigned) {
  const bool from_unsigned = quantization.dtype == DType::uint8;
  if (!has_8_bits(quantization.dtype)) return float_constant(build, value, quantization);
  if (quantization.is_per_tensor()) {
    return build.constant(sizes_of(value), order_of(value), with_sign(value.data, from_unsigned, is_unsigned),
                          activation_type(quantization, is_unsigned));
  }
  for (size_t i = 0; i < quantization.scales.size(); ++i) {
    if (signed_zero_point(quantization, i) != 0) return float_constant(build, value, quantization);
  }
  const std::vector<float> scales(quantization.scales.begin(), quantization.scales.end());
  return build.constant(sizes_of(value), order_of(value), with_sign(value.data, from_unsigned, false),
                        build.per_channel(wire::DataType::qcint8, scales, *quantization.axis));
}

Lowered lower_quantize(TensorBuilder& build, Tensors& tensors, const Fusions& fusions, const Node& node,
                       const Quantization& quantization) {
  const IrValue& real = *node.tensor("input");
  INGOT_TRY_VOID(check_value(real));
  INGOT_TRY_VOID(check_activation(quantization));
  Tensor* tensor = tensors.find(real);
  if (tensor == nullptr) return refuse("'{}' has no value here", real.name);
  // XNNPACK moves bytes in tiles of more channels than these: transposing 1x3x224x224 takes 135 us in bytes, 52 in
  // float.
  constexpr int64_t kFewChannels = 16;
  if (fusions.rounds_image(node) && is_float(tensor->type) && tensor->sizes[1] <= kFewChannels) {
    build.get(*tensor, channels_last(4));
  }
  Tensor* integers = &build.convert(*tensor, activation_type(quantization, tensors.is_unsigned()));
  const int64_t low = quantization.dtype == DType::uint8 ? 0 : -128;
  if (quantization.quant_min > low || quantization.quant_max < low + 255) {
    const auto real_of = [&quantization](int64_t integer) {
      return static_cast<float>(static_cast<double>(integer - quantization.zero_point()) * quantization.scale());
    };
    integers = &clamp(build, *integers, real_of(quantization.quant_min), real_of(quantization.quant_max));
  }
  tensors.set(*node.output(), *integers);
  return {};
}

Lowered lower_dequantize(TensorBuilder& build, Tensors& tensors, const Node& node, const Quantization& quantization) {
  const IrValue& integers = *node.tensor("input");
  INGOT_TRY_VOID(check_value(*node.output()));
  if (integers.is_constant()) {
    tensors.set(*node.output(), constant_of(build, integers, quantization, tensors.is_unsigned()));
    return {};
  }
  INGOT_TRY_VOID(check_activation(quantization));
  Tensor* tensor = tensors.find(integers);
  if (tensor == nullptr) return refuse("'{}' has no value here", integers.name);
  if (!same_type(tensor->type, activation_type(quantization, tensors.is_unsigned())) &&
      !same_type(tensor->type, stored_type(quantization))) {
    return refuse("'{}' is read with another scale or zero point than it was made with", integers.name);
  }
  tensors.set(*node.output(), build.convert(*tensor, activation_type(quantization, tensors.is_unsigned())));
  return {};
}

// Of a value of integers for whose rows the graph finds scales when it runs: the real numbers that they are made from.
const IrValue* real_of_rows(const Node& quantize) {
  const Node *scale = quantize.tensor(1)->producer, *zero = quantize.tensor(2)->producer;
  const bool chosen = scale != nullptr && scale == zero && chooses_parameters(*scale);
  return chosen && scale->tensor(0) == quantize.tensor(0) ? quantize.tensor(0) : nullptr;
}

// XNNPACK finds scales by itself, between the ends of the numbers and 0: one for each row, or, where a convolution
// reads them, for each image, though the graph may have one for all.
Lowered lower_rows(TensorBuilder& build, Tensors& tensors, const Node& node) {
  if (chooses_parameters(node)) return check_value(*node.tensor(0));
  if (dequantizes_rows(node)) {
    INGOT_TRY_VOID(check_value(*node.output()));
    Tensor* rows = tensors.find(*node.tensor(0));
    if (rows == nullptr || !rows->type.per_token) return refuse("the integers it reads are not made by rows");
    tensors.set(*node.output(), *rows);
    return {};
  }
  const IrValue* real = real_of_rows(node);
  if (real == nullptr) return refuse("its scales are not those that its input's ends ask for");
  INGOT_TRY_VOID(check_value(*real));
  const DType dtype = node.output()->type.dtype;
  if (dtype != DType::int8 || node.integer("quant_min") != -128 || node.integer("quant_max") != 127) {
    return refuse("{} from {} to {}, XNNPACK takes int8 from -128 to 127", to_string(dtype), node.integer("quant_min"),
                  node.integer("quant_max"));
  }
  Tensor* tensor = tensors.find(*real);
  if (tensor == nullptr) return refuse("'{}' has no value here", real->name);
  if (tensor->rank() == 0) return refuse("its input is a scalar");
  const bool is_image = tensor->rank() == 4 && !node.is("quantized_decomposed::quantize_per_token");
  const ElementType type = ElementType::quantized(wire::DataType::qdint8, PerToken{is_image ? 3 : 1});
  tensors.set(*node.output(), build.convert(build.to_float(*tensor), type));
  return {};
}

// What the products of a channel of integer weights add up to at most. (Some give channels of hardly any weight a
// scale for which their bias just fits.)
double most_of_products(const Tensor& weight, size_t channel) {
  constexpr double kNone = std::numeric_limits<double>::infinity(), kLargestInput = 255;
  if (!weight.type.per_channel || weight.type.per_channel->dim < 0) return kNone;
  const size_t place = position_of(weight.data_order, static_cast<size_t>(weight.type.per_channel->dim));
  size_t inner = 1;
  for (size_t i = place + 1; i < weight.data_order.size(); ++i) {
    inner *= static_cast<size_t>(weight.sizes[weight.data_order[i]]);
  }
  const auto codes = weight.data->as<int8_t>();
  const size_t channels = weight.type.per_channel->scales.size();
  double sum = 0;
  for (size_t i = 0; i < codes.size(); ++i) {
    if (i / inner % channels == channel) sum += std::abs(static_cast<double>(codes[i]));
  }
  return kLargestInput * sum;
}

// How the node's filter is quantized, if it has one of 8 bits.
std::optional<Quantization> filter_quantization(const Node& node) {
  const bool convolves = node.is("aten::convolution");
  if (!convolves && !node.is("aten::mm") && !node.is("aten::addmm") && !node.is("aten::bmm")) return std::nullopt;
  const Node* producer = node.tensor(convolves ? "weight" : "mat2")->producer;
  while (producer != nullptr && producer->op().row().family == schema::Family::movement) {
    const auto inputs = producer->inputs();
    producer = inputs.size() == 1 ? inputs.front()->producer : nullptr;
  }
  if (producer == nullptr || !compiler::is_dequantize(*producer)) return std::nullopt;
  const auto quantization = compiler::quantization_of(*producer);
  return quantization && has_8_bits(quantization->dtype) ? quantization : std::nullopt;
}

}  // namespace

bool chooses_parameters(const Node& node) {
  return node.is("quantized_decomposed::choose_qparams_per_token_asymmetric") ||
         node.is("quantized_decomposed::choose_qparams.tensor");
}
bool quantizes_rows(const Node& node) {
  return node.is("quantized_decomposed::quantize_per_token") ||
         node.is("quantized_decomposed::quantize_per_tensor.tensor");
}
bool dequantizes_rows(const Node& node) {
  return node.is("quantized_decomposed::dequantize_per_token") ||
         node.is("quantized_decomposed::dequantize_per_tensor.tensor");
}

bool is_between_numbers(const Node& node) {
  return compiler::is_quantize(node) || compiler::is_dequantize(node) || chooses_parameters(node) ||
         quantizes_rows(node) || dequantizes_rows(node);
}

Lowered lower_quantization(TensorBuilder& build, Tensors& tensors, const Fusions& fusions, const Node& node) {
  if (!compiler::is_quantize(node) && !compiler::is_dequantize(node)) return lower_rows(build, tensors, node);
  const auto quantization = compiler::quantization_of(node);
  if (!quantization) return refuse("its scales or zero points are not constant");
  return compiler::is_quantize(node) ? lower_quantize(build, tensors, fusions, node, *quantization)
                                     : lower_dequantize(build, tensors, node, *quantization);
}

ElementType activation_type(const Quantization& quantization, bool is_unsigned) {
  return affine_type(is_unsigned, quantization.scale(), signed_zero_point(quantization));
}

ElementType stored_type(const Quantization& quantization) {
  return activation_type(quantization, quantization.dtype == DType::uint8);
}

Lowered check_activation(const Quantization& quantization) {
  if (!has_8_bits(quantization.dtype))
    return refuse("dtype {}, XNNPACK has int8 and uint8", to_string(quantization.dtype));
  if (!quantization.is_per_tensor()) return refuse("a scale for each channel, XNNPACK has one for the whole tensor");
  const int64_t zero = signed_zero_point(quantization);
  if (zero < -128 || zero > 127) {
    return refuse("zero point {} of {}", quantization.zero_point(), to_string(quantization.dtype));
  }
  if (!std::isnormal(static_cast<float>(quantization.scale()))) return refuse("scale {}", quantization.scale());
  return {};
}

Expected<Tensor*> product_bias(TensorBuilder& build, Tensor* bias, const Tensor& input, const Tensor& weight,
                               int64_t channels) {
  if (bias == nullptr || !is_affine(input.type)) return bias;
  if (!bias->is_constant()) return refuse("its bias is not constant");
  if (is_float(weight.type)) return refuse("its weight is float beside an input of integers");
  std::vector<float> scales;
  if (weight.type.per_tensor) scales = {weight.type.per_tensor->scale};
  if (weight.type.per_channel)
    scales.assign(weight.type.per_channel->scales.begin(), weight.type.per_channel->scales.end());
  if (scales.empty() || (scales.size() > 1 && scales.size() != static_cast<size_t>(channels))) {
    return refuse("{} scales of its weight for {} channels", scales.size(), channels);
  }
  for (float& scale : scales) {
    scale *= input.type.per_tensor->scale;
    if (!std::isnormal(scale)) return refuse("its input's scale times its weight's is {}", scale);
  }
  const auto real = float_elements({bias->sizes, bias->data_order, bias->type, *bias->data});
  // Sums have 32 bits, of which the products need some: at most 2 * 255 * 255 each, zero points included.
  constexpr int64_t kLeast = int64_t{1} << 30, kProduct = int64_t{1} << 17;
  const int64_t depth = numel(weight.sizes) / std::max<int64_t>(channels, 1);
  const auto most = static_cast<double>(std::max(kLeast, INT32_MAX - std::min(depth, kLeast) * kProduct));
  std::vector<int32_t> integers(real.size());
  for (size_t i = 0; i < real.size(); ++i) {
    const double steps = std::nearbyint(real[i] / static_cast<double>(scales[i % scales.size()]));
    if (!(std::abs(steps) <= most) && !(std::abs(steps) + most_of_products(weight, i) <= INT32_MAX)) {
      return refuse("its bias is {} steps of the products, more than {}", steps, most);
    }
    integers[i] = static_cast<int32_t>(steps);
  }
  const ElementType type = weight.type.per_channel
                               ? build.per_channel(wire::DataType::qcint32, std::move(scales), 0)
                               : ElementType::quantized(wire::DataType::qint32, PerTensor{scales.front(), 0});
  return &build.constant(bias->sizes, bias->data_order, Bytes::copy_of(std::as_bytes(std::span(integers))), type);
}

bool wants_unsigned(const compiler::Region& region) {
  bool is_unsigned = false;
  for (const auto* values : {&region.inputs, &region.outputs}) {
    for (const IrValue* value : *values) is_unsigned = is_unsigned || value->type.dtype == DType::uint8;
  }
  for (const Node* node : region.nodes) {
    const auto quantization = filter_quantization(*node);
    if (!quantization) continue;
    if (!quantization->is_per_tensor()) {
      is_unsigned = false;
    } else if (signed_zero_point(*quantization) != 0) {
      return true;
    }
  }
  return is_unsigned;
}

}  // namespace ingot::xnnpack::lowering
