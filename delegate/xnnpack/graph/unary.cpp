// Nodes of one input and an output of the same shape: activations, arithmetic, Convert, Clamp; and Softmax.

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

struct Operands {
  uint32_t input;
  uint32_t output;
  uint32_t flags;
};

Operands operands_of(const wire::XNode& node) {
  if (const auto* leaky = node.xnode_union_as_LeakyReLU())
    return {leaky->input_id(), leaky->output_id(), leaky->flags()};
  if (const auto* elu = node.xnode_union_as_ELU()) return {elu->input_id(), elu->output_id(), elu->flags()};
  const auto& plain = *static_cast<const wire::Node1x1*>(node.xnode_union());
  return {plain.input_id(), plain.output_id(), plain.flags()};
}

xnn_unary_operator operator_of(wire::NodeUnion type) {
  switch (type) {
    case wire::NodeUnion::Sigmoid:
      return xnn_unary_sigmoid;
    case wire::NodeUnion::Clamp:
      return xnn_unary_clamp;
    case wire::NodeUnion::Floor:
      return xnn_unary_floor;
    case wire::NodeUnion::Convert:
      return xnn_unary_convert;
    case wire::NodeUnion::SquareRoot:
      return xnn_unary_square_root;
    case wire::NodeUnion::Ceiling:
      return xnn_unary_ceiling;
    case wire::NodeUnion::Hardswish:
      return xnn_unary_hardswish;
    case wire::NodeUnion::LeakyReLU:
      return xnn_unary_leaky_relu;
    case wire::NodeUnion::Negate:
      return xnn_unary_negate;
    case wire::NodeUnion::Square:
      return xnn_unary_square;
    case wire::NodeUnion::ELU:
      return xnn_unary_elu;
    case wire::NodeUnion::Abs:
      return xnn_unary_abs;
    case wire::NodeUnion::ReciprocalSquareRoot:
      return xnn_unary_reciprocal_square_root;
    case wire::NodeUnion::Log:
      return xnn_unary_log;
    case wire::NodeUnion::Gelu:
      return xnn_unary_gelu;
    case wire::NodeUnion::Tanh:
      return xnn_unary_tanh;
    case wire::NodeUnion::Exp:
      return xnn_unary_exp;
    case wire::NodeUnion::Sin:
      return xnn_unary_sine;
    case wire::NodeUnion::Cos:
      return xnn_unary_cosine;
    default:
      return xnn_unary_invalid;
  }
}

}  // namespace

Result<void> check_unary(NodeCheck& check) {
  const Operands operands = operands_of(check.node);
  INGOT_TRY_VOID(check.flags(operands.flags));
  const Operand input = INGOT_TRY(check.input(operands.input, "input"));
  const Value* output = INGOT_TRY(check.declared(operands.output));
  const bool converts = check.node.xnode_union_type() == wire::NodeUnion::Convert;
  if (input.value->per_token != nullptr) return fail(ErrorCode::not_supported, "its input is dynamically quantized");
  if (const auto* quant = output->per_token) {
    if (!converts) return fail(ErrorCode::not_supported, "its output is dynamically quantized");
    if (quant->num_nonbatch_dims() < 1 || static_cast<size_t>(quant->num_nonbatch_dims()) > input.rank()) {
      return fail(ErrorCode::invalid_file, "its output is quantized for each %d innermost dimensions of %zu",
                  quant->num_nonbatch_dims(), input.rank());
    }
  } else if (!converts && input.datatype() != output->datatype) {
    return fail(ErrorCode::not_supported, "its input is %s and its output %s, expected the same",
                to_string(input.datatype()), to_string(output->datatype));
  }
  return check.output(operands.output, *input.shape);
}

Result<void> define_unary(const NodeDefine& define) {
  const Operands operands = operands_of(define.node);
  const wire::NodeUnion type = define.node.xnode_union_type();
  xnn_unary_params params = {};
  if (type == wire::NodeUnion::Clamp) {
    params.clamp.min = define.bounds.min;
    params.clamp.max = define.bounds.max;
  } else if (const auto* leaky = define.node.xnode_union_as_LeakyReLU()) {
    params.leaky_relu.negative_slope = leaky->negative_slope();
  } else if (const auto* elu = define.node.xnode_union_as_ELU()) {
    params.elu.alpha = elu->alpha();
  }
  return answered(xnn_define_unary(define.subgraph, operator_of(type), &params, define.id(operands.input),
                                   define.id(operands.output), 0));
}

// Over the innermost dimension.
Result<void> check_softmax(NodeCheck& check) {
  const auto& softmax = *check.node.xnode_union_as_Softmax();
  INGOT_TRY_VOID(check.flags(softmax.flags()));
  const Operand input = INGOT_TRY(check.input(softmax.input_id(), "input"));
  if (input.rank() == 0) return fail(ErrorCode::not_supported, "its input is a scalar");
  return check.output(softmax.output_id(), *input.shape);
}

Result<void> define_softmax(const NodeDefine& define) {
  const auto& softmax = *define.node.xnode_union_as_Softmax();
  return answered(xnn_define_softmax(define.subgraph, define.id(softmax.input_id()), define.id(softmax.output_id()),
                                     softmax.flags()));
}

}  // namespace ingot::xnnpack
