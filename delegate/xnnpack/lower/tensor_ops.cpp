#include "delegate/xnnpack/lower/tensor_ops.h"

#include <xnnpack.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ingot::xnnpack::lowering {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<uint32_t> wire_dims(const Sizes& sizes) {
  return {sizes.begin(), sizes.end()};
}

// A layout that exists already, with its id: of a constant, one is made.
Stored any_layout(TensorBuilder& build, Tensor& x) {
  if (x.stored.empty()) build.get(x, identity(x.rank()));
  return build.preferred(x);
}

// A result laid out as the input is.
Tensor& computed_like(TensorBuilder& build, const Tensor& x, const Stored& layout) {
  return build.computed(x.sizes, layout.order, layout.shape);
}

// The dimensions to reduce, in memory: those next to each other form a block. Dimensions of size 1 are left out.
std::vector<std::vector<size_t>> blocks(const Tensor& x, const Order& order, const std::vector<size_t>& dims) {
  std::vector<std::vector<size_t>> found;
  bool open = false;
  for (const size_t dim : order) {
    if (x.sizes[dim] == 1) continue;
    const bool reduced = std::ranges::count(dims, dim) > 0;
    if (reduced && !open) found.emplace_back();
    if (reduced) found.back().push_back(dim);
    open = reduced;
  }
  return found;
}

// x as [outer, height, width, inner], where one block of dimensions to reduce is height and width.
struct Window {
  uint32_t input = kNoId;
  Order order;
  Sizes sizes;  // of the result
  int64_t outer = 1, height = 1, width = 1, inner = 1;
};

Window window_around(TensorBuilder& build, Tensor& x, const std::vector<size_t>& block) {
  Window window;
  window.order = any_layout(build, x).order;
  window.sizes = x.sizes;
  bool before = true;
  for (const size_t dim : window.order) {
    if (std::ranges::count(block, dim) > 0) {
      before = false;
      // An image's own height and width stay as they are: no reshape is needed then.
      (block.size() > 1 && dim == block.back() ? window.width : window.height) *= x.sizes[dim];
      window.sizes[dim] = 1;
    } else {
      (before ? window.outer : window.inner) *= x.sizes[dim];
    }
  }
  window.input = build.get(x, window.order, {window.outer, window.height, window.width, window.inner});
  return window;
}

}  // namespace

Tensor& unary(TensorBuilder& build, wire::NodeUnion type, Tensor& x, const Bounds& bounds) {
  const Stored in = any_layout(build, x);
  Tensor& y =
      type == wire::NodeUnion::Clamp ? build.moved(x, x.sizes, in.order, in.shape) : computed_like(build, x, in);
  wire::Node1x1T node;
  node.input_id = in.id;
  node.output_id = build.id(y);
  build.node(type, node, bounds);
  return y;
}

Tensor& clamp(TensorBuilder& build, Tensor& x, float min, float max) {
  if (min == -kInfinity && max == kInfinity) return x;
  return unary(build, wire::NodeUnion::Clamp, x, std::pair(min, max));
}

Tensor& bounded(TensorBuilder& build, Tensor& x, const Bounds& bounds) {
  return bounds ? clamp(build, x, bounds->first, bounds->second) : x;
}

Tensor& leaky_relu(TensorBuilder& build, Tensor& x, float negative_slope) {
  const Stored in = any_layout(build, x);
  Tensor& y = computed_like(build, x, in);
  wire::NodeLeakyReLUT node;
  node.negative_slope = negative_slope;
  node.input_id = in.id;
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::LeakyReLU, node);
  return y;
}

Tensor& elu(TensorBuilder& build, Tensor& x, float alpha) {
  const Stored in = any_layout(build, x);
  Tensor& y = computed_like(build, x, in);
  wire::NodeELUT node;
  node.alpha = alpha;
  node.input_id = in.id;
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::ELU, node);
  return y;
}

Sizes broadcast_sizes(const Sizes& a, const Sizes& b) {
  const size_t rank = std::max(a.size(), b.size());
  Sizes sizes = pad_front(a, rank);
  const Sizes other = pad_front(b, rank);
  for (size_t i = 0; i < rank; ++i) {
    if (sizes[i] == 1) sizes[i] = other[i];
  }
  return sizes;
}

namespace {

// Two operands of one type family: beside integers, a constant becomes integers.
void match_types(TensorBuilder& build, wire::NodeUnion type, Tensor** a, Tensor** b) {
  for (auto [one, other] : {std::pair(a, b), std::pair(b, a)}) {
    if ((*one)->is_constant() && is_affine((*other)->type) && !same_type((*one)->type, (*other)->type)) {
      *one = &in_integers(build, **one, type, (*other)->type);
    }
  }
}

Tensor& binary_node(TensorBuilder& build, wire::NodeUnion type, Tensor& a, Tensor& b, const Order& order, Tensor& y,
                    const Bounds& bounds) {
  wire::Node2x1T node;
  node.input1_id = build.get(a, order);
  node.input2_id = build.get(b, order);
  node.output_id = build.id(y);
  build.node(type, node, bounds);
  return y;
}

}  // namespace

Tensor& in_integers(TensorBuilder& build, Tensor& constant, wire::NodeUnion type, const ElementType& beside) {
  const bool is_unsigned = beside.datatype == wire::DataType::quint8;
  if (is_affine(constant.type) && constant.type.datatype == beside.datatype) return constant;
  const auto elements = float_elements({constant.sizes, constant.data_order, constant.type, *constant.data});
  const auto [low, high] = std::ranges::minmax(elements);
  // XNNPACK adds what is not too fine beside its result: much finer than the other operand is of no use.
  const bool adds = type == wire::NodeUnion::Add || type == wire::NodeUnion::Subtract;
  const double least = adds ? std::ldexp(static_cast<double>(beside.per_tensor->scale), -8) : 0;
  return build.convert(constant, affine_type_for(is_unsigned, {low, high}, least));
}

Tensor& binary(TensorBuilder& build, wire::NodeUnion type, Tensor& first, Tensor& second, const Bounds& bounds) {
  Tensor *a = &first, *b = &second;
  match_types(build, type, &a, &b);
  const Sizes sizes = broadcast_sizes(a->sizes, b->sizes);
  Tensor* const operands[] = {a, b};
  const Order order = build.common_order(operands, sizes.size());
  return binary_node(build, type, *a, *b, order, build.computed(sizes, order), bounds);
}

Tensor& expand(TensorBuilder& build, Tensor& x, const Sizes& sizes) {
  if (numel(x.sizes) == numel(sizes)) return build.view(x, sizes);
  Sizes repeats = sizes;
  const Sizes from = pad_front(x.sizes, sizes.size());
  for (size_t i = 0; i < repeats.size(); ++i) repeats[i] = from[i] == 1 ? sizes[i] : 1;
  Tensor* ones = &build.constant(repeats, std::vector<float>(static_cast<size_t>(numel(repeats)), 1.0f));
  if (is_affine(x.type)) ones = &build.convert(*ones, affine_type(x.type.datatype == wire::DataType::quint8, 1, 0));
  Tensor* const operands[] = {&x, ones};
  const Order order = build.common_order(operands, sizes.size());
  return binary_node(build, wire::NodeUnion::Multiply, x, *ones, order, build.moved(x, sizes, order), std::nullopt);
}

Tensor& softmax(TensorBuilder& build, Tensor& x, size_t dim) {
  Order order = any_layout(build, x).order;
  for (const Stored& stored : x.stored) {  // one that has the dimension innermost already
    const Order wanted = move_last(stored.order, dim);
    if (!same_memory(x.sizes, stored.order, wanted)) continue;
    order = wanted;
    break;
  }
  order = move_last(order, dim);
  wire::Node1x1T node;
  node.input_id = build.get(x, order);
  Tensor& y = build.computed(x.sizes, order);
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::Softmax, node);
  return y;
}

Tensor& mean(TensorBuilder& build, Tensor& x, const std::vector<size_t>& dims) {
  Tensor* y = &x;
  for (const auto& block : blocks(x, any_layout(build, x).order, dims)) {  // a mean of equally many means is their mean
    const Window window = window_around(build, *y, block);
    wire::Node1x1T node;
    node.input_id = window.input;
    y = &build.computed(window.sizes, window.order, {window.outer, 1, 1, window.inner});
    node.output_id = build.id(*y);
    node.flags = XNN_FLAG_KEEP_DIMS;
    build.node(wire::NodeUnion::GlobalAvgPooling2d, node);
  }
  return *y;
}

Tensor& amax(TensorBuilder& build, Tensor& x, const std::vector<size_t>& dims) {
  Tensor* y = &x;
  for (const auto& block : blocks(x, any_layout(build, x).order, dims)) {
    const Window window = window_around(build, *y, block);
    wire::NodePoolingT node;
    node.pooling_height = static_cast<uint32_t>(window.height);
    node.pooling_width = static_cast<uint32_t>(window.width);
    node.stride_height = node.stride_width = 1;
    node.dilation_height = node.dilation_width = 1;
    node.input_id = window.input;
    y = &build.moved(*y, window.sizes, window.order, {window.outer, 1, 1, window.inner});
    node.output_id = build.id(*y);
    build.node(wire::NodeUnion::MaxPooling2d, node);
  }
  return *y;
}

Tensor& fully_connected(TensorBuilder& build, Tensor& x, Tensor& weight, Tensor* bias, const Bounds& bounds) {
  const size_t last = x.rank() - 1;
  const Order order = move_last(any_layout(build, x).order, last);
  Sizes sizes = x.sizes;
  sizes[last] = weight.sizes[1];
  wire::NodeFullyConnectedT node;
  node.input1_id = build.get(x, order);
  node.filter_id = build.get(weight, {1, 0});
  node.bias_id = bias != nullptr ? build.get(*bias, {0}) : kNoId;
  Tensor& y = build.computed(sizes, order);
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::FullyConnected, node, bounds);
  return y;
}

Tensor& batch_matmul(TensorBuilder& build, Tensor& a, Tensor& b) {
  const Order plain = {0, 1, 2}, swapped = {0, 2, 1};
  bool transposed = false;  // the second operand lies in memory as [B, N, K]
  for (const Stored& stored : b.stored) transposed = transposed || same_memory(b.sizes, stored.order, swapped);
  for (const Stored& stored : b.stored) transposed = transposed && !same_memory(b.sizes, stored.order, plain);
  wire::Node2x1T node;
  node.input1_id = build.get(a, plain);
  node.input2_id = build.get(b, transposed ? swapped : plain);
  node.flags = transposed ? XNN_FLAG_TRANSPOSE_B : 0;
  Tensor& y = build.computed({a.sizes[0], a.sizes[1], b.sizes[2]}, plain);
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::BatchMatrixMultiply, node);
  return y;
}

Tensor& concatenate(TensorBuilder& build, std::span<Tensor* const> parts, size_t dim) {
  constexpr size_t kMostInputs = 5;
  if (parts.size() == 1) return *parts.front();
  if (parts.size() > kMostInputs) {  // the first five, then the result with the rest
    std::vector<Tensor*> rest = {&concatenate(build, parts.first(kMostInputs), dim)};
    rest.insert(rest.end(), parts.begin() + kMostInputs, parts.end());
    return concatenate(build, rest, dim);
  }
  const size_t rank = parts.front()->rank();
  const Order order = build.common_order(parts, rank);
  Sizes sizes = parts.front()->sizes;
  sizes[dim] = 0;
  uint32_t ids[kMostInputs] = {kNoId, kNoId, kNoId, kNoId, kNoId};
  for (size_t i = 0; i < parts.size(); ++i) {
    ids[i] = build.get(*parts[i], order);
    sizes[dim] += parts[i]->sizes[dim];
  }
  Tensor& y = build.moved(*parts.front(), sizes, order);
  wire::NodeConcatenateT node;
  node.axis = static_cast<uint32_t>(position_of(order, dim));
  node.input1_id = ids[0];
  node.input2_id = ids[1];
  node.input3_id = ids[2];
  node.input4_id = ids[3];
  node.input5_id = ids[4];
  node.output_id = build.id(y);
  constexpr wire::NodeUnion kTypes[] = {wire::NodeUnion::Concatenate2, wire::NodeUnion::Concatenate3,
                                        wire::NodeUnion::Concatenate4, wire::NodeUnion::Concatenate5};
  build.node(kTypes[parts.size() - 2], node);
  return y;
}

Tensor& slice(TensorBuilder& build, Tensor& x, const Sizes& offsets, const Sizes& sizes) {
  if (sizes == x.sizes) return x;
  const Order order = any_layout(build, x).order;
  wire::NodeStaticSliceT node;
  node.num_dims = static_cast<uint32_t>(x.rank());
  node.offsets = wire_dims(physical(offsets, order));
  node.sizes = wire_dims(physical(sizes, order));
  node.input_id = build.get(x, order);
  Tensor& y = build.moved(x, sizes, order);
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::StaticSlice, node);
  return y;
}

Tensor& slice(TensorBuilder& build, Tensor& x, size_t dim, int64_t offset, int64_t size) {
  Sizes offsets(x.rank(), 0), sizes = x.sizes;
  offsets[dim] = offset;
  sizes[dim] = size;
  return slice(build, x, offsets, sizes);
}

Tensor& pad(TensorBuilder& build, Tensor& x, const Sizes& before, const Sizes& after, float value) {
  Sizes offsets(x.rank(), 0), kept = x.sizes, sizes = x.sizes, front(x.rank(), 0), back(x.rank(), 0);
  for (size_t i = 0; i < x.rank(); ++i) {
    offsets[i] = std::max<int64_t>(-before[i], 0);
    kept[i] -= offsets[i] + std::max<int64_t>(-after[i], 0);
    front[i] = std::max<int64_t>(before[i], 0);
    back[i] = std::max<int64_t>(after[i], 0);
    sizes[i] += before[i] + after[i];
  }
  Tensor& inner = slice(build, x, offsets, kept);
  if (sizes == kept) return inner;
  const Order order = any_layout(build, inner).order;
  wire::NodeStaticConstantPadT node;
  node.pre_paddings = wire_dims(physical(front, order));
  node.post_paddings = wire_dims(physical(back, order));
  node.padding_value = value;
  node.input_id = build.get(inner, order);
  Tensor& y = build.moved(x, sizes, order);
  node.output_id = build.id(y);
  build.node(wire::NodeUnion::StaticConstantPad, node);
  return y;
}

Tensor& upsample_nearest(TensorBuilder& build, Tensor& x, int64_t factor_height, int64_t factor_width) {
  const Sizes s = x.sizes;
  Tensor& spread = build.view(x, {s[0], s[1], s[2], 1, s[3], 1});
  Tensor& repeated = expand(build, spread, {s[0], s[1], s[2], factor_height, s[3], factor_width});
  return build.view(repeated, {s[0], s[1], s[2] * factor_height, s[3] * factor_width});
}

}  // namespace ingot::xnnpack::lowering
