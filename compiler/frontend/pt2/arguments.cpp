#include "compiler/frontend/pt2/arguments.h"

#include <optional>
#include <string>
#include <utility>

namespace ingot::compiler::pt2 {
namespace {

using Type = ArgSpec::Type;

// Lists without elements may be written as lists of anything.
bool is_empty_list(const ProgramArg& arg) {
  const auto* ints = std::get_if<IntListArg>(&arg);
  const auto* reals = std::get_if<FloatListArg>(&arg);
  const auto* bools = std::get_if<BoolListArg>(&arg);
  const auto* tensors = std::get_if<TensorListArg>(&arg);
  return (ints != nullptr && ints->items.empty()) || (reals != nullptr && reals->items.empty()) ||
         (bools != nullptr && bools->items.empty()) || (tensors != nullptr && tensors->names.empty());
}

bool is_number(const ProgramArg& arg) {
  return std::holds_alternative<IntArg>(arg) || std::holds_alternative<FloatArg>(arg) ||
         std::holds_alternative<BoolArg>(arg);
}

bool says_nothing(const ProgramArg& arg) {
  return std::holds_alternative<NoneArg>(arg) || std::holds_alternative<PlacementArg>(arg);
}

Argument argument_of(const SymbolicNumber& number) {
  return std::visit([](const auto& value) { return Argument(value); }, number);
}

std::unexpected<Error> unfit(const ArgSpec& spec) {
  return fail(ErrorCode::not_supported, "its argument '%.40s' is of a type that is not expected there",
              spec.name.c_str());
}

// Which argument of the schema the i-th one given is; nothing for one that it does not know.
std::optional<size_t> place_of(const OpSchema& op, const NamedProgramArg& given, size_t i) {
  if (given.name.empty()) return i < op.args().size() ? std::optional(i) : std::nullopt;
  if (op.has(given.name)) return op.index_of(given.name);
  // What works in place calls its first argument so, whatever the operator itself calls it.
  return i == 0 && given.name == "self" && !op.args().empty() ? std::optional<size_t>(0) : std::nullopt;
}

}  // namespace

Result<SymbolicNumber> ArgumentReader::number(const ProgramArg& arg) const {
  if (const auto* whole = std::get_if<IntArg>(&arg))
    return whole->name.empty() ? Result<SymbolicNumber>(Dim(whole->value)) : scope_.number(whole->name);
  if (const auto* real = std::get_if<FloatArg>(&arg))
    return real->name.empty() ? Result<SymbolicNumber>(real->value) : scope_.number(real->name);
  if (const auto* flag = std::get_if<BoolArg>(&arg))
    return flag->name.empty() ? Result<SymbolicNumber>(flag->value) : scope_.number(flag->name);
  return fail(ErrorCode::not_supported, "an argument is no number");
}

// Numbers count as tensors of rank 0.
Result<Argument> ArgumentReader::tensor(const ProgramArg& arg) {
  if (const auto* named = std::get_if<TensorArg>(&arg)) return INGOT_TRY(scope_.tensor(named->name)).value;
  const SymbolicNumber value = INGOT_TRY(number(arg));
  Value* constant = nullptr;
  if (const auto* dim = std::get_if<Dim>(&value)) {
    if (!dim->is_static())
      return fail(ErrorCode::not_supported, "it computes with the size %s as with a tensor", dim->str().c_str());
    constant = builder_.constant_i64("number", {}, {dim->value()});
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    constant = builder_.scalar("number", DType::boolean, *flag ? 1 : 0);
  } else {
    constant = builder_.scalar("number", DType::float64, std::get<double>(value));
  }
  numbers_.insert(constant);
  return constant;
}

Result<Argument> ArgumentReader::tensor_list(const TensorListArg& list) const {
  std::vector<Value*> values;
  for (const std::string& name : list.names) {
    values.push_back(name.empty() ? nullptr : INGOT_TRY(scope_.tensor(name)).value);
  }
  return values;
}

Result<Argument> ArgumentReader::int_list(const IntListArg& list) const {
  Shape dims;
  for (const IntArg& item : list.items) {
    const SymbolicNumber value = INGOT_TRY(number(item));
    const auto* dim = std::get_if<Dim>(&value);
    if (dim == nullptr) return fail(ErrorCode::not_supported, "a list of sizes holds something else");
    dims.push_back(*dim);
  }
  return dims;
}

Result<Argument> ArgumentReader::read_one(const ArgSpec& spec, const ProgramArg& arg) {
  if (says_nothing(arg)) return std::monostate();
  switch (spec.type) {
    case Type::tensor:
      if (!is_number(arg) && !std::holds_alternative<TensorArg>(arg)) break;
      return tensor(arg);
    case Type::tensor_list:
      if (is_empty_list(arg)) return std::vector<Value*>();
      if (const auto* list = std::get_if<TensorListArg>(&arg)) return tensor_list(*list);
      break;
    case Type::scalar:
    case Type::integer:
    case Type::real:
    case Type::boolean:
      if (is_number(arg)) return argument_of(INGOT_TRY(number(arg)));
      break;
    case Type::string:
      if (const auto* text = std::get_if<TextArg>(&arg)) return text->value;
      break;
    case Type::dtype:
      if (const auto* dtype = std::get_if<DTypeArg>(&arg)) return INGOT_TRY(to_dtype(dtype->number));
      break;
    case Type::int_list:
      if (is_empty_list(arg)) return std::vector<int64_t>();
      if (const auto* list = std::get_if<IntListArg>(&arg)) return int_list(*list);
      if (std::holds_alternative<IntArg>(arg)) return argument_of(INGOT_TRY(number(arg)));
      break;
    case Type::double_list:
      if (is_empty_list(arg)) return std::vector<double>();
      if (const auto* list = std::get_if<FloatListArg>(&arg)) return list->items;
      if (const auto* list = std::get_if<IntListArg>(&arg)) return int_list(*list);
      break;
    case Type::bool_list:
      if (const auto* list = std::get_if<BoolListArg>(&arg)) return list->items;
      break;
  }
  return unfit(spec);
}

Result<std::vector<Argument>> ArgumentReader::read(const OpSchema& op, std::span<const NamedProgramArg> given) {
  std::vector<std::optional<Argument>> found(op.args().size());
  for (size_t i = 0; i < given.size(); ++i) {
    const std::optional<size_t> place = place_of(op, given[i], i);
    if (place) {
      found[*place] = INGOT_TRY(read_one(op.args()[*place], given[i].arg));
    } else if (!says_nothing(given[i].arg)) {
      return fail(ErrorCode::not_supported, "its argument '%.40s' is not known", given[i].name.c_str());
    }
  }
  std::vector<Argument> args;
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) found[i] = default_argument(op.args()[i]);
    if (!found[i]) return fail(ErrorCode::invalid_file, "its argument '%.40s' is missing", op.args()[i].name.c_str());
    args.push_back(std::move(*found[i]));
  }
  return complete_args(op, std::move(args));
}

}  // namespace ingot::compiler::pt2
