#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "compiler/ir/builder.h"

namespace ingot::compiler {
namespace {

using Type = ArgSpec::Type;

const char* describe(Type type) {
  switch (type) {
    case Type::tensor:
      return "a tensor";
    case Type::tensor_list:
      return "a list of tensors";
    case Type::scalar:
      return "a number";
    case Type::integer:
      return "an integer";
    case Type::real:
      return "a float";
    case Type::boolean:
      return "a bool";
    case Type::string:
      return "a string";
    case Type::dtype:
      return "a dtype";
    case Type::int_list:
      return "a list of integers";
    case Type::double_list:
      return "a list of floats";
    case Type::bool_list:
      return "a list of bools";
  }
  return "";
}

// What an argument holds, by its place in the variant.
const char* describe(const Argument& arg) {
  constexpr const char* kNames[] = {
      "none",    "a tensor", "a list of tensors",  "an integer",      "a float",          "a bool",         "a string",
      "a dtype", "a size",   "a list of integers", "a list of sizes", "a list of floats", "a list of bools"};
  static_assert(std::size(kNames) == std::variant_size_v<Argument>);
  return kNames[arg.index()];
}

std::unexpected<Error> mismatch(const OpSchema& op, const ArgSpec& spec, const Argument& arg) {
  return fail(ErrorCode::invalid_argument, "%s: argument '%s' is %s, expected %s%s", op.full_name().c_str(),
              spec.name.c_str(), describe(arg), describe(spec.type), spec.optional ? " or none" : "");
}

bool is_none(const Argument& arg) {
  if (std::holds_alternative<std::monostate>(arg)) return true;
  const auto* value = std::get_if<Value*>(&arg);
  return value != nullptr && *value == nullptr;
}

// "[0, 1]", "2"
std::vector<int64_t> parse_ints(std::string_view text) {
  std::vector<int64_t> values;
  const char* at = text.data();
  const char* end = text.data() + text.size();
  while (at < end) {
    int64_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error == std::errc()) values.push_back(value);
    at = error == std::errc() ? next : at + 1;
  }
  return values;
}

// A default as it is written in the schema.
Argument parse_default(const ArgSpec& spec) {
  const std::string& text = *spec.default_value;
  if (text == "None") return std::monostate();
  switch (spec.type) {
    case Type::scalar:
      if (text == "True" || text == "False") return text == "True";
      if (text.find_first_of(".e") != std::string::npos) return std::strtod(text.c_str(), nullptr);
      return static_cast<int64_t>(std::strtoll(text.c_str(), nullptr, 10));
    case Type::integer:
      return static_cast<int64_t>(std::strtoll(text.c_str(), nullptr, 10));
    case Type::real:
      return std::strtod(text.c_str(), nullptr);
    case Type::boolean:
      return text == "True";
    case Type::string:
      return text.substr(1, text.size() - 2);  // 'none'
    case Type::int_list: {
      std::vector<int64_t> values = parse_ints(text);
      if (!text.starts_with('[')) values.assign(spec.fixed_size, values.empty() ? 0 : values[0]);
      return values;
    }
    case Type::double_list:
      return std::vector<double>();
    case Type::bool_list:
      return std::vector<bool>();
    case Type::tensor:
    case Type::tensor_list:
    case Type::dtype:
      break;
  }
  return std::monostate();
}

std::optional<std::vector<int64_t>> static_ints(const Shape& shape) {
  if (!is_static(shape)) return std::nullopt;
  return static_sizes(shape);
}

// Puts an argument into the one form in which nodes hold it.
void normalize(const ArgSpec& spec, Argument* arg) {
  if (is_none(*arg)) {
    *arg = std::monostate();
    return;
  }
  if (const auto* dim = std::get_if<Dim>(arg); dim != nullptr && dim->is_static()) *arg = dim->value();
  if (const auto* shape = std::get_if<Shape>(arg)) {
    if (auto ints = static_ints(*shape)) *arg = std::move(*ints);
  }
  const auto* integer = std::get_if<int64_t>(arg);
  if (spec.type == Type::real && integer != nullptr) {
    *arg = static_cast<double>(*integer);
  } else if (spec.type == Type::int_list && integer != nullptr && spec.fixed_size > 0) {
    *arg = std::vector<int64_t>(spec.fixed_size, *integer);
  } else if (spec.type == Type::double_list && std::holds_alternative<std::vector<int64_t>>(*arg)) {
    const auto& ints = std::get<std::vector<int64_t>>(*arg);
    *arg = std::vector<double>(ints.begin(), ints.end());
  }
}

bool fits(const ArgSpec& spec, const Argument& arg) {
  switch (spec.type) {
    case Type::tensor: {
      const auto* value = std::get_if<Value*>(&arg);
      return value != nullptr && *value != nullptr;
    }
    case Type::tensor_list: {
      const auto* list = std::get_if<std::vector<Value*>>(&arg);
      if (list == nullptr) return false;
      for (const Value* value : *list) {
        if (value == nullptr && !spec.optional_elements) return false;
      }
      return true;
    }
    case Type::scalar:
      return std::holds_alternative<int64_t>(arg) || std::holds_alternative<double>(arg) ||
             std::holds_alternative<bool>(arg);
    case Type::integer:
      return std::holds_alternative<int64_t>(arg) || (spec.symbolic && std::holds_alternative<Dim>(arg));
    case Type::real:
      return std::holds_alternative<double>(arg);
    case Type::boolean:
      return std::holds_alternative<bool>(arg);
    case Type::string:
      return std::holds_alternative<std::string>(arg);
    case Type::dtype:
      return std::holds_alternative<DType>(arg);
    case Type::int_list:
      return std::holds_alternative<std::vector<int64_t>>(arg) || (spec.symbolic && std::holds_alternative<Shape>(arg));
    case Type::double_list:
      return std::holds_alternative<std::vector<double>>(arg);
    case Type::bool_list:
      return std::holds_alternative<std::vector<bool>>(arg);
  }
  return false;
}

Result<void> check_arg(const OpSchema& op, const ArgSpec& spec, const Argument& arg) {
  if (std::holds_alternative<std::monostate>(arg) ? !spec.optional : !fits(spec, arg)) return mismatch(op, spec, arg);
  return {};
}

}  // namespace

std::optional<Argument> default_argument(const ArgSpec& spec) {
  if (spec.default_value) return parse_default(spec);
  return spec.optional ? std::optional<Argument>(std::monostate()) : std::nullopt;
}

Result<std::vector<Argument>> complete_args(const OpSchema& op, std::vector<Argument> args) {
  const std::vector<ArgSpec>& specs = op.args();
  if (args.size() > specs.size()) {
    return fail(ErrorCode::invalid_argument, "%s: takes %zu arguments, found %zu", op.full_name().c_str(), specs.size(),
                args.size());
  }
  for (size_t i = args.size(); i < specs.size(); ++i) {
    std::optional<Argument> arg = default_argument(specs[i]);
    if (!arg) {
      return fail(ErrorCode::invalid_argument, "%s: argument '%s' is missing", op.full_name().c_str(),
                  specs[i].name.c_str());
    }
    args.push_back(std::move(*arg));
  }
  for (size_t i = 0; i < specs.size(); ++i) {
    normalize(specs[i], &args[i]);
    INGOT_TRY_VOID(check_arg(op, specs[i], args[i]));
  }
  return args;
}

Result<void> check_args(const OpSchema& op, std::span<const Argument> args) {
  if (args.size() != op.args().size()) {
    return fail(ErrorCode::invalid_argument, "%s: takes %zu arguments, found %zu", op.full_name().c_str(),
                op.args().size(), args.size());
  }
  for (size_t i = 0; i < args.size(); ++i) INGOT_TRY_VOID(check_arg(op, op.args()[i], args[i]));
  return {};
}

}  // namespace ingot::compiler
