// Payload to XNNPACK: the one place that knows how a node of a payload becomes nodes of an XNNPACK subgraph. The
// delegate builds what it runs with it, and the compiler asks it what can be built.
//
// define_subgraph() only defines: no weights are packed, so it answers "would XNNPACK take this node?" cheaply.
// build_runtime() goes on to xnn_create_runtime_v4, which packs weights. Both check every node against its shapes
// first. Functions here may be called from several threads on different objects.
#pragma once

#include <xnnpack.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "delegate/xnnpack/graph/payload.h"
#include "delegate/xnnpack/graph/values.h"
#include "runtime/core/error.h"

namespace ingot::xnnpack {

// "Conv2d"; "unknown node" for a number that is none.
const char* to_string(wire::NodeUnion type);

// Success, or an error with XNNPACK's name for what it answered.
Result<void> answered(xnn_status status);

// The shape of every value, from the shapes of the external inputs and the constants. Allocates once, when made.
class ShapeInference {
 public:
  explicit ShapeInference(const Payload& payload);

  // By index in payload.values(). Set those of external inputs, which start as declared, then run().
  std::span<Shape> shapes() { return shapes_; }
  std::span<const Shape> shapes() const { return shapes_; }
  // Fails where a node does not fit its inputs' shapes; the text names the node. After a failure the shapes of computed
  // values are unspecified.
  Result<void> run(const Payload& payload);
  // The index of the one value that this node computes; kNoId where there are several. After run().
  uint32_t sole_output(size_t node) const { return sole_outputs_[node]; }
  // Does a node read this value? After run().
  bool is_read(size_t value) const { return read_[value] != 0; }
  // Only by nodes that pack their constants?
  bool is_only_packed(size_t value) const { return read_[value] == kReadToPack; }

  // The node is defined in a way that only this size of its output goes with; run() fails for others from here on. And
  // for sizes that would have needed that.
  void fix_size(size_t node);
  void fix_sizes_of_others() { is_defined_ = true; }

  static constexpr uint8_t kReadToPack = 1, kReadToRun = 2;

 private:
  std::vector<Shape> shapes_;
  std::vector<uint8_t> defined_;        // by value, while running
  std::vector<uint8_t> read_;           // by value
  std::vector<uint32_t> sole_outputs_;  // by node
  struct FixedSize {
    size_t node;
    Shape shape;
  };
  Result<void> check_fixed_size(const Payload& payload, size_t node) const;

  std::vector<FixedSize> fixed_;  // in the order of the nodes
  bool is_defined_ = false;
};

struct SubgraphDeleter {
  void operator()(xnn_subgraph_t subgraph) const { xnn_delete_subgraph(subgraph); }
};
struct RuntimeDeleter {
  void operator()(xnn_runtime_t runtime) const { xnn_delete_runtime(runtime); }
};
using SubgraphPointer = std::unique_ptr<xnn_subgraph, SubgraphDeleter>;
using RuntimePointer = std::unique_ptr<xnn_runtime, RuntimeDeleter>;

struct DefinedSubgraph {
  ValueStorage storage;  // outlives the subgraph and runtimes made of it
  SubgraphPointer subgraph;
  ShapeInference shapes;  // at the declared input shapes
};

// Initializes XNNPACK where that has not happened. The payload's constants, which named_data gives, outlive the result.
Result<DefinedSubgraph> define_subgraph(const Payload& payload, const NamedData& named_data);

// Would XNNPACK run this payload? Defines it and, unless a node has weights to pack, builds it, since some of XNNPACK's
// own checks are made there. Fast enough to ask about every node of a model.
Result<void> try_payload(const Payload& payload, const NamedData& named_data);

struct RuntimeOptions {
  xnn_weights_cache_t weights_cache = nullptr;  // may be null: packed weights belong to the runtime
  xnn_workspace_t workspace = nullptr;          // may be null: the runtime has its own
  pthreadpool_t threadpool = nullptr;           // may be null: the calling thread
  uint32_t flags = 0;                           // of xnn_create_runtime_v4
};

struct BuiltRuntime {
  ValueStorage storage;
  RuntimePointer runtime;
  ShapeInference shapes;
};

Result<BuiltRuntime> build_runtime(const Payload& payload, const NamedData& named_data, const RuntimeOptions& options);

}  // namespace ingot::xnnpack
