#include "delegate/xnnpack/lower/node_lowering.h"

#include <limits>

#include "runtime/core/dtype.h"

namespace ingot::xnnpack::lowering {
namespace {

const std::unordered_map<std::string_view, RuleFunction>& rules() {
  static const auto table = [] {
    std::unordered_map<std::string_view, RuleFunction> all;
    for (const auto family : {elementwise_rules(), convolution_rules(), matmul_rules(), movement_rules(),
                              normalization_rules(), pooling_rules(), reduction_rules()}) {
      for (const Rule& rule : family) all.emplace(rule.op, rule.lower);
    }
    return all;
  }();
  return table;
}

}  // namespace

std::string to_string(const Sizes& sizes) {
  return compiler::to_string(compiler::to_shape(sizes));
}

Sizes sizes_of(const IrValue& value) {
  return compiler::static_sizes(value.type.shape);
}

Order order_of(const IrValue& value) {
  return value.type.dim_order.empty() ? identity(value.type.rank()) : value.type.dim_order;
}

Lowered check_value(const IrValue& value) {
  if (value.type.dtype != DType::float32) return refuse("dtype {}", ingot::to_string(value.type.dtype));
  if (!compiler::is_static(value.type.shape)) {
    return refuse("its shape is not fixed: '{}' is {}", value.name, compiler::to_string(value.type));
  }
  for (const compiler::Dim& dim : value.type.shape) {
    if (dim.value() <= 0 || dim.value() > std::numeric_limits<uint32_t>::max()) {
      return refuse("'{}' is {}", value.name, compiler::to_string(value.type));
    }
  }
  if (value.type.max_nbytes() > kMaxValueBytes) {
    return refuse("'{}' is {}, larger than {} bytes", value.name, compiler::to_string(value.type), kMaxValueBytes);
  }
  return {};
}

Expected<Tensor*> NodeLowering::operand(const IrValue* value) {
  INGOT_TRY_VOID(check_value(*value));
  Tensor*& tensor = tensors_[value];
  if (tensor == nullptr && value->is_constant())
    tensor = &build.constant(sizes_of(*value), order_of(*value), value->data);
  if (tensor == nullptr) return refuse("'{}' has no value here", value->name);
  return tensor;
}

Expected<Tensor*> NodeLowering::optional_operand(std::string_view arg) {
  if (node.is_none(arg)) return nullptr;
  return operand(arg);
}

Expected<std::vector<float>> NodeLowering::constant_elements(std::string_view arg) {
  const IrValue* value = node.tensor(arg);
  INGOT_TRY_VOID(check_value(*value));
  if (!value->is_constant()) return refuse("its {} is not constant", arg);
  if (!same_memory(sizes_of(*value), order_of(*value), identity(value->type.rank()))) {
    return refuse("its {} is not stored contiguously", arg);
  }
  const auto elements = value->data.as<float>();
  return std::vector<float>(elements.begin(), elements.end());
}

Lowered NodeLowering::define(size_t output, Tensor& tensor) {
  const IrValue* value = node.output(output);
  INGOT_TRY_VOID(check_value(*value));
  if (tensor.sizes != sizes_of(*value)) {
    return refuse("XNNPACK's result would be {}, expected {}", to_string(tensor.sizes),
                  compiler::to_string(value->type.shape));
  }
  tensors_[value] = &tensor;
  return {};
}

Lowered lower_node(NodeLowering& lowering) {
  const auto rule = rules().find(lowering.node.op().full_name());
  if (rule == rules().end()) return refuse("XNNPACK has no such operator");
  return rule->second(lowering);
}

}  // namespace ingot::xnnpack::lowering
