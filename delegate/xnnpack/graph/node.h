// One node of a payload while it is checked and while it is defined, and the functions of each family that do so.
// Internal to graph/: others use define.h.
//
// check_* compares a node with the shapes of its inputs, so that XNNPACK never reads beyond a tensor, and gives its
// output a shape. It runs again whenever input shapes change. define_* adds the node to an XNNPACK subgraph; it may
// rely on everything that the check has established.
#pragma once

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/graph/payload.h"
#include "runtime/core/error.h"

namespace ingot::xnnpack {

struct Bounds {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();

  bool finite() const {
    return min != -std::numeric_limits<float>::infinity() || max != std::numeric_limits<float>::infinity();
  }
};

struct Operand {
  const Value* value = nullptr;
  const Shape* shape = nullptr;

  size_t rank() const { return shape->rank; }
  size_t dim(size_t i) const { return shape->dims[i]; }
  // Counted from the last dimension: last(0) is the innermost.
  size_t last(size_t i) const { return shape->dims[shape->rank - 1 - i]; }
  wire::DataType datatype() const { return value->datatype; }
};

class NodeCheck {
 public:
  NodeCheck(const Payload& payload, const wire::XNode& node, std::span<Shape> shapes, std::span<uint8_t> defined,
            std::span<uint8_t> read, uint8_t reader)
      : node(node), payload_(payload), shapes_(shapes), defined_(defined), read_(read), reader_(reader) {}

  const wire::XNode& node;

  // The value with this id, which is an input, a constant, or the output of an earlier node. `role` names it in errors.
  Result<Operand> input(uint32_t id, const char* role) const;
  // The same, with this rank.
  Result<Operand> input(uint32_t id, const char* role, size_t rank) const;
  // Says that the node reads this input whenever it runs, though nodes of its type only pack their constants.
  void reads_when_run(const Operand& input) { read_[index_of(input)] |= ShapeInference::kReadToRun; }
  // Gives the value with this id, an output of this node, its shape.
  Result<void> output(uint32_t id, const Shape& shape);
  // What the declaration of an output says (its shape is not binding).
  Result<const Value*> declared(uint32_t id) const;
  // Node flags that are not in `allowed` are refused.
  Result<void> flags(uint32_t flags, uint32_t allowed = 0) const;
  // Where the output holds the input's elements unchanged: equal datatypes and quantization.
  Result<void> same_elements(const Operand& input, uint32_t output_id) const;

  static constexpr size_t kMaxOutputs = 2;
  size_t outputs[kMaxOutputs] = {};  // indices into the payload's values
  size_t num_outputs = 0;

 private:
  size_t index_of(const Operand& operand) const {
    return static_cast<size_t>(operand.value - payload_.values().data());
  }

  const Payload& payload_;
  std::span<Shape> shapes_;
  std::span<uint8_t> defined_;
  std::span<uint8_t> read_;
  uint8_t reader_;  // what is added to read_ of each input
};

struct NodeDefine {
  const Payload& payload;
  const wire::XNode& node;
  xnn_subgraph_t subgraph;
  std::span<const Shape> shapes;                   // by index in payload.values()
  std::span<const uint32_t> ids;                   // XNNPACK's ids, likewise
  std::span<const std::span<const float>> scales;  // of per-channel values, likewise
  const ValueStorage& storage;
  Bounds bounds;
  // A convolution writes a row more than its node says (see ends_wrong()).
  bool extra_row = false;

  size_t index(uint32_t wire_id) const { return payload.find(wire_id); }
  // XNNPACK's id of a value; XNN_INVALID_VALUE_ID for a missing optional one.
  uint32_t id(uint32_t wire_id) const { return wire_id == kNoId ? XNN_INVALID_VALUE_ID : ids[index(wire_id)]; }
  const Value& value(uint32_t wire_id) const { return payload.values()[index(wire_id)]; }
  const Shape& shape(uint32_t wire_id) const { return shapes[index(wire_id)]; }
};

// The same sizes, aligned at the innermost dimension, with 1 repeated: NumPy's rule.
Result<Shape> broadcast(const Shape& a, const Shape& b);
// A rank and "sizes" as text, for messages.
struct ShapeText {
  explicit ShapeText(const Shape& shape);
  char text[112];
};
enum class Use : uint8_t {
  packed,  // a constant that XNNPACK reads while it makes a runtime, and not later
  ordinary,
  temporary,  // internal and not constant, whatever the payload says
};
// The value in XNNPACK's subgraph for a value of the payload with this shape; `scales` receives per-channel scales.
Result<uint32_t> define_value(xnn_subgraph_t subgraph, const Payload& payload, const Value& value, const Shape& shape,
                              const NamedData& named_data, ValueStorage& storage, std::span<const float>* scales,
                              Use use);
// An internal value of a plain datatype.
Result<uint32_t> define_internal(xnn_subgraph_t subgraph, wire::DataType datatype, const Shape& shape);

using Checker = Result<void> (*)(NodeCheck&);
using Definer = Result<void> (*)(const NodeDefine&);

// convolution.cpp
Result<void> check_convolution(NodeCheck&);
Result<void> define_convolution(const NodeDefine&);
Result<void> check_depthwise_convolution(NodeCheck&);
Result<void> define_depthwise_convolution(const NodeDefine&);
Result<void> check_transposed_convolution(NodeCheck&);
Result<void> define_transposed_convolution(const NodeDefine&);
// Would XNNPACK compute the last pixel of this convolution wrong? One with a row more, which is then cut off, it does
// not. Of other nodes: no.
bool ends_wrong(const Payload& payload, const wire::XNode& node, std::span<const Shape> shapes);
// matmul.cpp
Result<void> check_fully_connected(NodeCheck&);
Result<void> define_fully_connected(const NodeDefine&);
Result<void> check_batch_matrix_multiply(NodeCheck&);
Result<void> define_batch_matrix_multiply(const NodeDefine&);
Result<void> check_attention(NodeCheck&);
Result<void> define_attention(const NodeDefine&);
// pooling.cpp
Result<void> check_average_pooling(NodeCheck&);
Result<void> define_average_pooling(const NodeDefine&);
Result<void> check_max_pooling(NodeCheck&);
Result<void> define_max_pooling(const NodeDefine&);
Result<void> check_argmax_pooling(NodeCheck&);
Result<void> define_argmax_pooling(const NodeDefine&);
Result<void> check_global_average_pooling(NodeCheck&);
Result<void> define_global_average_pooling(const NodeDefine&);
// unary.cpp
Result<void> check_unary(NodeCheck&);
Result<void> define_unary(const NodeDefine&);
Result<void> check_softmax(NodeCheck&);
Result<void> define_softmax(const NodeDefine&);
// binary.cpp
Result<void> check_binary(NodeCheck&);
Result<void> define_binary(const NodeDefine&);
// movement.cpp
Result<void> check_transpose(NodeCheck&);
Result<void> define_transpose(const NodeDefine&);
Result<void> check_reshape(NodeCheck&);
Result<void> define_reshape(const NodeDefine&);
Result<void> check_slice(NodeCheck&);
Result<void> define_slice(const NodeDefine&);
Result<void> check_pad(NodeCheck&);
Result<void> define_pad(const NodeDefine&);
Result<void> check_resize(NodeCheck&);
Result<void> define_resize(const NodeDefine&);
Result<void> check_concatenate(NodeCheck&);
Result<void> define_concatenate(const NodeDefine&);
Result<void> check_copy(NodeCheck&);
Result<void> define_copy(const NodeDefine&);

// For window.cpp's users: how many output positions a sliding window has, with its limits.
struct Window {
  uint64_t input = 0, pad_before = 0, pad_after = 0, kernel = 1, dilation = 1, stride = 1;
};
// `same`: TensorFlow's "SAME", where XNNPACK pads by itself.
Result<size_t> window_positions(const Window& window, bool same, const char* axis);
// XNNPACK keeps a pointer for each input pixel of each window: refuses more than a sane number.
Result<void> check_window_count(size_t out_height, size_t out_width, uint64_t kernel_height, uint64_t kernel_width);
// An 8-bit product's scale must be below 256 times the output's; `filter_scales` may be per channel.
Result<void> check_requantization(const NodeDefine& define, uint32_t input_id, uint32_t filter_id, uint32_t output_id);
// A filter's quantization, and a bias's shape, datatype and quantization, fit the convolution or matrix product.
Result<void> check_filter_quantization(const Operand& filter, size_t channel_dim);
Result<void> check_bias(const NodeCheck& check, uint32_t bias_id, size_t channels);
// A dynamically quantized input has one scale for each item of the batch, where an item has `nonbatch` dimensions.
Result<void> check_dynamic_input(const Operand& input, int32_t nonbatch);

}  // namespace ingot::xnnpack
