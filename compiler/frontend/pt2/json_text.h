// Fields of JSON values that come from a file: each accessor says what is wrong instead of trusting, and nothing
// throws. PyTorch 2.6 writes floats that JSON has no word for (Infinity, NaN) as bare words, later versions as strings;
// both are read as strings. Plain functions.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/core/error.h"

namespace ingot::compiler::pt2 {

using Json = nlohmann::json;

// The text without the metadata of nodes (stack traces and their like), which is large and means nothing here.
Result<Json> parse_json(std::string_view text);

// The field, or null where it is absent or JSON's null.
const Json* find_field(const Json& object, const char* name);
// These fail where the field is missing or of another type.
Result<const Json*> object_field(const Json& object, const char* name);
Result<const Json*> array_field(const Json& object, const char* name);
Result<std::string> text_field(const Json& object, const char* name);
Result<int64_t> integer_field(const Json& object, const char* name);

// Of the value itself; `what` names it for the error.
Result<int64_t> integer_of(const Json& value, const char* what);
Result<double> real_of(const Json& value, const char* what);
Result<bool> boolean_of(const Json& value, const char* what);
Result<std::string> text_of(const Json& value, const char* what);

// The one key of a union and what it holds.
struct Variant {
  std::string_view name;
  const Json* value;
};
Result<Variant> variant_of(const Json& value, const char* what);

}  // namespace ingot::compiler::pt2
