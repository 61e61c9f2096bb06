#include "compiler/frontend/pt2/json_text.h"

#include <algorithm>
#include <limits>

namespace ingot::compiler::pt2 {
namespace {

// Parsed JSON takes many times the space of its text; real programs of thousands of nodes have some megabytes.
constexpr size_t kMostTextBytes = size_t{128} << 20;
// Deeper than any program nests.
constexpr int kMostDepth = 200;
// How deep the fields of a graph's nodes lie; names of tensors are the keys of objects above them.
constexpr int kNodeDepth = 5;

std::unexpected<Error> missing(const char* name, const char* kind) {
  return fail(ErrorCode::invalid_file, "the program's JSON: '%s' is missing or no %s", name, kind);
}

constexpr std::string_view kBareWords[] = {"-Infinity", "Infinity", "NaN"};

// Puts quotes around the words that JSON does not have. Empty where there are none.
std::string quoted_words(std::string_view text) {
  std::string result;
  size_t copied = 0;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      if (c == '\\') ++i;
      if (c == '"') inside = false;
      continue;
    }
    if (c == '"') inside = true;
    if (c != '-' && c != 'I' && c != 'N') continue;
    for (const std::string_view word : kBareWords) {
      if (!text.substr(i).starts_with(word)) continue;
      result.append(text, copied, i - copied);
      result.append("\"").append(word).append("\"");
      i += word.size() - 1;
      copied = i + 1;
      break;
    }
  }
  if (copied > 0) result.append(text, copied);
  return result;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (text.size() > kMostTextBytes)
    return fail(ErrorCode::limit_exceeded, "a program of %zu bytes of JSON, expected at most %zu", text.size(),
                kMostTextBytes);
  const std::string quoted = quoted_words(text);
  if (!quoted.empty()) text = quoted;
  bool too_deep = false;
  const Json::parser_callback_t keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
    too_deep = too_deep || depth > kMostDepth;
    return !too_deep && (event != Json::parse_event_t::key || depth < kNodeDepth || parsed != "metadata");
  };
  // The fourth argument: no exceptions; a broken text gives a discarded value.
  Json json = Json::parse(text, keep, false);
  if (json.is_discarded() || too_deep) return fail(ErrorCode::invalid_file, "its program is no JSON, or is damaged");
  return json;
}

const Json* find_field(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<const Json*> object_field(const Json& object, const char* name) {
  const Json* field = find_field(object, name);
  if (field == nullptr || !field->is_object()) return missing(name, "object");
  return field;
}

Result<const Json*> array_field(const Json& object, const char* name) {
  const Json* field = find_field(object, name);
  if (field == nullptr || !field->is_array()) return missing(name, "list");
  return field;
}

Result<std::string> text_field(const Json& object, const char* name) {
  const Json* field = find_field(object, name);
  if (field == nullptr) return missing(name, "string");
  return text_of(*field, name);
}

Result<int64_t> integer_field(const Json& object, const char* name) {
  const Json* field = find_field(object, name);
  if (field == nullptr) return missing(name, "integer");
  return integer_of(*field, name);
}

Result<int64_t> integer_of(const Json& value, const char* what) {
  const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= INT64_MAX : value.is_number_integer();
  if (!fits) return missing(what, "integer");
  return value.get<int64_t>();
}

Result<double> real_of(const Json& value, const char* what) {
  if (value.is_number()) return value.get<double>();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return missing(what, "number");
}

Result<bool> boolean_of(const Json& value, const char* what) {
  if (!value.is_boolean()) return missing(what, "bool");
  return value.get<bool>();
}

Result<std::string> text_of(const Json& value, const char* what) {
  if (!value.is_string()) return missing(what, "string");
  return value.get_ref<const std::string&>();
}

Result<Variant> variant_of(const Json& value, const char* what) {
  // Fields that are null do not count: later versions may write all of them.
  const Json* found = nullptr;
  std::string_view name;
  if (value.is_object()) {
    for (auto field = value.begin(); field != value.end(); ++field) {
      if (field->is_null()) continue;
      if (found != nullptr) return missing(what, "object of one key");
      found = &*field;
      name = field.key();
    }
  }
  if (found == nullptr) return missing(what, "object of one key");
  return Variant{name, found};
}

}  // namespace ingot::compiler::pt2
