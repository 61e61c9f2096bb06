#include "delegate/xnnpack/lower/open_sizes.h"

#include <algorithm>
#include <variant>

#include "delegate/xnnpack/graph/payload.h"
#include "schema/xnnpack_graph_generated.h"

namespace ingot::xnnpack::lowering {
namespace {

using compiler::Dim;
using compiler::Node;
using compiler::Region;
using compiler::Value;

using Symbols = std::map<std::string, Dim>;

void collect(const compiler::Shape& shape, Symbols* symbols) {
  for (const Dim& dim : shape) dim.collect_symbols(symbols);
}

Symbols symbols_of(const Region& region) {
  Symbols symbols;
  for (const Value* input : region.inputs) collect(input->type.shape, &symbols);
  for (const Node* node : region.nodes) {
    for (const Value* output : node->outputs()) collect(output->type.shape, &symbols);
    for (const compiler::Argument& arg : node->args()) {
      if (const auto* dim = std::get_if<Dim>(&arg)) dim->collect_symbols(&symbols);
      if (const auto* shape = std::get_if<compiler::Shape>(&arg)) collect(*shape, &symbols);
    }
  }
  return symbols;
}

std::vector<int64_t> evaluated(const compiler::Shape& shape, const SizeSample& sample) {
  std::vector<int64_t> sizes;
  for (const Dim& dim : shape) sizes.push_back(dim.evaluate(sample));
  return sizes;
}

// A payload's vectors lie in bytes that are ours to change; the generated accessors only read.
using Sizes32 = flatbuffers::Vector<uint32_t>;

const wire::Graph& graph_of(std::span<std::byte> blob) {
  return *wire::GetGraph(blob.data() + kFlatBufferOffset);
}

Sizes32& dims_of(const wire::XValue& value) {
  const auto* quantized = value.xvalue_union_as_QuantizedTensorValue();
  const wire::TensorValue* tensor =
      quantized != nullptr ? quantized->tensor_value() : value.xvalue_union_as_TensorValue();
  return const_cast<Sizes32&>(*tensor->dims());
}

Sizes32* new_shape_of(const wire::XNode& node) {
  const auto* reshape = node.xnode_union_as_StaticReshape();
  return reshape == nullptr ? nullptr : const_cast<Sizes32*>(reshape->new_shape());
}

// Both get 0, which XNNPACK infers, where they differ. False where that is several times.
bool infer_difference(Sizes32& shape, Sizes32& other) {
  uint32_t inferred = 0;
  for (flatbuffers::uoffset_t i = 0; i < shape.size(); ++i) {
    if (shape.Get(i) != other.Get(i)) shape.Mutate(i, 0);
    if (shape.Get(i) != 0) continue;
    other.Mutate(i, 0);
    ++inferred;
  }
  return inferred <= 1;
}

// Sizes of a slice that are all of a dimension become 0, which stands for that.
void infer_whole(const wire::NodeStaticSlice& slice, const Sizes32& dims) {
  auto& sizes = const_cast<Sizes32&>(*slice.sizes());
  for (flatbuffers::uoffset_t i = 0; i < sizes.size(); ++i) {
    if (slice.offsets()->Get(i) == 0 && sizes.Get(i) == dims.Get(i)) sizes.Mutate(i, 0);
  }
}

void infer_whole_slices(const wire::Graph& graph) {
  for (const wire::XNode* node : *graph.xnodes()) {
    const auto* slice = node->xnode_union_as_StaticSlice();
    if (slice != nullptr) infer_whole(*slice, dims_of(*graph.xvalues()->Get(slice->input_id())));
  }
}

constexpr const char* kFixesSizes = "XNNPACK's nodes would hold sizes that are open until the program runs";

// Makes `other` equal to `blob` in all that may differ.
std::expected<void, std::string> align(std::span<std::byte> blob, std::span<std::byte> other) {
  const wire::Graph& graph = graph_of(blob);
  const wire::Graph& other_graph = graph_of(other);
  const auto& values = *graph.xvalues();
  const auto& nodes = *graph.xnodes();
  if (values.size() != other_graph.xvalues()->size() || nodes.size() != other_graph.xnodes()->size()) {
    return std::unexpected(kFixesSizes);
  }
  for (flatbuffers::uoffset_t i = 0; i < values.size(); ++i) {
    const Sizes32& dims = dims_of(*values.Get(i));
    Sizes32& other_dims = dims_of(*other_graph.xvalues()->Get(i));
    if (dims.size() != other_dims.size()) return std::unexpected(kFixesSizes);
    for (flatbuffers::uoffset_t d = 0; d < dims.size(); ++d) other_dims.Mutate(d, dims.Get(d));
  }
  for (flatbuffers::uoffset_t i = 0; i < nodes.size(); ++i) {
    Sizes32* shape = new_shape_of(*nodes.Get(i));
    Sizes32* other_shape = new_shape_of(*other_graph.xnodes()->Get(i));
    if (shape == nullptr || other_shape == nullptr) continue;
    if (shape->size() != other_shape->size()) return std::unexpected(kFixesSizes);
    if (!infer_difference(*shape, *other_shape)) return std::unexpected("a reshape to several open sizes");
  }
  return {};
}

}  // namespace

bool has_open_sizes(const Region& region) {
  return !symbols_of(region).empty();
}

std::vector<SizeSample> size_samples(const Region& region) {
  const Symbols symbols = symbols_of(region);
  SizeSample largest, least, between;
  for (const auto& [name, dim] : symbols) {
    // A size of 1 allows what others do not: it lies in memory in any order. Between 1 and 2 the other size is 3, since
    // what is the same for all samples would stay.
    const int64_t low = dim.max() == 2 ? 3 : std::min<int64_t>(std::max<int64_t>(dim.min(), 2), dim.max());
    largest[name] = dim.max();
    least[name] = low;
    const auto part = static_cast<int64_t>(between.size()) + 1;
    between[name] = low + (dim.max() - low) * part / (static_cast<int64_t>(symbols.size()) + 1);
  }
  std::vector<SizeSample> samples = {largest, least, between};
  // Neighbours leave other remainders where sizes are halved.
  for (int64_t less = 1; less <= 3; ++less) {
    SizeSample& near = samples.emplace_back(largest);
    for (auto& [name, size] : near) size = std::max(size - less, least[name]);
  }
  constexpr size_t kFew = 11;
  for (const auto& [name, size] : least) {
    if (symbols.size() == 1 || samples.size() > kFew) break;
    samples.push_back(largest);
    samples.back()[name] = size;
  }
  return samples;
}

FixedRegion fix_sizes(const Region& region, const SizeSample& sample) {
  FixedRegion fixed{compiler::copy_part("region", region.nodes, region.inputs, region.outputs), {}};
  compiler::Graph& graph = fixed.copy.graph;
  for (const auto& value : graph.values()) value->type.shape = compiler::to_shape(evaluated(value->type.shape, sample));
  for (const auto& node : graph.nodes()) {
    for (size_t i = 0; i < node->args().size(); ++i) {
      if (const auto* dim = std::get_if<Dim>(&node->arg(i))) {
        node->set_arg(i, dim->evaluate(sample));
      } else if (const auto* shape = std::get_if<compiler::Shape>(&node->arg(i))) {
        node->set_arg(i, evaluated(*shape, sample));
      }
    }
    fixed.region.nodes.push_back(node.get());
  }
  fixed.region.inputs = graph.inputs();
  fixed.region.outputs = graph.outputs();
  return fixed;
}

std::expected<void, std::string> open_sizes(std::span<std::byte> blob, std::span<const std::vector<std::byte>> others) {
  // The numbers that are inferred add up, so all are known before any payload is compared.
  std::vector<std::vector<std::byte>> aligned(others.begin(), others.end());
  infer_whole_slices(graph_of(blob));
  for (std::vector<std::byte>& other : aligned) infer_whole_slices(graph_of(other));
  for (int round = 0; round < 2; ++round) {
    for (std::vector<std::byte>& other : aligned) {
      if (auto done = align(blob, other); !done) return done;
    }
  }
  const bool same = std::ranges::all_of(aligned, [&](const auto& other) { return std::ranges::equal(blob, other); });
  if (!same) return std::unexpected(kFixesSizes);
  return {};
}

}  // namespace ingot::xnnpack::lowering
