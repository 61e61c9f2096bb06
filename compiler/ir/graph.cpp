#include "compiler/ir/graph.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <unordered_set>
#include <utility>

namespace ingot::compiler {
namespace {

// Calls f(Value*&) for each Value that the argument names.
template <typename F>
void for_each_value(Argument& arg, F&& f) {
  if (Value** value = std::get_if<Value*>(&arg)) {
    if (*value != nullptr) f(*value);
  } else if (std::vector<Value*>* list = std::get_if<std::vector<Value*>>(&arg)) {
    for (Value*& value_in_list : *list) {
      if (value_in_list != nullptr) f(value_in_list);
    }
  }
}

template <typename F>
void for_each_value(const Argument& arg, F&& f) {
  for_each_value(const_cast<Argument&>(arg), [&](Value*& value) { f(std::as_const(value)); });
}

[[noreturn]] void wrong_type(const Node& node, size_t i, const char* wanted) {
  std::fprintf(stderr, "ingot: argument '%s' of %s is not %s\n", node.op().args()[i].name.c_str(),
               node.op().full_name().c_str(), wanted);
  std::abort();  // a mistake in the calling code: verify() holds arguments to their schemas
}

}  // namespace

Bytes Bytes::copy_of(std::span<const std::byte> data) {
  std::byte* writable = nullptr;
  Bytes bytes = allocate(data.size(), &writable);
  if (!data.empty()) std::memcpy(writable, data.data(), data.size());
  return bytes;
}

Bytes Bytes::allocate(size_t size, std::byte** writable) {
  // Aligned for any dtype and for vector loads of the kernels that read it.
  auto* data = static_cast<std::byte*>(::operator new(std::max<size_t>(size, 1), std::align_val_t{64}));
  *writable = data;
  std::shared_ptr<const void> owner(
      data, [](const void* p) { ::operator delete(const_cast<void*>(p), std::align_val_t{64}); });
  return {std::move(owner), {data, size}};
}

size_t TensorType::max_nbytes() const {
  size_t bytes = size_of(dtype);
  for (const Dim& dim : shape) {
    if (dim.max() <= 0) return 0;
  }
  for (const Dim& dim : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<size_t>(dim.max()), &bytes))
      return std::numeric_limits<size_t>::max();
  }
  return bytes;
}

std::string to_string(const TensorType& type) {
  std::string text = to_string(type.dtype) + to_string(type.shape);
  if (type.dim_order.empty()) return text;
  return text + " order " + to_string(Shape(type.dim_order.begin(), type.dim_order.end()));
}

Value* Node::tensor(size_t i) const {
  if (is_none(i)) return nullptr;
  if (const auto* value = std::get_if<Value*>(&args_[i])) return *value;
  wrong_type(*this, i, "a tensor");
}

int64_t Node::integer(size_t i) const {
  if (const auto* value = std::get_if<int64_t>(&args_[i])) return *value;
  if (const auto* dim = std::get_if<Dim>(&args_[i])) return dim->value();
  if (const auto* flag = std::get_if<bool>(&args_[i])) return *flag ? 1 : 0;
  wrong_type(*this, i, "an integer");
}

double Node::real(size_t i) const {
  if (const auto* value = std::get_if<double>(&args_[i])) return *value;
  return static_cast<double>(integer(i));
}

std::vector<int64_t> Node::ints(size_t i) const {
  if (const auto* list = std::get_if<std::vector<int64_t>>(&args_[i])) return *list;
  if (const auto* shape = std::get_if<Shape>(&args_[i])) return static_sizes(*shape);
  wrong_type(*this, i, "a list of integers");
}

std::vector<Value*> Node::inputs() const {
  std::vector<Value*> values;
  for (const Argument& arg : args_) {
    for_each_value(arg, [&](Value* value) { values.push_back(value); });
  }
  return values;
}

std::string Graph::unique_name(std::string_view hint) {
  std::string name(hint.empty() ? "v" : hint);
  const auto taken = names_.find(name);
  if (taken == names_.end()) return name;
  for (int& suffix = taken->second;; ++suffix) {
    std::string candidate = name + "_" + std::to_string(suffix);
    if (!names_.contains(candidate)) return candidate;
  }
}

void Graph::rename(Value* value, std::string_view name) {
  if (value->name == name) return;
  names_.erase(value->name);
  value->name = unique_name(name);
  names_.emplace(value->name, 1);
}

Value* Graph::add_value(std::string_view name, TensorType type) {
  auto value = std::make_unique<Value>();
  value->name = unique_name(name);
  value->type = std::move(type);
  names_.emplace(value->name, 1);
  return values_.emplace_back(std::move(value)).get();
}

Value* Graph::add_input(std::string_view name, TensorType type) {
  Value* value = add_value(name, std::move(type));
  value->kind = Value::Kind::input;
  inputs_.push_back(value);
  return value;
}

Value* Graph::add_constant(std::string_view name, TensorType type, Bytes data) {
  Value* value = add_value(name, std::move(type));
  value->kind = Value::Kind::constant;
  value->data = std::move(data);
  return value;
}

Node* Graph::add_node(const OpSchema& op, std::vector<Argument> args, const std::vector<TensorType>& output_types,
                      std::string source, const Node* before) {
  auto node = std::make_unique<Node>();
  node->op_ = &op;
  node->args_ = std::move(args);
  node->source_ = std::move(source);
  // Results are called after the model's own node, or else after the operator.
  std::string_view hint = node->source_;
  if (hint.empty()) {
    hint = op.row().name;
    if (const size_t colon = hint.rfind(':'); colon != std::string_view::npos) hint.remove_prefix(colon + 1);
  }
  for (size_t i = 0; i < output_types.size(); ++i) {
    Value* value = add_value(hint, output_types[i]);
    value->producer = node.get();
    value->output_index = i;
    node->outputs_.push_back(value);
  }
  const auto place = before == nullptr ? nodes_.end() : std::ranges::find(nodes_, before, &std::unique_ptr<Node>::get);
  return nodes_.insert(place, std::move(node))->get();
}

Node* Graph::add_delegate_call(std::unique_ptr<DelegateCallInfo> info, const std::vector<Value*>& inputs,
                               const std::vector<TensorType>& output_types, std::string source, const Node* before) {
  Node* node = add_node(delegate_call_schema(), {inputs}, output_types, std::move(source), before);
  node->delegate_call_ = std::move(info);
  return node;
}

void Graph::erase(const std::vector<Node*>& nodes) {
  const std::unordered_set<const Node*> gone(nodes.begin(), nodes.end());
  std::erase_if(values_, [&](const std::unique_ptr<Value>& value) {
    return value->producer != nullptr && gone.contains(value->producer);
  });
  std::erase_if(nodes_, [&](const std::unique_ptr<Node>& node) { return gone.contains(node.get()); });
}

void Graph::replace_uses(const std::unordered_map<const Value*, Value*>& replacements) {
  if (replacements.empty()) return;
  const auto replace = [&](Value*& value) {
    for (size_t step = 0; step <= replacements.size(); ++step) {
      const auto found = replacements.find(value);
      if (found == replacements.end() || found->second == value) return;
      value = found->second;
    }
  };
  for (const std::unique_ptr<Node>& node : nodes_) {
    for (Argument& arg : node->args_) for_each_value(arg, replace);
  }
  for (Value*& output : outputs_) replace(output);
}

void Graph::reorder(const std::vector<Node*>& order) {
  std::unordered_map<const Node*, size_t> position;
  for (size_t i = 0; i < order.size(); ++i) position.emplace(order[i], i);
  std::ranges::stable_sort(nodes_, {}, [&](const std::unique_ptr<Node>& node) {
    const auto found = position.find(node.get());
    return found == position.end() ? order.size() : found->second;
  });
}

void Graph::drop_unused_constants() {
  std::unordered_set<const Value*> used(outputs_.begin(), outputs_.end());
  for (const std::unique_ptr<Node>& node : nodes_) {
    for (const Value* value : node->inputs()) used.insert(value);
  }
  std::erase_if(values_, [&](const std::unique_ptr<Value>& value) {
    return value->is_constant() && !used.contains(value.get());
  });
}

Uses::Uses(const Graph& graph) {
  for (const std::unique_ptr<Node>& node : graph.nodes()) {
    for (const Value* value : node->inputs()) {
      Entry& entry = entries_[value];
      ++entry.uses;
      if (entry.nodes.empty() || entry.nodes.back() != node.get()) entry.nodes.push_back(node.get());
    }
  }
  for (const Value* value : graph.outputs()) ++entries_[value].outputs;
}

std::span<Node* const> Uses::of(const Value* value) const {
  const auto found = entries_.find(value);
  return found == entries_.end() ? std::span<Node* const>{} : std::span<Node* const>(found->second.nodes);
}

size_t Uses::as_output(const Value* value) const {
  const auto found = entries_.find(value);
  return found == entries_.end() ? 0 : found->second.outputs;
}

bool Uses::single(const Value* value) const {
  const auto found = entries_.find(value);
  return found != entries_.end() && found->second.uses == 1 && found->second.outputs == 0;
}

}  // namespace ingot::compiler
