#include "compiler/ir/builder.h"

#include <cstdint>
#include <cstring>
#include <limits>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/shape_rules/shape_rule.h"
#include "runtime/core/number.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler {
namespace {

template <typename T>
Bytes bytes_of(const std::vector<T>& values) {
  return Bytes::copy_of(std::as_bytes(std::span(values)));
}

// What a program can hold: sizes of 32 bits, bytes that can be counted, limited rank.
Result<void> check_size(const OpSchema& op, const TensorType& type) {
  if (type.rank() > kMaxRank) {
    return fail(ErrorCode::not_supported, "%s: its result %s has more than %zu dimensions", op.full_name().c_str(),
                to_string(type).c_str(), kMaxRank);
  }
  for (const Dim& dim : type.shape) {
    if (dim.max() < 0 || dim.max() > std::numeric_limits<int32_t>::max()) {
      return fail(ErrorCode::invalid_argument, "%s: its result %s has a size outside [0, 2147483647]",
                  op.full_name().c_str(), to_string(type).c_str());
    }
  }
  if (type.max_nbytes() > static_cast<size_t>(std::numeric_limits<int64_t>::max())) {
    return fail(ErrorCode::invalid_argument, "%s: its result %s is too large", op.full_name().c_str(),
                to_string(type).c_str());
  }
  return {};
}

// Is every tensor that these arguments name a constant?
bool all_constant(std::span<const Argument> args) {
  const auto constant = [](const Value* value) { return value == nullptr || value->is_constant(); };
  for (const Argument& arg : args) {
    if (const auto* value = std::get_if<Value*>(&arg); value != nullptr && !constant(*value)) return false;
    if (const auto* list = std::get_if<std::vector<Value*>>(&arg)) {
      for (const Value* value : *list) {
        if (!constant(value)) return false;
      }
    }
  }
  return true;
}

}  // namespace

Result<std::vector<TensorType>> infer_types(const OpSchema& op, std::span<const Argument> args) {
  INGOT_TRY_VOID(check_args(op, args));
  const ShapeRule rule = find_shape_rule(op);
  if (rule == nullptr) return fail(ErrorCode::internal, "%s has no shape rule", op.full_name().c_str());
  std::vector<TensorType> types = INGOT_TRY(rule(Call(op, args)));
  for (const TensorType& type : types) INGOT_TRY_VOID(check_size(op, type));
  return types;
}

Result<Node*> Builder::node(std::string_view op, std::vector<Argument> args) {
  const OpSchema* schema = find_op(op);
  if (schema == nullptr) {
    return fail(ErrorCode::not_supported, "operator %.*s is not known", static_cast<int>(op.size()), op.data());
  }
  args = INGOT_TRY(complete_args(*schema, std::move(args)));
  const std::vector<TensorType> types = INGOT_TRY(infer_types(*schema, args));
  return graph_.add_node(*schema, std::move(args), types, source_, before_);
}

Result<Value*> Builder::call(std::string_view op, std::vector<Argument> args) {
  const OpSchema* schema = find_op(op);
  if (schema == nullptr) {
    return fail(ErrorCode::not_supported, "operator %.*s is not known", static_cast<int>(op.size()), op.data());
  }
  args = INGOT_TRY(complete_args(*schema, std::move(args)));
  const std::vector<TensorType> types = INGOT_TRY(infer_types(*schema, args));
  if (types.size() != 1) {
    return fail(ErrorCode::internal, "%s has %zu outputs, expected one", schema->full_name().c_str(), types.size());
  }
  if (folding_ && all_constant(args) && is_static(types[0].shape) && worth_folding(args, types)) {
    Result<std::vector<Bytes>> values = evaluate(*schema, args, types);
    if (values) return graph_.add_constant(source_, types[0], (*values)[0]);
    if (values.error().code() != ErrorCode::not_supported) return std::unexpected(values.error());
  }
  return graph_.add_node(*schema, std::move(args), types, source_, before_)->output();
}

Value* Builder::constant(std::string_view name, TensorType type, Bytes data) {
  return graph_.add_constant(std::string(name), std::move(type), std::move(data));
}

Value* Builder::constant_f32(std::string_view name, const std::vector<int64_t>& sizes,
                             const std::vector<float>& values) {
  return constant(name, {DType::float32, to_shape(sizes), {}}, bytes_of(values));
}

Value* Builder::constant_i64(std::string_view name, const std::vector<int64_t>& sizes,
                             const std::vector<int64_t>& values) {
  return constant(name, {DType::int64, to_shape(sizes), {}}, bytes_of(values));
}

Value* Builder::scalar(std::string_view name, DType dtype, double value) {
  std::byte* data = nullptr;
  Bytes bytes = Bytes::allocate(size_of(dtype), &data);
  store_number(dtype, value, data);
  return constant(name, {dtype, {}, {}}, std::move(bytes));
}

}  // namespace ingot::compiler
