// Elementwise operators, with one tensor or several that broadcast.
#include <algorithm>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

TensorType like(const TensorType& self, DType dtype) {
  return {dtype, self.shape, self.dim_order};
}

Result<void> refuse_bool(const Call& call, const TensorType& type) {
  if (type.dtype != DType::boolean) return {};
  return call.wrong("self", "dtype bool is not supported");
}

DType floating(DType dtype) {
  return is_floating(dtype) ? dtype : DType::float32;
}

// --- One tensor.

Result<Types> same(const Call& call) {
  return Types{call.self()};
}

Result<Types> same_number(const Call& call) {
  INGOT_TRY_VOID(refuse_bool(call, call.self()));
  return Types{call.self()};
}

Result<Types> same_floating(const Call& call) {
  INGOT_TRY_VOID(require_floating(call, "self", call.self()));
  return Types{call.self()};
}

Result<Types> same_integral(const Call& call) {
  if (is_floating(call.self().dtype)) {
    return call.wrong("self", "expected an integer or bool dtype, found %s", to_string(call.self().dtype));
  }
  return Types{call.self()};
}

Result<Types> to_floating(const Call& call) {
  return Types{like(call.self(), floating(call.self().dtype))};
}

Result<Types> to_bool(const Call& call) {
  return Types{like(call.self(), DType::boolean)};
}

Result<Types> gelu(const Call& call) {
  const auto& approximate = std::get<std::string>(call.arg("approximate"));
  if (approximate != "none" && approximate != "tanh") {
    return call.wrong("approximate", "expected 'none' or 'tanh', found '%s'", approximate.c_str());
  }
  return same_floating(call);
}

Result<Types> clamp(const Call& call) {
  if (!call.has("min") && !call.has("max")) return call.wrong("min", "is none, and so is 'max'");
  DType dtype = call.self().dtype;
  for (const char* bound : {"min", "max"}) dtype = promote(dtype, call.arg(bound));
  if (dtype == DType::boolean) return call.wrong("self", "dtype bool is not supported");
  return Types{like(call.self(), dtype)};
}

// self OP other, with `other` a Scalar.
Result<Types> with_scalar(const Call& call, const char* scalar) {
  return Types{like(call.self(), promote(call.self().dtype, call.arg(scalar)))};
}

Result<Types> scalar_other(const Call& call) {
  return with_scalar(call, "other");
}

Result<Types> scalar_exponent(const Call& call) {
  return with_scalar(call, "exponent");
}

Result<void> check_alpha(const Call& call, DType dtype) {
  if (is_integral(dtype) && std::holds_alternative<double>(call.arg("alpha"))) {
    return call.wrong("alpha", "is a float, but the result is %s", to_string(dtype));
  }
  return {};
}

Result<Types> add_scalar(const Call& call) {
  Types types = INGOT_TRY(scalar_other(call));
  INGOT_TRY_VOID(check_alpha(call, types[0].dtype));
  return types;
}

Result<Types> sub_scalar(const Call& call) {
  INGOT_TRY_VOID(refuse_bool(call, call.self()));
  return add_scalar(call);
}

Result<Types> bitwise_scalar(const Call& call) {
  if (std::holds_alternative<double>(call.arg("other"))) return call.wrong("other", "is a float, expected an integer");
  INGOT_TRY(same_integral(call));
  return scalar_other(call);
}

Result<Types> shift_scalar(const Call& call) {
  Types types = INGOT_TRY(bitwise_scalar(call));
  INGOT_TRY_VOID(refuse_bool(call, types[0]));
  return types;
}

Result<Types> fill_tensor(const Call& call) {
  if (call.tensor("value").rank() != 0) {
    return call.wrong("value", "expected rank 0, found %s", to_string(call.tensor("value").shape).c_str());
  }
  return same(call);
}

Result<Types> scalar_base(const Call& call) {
  const TensorType& exponent = call.tensor("exponent");
  return Types{like(exponent, promote(exponent.dtype, call.arg("self")))};
}

Result<bool> is_true_division(const Call& call) {
  if (!call.has("rounding_mode")) return true;
  const auto& mode = std::get<std::string>(call.arg("rounding_mode"));
  if (mode == "trunc" || mode == "floor") return false;
  return call.wrong("rounding_mode", "expected none, 'trunc' or 'floor', found '%s'", mode.c_str());
}

Result<Types> div_scalar_mode(const Call& call) {
  if (INGOT_TRY(is_true_division(call))) return to_floating(call);
  return scalar_other(call);
}

Result<Types> div_scalar(const Call& call) {
  return to_floating(call);
}

// --- Several tensors.

// The result of operands that share a dtype.
Result<TensorType> broadcast_pair(const Call& call, const TensorType& self, const char* name, const TensorType& other) {
  INGOT_TRY_VOID(require_dtype(call, name, other, self.dtype));
  TensorType type{self.dtype, INGOT_TRY(broadcast(call, name, self.shape, other.shape)), {}};
  // A layout is kept where the operands of full rank agree on it.
  const bool self_full = self.rank() == type.rank();
  const bool other_full = other.rank() == type.rank();
  if (self_full && (!other_full || self.dim_order == other.dim_order)) type.dim_order = self.dim_order;
  if (!self_full && other_full) type.dim_order = other.dim_order;
  return type;
}

Result<TensorType> broadcast_all(const Call& call) {
  return broadcast_pair(call, call.self(), call.op().args()[1].name.c_str(),
                        std::get<Value*>(call.arg(call.op().args()[1].name))->type);
}

Result<Types> binary(const Call& call) {
  return Types{INGOT_TRY(broadcast_all(call))};
}

Result<Types> binary_number(const Call& call) {
  INGOT_TRY_VOID(refuse_bool(call, call.self()));
  return binary(call);
}

Result<Types> binary_to_bool(const Call& call) {
  TensorType type = INGOT_TRY(broadcast_all(call));
  type.dtype = DType::boolean;
  return Types{std::move(type)};
}

Result<Types> binary_to_floating(const Call& call) {
  TensorType type = INGOT_TRY(broadcast_all(call));
  type.dtype = floating(type.dtype);
  return Types{std::move(type)};
}

Result<Types> binary_integral(const Call& call) {
  INGOT_TRY(same_integral(call));
  return binary(call);
}

Result<Types> shift(const Call& call) {
  INGOT_TRY_VOID(refuse_bool(call, call.self()));
  return binary_integral(call);
}

Result<Types> add(const Call& call) {
  INGOT_TRY_VOID(check_alpha(call, call.self().dtype));
  return binary(call);
}

Result<Types> sub(const Call& call) {
  INGOT_TRY_VOID(refuse_bool(call, call.self()));
  return add(call);
}

Result<Types> div_mode(const Call& call) {
  if (INGOT_TRY(is_true_division(call))) return binary_to_floating(call);
  return binary_number(call);
}

Result<Types> where(const Call& call) {
  const TensorType& condition = call.tensor("condition");
  INGOT_TRY_VOID(require_dtype(call, "condition", condition, DType::boolean));
  TensorType type = INGOT_TRY(broadcast_pair(call, call.tensor("self"), "other", call.tensor("other")));
  const bool kept = condition.rank() < type.rank() || condition.dim_order == type.dim_order;
  type.shape = INGOT_TRY(broadcast(call, "condition", type.shape, condition.shape));
  if (!kept) type.dim_order.clear();
  return Types{std::move(type)};
}

Result<Types> masked_fill(const Call& call) {
  const TensorType& mask = call.tensor("mask");
  INGOT_TRY_VOID(require_dtype(call, "mask", mask, DType::boolean));
  TensorType type{call.self().dtype, INGOT_TRY(broadcast(call, "mask", call.self().shape, mask.shape)), {}};
  return Types{laid_out_as(std::move(type), call.self())};
}

Result<Types> clamp_tensor(const Call& call) {
  TensorType type = call.self();
  if (!call.has("min") && !call.has("max")) return call.wrong("min", "is none, and so is 'max'");
  for (const char* bound : {"min", "max"}) {
    if (const TensorType* other = call.optional_tensor(bound)) {
      type = INGOT_TRY(broadcast_pair(call, type, bound, *other));
    }
  }
  return Types{std::move(type)};
}

Result<Types> prelu(const Call& call) {
  INGOT_TRY_VOID(require_floating(call, "self", call.self()));
  TensorType type = INGOT_TRY(broadcast_all(call));
  if (type.shape != call.self().shape) {
    return call.wrong("weight", "shape %s does not broadcast into that of 'self', %s",
                      to_string(call.tensor("weight").shape).c_str(), to_string(call.self().shape).c_str());
  }
  return Types{call.self()};
}

Result<Types> glu(const Call& call) {
  INGOT_TRY_VOID(require_floating(call, "self", call.self()));
  TensorType type = call.self();
  if (type.rank() == 0) return call.wrong("self", "has rank 0, expected at least 1");
  const size_t axis = INGOT_TRY(call.axis("dim", type.rank()));
  const Dim half = floor_div(type.shape[axis], 2);
  if (differ(half * 2, type.shape[axis])) {
    return call.wrong("self", "its size %s along axis %zu is not even", type.shape[axis].str().c_str(), axis);
  }
  type.shape[axis] = half;
  return Types{std::move(type)};
}

Result<Types> copy(const Call& call) {
  const Shape shape = INGOT_TRY(broadcast(call, "src", call.self().shape, call.tensor("src").shape));
  if (shape != call.self().shape) {
    return call.wrong("src", "shape %s does not broadcast into %s", to_string(call.tensor("src").shape).c_str(),
                      to_string(call.self().shape).c_str());
  }
  return Types{call.self()};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::abs", same_number},
    {"aten::neg", same_number},
    {"aten::ceil", same_number},
    {"aten::floor", same_number},
    {"aten::round", same_number},
    {"aten::trunc", same_number},
    {"aten::relu", same_number},
    {"aten::hardtanh", same_number},
    {"aten::bitwise_not", same_integral},
    {"aten::hardswish", same_floating},
    {"aten::leaky_relu", same_floating},
    {"aten::elu", same_floating},
    {"aten::gelu", gelu},
    {"aten::clamp", clamp},
    {"aten::pow.Tensor_Scalar", scalar_exponent},
    {"aten::pow.Scalar", scalar_base},
    {"aten::add.Scalar", add_scalar},
    {"aten::sub.Scalar", sub_scalar},
    {"aten::rsub.Scalar", sub_scalar},
    {"aten::mul.Scalar", scalar_other},
    {"aten::fmod.Scalar", scalar_other},
    {"aten::remainder.Scalar", scalar_other},
    {"aten::bitwise_and.Scalar", bitwise_scalar},
    {"aten::bitwise_or.Scalar", bitwise_scalar},
    {"aten::bitwise_xor.Scalar", bitwise_scalar},
    {"aten::bitwise_left_shift.Tensor_Scalar", shift_scalar},
    {"aten::bitwise_right_shift.Tensor_Scalar", shift_scalar},
    {"aten::div.Scalar", div_scalar},
    {"aten::div.Scalar_mode", div_scalar_mode},
    {"aten::fill.Scalar", same},
    {"aten::fill.Tensor", fill_tensor},
    {"aten::add.Tensor", add},
    {"aten::sub.Tensor", sub},
    {"aten::div.Tensor", binary_to_floating},
    {"aten::div.Tensor_mode", div_mode},
    {"aten::floor_divide", binary_number},
    {"aten::pow.Tensor_Tensor", binary_number},
    {"aten::fmod.Tensor", binary_number},
    {"aten::remainder.Tensor", binary_number},
    {"aten::atan2", binary_to_floating},
    {"aten::bitwise_and.Tensor", binary_integral},
    {"aten::bitwise_or.Tensor", binary_integral},
    {"aten::bitwise_xor.Tensor", binary_integral},
    {"aten::bitwise_left_shift.Tensor", shift},
    {"aten::bitwise_right_shift.Tensor", shift},
    {"aten::where.self", where},
    {"aten::masked_fill.Scalar", masked_fill},
    {"aten::clamp.Tensor", clamp_tensor},
    {"aten::_prelu_kernel", prelu},
    {"aten::glu", glu},
    {"aten::copy", copy},
};

}  // namespace

std::span<const NamedShapeRule> elementwise_rules() {
  return kRules;
}

ShapeRule family_rule(schema::Family family) {
  switch (family) {
    case schema::Family::unary:
      return same;
    case schema::Family::unary_float:
      return to_floating;
    case schema::Family::unary_bool:
      return to_bool;
    case schema::Family::binary:
      return binary;
    case schema::Family::binary_bool:
      return binary_to_bool;
    case schema::Family::reduction:
    case schema::Family::movement:
    case schema::Family::creation:
    case schema::Family::matmul:
    case schema::Family::pooling:
    case schema::Family::normalization:
    case schema::Family::indexing:
    case schema::Family::quantize:
    case schema::Family::other:
      break;
  }
  return nullptr;
}

}  // namespace ingot::compiler
