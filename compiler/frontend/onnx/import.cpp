#include "compiler/frontend/onnx/import.h"

#include <climits>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "compiler/frontend/onnx/functions.h"
#include "compiler/frontend/onnx/graph_import.h"
#include "compiler/frontend/onnx/input_types.h"
#include "compiler/frontend/onnx/node_order.h"
#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/frontend/onnx/scope.h"
#include "compiler/frontend/onnx/tensor_data.h"
#include "compiler/ir/mapped_file.h"

namespace ingot::compiler {
namespace onnx_import {
namespace {

Result<int64_t> find_opset(const onnx::ModelProto& model) {
  for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
    if (!opset.domain().empty() && opset.domain() != "ai.onnx") continue;
    INGOT_TRY_VOID(check_opset(opset.version()));
    return opset.version();
  }
  return fail(ErrorCode::invalid_file, "it does not say which version of ONNX's operators it uses");
}

Result<void> add_inputs(const onnx::GraphProto& graph, const OnnxImportOptions& options, Graph* result, Scope* scope) {
  for (auto& [name, type] : INGOT_TRY(input_types(graph, options))) {
    Value* value = result->add_input(name, std::move(type));
    // The key must outlive `name`: take the model's own.
    for (const onnx::ValueInfoProto& info : graph.input()) {
      if (info.name() == name) scope->bind(info.name(), value);
    }
  }
  return {};
}

Result<void> add_outputs(const onnx::GraphProto& graph, const Scope& scope, const GraphImport& importer,
                         Graph* result) {
  if (graph.output_size() == 0) return fail(ErrorCode::invalid_file, "its graph has no output");
  for (const onnx::ValueInfoProto& info : graph.output()) {
    const auto found = scope.find(info.name());
    if (!found) return fail(ErrorCode::invalid_file, "output '%.80s' is defined nowhere", info.name().c_str());
    if (importer.is_open_size(*found))
      return fail(ErrorCode::not_supported, "output '%.80s' is a list of sizes that are open until the program runs",
                  info.name().c_str());
    result->outputs().push_back(*found);
    result->output_names.push_back(info.name());
  }
  return {};
}

Result<Graph> import_model(const std::shared_ptr<Source>& source, const OnnxImportOptions& options,
                           ImportReport& report, const std::string& folder) {
  const onnx::ModelProto& model = source->model;
  if (!model.has_graph()) return fail(ErrorCode::invalid_file, "it has no graph");
  const onnx::GraphProto& graph = model.graph();
  const int64_t opset = INGOT_TRY(find_opset(model));
  GraphOrders orders = INGOT_TRY(order_nodes(graph));
  Graph result;
  // Constants keep alive what they lie in: functions that are written out, too.
  ExternalData external(std::shared_ptr<const onnx::ModelProto>(source, &model), folder);
  GraphImport importer(*source, std::move(orders), external, report, result);
  Scope scope(nullptr);
  INGOT_TRY_VOID(add_inputs(graph, options, &result, &scope));
  INGOT_TRY_VOID(importer.import_top(graph, opset, scope));
  if (!report.unsupported.empty()) return unsupported_error(report);
  INGOT_TRY_VOID(add_outputs(graph, scope, importer, &result));
  result.drop_unused_constants();
  return result;
}

Result<Graph> parse_and_import(std::span<const std::byte> bytes, const OnnxImportOptions& options, ImportReport& report,
                               const std::string& folder) {
  if (bytes.size() > INT_MAX)
    return fail(ErrorCode::not_supported, "%zu bytes; at most 2 GB (keep weights in external data)", bytes.size());
  const auto source = std::make_shared<Source>();
  if (bytes.empty() || !source->model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorCode::invalid_file, "it is no ONNX model, or it is damaged");
  return import_model(source, options, report, folder);
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
  if (!graph) graph.error().add_context("%.150s", path.c_str());
  return graph;
}

}  // namespace ingot::compiler
