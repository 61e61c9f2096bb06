// Normalization over batches, groups and trailing dimensions, and softmax.
#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

// A tensor of exactly this shape; its dtype is the input's, or float32 beside a half-precision input.
Result<void> require_parameter(const Call& call, const char* arg, const TensorType& input, const Shape& shape) {
  const TensorType* type = call.optional_tensor(arg);
  if (type == nullptr) return {};
  const bool mixed = size_of(input.dtype) == 2 && type->dtype == DType::float32;
  if (!mixed) INGOT_TRY_VOID(require_dtype(call, arg, *type, input.dtype));
  bool equal = type->rank() == shape.size();
  for (size_t i = 0; equal && i < shape.size(); ++i) equal = !differ(type->shape[i], shape[i]);
  if (equal) return {};
  return call.wrong(arg, "expected shape %s, found %s", to_string(shape).c_str(), to_string(type->shape).c_str());
}

// Means and deviations are of the parameters' dtype.
DType statistics_dtype(const Call& call, const TensorType& input) {
  for (const char* arg : {"weight", "bias"}) {
    if (const TensorType* type = call.optional_tensor(arg)) {
      if (type->dtype != input.dtype) return type->dtype;
    }
  }
  return input.dtype;
}

// An input with channels, and parameters of one element a channel.
Result<void> require_channels(const Call& call, const TensorType& input,
                              std::initializer_list<const char*> parameters) {
  INGOT_TRY_VOID(require_floating(call, "input", input));
  if (input.rank() < 2) {
    return call.wrong("input", "expected rank 2 or more (batch, channels, ...), found %s",
                      to_string(input.shape).c_str());
  }
  for (const char* arg : parameters) INGOT_TRY_VOID(require_parameter(call, arg, input, {input.shape[1]}));
  return {};
}

Result<Types> batch_norm(const Call& call) {
  const TensorType& input = call.tensor("input");
  INGOT_TRY_VOID(require_channels(call, input, {"weight", "bias", "running_mean", "running_var"}));
  if (call.op().has("training") && call.boolean("training")) {
    return call.wrong("training", "expected false: training changes the running statistics");
  }
  // Without training there are no statistics to return: the last two outputs are empty.
  const TensorType statistics{call.tensor("running_mean").dtype, {0}, {}};
  return Types{input, statistics, statistics};
}

Result<Types> batch_norm_without_stats(const Call& call) {
  const TensorType& input = call.tensor("input");
  INGOT_TRY_VOID(require_channels(call, input, {"weight", "bias"}));
  if (!call.boolean("training")) {
    return call.wrong("training", "expected true: there are no stored statistics to use");
  }
  const TensorType statistics{statistics_dtype(call, input), {input.shape[1]}, {}};
  return Types{input, statistics, statistics};
}

Result<Types> dropout(const Call& call) {
  if (!call.has("train") || call.boolean("train")) return call.wrong("train", "expected false: training is random");
  const TensorType& input = call.tensor("input");
  return Types{input, {DType::boolean, input.shape, input.dim_order}};
}

Result<Types> layer_norm(const Call& call) {
  const TensorType& input = call.tensor("input");
  INGOT_TRY_VOID(require_floating(call, "input", input));
  const Shape normalized = call.shape("normalized_shape");
  bool suffix = !normalized.empty() && normalized.size() <= input.rank();
  const size_t kept = suffix ? input.rank() - normalized.size() : 0;
  for (size_t i = 0; suffix && i < normalized.size(); ++i) suffix = !differ(normalized[i], input.shape[kept + i]);
  if (!suffix) {
    return call.wrong("normalized_shape", "expected the last dimensions of %s, found %s",
                      to_string(input.shape).c_str(), to_string(normalized).c_str());
  }
  for (const char* arg : {"weight", "bias"}) INGOT_TRY_VOID(require_parameter(call, arg, input, normalized));
  TensorType statistics{statistics_dtype(call, input), input.shape, {}};
  for (size_t i = kept; i < input.rank(); ++i) statistics.shape[i] = 1;
  return Types{{input.dtype, input.shape, {}}, statistics, statistics};
}

Result<Types> group_norm(const Call& call) {
  const TensorType& input = call.tensor("input");
  INGOT_TRY_VOID(require_floating(call, "input", input));
  const Dim batch = call.dim("N");
  const Dim channels = call.dim("C");
  const int64_t groups = call.integer("group");
  if (groups < 1 || (channels.is_static() && channels.value() % groups != 0)) {
    return call.wrong("group", "%lld does not divide %s channels", static_cast<long long>(groups),
                      channels.str().c_str());
  }
  if (input.rank() < 2 || differ(input.shape[0], batch) || differ(input.shape[1], channels) ||
      differ(numel(input.shape), batch * channels * call.dim("HxW"))) {
    return call.wrong("input", "expected %s x %s x %s elements, found %s", batch.str().c_str(), channels.str().c_str(),
                      call.dim("HxW").str().c_str(), to_string(input.shape).c_str());
  }
  for (const char* arg : {"weight", "bias"}) INGOT_TRY_VOID(require_parameter(call, arg, input, {channels}));
  const TensorType statistics{statistics_dtype(call, input), {batch, groups}, {}};
  return Types{input, statistics, statistics};
}

Result<Types> softmax(const Call& call) {
  TensorType type = call.self();
  INGOT_TRY_VOID(require_floating(call, "self", type));
  INGOT_TRY(call.axis("dim", type.rank()));
  if (call.boolean("half_to_float")) {
    INGOT_TRY_VOID(require_dtype(call, "self", type, DType::float16));
    type.dtype = DType::float32;
  }
  return Types{std::move(type)};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::_native_batch_norm_legit_no_training", batch_norm},
    {"aten::_native_batch_norm_legit", batch_norm},
    {"aten::_native_batch_norm_legit.no_stats", batch_norm_without_stats},
    {"aten::native_dropout", dropout},
    {"aten::native_layer_norm", layer_norm},
    {"aten::native_group_norm", group_norm},
    {"aten::_softmax", softmax},
    {"aten::_log_softmax", softmax},
};

}  // namespace

std::span<const NamedShapeRule> normalization_rules() {
  return kRules;
}

}  // namespace ingot::compiler
