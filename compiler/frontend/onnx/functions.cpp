#include "compiler/frontend/onnx/functions.h"

#include <onnx/defs/schema.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "compiler/frontend/onnx/conversion.h"
#include "compiler/frontend/onnx/node_order.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {
namespace {

constexpr size_t kDeepest = 32;                 // functions within functions
constexpr size_t kMostNodes = size_t{1} << 18;  // that all functions of a model are written out as
constexpr size_t kMostBytes = size_t{1} << 30;  // that those take

std::string key_of(const std::string& domain, const std::string& name, const std::string& overload) {
  return (domain == "ai.onnx" ? "" : domain) + "\n" + name + "\n" + overload;
}

// Attributes by name: those of the node, and the defaults of its function.
using Attributes = std::unordered_map<std::string, const onnx::AttributeProto*>;

// Writes the nodes of one function body out in place of one node.
class Writer {
 public:
  Writer(std::string prefix, Attributes attributes) : prefix_(std::move(prefix)), attributes_(std::move(attributes)) {}

  // What the body calls `from` is `to` outside.
  void rename(const std::string& from, const std::string& to) { names_[from] = to; }

  onnx::NodeProto written(const onnx::NodeProto& node) const {
    onnx::NodeProto copy = node;
    copy.set_name(prefix_ + (node.name().empty() ? node.op_type() : node.name()));
    for (std::string& input : *copy.mutable_input()) input = outside(input);
    for (std::string& output : *copy.mutable_output()) output = outside(output);
    copy.clear_attribute();
    for (const onnx::AttributeProto& attribute : node.attribute()) add(attribute, &copy);
    return copy;
  }

 private:
  // Every name of the body's own gets the prefix; an empty one stands for nothing.
  std::string outside(const std::string& name) const {
    if (name.empty()) return name;
    const auto found = names_.find(name);
    return found == names_.end() ? prefix_ + name : found->second;
  }

  void add(const onnx::AttributeProto& attribute, onnx::NodeProto* node) const {
    if (attribute.ref_attr_name().empty()) {
      onnx::AttributeProto* copy = node->add_attribute();
      *copy = attribute;
      if (copy->has_g()) rewrite(copy->mutable_g());
      for (onnx::GraphProto& graph : *copy->mutable_graphs()) rewrite(&graph);
      return;
    }
    const auto found = attributes_.find(attribute.ref_attr_name());
    if (found == attributes_.end()) return;  // nothing was given, and there is no default
    onnx::AttributeProto* copy = node->add_attribute();
    *copy = *found->second;
    copy->set_name(attribute.name());
  }

  // A graph inside a node: its names, which may shadow those outside, all get the prefix.
  void rewrite(onnx::GraphProto* graph) const {
    Writer inner(prefix_, attributes_);
    inner.names_ = names_;
    const auto own = [&](std::string* name) {
      inner.names_.erase(*name);
      *name = prefix_ + *name;
    };
    for (onnx::ValueInfoProto& input : *graph->mutable_input()) own(input.mutable_name());
    for (onnx::TensorProto& tensor : *graph->mutable_initializer()) own(tensor.mutable_name());
    for (const onnx::NodeProto& node : graph->node()) {
      for (const std::string& output : node.output()) inner.names_.erase(output);
    }
    for (onnx::NodeProto& node : *graph->mutable_node()) node = inner.written(node);
    for (onnx::ValueInfoProto& output : *graph->mutable_output()) output.set_name(inner.outside(output.name()));
  }

  std::string prefix_;
  Attributes attributes_;
  std::unordered_map<std::string, std::string> names_;
};

onnx::TypeProto type_proto(const Value* value) {
  onnx::TypeProto proto;
  if (value == nullptr) return proto;
  onnx::TypeProto::Tensor* tensor = proto.mutable_tensor_type();
  tensor->set_elem_type(onnx_type(value->type.dtype));
  for (const Dim& dim : value->type.shape) {
    onnx::TensorShapeProto::Dimension* size = tensor->mutable_shape()->add_dim();
    if (dim.is_static()) size->set_dim_value(dim.value());
  }
  if (value->type.shape.empty()) tensor->mutable_shape();
  return proto;
}

// The newest of `versions` that is not after `opset`; -1 where there is none.
int newest(const std::vector<int>& versions, int64_t opset) {
  int best = -1;
  for (const int version : versions) {
    if (version <= opset) best = std::max(best, version);
  }
  return best;
}

const onnx::OpSchema* standard_schema(const onnx::NodeProto& node, int64_t opset) {
  if (!node.domain().empty() && node.domain() != "ai.onnx") return nullptr;
  return onnx::OpSchemaRegistry::Schema(node.op_type(), static_cast<int>(opset));
}

void add_defaults(const onnx::OpSchema& schema, onnx::NodeProto* node) {
  for (const auto& [name, attribute] : schema.attributes()) {
    const auto same_name = [&wanted = name](const onnx::AttributeProto& given) { return given.name() == wanted; };
    if (attribute.default_value.has_type() && std::ranges::none_of(node->attribute(), same_name))
      *node->add_attribute() = attribute.default_value;
  }
}

// The body that ONNX defines an operator by, as of an operator set; false where it does not for such inputs.
bool standard_body(const onnx::NodeProto& node, const onnx::OpSchema& schema, int64_t opset,
                   std::span<Value* const> inputs, onnx::FunctionProto* body) {
  if (const int version = newest(schema.function_opset_versions(), opset); version >= 0) {
    const onnx::FunctionProto* found = schema.GetFunction(version);
    if (found != nullptr) *body = *found;
    return found != nullptr;
  }
  const int version = newest(schema.context_dependent_function_opset_versions(), opset);
  std::vector<onnx::TypeProto> types;
  for (const Value* input : inputs) types.push_back(type_proto(input));
  return version >= 0 &&
         schema.BuildContextDependentFunction(onnx::FunctionBodyBuildContextImpl(node, types), *body, version);
}

// The version of ONNX's operators that a body uses.
int64_t opset_of(const onnx::FunctionProto& body, int64_t otherwise) {
  for (const onnx::OperatorSetIdProto& opset : body.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") return opset.version();
  }
  return otherwise;
}

// Every value that a body reads must be made before, by it or by its caller.
Result<void> check_order(const onnx::NodeProto& node, const onnx::FunctionProto& body) {
  std::unordered_set<std::string_view> known(body.input().begin(), body.input().end());
  for (const onnx::NodeProto& inner : body.node()) {
    for (const std::string& input : inner.input()) {
      if (!input.empty() && !known.contains(input))
        return fail(ErrorCode::invalid_file, "its function reads '%.80s' before anything defines it", input.c_str());
    }
    for (const std::string& output : inner.output()) {
      if (!output.empty() && !known.insert(output).second)
        return fail(ErrorCode::invalid_file, "its function defines '%.80s' twice", output.c_str());
    }
  }
  // Outputs that the caller leaves out need not be there.
  for (int i = 0; i < node.output_size() && i < body.output_size(); ++i) {
    if (!node.output(i).empty() && !known.contains(body.output(i)))
      return fail(ErrorCode::invalid_file, "its function's output '%.80s' is defined nowhere", body.output(i).c_str());
    if (std::ranges::contains(body.input(), body.output(i)))
      return fail(ErrorCode::not_supported, "its function hands '%.80s' on as it is", body.output(i).c_str());
  }
  return {};
}

}  // namespace

Functions::Functions(const onnx::ModelProto& model) {
  for (const onnx::FunctionProto& function : model.functions())
    local_.emplace(key_of(function.domain(), function.name(), function.overload()), &function);
}

const onnx::FunctionProto* Functions::find_local(const onnx::NodeProto& node) const {
  const auto found = local_.find(key_of(node.domain(), node.op_type(), node.overload()));
  return found == local_.end() ? nullptr : found->second;
}

bool Functions::is_local(const onnx::NodeProto& node) const {
  return !local_.empty() && find_local(node) != nullptr;
}

bool Functions::defines(const onnx::NodeProto& node, int64_t opset) const {
  if (is_local(node)) return true;
  const onnx::OpSchema* schema = standard_schema(node, opset);
  return schema != nullptr && (newest(schema->function_opset_versions(), opset) >= 0 ||
                               newest(schema->context_dependent_function_opset_versions(), opset) >= 0);
}

Result<FunctionBody> Functions::expand(const onnx::NodeProto& node, int64_t opset, std::span<Value* const> inputs,
                                       size_t depth) {
  onnx::NodeProto complete = node;  // with the defaults that ONNX has for its attributes
  onnx::FunctionProto standard;
  const onnx::FunctionProto* body = find_local(node);
  if (body == nullptr) {
    const onnx::OpSchema* schema = standard_schema(node, opset);
    add_defaults(*schema, &complete);
    if (!standard_body(complete, *schema, opset, inputs, &standard))
      return fail(ErrorCode::not_supported, "ONNX's definition of it does not cover such inputs");
    body = &standard;
  }
  expanded_nodes_ += static_cast<size_t>(body->node_size());
  if (depth >= kDeepest || expanded_nodes_ > kMostNodes)
    return fail(ErrorCode::not_supported, "its functions lie %zu deep or have more than %zu nodes", depth, kMostNodes);
  expanded_bytes_ += body->ByteSizeLong();
  if (expanded_bytes_ > kMostBytes)
    return fail(ErrorCode::not_supported, "written out, functions up to here take more than %zu bytes", kMostBytes);
  INGOT_TRY_VOID(check_order(node, *body));
  if (node.input_size() > body->input_size() || node.output_size() > body->output_size())
    return fail(ErrorCode::invalid_file, "%d inputs and %d outputs for a function of %d and %d", node.input_size(),
                node.output_size(), body->input_size(), body->output_size());

  Attributes attributes;
  for (const onnx::AttributeProto& attribute : complete.attribute()) attributes.emplace(attribute.name(), &attribute);
  for (const onnx::AttributeProto& attribute : body->attribute_proto())
    attributes.emplace(attribute.name(), &attribute);
  Writer writer(node_label(node) + "/" + std::to_string(bodies_++) + "/", std::move(attributes));
  for (int i = 0; i < body->input_size(); ++i)
    writer.rename(body->input(i), i < node.input_size() ? node.input(i) : "");
  for (int i = 0; i < node.output_size(); ++i) {
    if (!node.output(i).empty()) writer.rename(body->output(i), node.output(i));
  }
  FunctionBody written{{}, opset_of(*body, opset)};
  for (const onnx::NodeProto& inner : body->node()) written.nodes.push_back(writer.written(inner));
  return written;
}

}  // namespace ingot::compiler::onnx_import
