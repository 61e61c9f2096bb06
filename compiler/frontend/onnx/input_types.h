// The types of a model's inputs: what the file says, completed by the sizes that the user gives.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/onnx/import.h"
#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

// Name and type of each input that the caller feeds, in order (initializers that are listed as inputs are none).
// invalid_argument names every size that is still open and says how to give it.
Result<std::vector<std::pair<std::string, TensorType>>> input_types(const onnx::GraphProto& graph,
                                                                    const OnnxImportOptions& options);

}  // namespace ingot::compiler::onnx_import
