#include "compiler/frontend/onnx/selection.h"

#include <string_view>

#include "compiler/frontend/onnx/graph_import.h"

namespace ingot::compiler::onnx_import {
namespace {

// Operators that check what they read when they run, and the argument that they check.
struct Checked {
  std::string_view op;
  std::string_view argument;
  double harmless;
};

constexpr Checked kChecked[] = {
    {"aten::div.Tensor_mode", "other", 1}, {"aten::embedding", "indices", 0},   {"aten::floor_divide", "other", 1},
    {"aten::fmod.Tensor", "other", 1},     {"aten::gather", "index", 0},        {"aten::index.Tensor", "indices", 0},
    {"aten::index_put", "indices", 0},     {"aten::index_select", "index", 0},  {"aten::remainder.Tensor", "other", 1},
    {"aten::scatter.src", "index", 0},     {"aten::scatter.value", "index", 0}, {"aten::scatter_add", "index", 0},
};

const Checked* find_checked(const Node& node) {
  for (const Checked& checked : kChecked) {
    if (node.is(checked.op)) return &checked;
  }
  return nullptr;
}

// The value that the argument gets instead; itself where nothing can fail.
Result<Value*> guarded(Builder& builder, Value* value, double harmless, Value* condition) {
  if (value == nullptr || is_floating(value->type.dtype) || value->type.dtype == DType::boolean) return value;
  Value* instead = builder.scalar("harmless", value->type.dtype, harmless);
  return builder.call("aten::where.self", {condition, value, instead});
}

Result<void> guard(Graph& graph, Node* node, const Checked& checked, Value* condition) {
  Builder builder(graph, node);
  builder.set_source(node->source());
  const size_t at = node->op().index_of(checked.argument);
  if (const auto* list = std::get_if<std::vector<Value*>>(&node->arg(at))) {
    std::vector<Value*> values = *list;
    for (Value*& value : values) value = INGOT_TRY(guarded(builder, value, checked.harmless, condition));
    node->set_arg(at, std::move(values));
  } else {
    node->set_arg(at, INGOT_TRY(guarded(builder, node->tensor(at), checked.harmless, condition)));
  }
  return {};
}

}  // namespace

Result<bool> known_condition(const Value* condition) {
  if (condition->type.dtype != DType::boolean || condition->data.size() != 1)
    return fail(ErrorCode::invalid_file, "a condition is %s, expected one bool", to_string(condition->type).c_str());
  return condition->data.span()[0] != std::byte{0};
}

Result<Value*> scalar_condition(Calls& c, Value* condition) {
  if (condition->type.dtype != DType::boolean || !(numel(condition->type.shape) == Dim(1)))
    return fail(ErrorCode::invalid_file, "its condition is %s, expected one bool", to_string(condition->type).c_str());
  return c.view(condition, {});
}

Result<Value*> select(Calls& c, const GraphImport& importer, Value* condition, Value* a, Value* b, const char* what) {
  if (a == b) return a;
  if (importer.is_open_size(a) || importer.is_open_size(b))
    return fail(ErrorCode::not_supported, "%s is a list of sizes that are open until the program runs", what);
  if (a->type != b->type)
    return fail(ErrorCode::not_supported, "%s is %s or %s; only the running model knows which", what,
                to_string(a->type).c_str(), to_string(b->type).c_str());
  const DType dtype = a->type.dtype;
  const bool wide_unsigned = dtype == DType::uint16 || dtype == DType::uint32 || dtype == DType::uint64;
  if (!wide_unsigned) return c.call("aten::where.self", {condition, a, b});
  // Kernels do not choose between these; their bits fit into an int64.
  Value* first = INGOT_TRY(c.cast(a, DType::int64));
  Value* second = INGOT_TRY(c.cast(b, DType::int64));
  Value* chosen = INGOT_TRY(c.call("aten::where.self", {condition, first, second}));
  return c.cast(chosen, dtype);
}

Result<void> guard_nodes(Calls& c, size_t first, Value* condition) {
  Graph& graph = c.builder().graph();
  std::vector<Node*> nodes;
  for (size_t i = first; i < graph.nodes().size(); ++i) nodes.push_back(graph.nodes()[i].get());
  for (Node* node : nodes) {
    if (const Checked* checked = find_checked(*node)) INGOT_TRY_VOID(guard(graph, node, *checked, condition));
  }
  return {};
}

}  // namespace ingot::compiler::onnx_import
