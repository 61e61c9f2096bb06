// Writes a payload in terms of tensors with logical dimensions. A Tensor is kept in one or several layouts; an operator
// asks for the one it needs, and a transpose or reshape is written only where none of those that exist will do, once.
// Views and permutations therefore cost nothing by themselves, and transposes between operators that agree vanish.
//
// Nothing here can fail: whether XNNPACK takes what was written is decided when the payload is defined. Owned by one
// thread. Constants are referred to until finish(); their bytes stay alive with what finish() returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.h"
#include "delegate/xnnpack/graph/payload_writer.h"
#include "delegate/xnnpack/lower/element_types.h"
#include "delegate/xnnpack/lower/layout.h"

namespace ingot::xnnpack::lowering {

using compiler::Bytes;

// Lower and upper bounds of a fused activation.
using Bounds = std::optional<std::pair<float, float>>;

// A payload value that holds a tensor's elements.
struct Stored {
  uint32_t id = kNoId;
  Sizes shape;  // of the payload value; may differ from the tensor's in any way that leaves the elements in sequence
  Order order;  // of the tensor's dimensions
};

// Made by a TensorBuilder, which owns it.
struct Tensor {
  Sizes sizes;
  ElementType type;  // where it is per channel, the dimension counts among `sizes`
  std::vector<Stored> stored;
  // Of a constant: its bytes, in `data_order`.
  std::optional<Bytes> data;
  Order data_order;
  std::vector<Tensor*> converted;  // the same numbers in other types, made before

  size_t rank() const { return sizes.size(); }
  bool is_constant() const { return data.has_value(); }
};

class TensorBuilder {
 public:
  // `trial`: the payload is only defined, never run. Constants then keep their order, so that nothing large is copied.
  explicit TensorBuilder(bool trial);

  // What the nodes that follow are called in debug_names().
  void set_source(const std::string& source);
  const std::vector<std::string>& debug_names() const { return debug_names_; }

  Tensor& input(uint32_t external_id, const Sizes& sizes, const Order& order, const ElementType& type = {});
  Tensor& constant(const Sizes& sizes, const Order& order, Bytes data, const ElementType& type = {});
  Tensor& constant(const Sizes& sizes, const std::vector<float>& values);
  Tensor& scalar(float value) { return constant({}, {value}); }
  // Makes the tensor's numbers, as elements of this type, an output of the payload.
  void output(Tensor& tensor, const ElementType& type, uint32_t external_id, const Order& order);

  // The id of a payload value that holds the tensor in this order. Where the order has more dimensions than the tensor,
  // the tensor is taken with 1 repeated in front.
  uint32_t get(Tensor& tensor, const Order& order);
  // The same with any shape of as many elements.
  uint32_t get(Tensor& tensor, const Order& order, const Sizes& shape);
  // The layout that is best to compute on where any will do.
  const Stored& preferred(const Tensor& tensor) const;
  // The order in which element-wise work on these costs the fewest transposed elements, for `rank` dimensions.
  Order common_order(std::span<Tensor* const> tensors, size_t rank) const;

  // The type of the numbers that nodes compute from here on; none where it is not known.
  void compute_in(const std::optional<ElementType>& type);
  // Where nodes after each other have computed in one type, or in none: right in float alone, since the results in
  // between would need quantizations of their own.
  bool is_ambiguous() const { return ambiguous_; }
  // Has anything been computed, or has all been moved only?
  bool has_computed() const { return computed_; }

  // A new tensor that a node is about to make: its only layout has this shape. of() takes the type; moved() is for
  // nodes that pass on elements of `like`; computed() for nodes that compute new numbers.
  Tensor& of(const ElementType& type, const Sizes& sizes, const Order& order, const Sizes& shape);
  Tensor& of(const ElementType& type, const Sizes& sizes, const Order& order) {
    return of(type, sizes, order, physical(sizes, order));
  }
  Tensor& moved(const Tensor& like, const Sizes& sizes, const Order& order, const Sizes& shape) {
    return of(like.type, sizes, order, shape);
  }
  Tensor& moved(const Tensor& like, const Sizes& sizes, const Order& order) { return of(like.type, sizes, order); }
  Tensor& computed(const Sizes& sizes, const Order& order, const Sizes& shape);
  Tensor& computed(const Sizes& sizes, const Order& order) { return computed(sizes, order, physical(sizes, order)); }
  static uint32_t id(const Tensor& result) { return result.stored.front().id; }

  // `node` is the table of this type (wire::Node1x1T, ...).
  template <typename NodeT>
  void node(wire::NodeUnion type, const NodeT& node, const Bounds& bounds = std::nullopt) {
    writer_.add_node(type, node, bounds, debug_handle_);
  }

  // The same elements with other dimensions: no node.
  Tensor& view(Tensor& tensor, const Sizes& sizes);
  // Dimension i of the result is dimension dims[i] of the tensor: no node.
  Tensor& permute(Tensor& tensor, const std::vector<int64_t>& dims);

  // The same numbers as elements of another type: a node, once, except for constants, which are converted here.
  // A tensor that is quantized for each row keeps the floats that it was made from.
  Tensor& convert(Tensor& tensor, const ElementType& type);
  Tensor& to_float(Tensor& tensor) { return convert(tensor, ElementType{}); }
  // Types that live as long as this builder: per channel, and of 4 bits with a scale for each group.
  ElementType per_channel(wire::DataType datatype, std::vector<float> scales, size_t dim);
  ElementType per_group(std::vector<uint16_t> scales, size_t group_size);

  // Declared shapes by id, for comparing with what the payload computes.
  const std::vector<Sizes>& shapes() const { return shapes_; }

  struct Finished {
    WrittenPayload payload;
    std::vector<Bytes> owners;  // of the bytes that payload.named_data refers to
    std::vector<Sizes> shapes;  // by id
  };
  Finished finish() &&;

 private:
  enum class Role : uint8_t { external, constant, computed };

  uint32_t added(uint32_t id, const Sizes& shape, Role role);
  uint32_t add_internal(const ElementType& type, const Sizes& shape);
  // These write a node unless the same one exists, and keep its result as one more layout of the tensor.
  uint32_t reshaped(Tensor& tensor, const Stored& stored, const Sizes& shape);
  uint32_t transposed(Tensor& tensor, const Order& order);
  uint32_t constant_in(Tensor& tensor, const Order& order, const Sizes& shape);
  Tensor& convert(Tensor& tensor, const ElementType& type, const Order& order);
  // The id of a payload value that holds the tensor in this order, in any shape.
  uint32_t in_order(Tensor& tensor, const Order& order);
  Tensor& view_of_constant(Tensor& tensor, const Sizes& sizes);
  std::optional<ElementType> type_of_groups(const Tensor& tensor, const Sizes& sizes);
  uint32_t expanded(uint32_t halves, const Sizes& shape);
  Bytes converted_constant(const Tensor& tensor, const ElementType& type) const;

  bool trial_;
  std::optional<ElementType> computes_in_ = ElementType{};
  bool computed_ = false;
  bool ambiguous_ = false;
  std::deque<std::vector<float>> scales_;           // of per-channel types
  std::deque<std::vector<uint16_t>> group_scales_;  // of per-group types
  PayloadWriter writer_;
  std::deque<Tensor> tensors_;
  std::vector<Sizes> shapes_;                                                  // by id
  std::vector<Role> roles_;                                                    // by id
  std::map<std::pair<uint32_t, Sizes>, uint32_t> reshapes_;                    // by input id and shape
  std::map<std::pair<uint32_t, std::vector<uint32_t>>, uint32_t> transposes_;  // by input id and permutation
  std::vector<Bytes> owners_;
  std::vector<std::string> debug_names_;
  uint32_t debug_handle_ = 0;
};

}  // namespace ingot::xnnpack::lowering
