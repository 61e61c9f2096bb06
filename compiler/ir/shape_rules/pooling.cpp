// Pooling over windows of the last two dimensions.
#include <array>
#include <cstdint>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

using Pair = std::array<int64_t, 2>;

// Two numbers (height, width); a single one stands for both.
Result<Pair> pair(const Call& call, const char* arg, int64_t smallest) {
  const std::vector<int64_t> values = INGOT_TRY(call.ints(arg));
  if (values.size() != 1 && values.size() != 2) return call.wrong(arg, "expected 2 values, found %zu", values.size());
  for (const int64_t value : values) {
    if (value < smallest || value > INT32_MAX) {
      return call.wrong(arg, "%lld is outside [%lld, 2147483647]", static_cast<long long>(value),
                        static_cast<long long>(smallest));
    }
  }
  return Pair{values.front(), values.back()};
}

Result<void> require_image(const Call& call, const TensorType& type) {
  if (type.rank() == 3 || type.rank() == 4) return {};
  return call.wrong("self", "expected rank 3 or 4 (batch, channels, height, width), found %s",
                    to_string(type.shape).c_str());
}

// The output of a window that moves over the image.
Result<TensorType> windows(const Call& call, const Pair& dilation) {
  const TensorType& self = call.self();
  INGOT_TRY_VOID(require_image(call, self));
  const Pair kernel = INGOT_TRY(pair(call, "kernel_size", 1));
  const bool no_stride = std::get<std::vector<int64_t>>(call.arg("stride")).empty();
  const Pair stride = no_stride ? kernel : INGOT_TRY(pair(call, "stride", 1));
  const Pair padding = INGOT_TRY(pair(call, "padding", 0));
  const bool ceil_mode = call.boolean("ceil_mode");
  TensorType type = self;
  for (size_t i = 0; i < 2; ++i) {
    if (padding[i] > kernel[i] / 2) {
      return call.wrong("padding", "%lld is more than half of kernel size %lld", static_cast<long long>(padding[i]),
                        static_cast<long long>(kernel[i]));
    }
    const Dim in = self.shape[self.rank() - 2 + i];
    const Dim room = in + Dim(2 * padding[i]) - (Dim(dilation[i]) * Dim(kernel[i] - 1) + 1);
    Dim out = (ceil_mode ? ceil_div(room, stride[i]) : floor_div(room, stride[i])) + 1;
    // With ceil_mode a last window must still start inside the image or its left padding.
    if (ceil_mode) out = min(out, floor_div(in + padding[i] - 1, stride[i]) + 1);
    if (out.max() < 1) {
      return call.wrong("kernel_size", "%lld does not fit an image of size %s", static_cast<long long>(kernel[i]),
                        in.str().c_str());
    }
    type.shape[self.rank() - 2 + i] = out;
  }
  return type;
}

Result<Types> max_pool(const Call& call) {
  TensorType values = INGOT_TRY(windows(call, INGOT_TRY(pair(call, "dilation", 1))));
  if (values.dtype == DType::boolean) return call.wrong("self", "dtype bool is not supported");
  TensorType indices = values;
  indices.dtype = DType::int64;
  return Types{std::move(values), std::move(indices)};
}

Result<void> require_average(const Call& call) {
  if (call.self().dtype == DType::int64) return {};
  return require_floating(call, "self", call.self());
}

}  // namespace

Result<TensorType> average_pooled(const Call& call) {
  if (call.has("divisor_override") && call.integer("divisor_override") == 0) {
    return call.wrong("divisor_override", "is 0");
  }
  return windows(call, {1, 1});
}

namespace {

Result<Types> avg_pool(const Call& call) {
  INGOT_TRY_VOID(require_average(call));
  return Types{INGOT_TRY(average_pooled(call))};
}

Result<Types> adaptive_avg_pool(const Call& call) {
  INGOT_TRY_VOID(require_average(call));
  TensorType type = call.self();
  INGOT_TRY_VOID(require_image(call, type));
  const Shape size = call.shape("output_size");
  if (size.size() != 2) return call.wrong("output_size", "expected 2 values, found %zu", size.size());
  for (size_t i = 0; i < 2; ++i) {
    if (size[i].max() < 0) return call.wrong("output_size", "%s is negative", size[i].str().c_str());
    type.shape[type.rank() - 2 + i] = size[i];
  }
  return Types{std::move(type)};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::max_pool2d_with_indices", max_pool},
    {"aten::avg_pool2d", avg_pool},
    {"aten::_adaptive_avg_pool2d", adaptive_avg_pool},
};

}  // namespace

std::span<const NamedShapeRule> pooling_rules() {
  return kRules;
}

}  // namespace ingot::compiler
