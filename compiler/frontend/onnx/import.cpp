#include "compiler/frontend/onnx/import.h"

#include <algorithm>
#include <climits>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "compiler/frontend/onnx/conversion.h"
#include "compiler/frontend/onnx/functions.h"
#include "compiler/frontend/onnx/input_types.h"
#include "compiler/frontend/onnx/node_order.h"
#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/frontend/onnx/open_sizes.h"
#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/mapped_file.h"

namespace ingot::compiler {
namespace onnx_import {
namespace {

constexpr int64_t kOldestOpset = 1;
constexpr int64_t kNewestOpset = 22;

std::unexpected<Error> with_context(Error error, const std::string& context) {
  error.add_context("%.150s", context.c_str());
  return std::unexpected(std::move(error));
}

// "NonZero", "com.microsoft::FusedConv"
std::string full_op_name(const onnx::NodeProto& node) {
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  return standard ? node.op_type() : node.domain() + "::" + node.op_type();
}

Result<int64_t> checked_opset(int64_t version) {
  if (version >= kOldestOpset && version <= kNewestOpset) return version;
  return fail(ErrorCode::not_supported, "operator set %lld, expected %lld to %lld", static_cast<long long>(version),
              static_cast<long long>(kOldestOpset), static_cast<long long>(kNewestOpset));
}

Result<int64_t> find_opset(const onnx::ModelProto& model) {
  for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") return checked_opset(opset.version());
  }
  return fail(ErrorCode::invalid_file, "it does not say which version of ONNX's operators it uses");
}

// What constants of the graph may lie in: the model, and what its functions were written out as.
struct Source {
  onnx::ModelProto model;
  std::deque<FunctionBody> bodies;
};

// One import: the state that grows from node to node.
class Importer {
 public:
  Importer(const std::shared_ptr<Source>& source, const std::string& folder, ImportReport& report)
      : model_(source, &source->model),
        bodies_(source->bodies),
        external_(model_, folder),
        report_(report),
        builder_(graph_),
        functions_(*model_) {
    builder_.set_folding(true);
  }

  Result<Graph> run(const OnnxImportOptions& options);

 private:
  Result<void> add_inputs(const OnnxImportOptions& options);
  Result<void> add_initializers();
  Result<void> add_node(const onnx::NodeProto& node, int64_t opset, size_t depth = 0);
  Result<void> add_function(const onnx::NodeProto& node, int64_t opset, size_t depth, std::span<Value* const> inputs);
  Result<void> add_operator(const onnx::NodeProto& node, const OperatorRow& row, int64_t opset,
                            std::vector<Value*> inputs);
  Result<Outputs> convert(const onnx::NodeProto& node, const OperatorRow& row, int64_t opset,
                          std::vector<Value*> inputs);
  Result<void> add_outputs();
  void report_unsupported(const onnx::NodeProto& node, std::string reason);

  std::shared_ptr<const onnx::ModelProto> model_;
  std::deque<FunctionBody>& bodies_;
  ExternalData external_;
  ImportReport& report_;
  int64_t opset_ = 0;
  Graph graph_;
  OpenSizes open_sizes_;
  Builder builder_;
  Functions functions_;
  std::unordered_map<std::string_view, Value*> values_;  // by ONNX name
  std::unordered_set<std::string_view> unavailable_;     // outputs of nodes that are not supported
};

Result<Graph> Importer::run(const OnnxImportOptions& options) {
  if (!model_->has_graph()) return fail(ErrorCode::invalid_file, "it has no graph");
  opset_ = INGOT_TRY(find_opset(*model_));
  const std::vector<const onnx::NodeProto*> order = INGOT_TRY(order_nodes(model_->graph()));
  INGOT_TRY_VOID(add_inputs(options));
  INGOT_TRY_VOID(add_initializers());
  for (const onnx::NodeProto* node : order) {
    Result<void> added = add_node(*node, opset_);
    if (!added)
      return with_context(std::move(added.error()), "node '" + node_label(*node) + "' (" + full_op_name(*node) + ")");
  }
  if (!report_.unsupported.empty()) return unsupported_error(report_);
  INGOT_TRY_VOID(add_outputs());
  graph_.drop_unused_constants();
  return std::move(graph_);
}

Result<void> Importer::add_inputs(const OnnxImportOptions& options) {
  for (auto& [name, type] : INGOT_TRY(input_types(model_->graph(), options))) {
    Value* value = graph_.add_input(name, std::move(type));
    // The key must outlive `name`: take the model's own.
    for (const onnx::ValueInfoProto& info : model_->graph().input()) {
      if (info.name() == name) values_.emplace(info.name(), value);
    }
  }
  return {};
}

Result<void> Importer::add_initializers() {
  if (model_->graph().sparse_initializer_size() > 0)
    return fail(ErrorCode::not_supported, "sparse initializers are not supported");
  for (const onnx::TensorProto& tensor : model_->graph().initializer()) {
    auto read = read_tensor(tensor, external_);
    if (!read) return with_context(std::move(read.error()), "initializer '" + tensor.name() + "'");
    values_.emplace(tensor.name(), builder_.constant(tensor.name(), std::move(read->first), std::move(read->second)));
  }
  return {};
}

void Importer::report_unsupported(const onnx::NodeProto& node, std::string reason) {
  report_.unsupported.push_back({node_label(node), full_op_name(node), std::move(reason)});
  for (const std::string& output : node.output()) unavailable_.insert(output);
}

Result<void> Importer::add_node(const onnx::NodeProto& node, int64_t opset, size_t depth) {
  const OperatorRow* row = functions_.is_local(node) ? nullptr : find_operator(full_op_name(node));
  const bool in_opset = row == nullptr || (opset >= row->since && opset <= row->until);
  if (!in_opset || (row == nullptr && !functions_.defines(node, opset))) {
    report_unsupported(
        node, in_opset ? "the importer does not know this operator"
                       : "operator set " + std::to_string(opset) + " does not have it, or not in a form that is known");
    return {};
  }
  // Behind a node that is not supported nothing can be converted, but its users are not to blame.
  const bool reachable =
      std::ranges::none_of(node.input(), [&](const std::string& name) { return unavailable_.contains(name); });
  if (!reachable) {
    for (const std::string& output : node.output()) unavailable_.insert(output);
    return {};
  }
  std::vector<Value*> inputs;
  for (const std::string& name : node.input()) inputs.push_back(name.empty() ? nullptr : values_.at(name));
  return row == nullptr ? add_function(node, opset, depth, inputs) : add_operator(node, *row, opset, std::move(inputs));
}

// A node that stands for the nodes of a function.
Result<void> Importer::add_function(const onnx::NodeProto& node, int64_t opset, size_t depth,
                                    std::span<Value* const> inputs) {
  Result<FunctionBody> body = functions_.expand(node, opset, inputs, depth);
  if (!body) {
    if (body.error().code() != ErrorCode::not_supported) return std::unexpected(std::move(body.error()));
    report_unsupported(node, body.error().message());
    return {};
  }
  INGOT_TRY(checked_opset(body->opset));
  bodies_.push_back(std::move(*body));
  const FunctionBody& kept = bodies_.back();
  for (const onnx::NodeProto& inner : kept.nodes) {
    Result<void> added = add_node(inner, kept.opset, depth + 1);
    if (!added) return with_context(std::move(added.error()), full_op_name(inner));
  }
  return {};
}

Result<void> Importer::add_operator(const onnx::NodeProto& node, const OperatorRow& row, int64_t opset,
                                    std::vector<Value*> inputs) {
  while (!inputs.empty() && inputs.back() == nullptr) inputs.pop_back();
  const auto required = std::span(inputs).first(std::min<size_t>(inputs.size(), row.min_inputs));
  const bool any_number = row.max_inputs == kAnyNumber;
  if (required.size() < row.min_inputs || std::ranges::contains(required, nullptr) ||
      (any_number ? std::ranges::contains(inputs, nullptr) : inputs.size() > row.max_inputs))
    return fail(ErrorCode::invalid_file, "%zu inputs, expected %s%d", inputs.size(),
                any_number || row.max_inputs > row.min_inputs ? "at least " : "", row.min_inputs);
  if (node.output_size() < 1 || (row.max_outputs != kAnyNumber && node.output_size() > row.max_outputs))
    return fail(ErrorCode::invalid_file, "%d outputs, expected at most %d", node.output_size(), row.max_outputs);

  Result<Outputs> outputs = convert(node, row, opset, std::move(inputs));
  if (!outputs) {
    if (outputs.error().code() != ErrorCode::not_supported) return std::unexpected(std::move(outputs.error()));
    report_unsupported(node, outputs.error().message());
    return {};
  }
  for (int i = 0; i < node.output_size(); ++i) {
    const auto index = static_cast<size_t>(i);
    Value* value = index < outputs->values.size() ? outputs->values[index] : nullptr;
    if (node.output(i).empty()) continue;
    if (value == nullptr) {
      report_unsupported(node, "its output " + std::to_string(i) + " is not available");
      return {};
    }
    if (!values_.emplace(node.output(i), value).second)
      return fail(ErrorCode::invalid_file, "the value '%.80s' is defined twice", node.output(i).c_str());
  }
  return {};
}

Result<Outputs> Importer::convert(const onnx::NodeProto& node, const OperatorRow& row, int64_t opset,
                                  std::vector<Value*> inputs) {
  builder_.set_source(node_label(node));
  const bool open = open_sizes_.concerns(row.name, inputs);
  Conversion conversion(node, row, opset, std::move(inputs), builder_, external_);
  Outputs outputs = INGOT_TRY(open ? open_sizes_.convert(conversion) : convert_on_integers(conversion));
  INGOT_TRY_VOID(conversion.check_all_attributes_known());
  return outputs;
}

Result<void> Importer::add_outputs() {
  if (model_->graph().output_size() == 0) return fail(ErrorCode::invalid_file, "its graph has no output");
  for (const onnx::ValueInfoProto& info : model_->graph().output()) {
    const auto found = values_.find(info.name());
    if (found == values_.end())
      return fail(ErrorCode::invalid_file, "output '%.80s' is defined nowhere", info.name().c_str());
    if (open_sizes_.holds(found->second))
      return fail(ErrorCode::not_supported, "output '%.80s' is a list of sizes that are open until the program runs",
                  info.name().c_str());
    graph_.outputs().push_back(found->second);
    graph_.output_names.push_back(info.name());
  }
  return {};
}

Result<Graph> parse_and_import(std::span<const std::byte> bytes, const OnnxImportOptions& options, ImportReport& report,
                               const std::string& folder) {
  if (bytes.size() > INT_MAX)
    return fail(ErrorCode::not_supported, "%zu bytes; at most 2 GB (keep weights in external data)", bytes.size());
  const auto source = std::make_shared<Source>();
  if (bytes.empty() || !source->model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorCode::invalid_file, "it is no ONNX model, or it is damaged");
  return Importer(source, folder, report).run(options);
}

// Protobuf and the standard library may throw; nothing leaves from here.
Result<Graph> guarded_import(std::span<const std::byte> bytes, const OnnxImportOptions& options, ImportReport& report,
                             const std::string& folder) {
  try {
    report = {};
    Result<Graph> graph = parse_and_import(bytes, options, report, folder);
    make_printable(&report);
    return graph;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::out_of_memory, "out of memory");
  } catch (const std::exception& exception) {
    return fail(ErrorCode::internal, "%s", exception.what());
  }
}

}  // namespace
}  // namespace onnx_import

Result<Graph> import_onnx(std::span<const std::byte> bytes, const OnnxImportOptions& options, ImportReport& report,
                          const std::string& folder) {
  return onnx_import::guarded_import(bytes, options, report, folder);
}

Result<Graph> import_onnx(const std::string& path, const OnnxImportOptions& options, ImportReport& report) {
  const Bytes file = INGOT_TRY(map_file(path));
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Result<Graph> graph = onnx_import::guarded_import(file.span(), options, report, folder);
  if (!graph) return onnx_import::with_context(std::move(graph.error()), path);
  return graph;
}

}  // namespace ingot::compiler
