#include "compiler/ir/shape_rules/shape_rule.h"

#include <algorithm>
#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <unordered_map>

namespace ingot::compiler {

std::vector<const TensorType*> Call::tensors(std::string_view name) const {
  std::vector<const TensorType*> types;
  for (const Value* value : std::get<std::vector<Value*>>(arg(name))) {
    types.push_back(value == nullptr ? nullptr : &value->type);
  }
  return types;
}

double Call::real(std::string_view name) const {
  return real_of(arg(name));
}

DType Call::dtype_or(std::string_view name, DType otherwise) const {
  const auto* dtype = std::get_if<DType>(&arg(name));
  return dtype == nullptr ? otherwise : *dtype;
}

Dim Call::dim(std::string_view name) const {
  const Argument& argument = arg(name);
  if (const auto* dim = std::get_if<Dim>(&argument)) return *dim;
  return std::get<int64_t>(argument);
}

Shape Call::shape(std::string_view name) const {
  const Argument& argument = arg(name);
  if (const auto* shape = std::get_if<Shape>(&argument)) return *shape;
  return to_shape(std::get<std::vector<int64_t>>(argument));
}

Result<std::vector<int64_t>> Call::ints(std::string_view name) const {
  const Shape sizes = shape(name);
  if (!is_static(sizes)) {
    return wrong(std::string(name).c_str(), "%s must not depend on symbolic sizes", to_string(sizes).c_str());
  }
  return static_sizes(sizes);
}

Result<size_t> Call::axis(std::string_view name, int64_t value, size_t rank) const {
  const auto count = static_cast<int64_t>(std::max<size_t>(rank, 1));
  if (value < -count || value >= count) {
    return wrong(std::string(name).c_str(), "axis %lld is outside [%lld, %lld] of a tensor of rank %zu",
                 static_cast<long long>(value), static_cast<long long>(-count), static_cast<long long>(count - 1),
                 rank);
  }
  return static_cast<size_t>(value < 0 ? value + count : value);
}

Result<std::vector<bool>> Call::axes(std::string_view name, size_t rank, bool empty_is_all) const {
  std::vector<int64_t> list;
  if (has(name)) {
    const auto* single = std::get_if<int64_t>(&arg(name));
    list = single == nullptr ? INGOT_TRY(ints(name)) : std::vector<int64_t>{*single};
  }
  if (list.empty() && empty_is_all) return std::vector<bool>(rank, true);
  std::vector<bool> mask(std::max<size_t>(rank, 1), false);
  for (const int64_t value : list) {
    const size_t position = INGOT_TRY(axis(name, value, rank));
    if (mask[position]) {
      return wrong(std::string(name).c_str(), "axis %lld is named twice", static_cast<long long>(value));
    }
    mask[position] = true;
  }
  mask.resize(rank);
  return mask;
}

std::unexpected<Error> Call::wrong(const char* arg, const char* format, ...) const {
  char text[256];
  va_list list;
  va_start(list, format);
  std::vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  return fail(ErrorCode::invalid_argument, "%s: argument '%s': %s", op_.full_name().c_str(), arg, text);
}

ShapeRule find_shape_rule(const OpSchema& op) {
  static const std::unordered_map<std::string_view, ShapeRule> rules = [] {
    std::unordered_map<std::string_view, ShapeRule> map;
    for (const auto table : {elementwise_rules, matmul_rules, pooling_rules, resizing_rules, normalization_rules,
                             reduction_rules, movement_rules, layout_rules, padding_rules, creation_rules,
                             indexing_rules, quantize_rules, distance_rules, quantized_operator_rules}) {
      for (const NamedShapeRule& row : table()) map.emplace(row.name, row.rule);
    }
    return map;
  }();
  const auto found = rules.find(op.full_name());
  return found == rules.end() ? family_rule(op.row().family) : found->second;
}

bool differ(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  return difference.min() > 0 || difference.max() < 0;
}

bool may_be_one(const Dim& dim) {
  return !dim.is_static() && dim.min() <= 1 && dim.max() >= 1;
}

Result<Shape> broadcast(const Call& call, const char* arg, const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape shape(rank);
  for (size_t i = 0; i < rank; ++i) {
    const Dim x = i + a.size() < rank ? Dim(1) : a[i + a.size() - rank];
    const Dim y = i + b.size() < rank ? Dim(1) : b[i + b.size() - rank];
    if (x == y || y == Dim(1)) {
      shape[i] = x;
    } else if (x == Dim(1)) {
      shape[i] = y;
    } else if (differ(x, y) && differ(x, 1) && differ(y, 1)) {
      return call.wrong(arg, "shape %s does not broadcast with %s: %s and %s at dimension %zu", to_string(b).c_str(),
                        to_string(a).c_str(), y.str().c_str(), x.str().c_str(), i);
    } else {
      // Two sizes that are not known to be equal: the known one must be meant; a symbol that may be 1 stays out of it.
      shape[i] = x.is_static() ? x : y.is_static() ? y : max(x, y);
    }
  }
  return shape;
}

double real_of(const Argument& scalar) {
  if (const auto* value = std::get_if<double>(&scalar)) return *value;
  if (const auto* value = std::get_if<int64_t>(&scalar)) return static_cast<double>(*value);
  return std::get<bool>(scalar) ? 1 : 0;
}

Result<std::vector<uint8_t>> dim_order_of_format(const Call& call, const TensorType& type) {
  if (!call.has("memory_format")) return type.dim_order;
  const int64_t format = call.integer("memory_format");
  constexpr int64_t kContiguous = 0;
  constexpr int64_t kPreserve = 1;
  constexpr int64_t kChannelsLast = 2;
  constexpr int64_t kChannelsLast3d = 3;
  if (format == kContiguous) return std::vector<uint8_t>{};
  if (format == kPreserve) return type.dim_order;
  if (format == kChannelsLast && type.rank() == 4) return std::vector<uint8_t>{0, 2, 3, 1};
  if (format == kChannelsLast3d && type.rank() == 5) return std::vector<uint8_t>{0, 2, 3, 4, 1};
  return call.wrong("memory_format", "%lld does not fit a tensor of rank %zu", static_cast<long long>(format),
                    type.rank());
}

Result<std::vector<uint8_t>> dim_order_argument(const Call& call, const TensorType& type) {
  if (!call.has("dim_order")) return type.dim_order;
  const std::vector<int64_t> order = INGOT_TRY(call.ints("dim_order"));
  std::vector<int64_t> sorted = order;
  std::ranges::sort(sorted);
  bool permutation = order.size() == type.rank();
  for (size_t i = 0; permutation && i < sorted.size(); ++i) permutation = sorted[i] == static_cast<int64_t>(i);
  if (!permutation) {
    return call.wrong("dim_order", "expected the numbers of %zu dimensions, found %s", type.rank(),
                      to_string(to_shape(order)).c_str());
  }
  if (order == sorted) return std::vector<uint8_t>{};
  return std::vector<uint8_t>(order.begin(), order.end());
}

Dim found_size(const Call& call, std::initializer_list<const char*> args, const Dim& max) {
  // Named after the operator and the values, so that the same call has the same symbol. What a symbol cannot be spelled
  // with is spelled out.
  std::string name = "found";
  const auto append = [&name](std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    name += '_';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0) {
        name += c;
      } else {
        name += {'_', kDigits[byte / 16], kDigits[byte % 16]};
      }
    }
  };
  append(call.op().full_name().substr(call.op().full_name().rfind(':') + 1));
  for (const char* arg : args) append(std::get<Value*>(call.arg(arg))->name);
  return Dim::symbol(name, 0, max.max());
}

TensorType laid_out_as(TensorType type, const TensorType& like) {
  if (type.rank() == like.rank()) type.dim_order = like.dim_order;
  return type;
}

DType promote(DType dtype, const Argument& scalar) {
  if (std::holds_alternative<double>(scalar) && is_integral(dtype)) return DType::float32;
  if (std::holds_alternative<int64_t>(scalar) && dtype == DType::boolean) return DType::int64;
  return dtype;
}

Result<void> require_floating(const Call& call, const char* arg, const TensorType& type) {
  if (is_floating(type.dtype)) return {};
  return call.wrong(arg, "expected a floating dtype, found %s", to_string(type.dtype));
}

Result<void> require_dtype(const Call& call, const char* arg, const TensorType& type, DType dtype) {
  if (type.dtype == dtype) return {};
  return call.wrong(arg, "expected dtype %s, found %s", to_string(dtype), to_string(type.dtype));
}

Result<void> require_index(const Call& call, const char* arg, const TensorType& type) {
  if (type.dtype == DType::int32 || type.dtype == DType::int64) return {};
  return call.wrong(arg, "expected dtype int32 or int64, found %s", to_string(type.dtype));
}

}  // namespace ingot::compiler
