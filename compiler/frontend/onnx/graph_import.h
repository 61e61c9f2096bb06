// Turns the nodes of an ONNX graph into operators, one after the other, and those of the graphs that nodes hold as
// often as their converters ask for. For one import, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/frontend/import_report.h"
#include "compiler/frontend/onnx/conversion.h"
#include "compiler/frontend/onnx/functions.h"
#include "compiler/frontend/onnx/node_order.h"
#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/frontend/onnx/open_sizes.h"
#include "compiler/frontend/onnx/scope.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

// Versions of ONNX's operators are read from 1 to 22; not_supported for others.
Result<void> check_opset(int64_t version);

class GraphImport {
 public:
  // All of these outlive it. `orders` are those of the model's graph; functions are written out into `source`.
  GraphImport(Source& source, GraphOrders orders, ExternalData& external, ImportReport& report, Graph& graph);

  // Converts the model's graph itself: its initializers, then its nodes. `scope` has its inputs already. What is not
  // supported goes into the report, and its outputs are unavailable in `scope`. `opset`: the version of ONNX's
  // operators.
  Result<void> import_top(const onnx::GraphProto& graph, int64_t opset, Scope& scope);

  // For converters of nodes that hold graphs: converts such a graph once more, and gives what its outputs stand for.
  // Its inputs stand for `inputs`, as many as it must have. invalid_file where it has not as many, or not `outputs`
  // outputs; not_supported where something inside is not supported (that is in the report then), or where all graphs
  // that the import went through so far grew too large together.
  Result<std::vector<Value*>> run(const onnx::GraphProto& graph, const std::vector<Value*>& inputs, size_t outputs);

  // A list of sizes that are open until the program runs, which no node may read?
  bool is_open_size(const Value* value) const { return open_sizes_.holds(value); }

 private:
  struct Named {
    std::string_view name;
    Value* value;
  };

  // Where a node stands.
  struct Place {
    Scope* scope = nullptr;
    int64_t opset = 0;     // the version of ONNX's operators there
    size_t functions = 0;  // that it lies within
    std::string prefix;    // of labels
  };

  Result<void> bind_initializers(const onnx::GraphProto& graph, Scope& scope);
  Result<void> add_nodes(const onnx::GraphProto& graph, const Place& place);
  Result<void> add_node(const onnx::NodeProto& node, const Place& place);
  Result<void> add_operator(const onnx::NodeProto& node, const OperatorRow& row, const Place& place);
  Result<void> add_function(const onnx::NodeProto& node, const Place& place);
  Result<void> order_written(const onnx::NodeProto& node, const Scope& scope);
  static Result<std::vector<Value*>> inputs_of(const onnx::NodeProto& node, const OperatorRow& row, const Scope& scope);
  Result<Outputs> convert(const onnx::NodeProto& node, const OperatorRow& row, const Place& place,
                          std::vector<Value*> inputs);
  Result<void> bind_outputs(const onnx::NodeProto& node, const Outputs& outputs, const Place& place);
  bool is_reachable(const onnx::NodeProto& node, const Scope& scope) const;
  // Null where a function stands in for the operator.
  const OperatorRow* find_row(const onnx::NodeProto& node) const;
  // False where there is neither such an operator nor a function; it is in the report then.
  bool is_known(const onnx::NodeProto& node, const Place& place);
  // What is_known refuses in the graphs that a node holds, where they were not converted.
  void report_unknown_inside(const onnx::NodeProto& node, const Place& place);
  // What converting the node failed with: only in the report, where it is not supported.
  Result<void> refuse(const onnx::NodeProto& node, const Place& place, const Error& error);
  void report_unsupported(const onnx::NodeProto& node, const Place& place, std::string reason);
  // Before so many nodes of the model are converted in a graph inside a node.
  Result<void> spend(size_t nodes);

  Functions functions_;
  std::deque<FunctionBody>& bodies_;
  GraphOrders orders_;
  ExternalData& external_;
  ImportReport& report_;
  Graph& graph_;
  OpenSizes open_sizes_;
  Builder builder_;
  Place place_;                                                                   // of the node that is converted
  std::string label_;                                                             // of that node
  std::unordered_map<const onnx::GraphProto*, std::vector<Named>> initializers_;  // of graphs inside nodes
  // What spend() has seen: nodes converted, values of the graph, constants among them, and where those lie.
  size_t converted_ = 0;
  size_t values_ = 0;
  size_t bytes_ = 0;
  std::unordered_set<const std::byte*> counted_;
};

}  // namespace ingot::compiler::onnx_import
