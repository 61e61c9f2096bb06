#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>

#include "compiler/ir/builder.h"
#include "compiler/ir/text.h"
#include "runtime/core/number.h"

namespace ingot::compiler {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char code[5];
      std::snprintf(code, sizeof(code), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += code;
    } else {
      result += c;
    }
  }
  return result + '"';
}

bool is_word(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

std::string name_of(const Value* value) {
  if (value == nullptr) return "none";
  const bool plain = !value->name.empty() && std::ranges::all_of(value->name, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           c == '/' || c == '-';
  });
  return "%" + (plain ? value->name : quoted(value->name));
}

// The shortest text that reads back as the same number, with a point or an exponent.
template <typename T>
std::string real_text(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 40> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <typename T>
T element(const std::byte* data) {
  T value;
  std::memcpy(&value, data, sizeof(T));
  return value;
}

std::string element_text(DType dtype, const std::byte* data) {
  if (dtype == DType::boolean) return load_number(dtype, data) != 0 ? "true" : "false";
  if (dtype == DType::float64) return real_text(element<double>(data));
  if (dtype == DType::int64) return std::to_string(element<int64_t>(data));
  if (dtype == DType::uint64) return std::to_string(element<uint64_t>(data));
  if (is_floating(dtype)) return real_text(static_cast<float>(load_number(dtype, data)));
  return std::to_string(static_cast<int64_t>(load_number(dtype, data)));
}

template <typename List, typename F>
std::string list_text(const List& list, F&& text_of) {
  std::string text = "[";
  for (size_t i = 0; i < list.size(); ++i) text += (i > 0 ? ", " : "") + text_of(list[i]);
  return text + "]";
}

struct ArgumentText {
  std::string operator()(std::monostate) const { return "none"; }
  std::string operator()(const Value* value) const { return name_of(value); }
  std::string operator()(const std::vector<Value*>& list) const { return list_text(list, name_of); }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return real_text(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(DType dtype) const { return to_string(dtype); }
  std::string operator()(const Dim& dim) const { return dim.str(); }
  std::string operator()(const std::vector<int64_t>& list) const {
    return list_text(list, [](int64_t value) { return std::to_string(value); });
  }
  std::string operator()(const Shape& shape) const { return to_string(shape); }
  std::string operator()(const std::vector<double>& list) const {
    return list_text(list, [](double value) { return real_text(value); });
  }
  std::string operator()(const std::vector<bool>& list) const {
    return list_text(list, [](bool value) { return std::string(value ? "true" : "false"); });
  }
};

bool is_default(const ArgSpec& spec, const Argument& arg) {
  const std::optional<Argument> otherwise = default_argument(spec);
  return otherwise && *otherwise == arg;
}

std::string constant_text(const Value& value, const PrintOptions& options) {
  const size_t size = size_of(value.type.dtype);
  const std::span<const std::byte> data = value.data.span();
  const size_t count = size == 0 ? 0 : data.size() / size;
  if (count <= options.max_constant_elements) {
    std::string text = "[";
    for (size_t i = 0; i < count; ++i) {
      text += (i > 0 ? ", " : "") + element_text(value.type.dtype, data.data() + i * size);
    }
    return text + "]";
  }
  // One element all over: each is equal to the one before it.
  const bool splat = std::memcmp(data.data(), data.data() + size, data.size() - size) == 0;
  return splat ? "splat " + element_text(value.type.dtype, data.data()) : "elided";
}

std::string node_text(const Node& node) {
  std::string text;
  for (const Value* output : node.outputs()) {
    if (!text.empty()) text += ", ";
    text += name_of(output) + ": " + to_string(output->type);
  }
  text += " = " + node.op().full_name() + "(";
  const std::vector<ArgSpec>& specs = node.op().args();
  size_t shown = std::min(node.args().size(), specs.size());
  while (shown > 0 && is_default(specs[shown - 1], node.arg(shown - 1))) --shown;
  for (size_t i = 0; i < shown; ++i) text += (i > 0 ? ", " : "") + std::visit(ArgumentText(), node.arg(i));
  text += ")";
  if (!node.source().empty()) text += " @" + quoted(node.source());
  if (const DelegateCallInfo* call = node.delegate_call()) {
    text += "  # " + call->backend_id + ", " + std::to_string(call->num_nodes) + " nodes, " +
            std::to_string(call->payload.size()) + " bytes";
  }
  return text;
}

}  // namespace

std::string print(const Graph& graph, const PrintOptions& options) {
  std::map<std::string, Dim> symbols;
  for (const auto& value : graph.values()) {
    for (const Dim& dim : value->type.shape) dim.collect_symbols(&symbols);
  }
  std::string text = "graph " + (is_word(graph.name()) ? graph.name() : quoted(graph.name())) + "(";
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const Value* input = graph.inputs()[i];
    text += (i > 0 ? ", " : "") + name_of(input) + ": " + to_string(input->type);
  }
  text += ")";
  const char* separator = " where ";
  for (const auto& [name, dim] : symbols) {
    text += separator + name + " in [" + std::to_string(dim.min()) + ", " + std::to_string(dim.max()) + "]";
    separator = ", ";
  }
  text += " {\n";
  for (const auto& value : graph.values()) {
    if (!value->is_constant()) continue;
    text += "  " + name_of(value.get()) + " = const " + to_string(value->type) + " " + constant_text(*value, options) +
            "\n";
  }
  for (const auto& node : graph.nodes()) text += "  " + node_text(*node) + "\n";
  text += "  return";
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    text += (i > 0 ? ", " : " ") + name_of(graph.outputs()[i]);
    if (i < graph.output_names.size() && !graph.output_names[i].empty()) text += " as " + quoted(graph.output_names[i]);
  }
  return text + "\n}\n";
}

}  // namespace ingot::compiler
