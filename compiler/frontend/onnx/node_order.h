// The order in which an ONNX graph's nodes are converted, and the checks on its names.
#pragma once

#include <string>
#include <vector>

#include "compiler/frontend/onnx/onnx_proto.h"
#include "runtime/core/error.h"

namespace ingot::compiler::onnx_import {

// What to call a node towards the user: its name, or its operator and first output where it has none.
std::string node_label(const onnx::NodeProto& node);

// Nodes in an order in which every value is defined before its use: the file's own where that serves. invalid_file
// where a name is defined twice or nowhere, or where nodes form a cycle.
Result<std::vector<const onnx::NodeProto*>> order_nodes(const onnx::GraphProto& graph);

}  // namespace ingot::compiler::onnx_import
