// Operators that are defined by others: the functions that a model brings along, and those of ONNX's own operators that
// its specification defines by a function body. A node of one is written out as the nodes of the body.
//
// The bodies of ONNX's operators come from libonnx (onnx::OpSchema). A body may name other functions in turn; what is
// written out altogether is limited, so that a small file cannot ask for an endless graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/frontend/onnx/onnx_proto.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::onnx_import {

// The nodes that one node stands for, in an order in which they can be computed.
struct FunctionBody {
  std::vector<onnx::NodeProto> nodes;
  int64_t opset;  // whose operators of ONNX they are
};

class Functions {
 public:
  // The model outlives this.
  explicit Functions(const onnx::ModelProto& model);

  // Does the model itself say what `node` stands for?
  bool is_local(const onnx::NodeProto& node) const;
  // Does it, or does ONNX?
  bool defines(const onnx::NodeProto& node, int64_t opset) const;
  // What a node that is defined stands for, its values' names made unique by its own. `inputs` has null for those left
  // out, `opset` is the version of ONNX's operators where the node is, `depth` says how many functions it lies within.
  Result<FunctionBody> expand(const onnx::NodeProto& node, int64_t opset, std::span<Value* const> inputs, size_t depth);

 private:
  const onnx::FunctionProto* find_local(const onnx::NodeProto& node) const;

  std::unordered_map<std::string, const onnx::FunctionProto*> local_;  // by domain, name and overload
  size_t expanded_nodes_ = 0;
  size_t bodies_ = 0;
};

}  // namespace ingot::compiler::onnx_import
