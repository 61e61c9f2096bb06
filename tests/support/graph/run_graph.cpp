#include "tests/support/graph/run_graph.h"

#include <cstddef>
#include <random>
#include <unordered_map>
#include <utility>

#include "compiler/ir/evaluate.h"
#include "runtime/core/number.h"

namespace ingot::testing {

using compiler::Argument;
using compiler::Bytes;
using compiler::Graph;
using compiler::Node;
using compiler::TensorType;
using compiler::Value;

namespace {

Array to_array(const TensorType& type, const Bytes& data) {
  Array array{type.dtype, {}, {data.span().begin(), data.span().end()}};
  for (const compiler::Dim& dim : type.shape) array.sizes.push_back(static_cast<int32_t>(dim.value()));
  return array;
}

// The values computed so far, as the constants that evaluate() wants.
class Environment {
 public:
  void bind(const Value* value, Bytes data) {
    Value constant = *value;
    constant.kind = Value::Kind::constant;
    constant.data = std::move(data);
    values_.insert_or_assign(value, std::move(constant));
  }
  void forget(const Value* value) { values_.erase(value); }
  Value* find(Value* value) { return value == nullptr || value->is_constant() ? value : &values_.at(value); }

  Argument bound(const Argument& arg) {
    if (const auto* value = std::get_if<Value*>(&arg)) return find(*value);
    if (const auto* list = std::get_if<std::vector<Value*>>(&arg)) {
      std::vector<Value*> bound_list;
      for (Value* value : *list) bound_list.push_back(find(value));
      return bound_list;
    }
    return arg;
  }

 private:
  std::unordered_map<const Value*, Value> values_;
};

}  // namespace

Result<std::vector<Array>> run_graph(const Graph& graph, std::span<const Array> inputs, const Observer& observer) {
  if (inputs.size() != graph.inputs().size()) {
    return fail(ErrorCode::invalid_argument, "expected %zu inputs, found %zu", graph.inputs().size(), inputs.size());
  }
  Environment environment;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value* value = graph.inputs()[i];
    Bytes data = Bytes::copy_of(inputs[i].data);
    if (inputs[i].dtype != value->type.dtype || to_array(value->type, data).sizes != inputs[i].sizes) {
      return fail(ErrorCode::invalid_argument, "input '%s' is not %s", value->name.c_str(),
                  to_string(value->type).c_str());
    }
    environment.bind(value, std::move(data));
  }

  std::unordered_map<const Value*, const Node*> last_use;
  for (const auto& node : graph.nodes()) {
    for (const Value* value : node->inputs()) last_use[value] = node.get();
  }
  for (const Value* value : graph.outputs()) last_use.erase(value);

  for (const auto& node : graph.nodes()) {
    std::vector<Argument> args;
    for (const Argument& arg : node->args()) args.push_back(environment.bound(arg));
    std::vector<TensorType> types;
    for (const Value* output : node->outputs()) types.push_back(output->type);
    std::vector<Bytes> results = INGOT_TRY(compiler::evaluate(node->op(), args, types));
    for (size_t i = 0; i < results.size(); ++i) {
      if (observer) observer(*node, to_array(types[i], results[i]));
      environment.bind(node->output(i), std::move(results[i]));
    }
    for (const Value* value : node->inputs()) {
      const auto last = last_use.find(value);
      if (last != last_use.end() && last->second == node.get()) environment.forget(value);
    }
  }

  std::vector<Array> outputs;
  for (Value* value : graph.outputs()) outputs.push_back(to_array(value->type, environment.find(value)->data));
  return outputs;
}

std::vector<Array> random_inputs(const compiler::Graph& graph, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Array> inputs;
  for (const compiler::Value* input : graph.inputs()) {
    Array& array = inputs.emplace_back();
    array.dtype = input->type.dtype;
    for (const int64_t size : compiler::static_sizes(input->type.shape)) {
      array.sizes.push_back(static_cast<int32_t>(size));
    }
    array.data.resize(input->type.max_nbytes());
    const size_t element = size_of(array.dtype);
    for (size_t at = 0; at < array.data.size(); at += element) {
      const double unit = static_cast<double>(random()) / 4294967296.0;
      const bool floating = is_floating(array.dtype);
      store_number(array.dtype, floating ? unit * 2 - 1 : unit * 3, array.data.data() + at);
    }
  }
  return inputs;
}

}  // namespace ingot::testing
