#include "compiler/ir/evaluate.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <new>
#include <unordered_map>

#include "compiler/ir/out_args.h"
#include "runtime/include/ingot.hpp"
#include "runtime/kernels/kernel_table.h"

namespace ingot::compiler {
namespace {

constexpr size_t kLargeBytes = size_t{1} << 20;

const Kernel* find_kernel(std::string_view name) {
  static const std::unordered_map<std::string_view, const Kernel*> kernels = [] {
    std::unordered_map<std::string_view, const Kernel*> map;
    for (const std::span<const Kernel> kernels : {portable_kernels(), quantized_kernels()}) {
      for (const Kernel& kernel : kernels) map.emplace(kernel.name, &kernel);
    }
    return map;
  }();
  const auto found = kernels.find(name);
  return found == kernels.end() ? nullptr : found->second;
}

// The arguments of one kernel call with all that they point to, at addresses that stay.
class CallFrame {
 public:
  ingot::Value& add(ingot::Value::Kind kind) {
    ingot::Value& value = values_.emplace_back();
    value.kind = kind;
    pointers_.push_back(&value);
    return value;
  }

  // A view of `data`, which kernels only read where it belongs to a constant.
  Tensor* tensor(const TensorType& type, std::span<const std::byte> data) {
    Shaped& shaped = shapes_.emplace_back();
    for (const Dim& dim : type.shape) shaped.sizes.push_back(static_cast<int32_t>(dim.value()));
    shaped.dim_order = type.dim_order;
    for (size_t i = shaped.dim_order.size(); i < type.rank(); ++i) shaped.dim_order.push_back(static_cast<uint8_t>(i));
    shaped.strides.resize(type.rank());
    shaped.tensor = Tensor(type.dtype, type.rank(), shaped.sizes.data(), shaped.dim_order.data(), shaped.strides.data(),
                           const_cast<std::byte*>(data.data()), data.size());
    return &shaped.tensor;
  }

  Result<void> add_argument(const Argument& arg);

  void add_ints(std::span<const int64_t> ints) {
    std::vector<ingot::Value*>& items = int_items_.emplace_back();
    for (const int64_t value : ints) {
      ingot::Value& item = values_.emplace_back();
      item.kind = ingot::Value::Kind::integer;
      item.integer = value;
      items.push_back(&item);
    }
    std::vector<int64_t>& buffer = int_buffers_.emplace_back(ints.size());
    add(ingot::Value::Kind::int_list).ints = {items, buffer.data()};
  }

  void add_tensors(std::vector<Tensor*> tensors) {
    const std::vector<Tensor*>& list = tensor_lists_.emplace_back(std::move(tensors));
    add(ingot::Value::Kind::tensor_list).tensors = list;
  }

  std::span<ingot::Value* const> pointers() const { return pointers_; }

 private:
  struct Shaped {
    std::vector<int32_t> sizes;
    std::vector<uint8_t> dim_order;
    std::vector<int64_t> strides;
    Tensor tensor;
  };
  // Deques, so that addresses stay.
  std::deque<ingot::Value> values_;
  std::deque<Shaped> shapes_;
  std::deque<std::vector<ingot::Value*>> int_items_;
  std::deque<std::vector<int64_t>> int_buffers_;
  std::deque<std::vector<Tensor*>> tensor_lists_;
  std::deque<std::unique_ptr<bool[]>> flags_;
  std::vector<ingot::Value*> pointers_;
};

Result<void> check_constant(const Value& value) {
  if (!value.is_constant()) {
    return fail(ErrorCode::invalid_argument, "value '%s' is not a constant", value.name.c_str());
  }
  if (!is_static(value.type.shape) || value.data.size() != value.type.max_nbytes()) {
    return fail(ErrorCode::invalid_argument, "constant '%s' of %s has %zu bytes", value.name.c_str(),
                to_string(value.type).c_str(), value.data.size());
  }
  return {};
}

Result<void> CallFrame::add_argument(const Argument& arg) {
  using Kind = ingot::Value::Kind;
  if (std::holds_alternative<std::monostate>(arg)) {
    add(Kind::none);
  } else if (const auto* value = std::get_if<Value*>(&arg)) {
    INGOT_TRY_VOID(check_constant(**value));
    add(Kind::tensor).tensor = tensor((*value)->type, (*value)->data.span());
  } else if (const auto* list = std::get_if<std::vector<Value*>>(&arg)) {
    std::vector<Tensor*> tensors;
    for (const Value* item : *list) {
      if (item != nullptr) INGOT_TRY_VOID(check_constant(*item));
      tensors.push_back(item == nullptr ? nullptr : tensor(item->type, item->data.span()));
    }
    add_tensors(std::move(tensors));
  } else if (const auto* integer = std::get_if<int64_t>(&arg)) {
    add(Kind::integer).integer = *integer;
  } else if (const auto* real = std::get_if<double>(&arg)) {
    add(Kind::real).real = *real;
  } else if (const auto* flag = std::get_if<bool>(&arg)) {
    add(Kind::boolean).boolean = *flag;
  } else if (const auto* text = std::get_if<std::string>(&arg)) {
    add(Kind::string).string = *text;
  } else if (const auto* dtype = std::get_if<DType>(&arg)) {
    add(Kind::integer).integer = static_cast<int64_t>(*dtype);
  } else if (const auto* ints = std::get_if<std::vector<int64_t>>(&arg)) {
    add_ints(*ints);
  } else if (const auto* doubles = std::get_if<std::vector<double>>(&arg)) {
    add(Kind::double_list).doubles = *doubles;
  } else if (const auto* bools = std::get_if<std::vector<bool>>(&arg)) {
    std::unique_ptr<bool[]>& copy = flags_.emplace_back(std::make_unique<bool[]>(bools->size()));
    std::ranges::copy(*bools, copy.get());
    add(Kind::bool_list).bools = {copy.get(), bools->size()};
  } else {
    return fail(ErrorCode::not_supported, "symbolic sizes cannot be evaluated");
  }
  return {};
}

// Does the value fit the letter of a signature? Held here too, so that a row of either table that does not match the
// other is an error and not a misread union.
bool fits(char letter, bool optional, ingot::Value::Kind kind) {
  using Kind = ingot::Value::Kind;
  if (kind == Kind::none) return optional;
  switch (letter) {
    case 'T':
    case 'O':
      return kind == Kind::tensor;
    case 'M':
    case 'm':
    case 'N':
      return kind == Kind::tensor_list;
    case 'S':
      return kind == Kind::integer || kind == Kind::real || kind == Kind::boolean;
    case 'i':
      return kind == Kind::integer;
    case 'f':
      return kind == Kind::integer || kind == Kind::real;
    case 'b':
      return kind == Kind::boolean || kind == Kind::integer;
    case 'r':
      return kind == Kind::string;
    case 'L':
      return kind == Kind::int_list;
    case 'D':
      return kind == Kind::double_list;
    case 'B':
      return kind == Kind::bool_list;
    default:
      return false;
  }
}

Result<void> check_signature(const Kernel& kernel, std::span<ingot::Value* const> values) {
  const std::string_view signature = kernel.signature;
  size_t at = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool optional = at + 1 < signature.size() && signature[at + 1] == '?';
    if (at >= signature.size() || !fits(signature[at], optional, values[i]->kind)) {
      return fail(ErrorCode::internal, "kernel %s: argument %zu is %s, its signature is %s", kernel.name, i,
                  to_string(values[i]->kind), kernel.signature);
    }
    at += optional ? 2 : 1;
  }
  if (at == signature.size()) return {};
  return fail(ErrorCode::internal, "kernel %s: has %zu arguments, its signature is %s", kernel.name, values.size(),
              kernel.signature);
}

}  // namespace

Result<std::vector<Bytes>> evaluate(const OpSchema& op, std::span<const Argument> args,
                                    std::span<const TensorType> types) {
  const Kernel* kernel = find_kernel(op.row().out);
  if (kernel == nullptr) {
    return fail(ErrorCode::not_supported, "%s cannot be evaluated: there is no kernel %.*s", op.full_name().c_str(),
                static_cast<int>(op.row().out.size()), op.row().out.data());
  }
  CallFrame frame;
  for (size_t i = 0; i < args.size(); ++i) {
    if (kept_in_out_overload(op, i)) INGOT_TRY_VOID(frame.add_argument(args[i]));
  }
  std::vector<Bytes> results;
  std::vector<Tensor*> tensors;
  for (const TensorType& type : types) {
    if (!is_static(type.shape) || type.max_nbytes() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      return fail(ErrorCode::not_supported, "%s: a result of %s is not evaluated", op.full_name().c_str(),
                  to_string(type).c_str());
    }
    std::byte* data = nullptr;
    results.push_back(Bytes::allocate(type.max_nbytes(), &data));
    tensors.push_back(frame.tensor(type, results.back().span()));
  }
  if (!op.returns().empty() && op.returns()[0].list) {
    frame.add_tensors(tensors);
  } else {
    for (Tensor* tensor : tensors) frame.add(ingot::Value::Kind::tensor).tensor = tensor;
  }
  INGOT_TRY_VOID(check_signature(*kernel, frame.pointers()));

  const KernelArgs kernel_args(frame.pointers());
  KernelContext context;
  Bytes scratch;
  if (kernel->scratch != nullptr) {
    const size_t size = INGOT_TRY(kernel->scratch(kernel_args));
    std::byte* data = nullptr;
    scratch = Bytes::allocate(size, &data);
    context.scratch = {data, size};
  }
  if (auto done = kernel->run(context, kernel_args); !done) {
    Error error = done.error();
    error.add_context("while evaluating %s", op.full_name().c_str());
    return std::unexpected(error);
  }
  return results;
}

bool has_kernel(const OpSchema& op) {
  return find_kernel(op.row().out) != nullptr;
}

bool worth_folding(std::span<const Argument> args, std::span<const TensorType> types) {
  size_t result = 0;
  for (const TensorType& type : types) {
    if (__builtin_add_overflow(result, type.max_nbytes(), &result)) return false;
  }
  if (result <= kLargeBytes) return true;
  size_t source = 0;
  for (const Argument& arg : args) {
    if (const auto* value = std::get_if<Value*>(&arg)) source += (*value)->data.size();
    if (const auto* list = std::get_if<std::vector<Value*>>(&arg)) {
      for (const Value* value : *list) source += value == nullptr ? 0 : value->data.size();
    }
  }
  return result <= source;
}

Result<std::vector<Bytes>> evaluate(const Node& node) {
  std::vector<TensorType> types;
  for (const Value* output : node.outputs()) types.push_back(output->type);
  if (node.delegate_call() != nullptr) {
    return fail(ErrorCode::not_supported, "a delegate call is not evaluated");
  }
  Result<std::vector<Bytes>> results = evaluate(node.op(), node.args(), types);
  if (!results) results.error().add_context("node '%s'", node.source().c_str());
  return results;
}

}  // namespace ingot::compiler
