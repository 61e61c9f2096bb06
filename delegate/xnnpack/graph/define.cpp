#include "delegate/xnnpack/graph/define.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

struct NodeKind {
  const char* name;
  Checker check;
  Definer define;
  // XNNPACK's function takes the bounds of the output. Where it does not, a Clamp is added.
  bool takes_bounds = false;
  // XNNPACK packs its constant inputs when the runtime is made, and reads them no more.
  bool packs_weights = false;
};

constexpr NodeKind unary(const char* name) {
  return {name, check_unary, define_unary};
}
constexpr NodeKind binary(const char* name) {
  return {name, check_binary, define_binary, true};
}
constexpr NodeKind concatenate(const char* name) {
  return {name, check_concatenate, define_concatenate};
}

// By the union's numbers.
constexpr NodeKind kKinds[] = {
    {"no node", nullptr, nullptr},
    binary("Add"),
    {"FullyConnected", check_fully_connected, define_fully_connected, true, true},
    {"Softmax", check_softmax, define_softmax},
    unary("Sigmoid"),
    {"StaticTranspose", check_transpose, define_transpose},
    {"Clamp", check_unary, define_unary, true},
    {"Conv2d", check_convolution, define_convolution, true, true},
    binary("Div"),
    {"StaticResizeBilinear2D", check_resize, define_resize},
    {"StaticConstantPad", check_pad, define_pad},
    {"AvgPooling2d", check_average_pooling, define_average_pooling, true},
    binary("Minimum"),
    {"DepthwiseConv2d", check_depthwise_convolution, define_depthwise_convolution, true, true},
    {"MaxPooling2d", check_max_pooling, define_max_pooling, true},
    binary("Multiply"),
    binary("Subtract"),
    unary("Floor"),
    unary("Convert"),
    {"GlobalAvgPooling2d", check_global_average_pooling, define_global_average_pooling},
    {"StaticReshape", check_reshape, define_reshape},
    {"ArgMaxPooling2d", check_argmax_pooling, define_argmax_pooling},
    unary("SquareRoot"),
    unary("Ceiling"),
    unary("Hardswish"),
    unary("LeakyReLU"),
    binary("Maximum"),
    unary("Negate"),
    unary("Square"),
    unary("ELU"),
    unary("Abs"),
    binary("PReLU"),
    concatenate("Concatenate2"),
    concatenate("Concatenate3"),
    concatenate("Concatenate4"),
    {"StaticSlice", check_slice, define_slice},
    {"ScaledDotProductAttention", check_attention, define_attention},
    {"BatchMatrixMultiply", check_batch_matrix_multiply, define_batch_matrix_multiply},
    concatenate("Concatenate5"),
    {"ConvTranspose2d", check_transposed_convolution, define_transposed_convolution, true, true},
    unary("ReciprocalSquareRoot"),
    unary("Log"),
    unary("Gelu"),
    unary("Tanh"),
    unary("Exp"),
    unary("Sin"),
    {"Copy", check_copy, define_copy},
    unary("Cos"),
};
static_assert(std::size(kKinds) == static_cast<size_t>(wire::NodeUnion::MAX) + 1);

const NodeKind* kind_of(const wire::XNode& node) {
  const auto index = static_cast<size_t>(node.xnode_union_type());
  if (index == 0 || index >= std::size(kKinds) || node.xnode_union() == nullptr) return nullptr;
  return &kKinds[index];
}

std::unexpected<Error> in_node(Error error, const Payload& payload, size_t index) {
  error.add_context("node %zu (%s)", index, to_string(payload.node(index).xnode_union_type()));
  return std::unexpected(error);
}

Result<Bounds> bounds_of(const wire::XNode& node) {
  Bounds bounds;
  if (const auto* range = node.output_min_max()) {
    bounds = {range->output_min(), range->output_max()};
    if (std::isnan(bounds.min) || std::isnan(bounds.max) || bounds.min > bounds.max) {
      return fail(ErrorCode::invalid_file, "its output is bounded by [%g, %g]", bounds.min, bounds.max);
    }
  }
  return bounds;
}

Result<void> define_clamp(xnn_subgraph_t subgraph, const Bounds& bounds, uint32_t from, uint32_t to) {
  xnn_unary_params params = {};
  params.clamp.min = bounds.min;
  params.clamp.max = bounds.max;
  return answered(xnn_define_unary(subgraph, xnn_unary_clamp, &params, from, to, 0));
}

// Everything that defining a payload's values and nodes needs.
class Definition {
 public:
  Definition(const Payload& payload, const NamedData& named_data, DefinedSubgraph& target)
      : payload_(payload),
        named_data_(named_data),
        target_(target),
        ids_(payload.values().size(), XNN_INVALID_VALUE_ID),
        scales_(payload.values().size()) {}

  Result<void> define_values() {
    for (size_t i = 0; i < payload_.values().size(); ++i) {
      auto defined = define_one(i, Use::ordinary);
      if (!defined) {
        defined.error().add_context("value %u", payload_.values()[i].id);
        return std::unexpected(defined.error());
      }
      ids_[i] = *defined;
    }
    return {};
  }

  Result<void> define_node(size_t index) {
    const wire::XNode& node = payload_.node(index);
    const NodeKind& kind = *kind_of(node);
    const Bounds bounds = INGOT_TRY(bounds_of(node));
    NodeDefine define{payload_, node,    target_.subgraph.get(), target_.shapes.shapes(),
                      ids_,     scales_, target_.storage,        bounds};
    if (ends_wrong(payload_, node, target_.shapes.shapes())) {
      define.extra_row = true;
      return define_and_cut(index, kind, define);
    }
    if (kind.takes_bounds || !bounds.finite()) return kind.define(define);
    // The node writes an internal value, and a clamp the output.
    const uint32_t output = target_.shapes.sole_output(index);
    if (output == kNoId) return fail(ErrorCode::not_supported, "bounds on a node with several outputs");
    const uint32_t final_id = ids_[output];
    ids_[output] = INGOT_TRY(define_one(output, Use::temporary));
    auto defined = kind.define(define);
    const uint32_t between = std::exchange(ids_[output], final_id);
    if (!defined) return defined;
    return define_clamp(target_.subgraph.get(), bounds, between, final_id);
  }

 private:
  // The node writes an internal value with a row too many, which is cut off.
  Result<void> define_and_cut(size_t index, const NodeKind& kind, const NodeDefine& define) {
    const uint32_t output = target_.shapes.sole_output(index);
    const uint32_t final_id = ids_[output];
    ids_[output] = INGOT_TRY(define_one(output, Use::temporary));
    auto defined = kind.define(define);
    const uint32_t whole = std::exchange(ids_[output], final_id);
    if (!defined) return defined;
    target_.shapes.fix_size(index);
    const Shape& shape = target_.shapes.shapes()[output];
    constexpr size_t kStart[kMaxDims] = {};
    return answered(
        xnn_define_static_slice(target_.subgraph.get(), shape.rank, kStart, shape.dims, whole, final_id, 0));
  }

  Result<uint32_t> define_one(size_t index, Use use) {
    if (use == Use::ordinary && target_.shapes.is_only_packed(index)) use = Use::packed;
    return define_value(target_.subgraph.get(), payload_, payload_.values()[index], target_.shapes.shapes()[index],
                        named_data_, target_.storage, &scales_[index], use);
  }

  const Payload& payload_;
  const NamedData& named_data_;
  DefinedSubgraph& target_;
  std::vector<uint32_t> ids_;
  std::vector<std::span<const float>> scales_;
};

}  // namespace

const char* to_string(wire::NodeUnion type) {
  const auto index = static_cast<size_t>(type);
  return index > 0 && index < std::size(kKinds) ? kKinds[index].name : "unknown node";
}

ShapeInference::ShapeInference(const Payload& payload)
    : shapes_(payload.values().size()),
      defined_(payload.values().size()),
      read_(payload.values().size()),
      sole_outputs_(payload.num_nodes(), kNoId) {
  for (size_t i = 0; i < shapes_.size(); ++i) shapes_[i] = payload.values()[i].shape;
}

Result<void> ShapeInference::run(const Payload& payload) {
  const auto values = payload.values();
  for (size_t i = 0; i < values.size(); ++i) defined_[i] = values[i].is_input || values[i].constant != 0;
  for (size_t i = 0; i < payload.num_nodes(); ++i) {
    if (payload.is_expansion(i)) continue;
    const NodeKind* kind = kind_of(payload.node(i));
    if (kind == nullptr) return fail(ErrorCode::not_supported, "node %zu has no type that is known here", i);
    NodeCheck check(payload, payload.node(i), shapes_, defined_, read_, kind->packs_weights ? kReadToPack : kReadToRun);
    auto checked = kind->check(check);
    if (!checked) return in_node(checked.error(), payload, i);
    if (check.num_outputs == 1) sole_outputs_[i] = static_cast<uint32_t>(check.outputs[0]);
    if (is_defined_) {
      auto fits = check_fixed_size(payload, i);
      if (!fits) return in_node(fits.error(), payload, i);
    }
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (!defined_[i]) return fail(ErrorCode::invalid_file, "value %u is never computed", values[i].id);
  }
  return {};
}

void ShapeInference::fix_size(size_t node) {
  fixed_.push_back({node, shapes_[sole_outputs_[node]]});
}

Result<void> ShapeInference::check_fixed_size(const Payload& payload, size_t node) const {
  const auto known = std::find_if(fixed_.begin(), fixed_.end(), [node](const FixedSize& f) { return f.node == node; });
  const bool is_fixed = known != fixed_.end();
  const bool fits =
      is_fixed ? shapes_[sole_outputs_[node]] == known->shape : !ends_wrong(payload, payload.node(node), shapes_);
  if (fits) return {};
  return fail(ErrorCode::not_supported,
              "XNNPACK computes it wrong on this processor, but for the size it was loaded with");
}

Result<DefinedSubgraph> define_subgraph(const Payload& payload, const NamedData& named_data) {
  INGOT_TRY_VOID(answered(xnn_initialize(nullptr)));
  DefinedSubgraph defined{{}, nullptr, ShapeInference(payload)};
  INGOT_TRY_VOID(defined.shapes.run(payload));
  xnn_subgraph_t subgraph = nullptr;
  INGOT_TRY_VOID(answered(xnn_create_subgraph(payload.num_externals(), 0, &subgraph)));
  defined.subgraph.reset(subgraph);
  Definition definition(payload, named_data, defined);
  INGOT_TRY_VOID(definition.define_values());
  for (size_t i = 0; i < payload.num_nodes(); ++i) {
    if (payload.is_expansion(i)) continue;
    auto node = definition.define_node(i);
    if (!node) return in_node(node.error(), payload, i);
  }
  defined.shapes.fix_sizes_of_others();
  return defined;
}

namespace {

// XNNPACK leaks a workspace that it made itself where making the runtime fails, so it is always given one; the runtime
// keeps it alive.
Result<RuntimePointer> create_runtime(const DefinedSubgraph& defined, const RuntimeOptions& options) {
  xnn_workspace_t workspace = options.workspace;
  if (workspace == nullptr) INGOT_TRY_VOID(answered(xnn_create_workspace(&workspace)));
  xnn_runtime_t runtime = nullptr;
  auto created = answered(xnn_create_runtime_v4(defined.subgraph.get(), options.weights_cache, workspace,
                                                options.threadpool, options.flags, &runtime));
  if (options.workspace == nullptr) xnn_release_workspace(workspace);
  if (!created) {
    created.error().add_context("building the XNNPACK runtime");
    return std::unexpected(created.error());
  }
  return RuntimePointer(runtime);
}

}  // namespace

Result<void> try_payload(const Payload& payload, const NamedData& named_data) {
  const DefinedSubgraph defined = INGOT_TRY(define_subgraph(payload, named_data));
  for (size_t i = 0; i < payload.num_nodes(); ++i) {
    if (kind_of(payload.node(i))->packs_weights) return {};
  }
  INGOT_TRY(create_runtime(defined, {}));
  return {};
}

Result<BuiltRuntime> build_runtime(const Payload& payload, const NamedData& named_data, const RuntimeOptions& options) {
  DefinedSubgraph defined = INGOT_TRY(define_subgraph(payload, named_data));
  RuntimePointer runtime = INGOT_TRY(create_runtime(defined, options));
  defined.storage.until_packed.clear();
  return BuiltRuntime{std::move(defined.storage), std::move(runtime), std::move(defined.shapes)};
}

}  // namespace ingot::xnnpack
