// Matrix products and convolution.
#include <algorithm>
#include <cstdint>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<void> require_rank(const Call& call, const char* arg, const TensorType& type, size_t rank) {
  if (type.rank() == rank) return {};
  return call.wrong(arg, "expected rank %zu, found %s", rank, to_string(type.shape).c_str());
}

Result<void> require_inner(const Call& call, const char* arg, const Dim& left, const Dim& right) {
  if (!differ(left, right)) return {};
  return call.wrong(arg, "expected %s rows, found %s", left.str().c_str(), right.str().c_str());
}

Result<Types> mm(const Call& call) {
  const TensorType& self = call.self();
  const TensorType& mat2 = call.tensor("mat2");
  INGOT_TRY_VOID(require_rank(call, "self", self, 2));
  INGOT_TRY_VOID(require_rank(call, "mat2", mat2, 2));
  INGOT_TRY_VOID(require_dtype(call, "mat2", mat2, self.dtype));
  INGOT_TRY_VOID(require_inner(call, "mat2", self.shape[1], mat2.shape[0]));
  return Types{{self.dtype, {self.shape[0], mat2.shape[1]}, {}}};
}

Result<Types> bmm(const Call& call) {
  const TensorType& self = call.self();
  const TensorType& mat2 = call.tensor("mat2");
  INGOT_TRY_VOID(require_rank(call, "self", self, 3));
  INGOT_TRY_VOID(require_rank(call, "mat2", mat2, 3));
  INGOT_TRY_VOID(require_dtype(call, "mat2", mat2, self.dtype));
  if (differ(self.shape[0], mat2.shape[0])) {
    return call.wrong("mat2", "expected a batch of %s, found %s", self.shape[0].str().c_str(),
                      mat2.shape[0].str().c_str());
  }
  INGOT_TRY_VOID(require_inner(call, "mat2", self.shape[2], mat2.shape[1]));
  return Types{{self.dtype, {self.shape[0], self.shape[1], mat2.shape[2]}, {}}};
}

Result<Types> addmm(const Call& call) {
  const TensorType& self = call.self();
  const TensorType& mat1 = call.tensor("mat1");
  const TensorType& mat2 = call.tensor("mat2");
  INGOT_TRY_VOID(require_rank(call, "mat1", mat1, 2));
  INGOT_TRY_VOID(require_rank(call, "mat2", mat2, 2));
  INGOT_TRY_VOID(require_dtype(call, "mat1", mat1, self.dtype));
  INGOT_TRY_VOID(require_dtype(call, "mat2", mat2, self.dtype));
  INGOT_TRY_VOID(require_inner(call, "mat2", mat1.shape[1], mat2.shape[0]));
  const Shape shape = {mat1.shape[0], mat2.shape[1]};
  if (INGOT_TRY(broadcast(call, "self", shape, self.shape)) != shape) {
    return call.wrong("self", "shape %s does not broadcast into %s", to_string(self.shape).c_str(),
                      to_string(shape).c_str());
  }
  for (const char* factor : {"beta", "alpha"}) {
    if (is_integral(self.dtype) && std::holds_alternative<double>(call.arg(factor))) {
      return call.wrong(factor, "is a float, but the result is %s", to_string(self.dtype));
    }
  }
  return Types{{self.dtype, shape, {}}};
}

// A list with one entry for each spatial dimension, or a single one for all.
Result<std::vector<int64_t>> per_dimension(const Call& call, const char* arg, size_t count, int64_t smallest) {
  std::vector<int64_t> values = INGOT_TRY(call.ints(arg));
  if (values.size() == 1) values.assign(count, values[0]);
  if (values.size() != count) {
    return call.wrong(arg, "expected %zu values, found %zu", count, values.size());
  }
  for (const int64_t value : values) {
    if (value < smallest || value > INT32_MAX) {
      return call.wrong(arg, "%lld is outside [%lld, 2147483647]", static_cast<long long>(value),
                        static_cast<long long>(smallest));
    }
  }
  return values;
}

}  // namespace

Result<TensorType> convolved(const Call& call) {
  const TensorType& input = call.tensor("input");
  const TensorType& weight = call.tensor("weight");
  if (input.rank() < 3 || input.rank() > 5) {
    return call.wrong("input", "expected rank 3, 4 or 5 (batch, channels, spatial), found %s",
                      to_string(input.shape).c_str());
  }
  INGOT_TRY_VOID(require_rank(call, "weight", weight, input.rank()));
  const size_t count = input.rank() - 2;
  const auto stride = INGOT_TRY(per_dimension(call, "stride", count, 1));
  const auto padding = INGOT_TRY(per_dimension(call, "padding", count, 0));
  const auto dilation = INGOT_TRY(per_dimension(call, "dilation", count, 1));
  const auto output_padding = INGOT_TRY(per_dimension(call, "output_padding", count, 0));
  const bool transposed = call.boolean("transposed");
  const Dim group_dim = call.dim("groups");
  if (!group_dim.is_static() || group_dim.value() < 1) {
    return call.wrong("groups", "expected a positive number, found %s", group_dim.str().c_str());
  }
  const int64_t groups = group_dim.value();

  // weight is [out, in / groups, ...], or [in, out / groups, ...] where transposed.
  const Dim in_channels = transposed ? weight.shape[0] : weight.shape[1] * groups;
  const Dim out_channels = transposed ? weight.shape[1] * groups : weight.shape[0];
  if (differ(input.shape[1], in_channels)) {
    return call.wrong("input", "expected %s channels for a weight of %s in %lld groups, found %s",
                      in_channels.str().c_str(), to_string(weight.shape).c_str(), static_cast<long long>(groups),
                      input.shape[1].str().c_str());
  }
  if (weight.shape[0].is_static() && weight.shape[0].value() % groups != 0) {
    return call.wrong("groups", "%lld does not divide the weight's %s channels", static_cast<long long>(groups),
                      weight.shape[0].str().c_str());
  }
  if (const TensorType* bias = call.optional_tensor("bias")) {
    if (bias->rank() != 1 || differ(bias->shape[0], out_channels)) {
      return call.wrong("bias", "expected shape [%s], found %s", out_channels.str().c_str(),
                        to_string(bias->shape).c_str());
    }
  }

  TensorType type{input.dtype, {input.shape[0], out_channels}, input.dim_order};
  for (size_t i = 0; i < count; ++i) {
    const Dim in = input.shape[i + 2];
    const Dim reach = (weight.shape[i + 2] - 1) * dilation[i] + 1;  // of the dilated kernel
    if (weight.shape[i + 2].max() < 1) return call.wrong("weight", "has no elements");
    if (transposed) {
      if (output_padding[i] >= std::max(stride[i], dilation[i])) {
        return call.wrong("output_padding", "%lld is not smaller than stride %lld or dilation %lld",
                          static_cast<long long>(output_padding[i]), static_cast<long long>(stride[i]),
                          static_cast<long long>(dilation[i]));
      }
      type.shape.push_back((in - 1) * stride[i] - Dim(2) * padding[i] + reach + output_padding[i]);
    } else {
      const Dim room = in + Dim(2) * padding[i] - reach;
      if (room.max() < 0) {
        return call.wrong("weight", "a kernel that reaches over %s does not fit a padded input of %s",
                          reach.str().c_str(), (in + Dim(2) * padding[i]).str().c_str());
      }
      type.shape.push_back(floor_div(room, stride[i]) + 1);
    }
    if (type.shape.back().max() < 0) {
      return call.wrong("padding", "leaves an output of size %s", type.shape.back().str().c_str());
    }
  }
  return type;
}

namespace {

Result<Types> convolution(const Call& call) {
  const DType dtype = call.tensor("input").dtype;
  INGOT_TRY_VOID(require_dtype(call, "weight", call.tensor("weight"), dtype));
  if (const TensorType* bias = call.optional_tensor("bias")) INGOT_TRY_VOID(require_dtype(call, "bias", *bias, dtype));
  return Types{INGOT_TRY(convolved(call))};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::mm", mm},
    {"aten::bmm", bmm},
    {"aten::addmm", addmm},
    {"aten::convolution", convolution},
};

}  // namespace

std::span<const NamedShapeRule> matmul_rules() {
  return kRules;
}

}  // namespace ingot::compiler
