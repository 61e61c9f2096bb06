#include "compiler/frontend/onnx/graph_import.h"

#include <algorithm>
#include <span>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {
namespace {

constexpr int64_t kOldestOpset = 1;
constexpr int64_t kNewestOpset = 22;

// What loops may grow to when they are unrolled, all together: nodes of the model converted, nodes of the graph, and
// bytes of constants computed on the way.
constexpr size_t kMostConverted = 50'000;
constexpr size_t kMostNodes = 200'000;
constexpr size_t kMostBytes = size_t{1} << 28;

// Labels grow with nesting, and every node that is made keeps one.
constexpr size_t kLongestLabel = 200;

std::unexpected<Error> with_context(Error error, const std::string& context) {
  error.add_context("%.150s", context.c_str());
  return std::unexpected(std::move(error));
}

// "NonZero", "com.microsoft::FusedConv"
std::string full_op_name(const onnx::NodeProto& node) {
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  return standard ? node.op_type() : node.domain() + "::" + node.op_type();
}

// What to call a node in a graph whose nodes' labels have a prefix.
std::string label_in(const std::string& prefix, const onnx::NodeProto& node) {
  std::string label = node_label(node);
  if (prefix.empty()) return label;
  label.insert(0, prefix);
  label.resize(std::min(label.size(), kLongestLabel));
  return label;
}

void bind_unavailable(const onnx::NodeProto& node, Scope& scope) {
  for (const std::string& output : node.output()) scope.bind_unavailable(output);
}

}  // namespace

Result<void> check_opset(int64_t version) {
  if (version >= kOldestOpset && version <= kNewestOpset) return {};
  return fail(ErrorCode::not_supported, "operator set %lld, expected %lld to %lld", static_cast<long long>(version),
              static_cast<long long>(kOldestOpset), static_cast<long long>(kNewestOpset));
}

GraphImport::GraphImport(Source& source, GraphOrders orders, ExternalData& external, ImportReport& report, Graph& graph)
    : functions_(source.model),
      bodies_(source.bodies),
      orders_(std::move(orders)),
      external_(external),
      report_(report),
      graph_(graph),
      builder_(graph) {
  builder_.set_folding(true);
}

Result<void> GraphImport::import_top(const onnx::GraphProto& graph, int64_t opset, Scope& scope) {
  INGOT_TRY_VOID(bind_initializers(graph, scope));
  return add_nodes(graph, {.scope = &scope, .opset = opset, .functions = 0, .prefix = ""});
}

Result<std::vector<Value*>> GraphImport::run(const onnx::GraphProto& graph, const std::vector<Value*>& inputs,
                                             size_t outputs) {
  if (std::cmp_not_equal(graph.input_size(), inputs.size()) || std::cmp_not_equal(graph.output_size(), outputs))
    return fail(ErrorCode::invalid_file, "its graph '%.60s' has %d inputs and %d outputs, expected %zu and %zu",
                graph.name().c_str(), graph.input_size(), graph.output_size(), inputs.size(), outputs);
  INGOT_TRY_VOID(spend(1 + static_cast<size_t>(graph.node_size())));
  Scope scope(place_.scope);
  for (size_t i = 0; i < inputs.size(); ++i) scope.bind(graph.input(static_cast<int>(i)).name(), inputs[i]);
  INGOT_TRY_VOID(bind_initializers(graph, scope));

  const size_t reported = report_.unsupported.size();
  const std::string label = label_;
  const Place outer = place_;
  const Result<void> added =
      add_nodes(graph, {.scope = &scope, .opset = outer.opset, .functions = outer.functions, .prefix = label + "/"});
  place_ = outer;
  label_ = label;
  builder_.set_source(label);
  INGOT_TRY_VOID(added);
  if (report_.unsupported.size() > reported) return fail(ErrorCode::not_supported, "its graph is not supported");
  std::vector<Value*> results;
  for (const onnx::ValueInfoProto& info : graph.output()) {
    const auto found = scope.find(info.name());
    if (!found || *found == nullptr)
      return fail(ErrorCode::invalid_file, "output '%.80s' of its graph is defined nowhere", info.name().c_str());
    results.push_back(*found);
  }
  return results;
}

Result<void> GraphImport::bind_initializers(const onnx::GraphProto& graph, Scope& scope) {
  if (graph.sparse_initializer_size() > 0)
    return fail(ErrorCode::not_supported, "sparse initializers are not supported");
  const auto [entry, first_time] = initializers_.try_emplace(&graph);
  if (first_time) {
    for (const onnx::TensorProto& tensor : graph.initializer()) {
      auto read = read_tensor(tensor, external_);
      if (!read) return with_context(std::move(read.error()), "initializer '" + tensor.name() + "'");
      Value* value = builder_.constant(tensor.name(), std::move(read->first), std::move(read->second));
      entry->second.push_back({tensor.name(), value});
    }
  }
  for (const Named& initializer : entry->second) scope.bind(initializer.name, initializer.value);
  return {};
}

Result<void> GraphImport::add_nodes(const onnx::GraphProto& graph, const Place& place) {
  for (const onnx::NodeProto* node : orders_.at(&graph).nodes) {
    Result<void> added = add_node(*node, place);
    if (!added)
      return with_context(std::move(added.error()), "node '" + node_label(*node) + "' (" + full_op_name(*node) + ")");
  }
  return {};
}

const OperatorRow* GraphImport::find_row(const onnx::NodeProto& node) const {
  return functions_.is_local(node) ? nullptr : find_operator(full_op_name(node));
}

bool GraphImport::is_known(const onnx::NodeProto& node, const Place& place) {
  const OperatorRow* row = find_row(node);
  const bool in_opset = row == nullptr || (place.opset >= row->since && place.opset <= row->until);
  if (in_opset && (row != nullptr || functions_.defines(node, place.opset))) return true;
  report_unsupported(
      node, place,
      in_opset ? "the importer does not know this operator"
               : "operator set " + std::to_string(place.opset) + " does not have it, or not in a form that is known");
  return false;
}

void GraphImport::report_unsupported(const onnx::NodeProto& node, const Place& place, std::string reason) {
  report_.unsupported.push_back({label_in(place.prefix, node), full_op_name(node), std::move(reason)});
}

void GraphImport::report_unknown_inside(const onnx::NodeProto& node, const Place& place) {
  Place inside = place;
  inside.prefix = label_in(place.prefix, node) + "/";
  for (const onnx::GraphProto* graph : graphs_of(node)) {
    for (const onnx::NodeProto& inner : graph->node()) {
      is_known(inner, inside);
      report_unknown_inside(inner, inside);
    }
  }
}

// Also what the graphs inside the node read counts.
bool GraphImport::is_reachable(const onnx::NodeProto& node, const Scope& scope) const {
  const auto unavailable = [&](std::string_view name) { return scope.is_unavailable(name); };
  if (std::ranges::any_of(node.input(), unavailable)) return false;
  return std::ranges::none_of(graphs_of(node), [&](const onnx::GraphProto* graph) {
    return std::ranges::any_of(orders_.at(graph).outer_reads, unavailable, &OuterRead::name);
  });
}

Result<void> GraphImport::add_node(const onnx::NodeProto& node, const Place& place) {
  // Behind a node that is not supported nothing can be converted, but its users are not to blame.
  if (!is_known(node, place) || !is_reachable(node, *place.scope)) {
    bind_unavailable(node, *place.scope);
    report_unknown_inside(node, place);
    return {};
  }
  const OperatorRow* row = find_row(node);
  return row == nullptr ? add_function(node, place) : add_operator(node, *row, place);
}

Result<void> GraphImport::refuse(const onnx::NodeProto& node, const Place& place, const Error& error) {
  if (error.code() != ErrorCode::not_supported) return std::unexpected(error);
  report_unsupported(node, place, error.message());
  bind_unavailable(node, *place.scope);
  report_unknown_inside(node, place);
  return {};
}

// The nodes that it stands for stand where it stands.
Result<void> GraphImport::add_function(const onnx::NodeProto& node, const Place& place) {
  std::vector<Value*> inputs;
  for (const std::string& name : node.input())
    inputs.push_back(name.empty() ? nullptr : place.scope->find(name).value());
  Result<FunctionBody> body = functions_.expand(node, place.opset, inputs, place.functions);
  if (!body) return refuse(node, place, body.error());
  INGOT_TRY_VOID(check_opset(body->opset));
  bodies_.push_back(std::move(*body));
  const FunctionBody& kept = bodies_.back();
  Place inside = place;
  inside.opset = kept.opset;
  ++inside.functions;
  for (const onnx::NodeProto& inner : kept.nodes) {
    Result<void> added = order_written(inner, *place.scope);
    if (added) added = add_node(inner, inside);
    if (!added) return with_context(std::move(added.error()), full_op_name(inner));
  }
  return {};
}

// Prepares the graphs inside a node of a function: nothing has looked at them yet.
Result<void> GraphImport::order_written(const onnx::NodeProto& node, const Scope& scope) {
  INGOT_TRY_VOID(order_graphs_of(node, &orders_));
  for (const onnx::GraphProto* graph : graphs_of(node)) {
    for (const OuterRead& read : orders_.at(graph).outer_reads) {
      if (!scope.find(read.name))
        return fail(ErrorCode::invalid_file, "a graph inside it reads '%.80s', which nothing defines",
                    std::string(read.name).c_str());
    }
  }
  return {};
}

Result<std::vector<Value*>> GraphImport::inputs_of(const onnx::NodeProto& node, const OperatorRow& row,
                                                   const Scope& scope) {
  std::vector<Value*> inputs;
  for (const std::string& name : node.input()) inputs.push_back(name.empty() ? nullptr : scope.find(name).value());
  while (!inputs.empty() && inputs.back() == nullptr) inputs.pop_back();
  const auto required = std::span(inputs).first(std::min<size_t>(inputs.size(), row.min_inputs));
  const bool any_number = row.max_inputs == kAnyNumber;
  const bool too_many = row.max_inputs < kAnyNumberOrAbsent && inputs.size() > row.max_inputs;
  if (required.size() < row.min_inputs || std::ranges::contains(required, nullptr) ||
      (any_number && std::ranges::contains(inputs, nullptr)) || too_many)
    return fail(ErrorCode::invalid_file, "%zu inputs, expected %s%d", inputs.size(),
                row.max_inputs > row.min_inputs ? "at least " : "", row.min_inputs);
  return inputs;
}

Result<void> GraphImport::add_operator(const onnx::NodeProto& node, const OperatorRow& row, const Place& place) {
  std::vector<Value*> inputs = INGOT_TRY(inputs_of(node, row, *place.scope));
  if (node.output_size() < 1 || (row.max_outputs != kAnyNumber && node.output_size() > row.max_outputs))
    return fail(ErrorCode::invalid_file, "%d outputs, expected at most %d", node.output_size(), row.max_outputs);

  const size_t reported = report_.unsupported.size();
  const Result<Outputs> outputs = convert(node, row, place, std::move(inputs));
  if (outputs) return bind_outputs(node, *outputs, place);
  // What is not supported inside its graphs has been reported where it is.
  if (outputs.error().code() == ErrorCode::not_supported && report_.unsupported.size() > reported) {
    bind_unavailable(node, *place.scope);
    return {};
  }
  return refuse(node, place, outputs.error());
}

Result<Outputs> GraphImport::convert(const onnx::NodeProto& node, const OperatorRow& row, const Place& place,
                                     std::vector<Value*> inputs) {
  place_ = place;
  label_ = label_in(place.prefix, node);
  builder_.set_source(label_);
  // Graphs inside the node may do with open sizes what they like.
  const bool open = graphs_of(node).empty() && open_sizes_.concerns(row.name, inputs);
  Conversion conversion(node, row, place.opset, std::move(inputs), builder_, external_, *this);
  Outputs outputs = INGOT_TRY(open ? open_sizes_.convert(conversion) : convert_on_integers(conversion));
  INGOT_TRY_VOID(conversion.check_all_attributes_known());
  return outputs;
}

Result<void> GraphImport::bind_outputs(const onnx::NodeProto& node, const Outputs& outputs, const Place& place) {
  for (int i = 0; i < node.output_size(); ++i) {
    const auto index = static_cast<size_t>(i);
    if (node.output(i).empty()) continue;
    if (index >= outputs.values.size() || outputs.values[index] == nullptr) {
      report_unsupported(node, place, "its output " + std::to_string(i) + " is not available");
      bind_unavailable(node, *place.scope);
      return {};
    }
    if (!place.scope->bind(node.output(i), outputs.values[index]))
      return fail(ErrorCode::invalid_file, "the value '%.80s' is defined twice", node.output(i).c_str());
  }
  return {};
}

Result<void> GraphImport::spend(size_t nodes) {
  converted_ += nodes;
  if (converted_ > kMostConverted || graph_.nodes().size() > kMostNodes)
    return fail(ErrorCode::not_supported, "unrolled, the loops and branches up to here are more than %zu nodes",
                converted_ > kMostConverted ? kMostConverted : kMostNodes);
  // Constants that lie in the file lie there once.
  const auto& values = graph_.values();
  for (; values_ < values.size(); ++values_) {
    const Bytes& data = values[values_]->data;
    if (values[values_]->is_constant() && counted_.insert(data.span().data()).second) bytes_ += data.size();
  }
  if (bytes_ <= kMostBytes) return {};
  return fail(ErrorCode::not_supported, "unrolled, the loops up to here compute constants of more than %zu bytes",
              kMostBytes);
}

}  // namespace ingot::compiler::onnx_import
