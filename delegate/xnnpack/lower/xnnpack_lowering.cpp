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

// Lowers every node of the region in order. With `all_outputs`, whatever the nodes compute is given out.
std::expected<Written, Refusal> write(const Region& region, bool trial, bool all_outputs) {
  TensorBuilder build(trial);
  lowering::Tensors tensors(build, lowering::wants_unsigned(region));
  const lowering::Fusions fusions = all_outputs ? lowering::Fusions() : lowering::Fusions(region.nodes, region.outputs);
  for (size_t i = 0; i < region.inputs.size(); ++i) {
    const compiler::Value& input = *region.inputs[i];
    const auto type = input_type(region, input);
    if (!type || !lowering::check_shape(input)) continue;  // the node that reads it says why
    tensors.set(input,
                build.input(static_cast<uint32_t>(i), lowering::sizes_of(input), lowering::order_of(input), *type));
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
    if ((tensor == nullptr || !type) && all_outputs) continue;
    if (tensor == nullptr || !type) {
      return std::unexpected(
          Refusal{output->producer, "its result '" + output->name + "' is used, and XNNPACK has none"});
    }
    build.output(*tensor, *type, external++, lowering::order_of(*output));
  }
  std::vector<std::string> debug_names = build.debug_names();
  return Written{std::move(build).finish(), std::move(debug_names)};
}

// XNNPACK's view of every value must be the lowering's own.
Result<void> check_shapes(const Payload& payload, std::span<const Shape> found,
                          const TensorBuilder::Finished& finished) {
  for (uint32_t id = 0; id < finished.shapes.size(); ++id) {
    const Shape& shape = found[payload.find(id)];
    if (lowering::Sizes(shape.dims, shape.dims + shape.rank) != finished.shapes[id]) {
      return fail(ErrorCode::internal, "value %u of the payload is lowered as %s, but computed otherwise", id,
                  lowering::to_string(finished.shapes[id]).c_str());
    }
  }
  return {};
}

// Would XNNPACK take it? Nothing is packed.
Result<void> try_out(const TensorBuilder::Finished& finished) {
  const Payload payload = INGOT_TRY(Payload::parse(finished.payload.blob));
  const WrittenData named_data(finished.payload);
  const DefinedSubgraph defined = INGOT_TRY(define_subgraph(payload, named_data));
  return check_shapes(payload, defined.shapes.shapes(), finished);
}

Result<void> build_in_full(const TensorBuilder::Finished& finished) {
  const Payload payload = INGOT_TRY(Payload::parse(finished.payload.blob));
  const WrittenData named_data(finished.payload);
  const BuiltRuntime built = INGOT_TRY(build_runtime(payload, named_data, {}));
  INGOT_TRY_VOID(check_shapes(payload, built.shapes.shapes(), finished));
  const xnn_status status = xnn_reshape_runtime(built.runtime.get());
  if (status == xnn_status_success) return {};
  return fail(ErrorCode::delegate_failed, "XNNPACK cannot reshape the runtime: status %d", static_cast<int>(status));
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
  if (const auto built = build_in_full(written->finished); !built) {
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
  if (const auto tried = try_out(written->finished); !tried) return tried.error().message();
  return std::nullopt;
}

std::expected<LoweredRegion, Refusal> XnnpackLowering::lower(const Region& region) {
  auto result = write(region, false, false);
  if (!result) return std::unexpected(std::move(result).error());
  const auto written = std::make_shared<Written>(*std::move(result));
  const TensorBuilder::Finished& finished = written->finished;
  if (const auto built = build_in_full(finished); !built) {
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
