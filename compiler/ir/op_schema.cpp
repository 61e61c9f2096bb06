#include "compiler/ir/op_schema.h"

#include <cstdio>
#include <cstdlib>
#include <unordered_map>

namespace ingot::compiler {
namespace {

// The table is ours: a row that cannot be read is a mistake in this build, found by the first test that runs.
[[noreturn]] void broken_table(const std::string& what, std::string_view where) {
  std::fprintf(stderr, "ingot: table of operators: %s in '%.*s'\n", what.c_str(), static_cast<int>(where.size()),
               where.data());
  std::abort();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Cuts at the commas outside brackets and quotes.
std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) {
      if (text[i] == '\'') quoted = !quoted;
      if (text[i] == '[') ++depth;
      if (text[i] == ']') --depth;
    }
    if (i == text.size() || (text[i] == ',' && depth == 0 && !quoted)) {
      const std::string_view part = trim(text.substr(begin, i - begin));
      if (!part.empty()) parts.push_back(part);
      begin = i + 1;
    }
  }
  return parts;
}

struct TypeName {
  std::string_view name;
  ArgSpec::Type single;
  ArgSpec::Type list;  // == single where there is no such list
  bool symbolic = false;
};

constexpr TypeName kTypes[] = {
    {"Tensor", ArgSpec::Type::tensor, ArgSpec::Type::tensor_list},
    {"Scalar", ArgSpec::Type::scalar, ArgSpec::Type::scalar},
    {"int", ArgSpec::Type::integer, ArgSpec::Type::int_list},
    {"SymInt", ArgSpec::Type::integer, ArgSpec::Type::int_list, true},
    {"float", ArgSpec::Type::real, ArgSpec::Type::double_list},
    {"bool", ArgSpec::Type::boolean, ArgSpec::Type::bool_list},
    {"str", ArgSpec::Type::string, ArgSpec::Type::string},
    {"ScalarType", ArgSpec::Type::dtype, ArgSpec::Type::dtype},
    {"MemoryFormat", ArgSpec::Type::integer, ArgSpec::Type::integer},
    {"Layout", ArgSpec::Type::integer, ArgSpec::Type::integer},
    {"Device", ArgSpec::Type::integer, ArgSpec::Type::integer},
};

// "SymInt[2]? padding=0"
ArgSpec parse_argument(std::string_view text) {
  ArgSpec spec;
  const std::string_view whole = text;
  size_t end_of_type = 0;
  while (end_of_type < text.size() && text[end_of_type] != ' ') ++end_of_type;
  if (end_of_type == text.size()) broken_table("no argument name", whole);
  std::string_view type = text.substr(0, end_of_type);
  const std::string_view rest = trim(text.substr(end_of_type));
  const size_t equals = rest.find('=');
  spec.name = std::string(rest.substr(0, equals));
  if (equals != std::string_view::npos) spec.default_value = std::string(rest.substr(equals + 1));

  if (type.ends_with('?')) {
    spec.optional = true;
    type.remove_suffix(1);
  }
  bool list = false;
  if (type.ends_with(']')) {
    list = true;
    const size_t bracket = type.find('[');
    for (const char digit : type.substr(bracket + 1, type.size() - bracket - 2)) {
      spec.fixed_size = spec.fixed_size * 10 + static_cast<size_t>(digit - '0');
    }
    type = type.substr(0, bracket);
    if (type.ends_with('?')) {
      spec.optional_elements = true;
      type.remove_suffix(1);
    }
  }
  for (const TypeName& known : kTypes) {
    if (known.name != type) continue;
    if (list && known.list == known.single) broken_table("unknown list type", whole);
    spec.type = list ? known.list : known.single;
    spec.symbolic = known.symbolic;
    return spec;
  }
  broken_table("unknown type", whole);
}

constexpr schema::Operator kDelegateCall = {"executorch_call_delegate", "",  "", "Tensor[] inputs", "Tensor[]",
                                            schema::Family::other,      true};

}  // namespace

// Fills in a schema from its row (a friend cannot be in the unnamed namespace).
struct OpSchemaParts {
  std::string full_name;
  std::vector<ArgSpec> args;
  std::vector<ReturnSpec> returns;

  explicit OpSchemaParts(const schema::Operator& row) {
    full_name = std::string(row.name);
    if (!row.overload.empty()) full_name += "." + std::string(row.overload);
    bool keyword_only = false;
    for (const std::string_view part : split_arguments(row.args)) {
      if (part == "*") {
        keyword_only = true;
        continue;
      }
      args.push_back(parse_argument(part));
      args.back().keyword_only = keyword_only;
    }
    for (const std::string_view part : split_arguments(row.returns)) {
      if (part != "Tensor" && part != "Tensor[]") broken_table("unknown return type", row.returns);
      returns.push_back({part == "Tensor[]"});
    }
  }
};

size_t OpSchema::index_of(std::string_view name) const {
  for (size_t i = 0; i < args_.size(); ++i) {
    if (args_[i].name == name) return i;
  }
  std::fprintf(stderr, "ingot: operator %s has no argument '%.*s'\n", full_name_.c_str(), static_cast<int>(name.size()),
               name.data());
  std::abort();  // a mistake in the calling code
}

bool OpSchema::has(std::string_view name) const {
  for (const ArgSpec& arg : args_) {
    if (arg.name == name) return true;
  }
  return false;
}

std::vector<OpSchema> parse_ops(std::span<const schema::Operator> rows) {
  std::vector<OpSchema> parsed;
  for (const schema::Operator& row : rows) {
    OpSchemaParts parts(row);
    OpSchema& op = parsed.emplace_back();
    op.row_ = &row;
    op.full_name_ = std::move(parts.full_name);
    op.args_ = std::move(parts.args);
    op.returns_ = std::move(parts.returns);
  }
  return parsed;
}

const std::vector<OpSchema>& all_ops() {
  static const std::vector<OpSchema> ops = parse_ops(schema::kOperators);
  return ops;
}

const OpSchema* find_op(std::string_view full_name) {
  static const std::unordered_map<std::string_view, const OpSchema*> by_name = [] {
    std::unordered_map<std::string_view, const OpSchema*> map;
    for (const OpSchema& op : all_ops()) {
      if (!map.emplace(op.full_name(), &op).second) broken_table("a second row", op.full_name());
    }
    return map;
  }();
  const auto found = by_name.find(full_name);
  return found == by_name.end() ? nullptr : found->second;
}

const OpSchema& delegate_call_schema() {
  static const OpSchema op = [] {
    OpSchemaParts parts(kDelegateCall);
    OpSchema result;
    result.row_ = &kDelegateCall;
    result.full_name_ = std::move(parts.full_name);
    result.args_ = std::move(parts.args);
    result.returns_ = std::move(parts.returns);
    return result;
  }();
  return op;
}

}  // namespace ingot::compiler
