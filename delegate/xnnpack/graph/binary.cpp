// Nodes of two inputs, element by element with broadcasting. PReLU's second input is the slope.

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

xnn_binary_operator operator_of(wire::NodeUnion type) {
  switch (type) {
    case wire::NodeUnion::Add:
      return xnn_binary_add;
    case wire::NodeUnion::Subtract:
      return xnn_binary_subtract;
    case wire::NodeUnion::Multiply:
      return xnn_binary_multiply;
    case wire::NodeUnion::Div:
      return xnn_binary_divide;
    case wire::NodeUnion::Minimum:
      return xnn_binary_minimum;
    case wire::NodeUnion::Maximum:
      return xnn_binary_maximum;
    case wire::NodeUnion::PReLU:
      return xnn_binary_prelu;
    default:
      return xnn_binary_invalid;
  }
}

}  // namespace

Result<void> check_binary(NodeCheck& check) {
  const auto& binary = *static_cast<const wire::Node2x1*>(check.node.xnode_union());
  INGOT_TRY_VOID(check.flags(binary.flags()));
  const Operand a = INGOT_TRY(check.input(binary.input1_id(), "first input"));
  const Operand b = INGOT_TRY(check.input(binary.input2_id(), "second input"));
  const Value* output = INGOT_TRY(check.declared(binary.output_id()));
  if (a.datatype() != b.datatype() || a.datatype() != output->datatype) {
    return fail(ErrorCode::not_supported, "its inputs are %s and %s and its output %s, expected the same",
                to_string(a.datatype()), to_string(b.datatype()), to_string(output->datatype));
  }
  const Shape out = INGOT_TRY(broadcast(*a.shape, *b.shape));
  if (check.node.xnode_union_type() == wire::NodeUnion::PReLU && out != *a.shape) {
    return fail(ErrorCode::invalid_argument, "its slope is %s, larger than its input", ShapeText(*b.shape).text);
  }
  return check.output(binary.output_id(), out);
}

Result<void> define_binary(const NodeDefine& define) {
  const auto& binary = *static_cast<const wire::Node2x1*>(define.node.xnode_union());
  const xnn_binary_params params = {define.bounds.min, define.bounds.max};
  return answered(xnn_define_binary(define.subgraph, operator_of(define.node.xnode_union_type()),
                                    define.bounds.finite() ? &params : nullptr, define.id(binary.input1_id()),
                                    define.id(binary.input2_id()), define.id(binary.output_id()), 0));
}

}  // namespace ingot::xnnpack
