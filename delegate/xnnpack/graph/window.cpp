// Rules that convolutions, poolings and matrix products share.

#include <limits>

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {

Result<size_t> window_positions(const Window& window, bool same, const char* axis) {
  if (window.kernel == 0 || window.stride == 0 || window.dilation == 0) {
    return fail(ErrorCode::invalid_file, "kernel %llu, stride %llu, dilation %llu along the %s, expected at least 1",
                static_cast<unsigned long long>(window.kernel), static_cast<unsigned long long>(window.stride),
                static_cast<unsigned long long>(window.dilation), axis);
  }
  const uint64_t reach = (window.kernel - 1) * window.dilation + 1;  // below 2^64: both factors have 32 bits
  if (same) {
    if (window.pad_before != 0 || window.pad_after != 0) {
      return fail(ErrorCode::invalid_file, "explicit padding together with the flag for TensorFlow's SAME padding");
    }
    return (window.input + window.stride - 1) / window.stride;
  }
  const uint64_t padded = window.input + window.pad_before + window.pad_after;
  if (padded < reach) {
    return fail(ErrorCode::invalid_argument, "the window's %s, %llu, exceeds the padded input's, %llu", axis,
                static_cast<unsigned long long>(reach), static_cast<unsigned long long>(padded));
  }
  return (padded - reach) / window.stride + 1;
}

Result<void> check_window_count(size_t out_height, size_t out_width, uint64_t kernel_height, uint64_t kernel_width) {
  constexpr uint64_t kMaxPointers = uint64_t{1} << 28;
  uint64_t count = 1;
  for (const uint64_t factor : {uint64_t{out_height}, uint64_t{out_width}, kernel_height, kernel_width}) {
    count = factor > kMaxPointers ? factor : count * factor;
    if (count > kMaxPointers) {
      return fail(ErrorCode::limit_exceeded, "its windows cover more than %llu pixels",
                  static_cast<unsigned long long>(kMaxPointers));
    }
  }
  return {};
}

Result<void> check_requantization(const NodeDefine& define, uint32_t input_id, uint32_t filter_id, uint32_t output_id) {
  const auto* input = define.value(input_id).per_tensor;
  const auto* output = define.value(output_id).per_tensor;
  if (input == nullptr || output == nullptr) return {};
  float largest = 0;
  if (const auto* filter = define.value(filter_id).per_tensor) largest = filter->scale();
  for (const float scale : define.scales[define.index(filter_id)]) largest = scale > largest ? scale : largest;
  const float ratio = input->scale() * largest / output->scale();
  if (!(ratio < 256.0f)) {
    return fail(
        ErrorCode::not_supported,
        "input scale %g times filter scale %g is %g times the output's scale, XNNPACK takes less than 256 times",
        input->scale(), largest, ratio);
  }
  return {};
}

Result<void> check_filter_quantization(const Operand& filter, size_t channel_dim) {
  const auto* quant = filter.value->per_channel;
  const auto* group = filter.value->per_group;
  if (filter.datatype() == wire::DataType::qcint4 || filter.datatype() == wire::DataType::qbint4) {
    if (filter.last(0) % 2 != 0) {
      return fail(ErrorCode::not_supported, "its 4-bit filter has %zu columns, expected an even number",
                  filter.last(0));
    }
  }
  if (quant == nullptr && group == nullptr) return {};
  const int64_t found = quant != nullptr ? quant->channel_dim() : group->channel_dim();
  if (found != static_cast<int64_t>(channel_dim)) {
    return fail(ErrorCode::not_supported, "its filter is quantized along dimension %lld, expected %zu",
                static_cast<long long>(found), channel_dim);
  }
  return {};
}

Result<void> check_bias(const NodeCheck& check, uint32_t bias_id, size_t channels) {
  if (bias_id == kNoId) return {};
  const Operand bias = INGOT_TRY(check.input(bias_id, "bias", 1));
  if (bias.dim(0) != channels) {
    return fail(ErrorCode::invalid_file, "its bias has %zu elements, expected %zu", bias.dim(0), channels);
  }
  if (bias.value->per_channel != nullptr && bias.value->per_channel->channel_dim() != 0) {
    return fail(ErrorCode::invalid_file, "its bias is quantized along dimension %d, expected 0",
                bias.value->per_channel->channel_dim());
  }
  return {};
}

Result<void> check_dynamic_input(const Operand& input, int32_t nonbatch) {
  const auto* quant = input.value->per_token;
  if (quant == nullptr || quant->num_nonbatch_dims() == nonbatch) return {};
  return fail(ErrorCode::not_supported, "its input is quantized for each %d innermost dimensions, expected %d",
              quant->num_nonbatch_dims(), nonbatch);
}

}  // namespace ingot::xnnpack
