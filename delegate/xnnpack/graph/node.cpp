#include "delegate/xnnpack/graph/node.h"

#include <algorithm>
#include <cstdio>

#include "runtime/core/checked_math.h"

namespace ingot::xnnpack {

Result<Operand> NodeCheck::input(uint32_t id, const char* role) const {
  const size_t index = payload_.find(id);
  if (index == payload_.values().size())
    return fail(ErrorCode::invalid_file, "its %s is value %u, which is not defined", role, id);
  if (!defined_[index])
    return fail(ErrorCode::invalid_file, "its %s, value %u, has not been computed before", role, id);
  read_[index] |= reader_;
  return Operand{&payload_.values()[index], &shapes_[index]};
}

Result<Operand> NodeCheck::input(uint32_t id, const char* role, size_t rank) const {
  const Operand operand = INGOT_TRY(input(id, role));
  if (operand.rank() != rank) {
    return fail(ErrorCode::not_supported, "its %s is %s, XNNPACK takes %zu dimensions here", role,
                ShapeText(*operand.shape).text, rank);
  }
  return operand;
}

Result<void> NodeCheck::output(uint32_t id, const Shape& shape) {
  const Value* value = INGOT_TRY(declared(id));
  const size_t index = static_cast<size_t>(value - payload_.values().data());
  if (defined_[index]) return fail(ErrorCode::invalid_file, "its output, value %u, already has a value", id);
  if (num_outputs == kMaxOutputs) return fail(ErrorCode::internal, "a node with more than %zu outputs", kMaxOutputs);
  for (size_t i = 0; i < shape.rank; ++i) {
    if (shape.dims[i] == 0) return fail(ErrorCode::invalid_argument, "its output is %s: empty", ShapeText(shape).text);
  }
  INGOT_TRY(shape_bytes(value->datatype, shape));
  defined_[index] = 1;
  shapes_[index] = shape;
  outputs[num_outputs++] = index;
  return {};
}

Result<const Value*> NodeCheck::declared(uint32_t id) const {
  const size_t index = payload_.find(id);
  if (index == payload_.values().size())
    return fail(ErrorCode::invalid_file, "its output is value %u, which is not defined", id);
  return &payload_.values()[index];
}

Result<void> NodeCheck::flags(uint32_t flags, uint32_t allowed) const {
  if ((flags & ~allowed) == 0) return {};
  return fail(ErrorCode::not_supported, "flags 0x%x, of which only 0x%x are known", flags, allowed);
}

Result<void> NodeCheck::same_elements(const Operand& input, uint32_t output_id) const {
  const Value* output = INGOT_TRY(declared(output_id));
  if (input.datatype() != output->datatype) {
    return fail(ErrorCode::not_supported, "its input is %s and its output %s, expected the same",
                to_string(input.datatype()), to_string(output->datatype));
  }
  const auto* from = input.value->per_tensor;
  const auto* to = output->per_tensor;
  if (from != nullptr && (from->scale() != to->scale() || from->zero_point() != to->zero_point())) {
    return fail(ErrorCode::not_supported,
                "its input has scale %g and zero point %d, its output %g and %d, expected the same", from->scale(),
                from->zero_point(), to->scale(), to->zero_point());
  }
  return {};
}

Result<void> answered(xnn_status status) {
  const char* name = "an unknown status";
  switch (status) {
    case xnn_status_success:
      return {};
    case xnn_status_uninitialized:
      name = "uninitialized";
      break;
    case xnn_status_invalid_parameter:
      name = "invalid parameter";
      break;
    case xnn_status_invalid_state:
      name = "invalid state";
      break;
    case xnn_status_unsupported_parameter:
      name = "unsupported parameter";
      break;
    case xnn_status_unsupported_hardware:
      name = "unsupported hardware";
      break;
    case xnn_status_out_of_memory:
      return fail(ErrorCode::out_of_memory, "XNNPACK answers: out of memory");
    case xnn_status_reallocation_required:
      name = "reallocation required";
      break;
    default:
      break;
  }
  return fail(ErrorCode::delegate_failed, "XNNPACK answers: %s", name);
}

Result<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape out;
  out.rank = std::max(a.rank, b.rank);
  for (size_t i = 0; i < out.rank; ++i) {  // i counts from the innermost dimension
    const size_t x = i < a.rank ? a.dims[a.rank - 1 - i] : 1;
    const size_t y = i < b.rank ? b.dims[b.rank - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      return fail(ErrorCode::invalid_argument, "its inputs are %s and %s, which do not broadcast", ShapeText(a).text,
                  ShapeText(b).text);
    }
    out.dims[out.rank - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

ShapeText::ShapeText(const Shape& shape) {
  int used = std::snprintf(text, sizeof(text), "[");
  for (size_t i = 0; i < shape.rank && used < static_cast<int>(sizeof(text)); ++i) {
    used +=
        std::snprintf(text + used, sizeof(text) - static_cast<size_t>(used), i == 0 ? "%zu" : ", %zu", shape.dims[i]);
  }
  if (used < static_cast<int>(sizeof(text))) std::snprintf(text + used, sizeof(text) - static_cast<size_t>(used), "]");
}

}  // namespace ingot::xnnpack
