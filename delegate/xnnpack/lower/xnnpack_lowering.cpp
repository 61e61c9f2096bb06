#include "delegate/xnnpack/lower/xnnpack_lowering.h"

#include <xnnpack.h>

#include <algorithm>
#include <memory>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/ir/quantization.h"
#include "compiler/partition/constant_parts.h"
#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/graph/payload_writer.h"
#include "delegate/xnnpack/lower/fusion.h"
#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/open_sizes.h"
#include "delegate/xnnpack/lower/quantize.h"
#include "delegate/xnnpack/lower/tensor_builder.h"

namespace ingot::xnnpack {
namespace {

using compiler::Bytes;
using compiler::LoweredRegion;
using compiler::Node;
using compiler::Refusal;
using compiler::Region;
using lowering::TensorBuilder;

struct Written {
  TensorBuilder::Finished finished;
  std::vector<std::string> debug_names;
  // Where sizes are open: the shapes of all values, by id, at other sizes of the inputs.
  std::vector<std::vector<lowering::Sizes>> other_shapes;
};

// Where the region reads integers, the type of their elements is what reads them says.
std::optional<ElementType> input_type(const Region& region, const compiler::Value& input) {
  if (input.type.dtype == DType::float32) return ElementType{};
  for (const Node* node : region.nodes) {
    if (!compiler::is_dequantize(*node) || node->tensor(0) != &input) continue;
    const auto quantization = compiler::quantization_of(*node);
    if (quantization && lowering::check_activation(*quantization)) return lowering::stored_type(*quantization);
  }
  return std::nullopt;
}

std::optional<ElementType> output_type(const compiler::Value& output) {
  if (output.type.dtype == DType::float32) return ElementType{};
  const auto quantization = output.producer != nullptr && compiler::is_quantize(*output.producer)
                                ? compiler::quantization_of(*output.producer)
                                : std::nullopt;
  return quantization ? std::optional(lowering::stored_type(*quantization)) : std::nullopt;
}

struct WriteOptions {
  bool trial = false;
  bool all_outputs = false;  // whatever the nodes compute is given out
  bool images_last = false;  // inputs of four dimensions come as XNNPACK keeps them
  bool fixed_sizes = true;   // those of the region are the only ones
};

// Lowers every node of the region in order.
std::expected<Written, Refusal> write_fixed(const Region& region, const WriteOptions& options) {
  TensorBuilder build(options.trial);
  lowering::Tensors tensors(build, lowering::wants_unsigned(region));
  const lowering::Fusions fusions =
      options.all_outputs ? lowering::Fusions() : lowering::Fusions(region.nodes, region.outputs, options.fixed_sizes);
  for (size_t i = 0; i < region.inputs.size(); ++i) {
    const compiler::Value& input = *region.inputs[i];
    const auto type = input_type(region, input);
    if (!type || !lowering::check_shape(input)) continue;  // the node that reads it says why
    const bool image = options.images_last && input.type.rank() == 4;
    const lowering::Order order = image ? lowering::channels_last(4) : lowering::order_of(input);
    tensors.set(input, build.input(static_cast<uint32_t>(i), lowering::sizes_of(input), order, *type));
  }
  for (const Node* node : region.nodes) {
    if (fusions.is_absorbed(*node)) continue;
    build.set_source(node->source());
    if (auto lowered = lower_node(build, tensors, fusions, *node); !lowered) {
      return std::unexpected(Refusal{node, lowered.error()});
    }
  }
  auto external = static_cast<uint32_t>(region.inputs.size());
  for (const compiler::Value* output : region.outputs) {
    lowering::Tensor* tensor = tensors.find(*output);
    const auto type = output_type(*output);
    if ((tensor == nullptr || !type) && options.all_outputs) continue;
    if (tensor == nullptr || !type) {
      return std::unexpected(
          Refusal{output->producer, "its result '" + output->name + "' is used, and XNNPACK has none"});
    }
    build.output(*tensor, *type, external++, lowering::order_of(*output));
  }
  std::vector<std::string> debug_names = build.debug_names();
  return Written{std::move(build).finish(), std::move(debug_names), {}};
}

// XNNPACK has no empty tensors. (Those that are always empty are results that nobody reads.)
std::optional<Refusal> refuse_empty(const Region& region) {
  const auto may_be_empty = [](const compiler::Value* value) {
    return std::ranges::any_of(value->type.shape,
                               [](const compiler::Dim& dim) { return !dim.is_static() && dim.min() < 1; });
  };
  for (const Node* node : region.nodes) {
    std::vector<compiler::Value*> values = node->inputs();
    values.insert(values.end(), node->outputs().begin(), node->outputs().end());
    const auto found = std::ranges::find_if(values, may_be_empty);
    if (found != values.end()) return Refusal{node, "'" + (*found)->name + "' may be empty"};
  }
  return std::nullopt;
}

// What depends on remainders of an open size cannot be told from samples.
std::optional<Refusal> refuse_rounding(const Region& region) {
  for (const Node* node : region.nodes) {
    const bool pools = node->is("aten::max_pool2d_with_indices") || node->is("aten::avg_pool2d");
    if (pools && node->boolean("ceil_mode") && !is_static(node->tensor(0)->type.shape)) {
      return Refusal{node, "ceil_mode: how far its last window reaches depends on sizes that are open"};
    }
    if (!node->is("aten::slice_copy.Tensor") || node->integer("step") == 1) continue;
    const compiler::Shape& shape = node->tensor(0)->type.shape;
    const int64_t dim = node->integer("dim");
    if (!shape[static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(shape.size()) : dim)].is_static()) {
      return Refusal{node, "steps over a size that is open"};
    }
  }
  return std::nullopt;
}

// At each sample of the open sizes.
std::expected<Written, Refusal> write_open(const Region& region, bool trial, bool all_outputs) {
  if (auto refusal = refuse_empty(region)) return std::unexpected(*std::move(refusal));
  if (auto refusal = refuse_rounding(region)) return std::unexpected(*std::move(refusal));
  std::optional<Written> first;
  std::vector<std::vector<std::byte>> others;
  for (const lowering::SizeSample& sample : lowering::size_samples(region)) {
    const lowering::FixedRegion fixed = lowering::fix_sizes(region, sample);
    // A single node is asked about as it will find its operands in a region of many.
    auto written = write_fixed(
        fixed.region, {.trial = trial, .all_outputs = all_outputs, .images_last = trial, .fixed_sizes = false});
    if (!written) {
      const auto at = std::ranges::find(fixed.region.nodes, written.error().node) - fixed.region.nodes.begin();
      return std::unexpected(Refusal{region.nodes[static_cast<size_t>(at)], written.error().reason});
    }
    if (first) {
      others.push_back(std::move(written->finished.payload.blob));
      first->other_shapes.push_back(std::move(written->finished.shapes));
    } else {
      first = *std::move(written);
    }
  }
  if (auto opened = lowering::open_sizes(first->finished.payload.blob, others); !opened) {
    return std::unexpected(Refusal{region.nodes.back(), opened.error()});
  }
  return *std::move(first);
}

std::expected<Written, Refusal> write(const Region& region, bool trial, bool all_outputs) {
  if (lowering::has_open_sizes(region)) return write_open(region, trial, all_outputs);
  return write_fixed(region, {.trial = trial, .all_outputs = all_outputs});
}

// XNNPACK's view of every value must be the lowering's own.
Result<void> check_shapes(const Payload& payload, std::span<const Shape> found,
                          const std::vector<lowering::Sizes>& expected) {
  for (uint32_t id = 0; id < expected.size(); ++id) {
    const Shape& shape = found[payload.find(id)];
    if (lowering::Sizes(shape.dims, shape.dims + shape.rank) != expected[id]) {
      return fail(ErrorCode::internal, "value %u of the payload is lowered as %s, but computed otherwise", id,
                  lowering::to_string(expected[id]).c_str());
    }
  }
  return {};
}

// Likewise at the other sizes of the inputs, which `each` may look at.
template <typename F>
Result<void> check_all_shapes(const Payload& payload, ShapeInference& inference, const Written& written,
                              const F& each) {
  INGOT_TRY_VOID(check_shapes(payload, inference.shapes(), written.finished.shapes));
  for (const std::vector<lowering::Sizes>& shapes : written.other_shapes) {
    for (uint32_t id = 0; id < shapes.size(); ++id) {
      const size_t at = payload.find(id);
      if (!payload.values()[at].is_input) continue;
      std::ranges::copy(shapes[id], inference.shapes()[at].dims);
    }
    INGOT_TRY_VOID(inference.run(payload));
    INGOT_TRY_VOID(check_shapes(payload, inference.shapes(), shapes));
    INGOT_TRY_VOID(each(inference.shapes()));
  }
  return {};
}

// Would XNNPACK take it? Nothing is packed.
Result<void> try_out(const Written& written) {
  const WrittenPayload& written_payload = written.finished.payload;
  const Payload payload = INGOT_TRY(Payload::parse(written_payload.blob));
  const WrittenData named_data(written_payload);
  DefinedSubgraph defined = INGOT_TRY(define_subgraph(payload, named_data));
  return check_all_shapes(payload, defined.shapes, written, [](std::span<const Shape>) { return Result<void>(); });
}

Result<void> reshape(xnn_runtime_t runtime) {
  const xnn_status status = xnn_reshape_runtime(runtime);
  if (status == xnn_status_success) return {};
  return fail(ErrorCode::delegate_failed, "XNNPACK cannot reshape the runtime: status %d", static_cast<int>(status));
}

Result<void> build_in_full(const Written& written) {
  const WrittenPayload& written_payload = written.finished.payload;
  const Payload payload = INGOT_TRY(Payload::parse(written_payload.blob));
  const WrittenData named_data(written_payload);
  BuiltRuntime built = INGOT_TRY(build_runtime(payload, named_data, {}));
  INGOT_TRY_VOID(reshape(built.runtime.get()));
  return check_all_shapes(payload, built.shapes, written, [&](std::span<const Shape> shapes) -> Result<void> {
    for (size_t i = 0; i < shapes.size(); ++i) {
      const auto& value = payload.values()[i];
      if (!value.is_input) continue;
      INGOT_TRY_VOID(
          answered(xnn_reshape_external_value(built.runtime.get(), value.external, shapes[i].rank, shapes[i].dims)));
    }
    return reshape(built.runtime.get());
  });
}

// The first `count` nodes of a region, as a region.
Region prefix(const Region& region, size_t count) {
  Region part;
  part.nodes.assign(region.nodes.begin(), region.nodes.begin() + static_cast<std::ptrdiff_t>(count));
  part.inputs = region.inputs;
  const std::unordered_set<const Node*> inside(part.nodes.begin(), part.nodes.end());
  std::unordered_set<const compiler::Value*> seen;
  const auto add = [&](compiler::Value* value) {
    if (inside.contains(value->producer) && seen.insert(value).second) part.outputs.push_back(value);
  };
  for (size_t i = count; i < region.nodes.size(); ++i) {
    for (compiler::Value* input : region.nodes[i]->inputs()) add(input);
  }
  for (compiler::Value* output : region.outputs) add(output);
  return part;
}

std::optional<Refusal> build_and_discard(const Region& region) {
  const auto written = write(region, false, false);
  if (!written) return written.error();
  if (const auto built = build_in_full(*written); !built) {
    return Refusal{region.nodes.back(), built.error().message()};
  }
  return std::nullopt;
}

// XNNPACK names no node when it refuses a whole region: the one to blame ends the shortest prefix that it refuses.
Refusal blame(const Region& region, const char* reason) {
  Refusal refusal{region.nodes.back(), reason};
  size_t good = 0, bad = region.nodes.size();
  while (bad - good > 1) {
    const size_t middle = good + (bad - good) / 2;
    if (auto refused = build_and_discard(prefix(region, middle))) {
      bad = middle;
      refusal = *std::move(refused);
    } else {
      good = middle;
    }
  }
  return refusal;
}

}  // namespace

std::optional<std::string> XnnpackLowering::refuses(const Node& node) {
  Region alone{{}, {}, {node.outputs().begin(), node.outputs().end()}};
  if (const Node* rows = lowering::dequantizes_rows(node) ? node.tensor(0)->producer : nullptr) {
    if (lowering::quantizes_rows(*rows)) alone.nodes.push_back(rows);
  }
  compiler::add_with_constant_parts(node, &alone.nodes);
  std::unordered_set<const compiler::Value*> seen;
  for (const Node* part : alone.nodes) {
    for (compiler::Value* input : part->inputs()) {
      const bool inside = input->producer != nullptr && std::ranges::count(alone.nodes, input->producer) > 0;
      if (!input->is_constant() && !inside && seen.insert(input).second) alone.inputs.push_back(input);
    }
  }
  const auto written = write(alone, true, true);
  if (!written) return written.error().reason;
  if (const auto tried = try_out(*written); !tried) return tried.error().message();
  return std::nullopt;
}

std::expected<LoweredRegion, Refusal> XnnpackLowering::lower(const Region& region) {
  auto result = write(region, false, false);
  if (!result) {
    // Which node the payloads differ in is found like what XNNPACK refuses as a whole.
    if (lowering::has_open_sizes(region)) return std::unexpected(blame(region, result.error().reason.c_str()));
    return std::unexpected(std::move(result).error());
  }
  const auto written = std::make_shared<Written>(*std::move(result));
  const TensorBuilder::Finished& finished = written->finished;
  if (const auto built = build_in_full(*written); !built) {
    return std::unexpected(blame(region, built.error().message()));
  }
  LoweredRegion lowered;
  lowered.payload = Bytes(written, finished.payload.blob);
  for (const auto& [name, bytes] : finished.payload.named_data)
    lowered.named_data.emplace_back(name, Bytes(written, bytes));
  lowered.debug_names = written->debug_names;
  return lowered;
}

Result<void> XnnpackLowering::equip(Runtime& runtime) {
  if (!threads_) threads_ = INGOT_TRY(Threads::make());
  runtime.set_threads(threads_->parallel(), threads_->pool());
  return runtime.add_delegate(delegate_);
}

}  // namespace ingot::xnnpack
