#include "compiler/frontend/onnx/conversion.h"

#include <algorithm>
#include <utility>

#include "compiler/frontend/onnx/tensor_data.h"
#include "runtime/core/number.h"

namespace ingot::compiler::onnx_import {
namespace {

using onnx::AttributeProto;

const char* type_name(AttributeProto::AttributeType type) {
  switch (type) {
    case AttributeProto::FLOAT:
      return "a float";
    case AttributeProto::INT:
      return "an int";
    case AttributeProto::STRING:
      return "a string";
    case AttributeProto::TENSOR:
      return "a tensor";
    case AttributeProto::GRAPH:
      return "a graph";
    case AttributeProto::FLOATS:
      return "a list of floats";
    case AttributeProto::INTS:
      return "a list of ints";
    case AttributeProto::STRINGS:
      return "a list of strings";
    default:
      return "of another type";
  }
}

}  // namespace

const AttributeProto* Conversion::find(std::string_view name) const {
  for (const AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

Result<const AttributeProto*> Conversion::typed(std::string_view name, AttributeProto::AttributeType type) {
  known_.emplace(name);
  const AttributeProto* attribute = find(name);
  if (attribute == nullptr) return nullptr;
  if (!attribute->ref_attr_name().empty())
    return fail(ErrorCode::invalid_file, "attribute '%s' refers to a function's attribute outside a function",
                attribute->name().c_str());
  if (attribute->type() != type)
    return fail(ErrorCode::invalid_file, "attribute '%s' is %s, expected %s", attribute->name().c_str(),
                type_name(attribute->type()), type_name(type));
  return attribute;
}

Result<Value*> Conversion::floats(size_t i) const {
  if (is_floating(inputs_[i]->type.dtype)) return inputs_[i];
  return fail(ErrorCode::invalid_file, "its input %zu is %s, expected floats", i, to_string(inputs_[i]->type).c_str());
}

Result<int64_t> Conversion::integer(std::string_view name, int64_t otherwise) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::INT));
  return attribute == nullptr ? otherwise : attribute->i();
}

Result<bool> Conversion::flag(std::string_view name, bool otherwise) {
  return INGOT_TRY(integer(name, otherwise ? 1 : 0)) != 0;
}

Result<double> Conversion::real(std::string_view name, double otherwise) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::FLOAT));
  return attribute == nullptr ? otherwise : static_cast<double>(attribute->f());
}

Result<std::string> Conversion::text(std::string_view name, std::string_view otherwise) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::STRING));
  return attribute == nullptr ? std::string(otherwise) : attribute->s();
}

Result<std::optional<std::vector<int64_t>>> Conversion::integers(std::string_view name) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::INTS));
  if (attribute == nullptr) return std::nullopt;
  return std::vector<int64_t>(attribute->ints().begin(), attribute->ints().end());
}

Result<std::optional<std::vector<double>>> Conversion::reals(std::string_view name) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::FLOATS));
  if (attribute == nullptr) return std::nullopt;
  return std::vector<double>(attribute->floats().begin(), attribute->floats().end());
}

Result<std::pair<TensorType, Bytes>> Conversion::tensor(std::string_view name) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::TENSOR));
  if (attribute == nullptr)
    return fail(ErrorCode::invalid_file, "attribute '%s' is missing", std::string(name).c_str());
  return read_tensor(attribute->t(), external_);
}

Result<std::vector<std::string>> Conversion::texts(std::string_view name) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::STRINGS));
  if (attribute == nullptr) return std::vector<std::string>();
  return std::vector<std::string>(attribute->strings().begin(), attribute->strings().end());
}

Result<const onnx::GraphProto*> Conversion::graph(std::string_view name) {
  const AttributeProto* attribute = INGOT_TRY(typed(name, AttributeProto::GRAPH));
  if (attribute == nullptr || !attribute->has_g())
    return fail(ErrorCode::invalid_file, "attribute '%s' is missing", std::string(name).c_str());
  return &attribute->g();
}

Result<void> Conversion::check_all_attributes_known() const {
  for (const AttributeProto& attribute : node_.attribute()) {
    if (find(attribute.name()) != &attribute) {
      return fail(ErrorCode::invalid_file, "attribute '%s' is there twice", attribute.name().c_str());
    }
    if (!known_.contains(attribute.name()))
      return fail(ErrorCode::not_supported, "its attribute '%s' is not known for opset %lld", attribute.name().c_str(),
                  static_cast<long long>(opset_));
  }
  return {};
}

Result<std::vector<int64_t>> Conversion::constant_integers(size_t i, const char* what) const {
  const Value* value = input(i);
  if (value == nullptr) return fail(ErrorCode::invalid_file, "its input %zu (%s) is missing", i, what);
  if (!value->is_constant())
    return fail(ErrorCode::not_supported, "its input %zu (%s) is computed when the model runs; it must be a constant",
                i, what);
  if (value->type.dtype != DType::int64 && value->type.dtype != DType::int32)
    return fail(ErrorCode::invalid_file, "its input %zu (%s) is %s, expected int64 or int32", i, what,
                to_string(value->type).c_str());
  if (value->type.rank() > 1)
    return fail(ErrorCode::invalid_file, "its input %zu (%s) is %s, expected a list", i, what,
                to_string(value->type).c_str());
  if (value->type.dtype == DType::int32) {
    const auto narrow = value->data.as<int32_t>();
    return std::vector<int64_t>(narrow.begin(), narrow.end());
  }
  const auto elements = value->data.as<int64_t>();
  return std::vector<int64_t>(elements.begin(), elements.end());
}

Result<int64_t> Conversion::constant_integer(size_t i, const char* what) const {
  const std::vector<int64_t> elements = INGOT_TRY(constant_integers(i, what));
  if (elements.size() != 1)
    return fail(ErrorCode::invalid_file, "its input %zu (%s) has %zu elements, expected one", i, what, elements.size());
  return elements[0];
}

Result<std::vector<double>> Conversion::constant_reals(size_t i, const char* what) const {
  const Value* value = input(i);
  if (value == nullptr) return fail(ErrorCode::invalid_file, "its input %zu (%s) is missing", i, what);
  if (!value->is_constant())
    return fail(ErrorCode::not_supported, "its input %zu (%s) is computed when the model runs; it must be a constant",
                i, what);
  const DType dtype = value->type.dtype;
  std::vector<double> elements(value->data.size() / size_of(dtype));
  for (size_t k = 0; k < elements.size(); ++k)
    elements[k] = load_number(dtype, value->data.span().data() + k * size_of(dtype));
  return elements;
}

}  // namespace ingot::compiler::onnx_import
