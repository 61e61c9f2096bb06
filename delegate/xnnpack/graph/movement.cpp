// Nodes that move elements without computing: transpose, reshape, slice, pad, resize, concatenate, copy.

#include <algorithm>
#include <cmath>

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

using Ids = flatbuffers::Vector<uint32_t>;

size_t length(const Ids* list) {
  return list == nullptr ? 0 : list->size();
}

Result<void> expect_length(const Ids* list, size_t expected, const char* name) {
  if (length(list) == expected) return {};
  return fail(ErrorCode::invalid_file, "%s has %zu elements, expected %zu", name, length(list), expected);
}

struct Sizes {
  size_t at[kMaxDims] = {};
  explicit Sizes(const Ids* list) {
    for (size_t i = 0; i < std::min(length(list), kMaxDims); ++i) at[i] = list->Get(static_cast<uint32_t>(i));
  }
};

// The ids of a concatenation's inputs, in order.
struct Inputs {
  uint32_t ids[5];
  size_t count;
};

Inputs inputs_of(const wire::XNode& node) {
  const auto& cat = *static_cast<const wire::NodeConcatenate*>(node.xnode_union());
  Inputs inputs{{cat.input1_id(), cat.input2_id(), cat.input3_id(), cat.input4_id(), cat.input5_id()}, 2};
  switch (node.xnode_union_type()) {
    case wire::NodeUnion::Concatenate3:
      inputs.count = 3;
      break;
    case wire::NodeUnion::Concatenate4:
      inputs.count = 4;
      break;
    case wire::NodeUnion::Concatenate5:
      inputs.count = 5;
      break;
    default:
      break;
  }
  return inputs;
}

}  // namespace

Result<void> check_transpose(NodeCheck& check) {
  const auto& transpose = *check.node.xnode_union_as_StaticTranspose();
  INGOT_TRY_VOID(check.flags(transpose.flags()));
  const Operand input = INGOT_TRY(check.input(transpose.input_id(), "input", transpose.num_dims()));
  INGOT_TRY_VOID(expect_length(transpose.perm(), input.rank(), "perm"));
  INGOT_TRY_VOID(check.same_elements(input, transpose.output_id()));
  const Sizes perm(transpose.perm());
  Shape out;
  out.rank = input.rank();
  bool taken[kMaxDims] = {};
  for (size_t i = 0; i < out.rank; ++i) {
    if (perm.at[i] >= out.rank || taken[perm.at[i]]) {
      return fail(ErrorCode::invalid_file, "perm is not a permutation of %zu dimensions", out.rank);
    }
    taken[perm.at[i]] = true;
    out.dims[i] = input.dim(perm.at[i]);
  }
  return check.output(transpose.output_id(), out);
}

Result<void> define_transpose(const NodeDefine& define) {
  const auto& transpose = *define.node.xnode_union_as_StaticTranspose();
  const Sizes perm(transpose.perm());
  return answered(xnn_define_static_transpose(define.subgraph, length(transpose.perm()), perm.at,
                                              define.id(transpose.input_id()), define.id(transpose.output_id()), 0));
}

// A size of 0 is the one that follows from the number of elements.
Result<void> check_reshape(NodeCheck& check) {
  const auto& reshape = *check.node.xnode_union_as_StaticReshape();
  INGOT_TRY_VOID(check.flags(reshape.flags()));
  const Operand input = INGOT_TRY(check.input(reshape.input_id(), "input"));
  INGOT_TRY_VOID(check.same_elements(input, reshape.output_id()));
  if (reshape.num_dims() > kMaxDims) {
    return fail(ErrorCode::not_supported, "%u dimensions, XNNPACK takes at most %zu", reshape.num_dims(), kMaxDims);
  }
  INGOT_TRY_VOID(expect_length(reshape.new_shape(), reshape.num_dims(), "new_shape"));
  const Sizes sizes(reshape.new_shape());
  Shape out;
  out.rank = reshape.num_dims();
  size_t inferred = kMaxDims;
  for (size_t i = 0; i < out.rank; ++i) {
    out.dims[i] = sizes.at[i];
    if (sizes.at[i] != 0) continue;
    if (inferred != kMaxDims) return fail(ErrorCode::invalid_file, "new_shape has two sizes of 0");
    inferred = i;
    out.dims[i] = 1;
  }
  const uint64_t from = INGOT_TRY(shape_numel(*input.shape));
  uint64_t to = INGOT_TRY(shape_numel(out));
  if (inferred != kMaxDims && from % to == 0) {
    out.dims[inferred] = from / to;
    to = from;
  }
  if (from != to) {
    return fail(ErrorCode::invalid_argument, "%s does not reshape to %s", ShapeText(*input.shape).text,
                ShapeText(out).text);
  }
  return check.output(reshape.output_id(), out);
}

Result<void> define_reshape(const NodeDefine& define) {
  const auto& reshape = *define.node.xnode_union_as_StaticReshape();
  const Sizes sizes(reshape.new_shape());
  return answered(xnn_define_static_reshape(define.subgraph, length(reshape.new_shape()), sizes.at,
                                            define.id(reshape.input_id()), define.id(reshape.output_id()), 0));
}

// A size of 0 is all of the dimension.
Result<void> check_slice(NodeCheck& check) {
  const auto& slice = *check.node.xnode_union_as_StaticSlice();
  INGOT_TRY_VOID(check.flags(slice.flags()));
  const Operand input = INGOT_TRY(check.input(slice.input_id(), "input", slice.num_dims()));
  INGOT_TRY_VOID(expect_length(slice.offsets(), input.rank(), "offsets"));
  INGOT_TRY_VOID(expect_length(slice.sizes(), input.rank(), "sizes"));
  INGOT_TRY_VOID(check.same_elements(input, slice.output_id()));
  const Sizes offsets(slice.offsets()), sizes(slice.sizes());
  Shape out;
  out.rank = input.rank();
  for (size_t i = 0; i < out.rank; ++i) {
    out.dims[i] = sizes.at[i] == 0 && offsets.at[i] == 0 ? input.dim(i) : sizes.at[i];
    if (out.dims[i] == 0 || offsets.at[i] + out.dims[i] > input.dim(i)) {
      return fail(ErrorCode::invalid_argument, "[%zu, +%zu) of dimension %zu, which has %zu elements", offsets.at[i],
                  sizes.at[i], i, input.dim(i));
    }
  }
  return check.output(slice.output_id(), out);
}

Result<void> define_slice(const NodeDefine& define) {
  const auto& slice = *define.node.xnode_union_as_StaticSlice();
  const Sizes offsets(slice.offsets()), sizes(slice.sizes());
  return answered(xnn_define_static_slice(define.subgraph, length(slice.sizes()), offsets.at, sizes.at,
                                          define.id(slice.input_id()), define.id(slice.output_id()), 0));
}

Result<void> check_pad(NodeCheck& check) {
  const auto& pad = *check.node.xnode_union_as_StaticConstantPad();
  INGOT_TRY_VOID(check.flags(pad.flags()));
  const Operand input = INGOT_TRY(check.input(pad.input_id(), "input"));
  INGOT_TRY_VOID(expect_length(pad.pre_paddings(), input.rank(), "pre_paddings"));
  INGOT_TRY_VOID(expect_length(pad.post_paddings(), input.rank(), "post_paddings"));
  INGOT_TRY_VOID(check.same_elements(input, pad.output_id()));
  if (std::isnan(pad.padding_value()) && input.value->per_tensor != nullptr) {
    return fail(ErrorCode::invalid_file, "its padding is not a number");
  }
  const Sizes before(pad.pre_paddings()), after(pad.post_paddings());
  Shape out = *input.shape;
  for (size_t i = 0; i < out.rank; ++i) out.dims[i] += before.at[i] + after.at[i];
  return check.output(pad.output_id(), out);
}

Result<void> define_pad(const NodeDefine& define) {
  const auto& pad = *define.node.xnode_union_as_StaticConstantPad();
  const Sizes before(pad.pre_paddings()), after(pad.post_paddings());
  return answered(xnn_define_static_constant_pad(define.subgraph, before.at, after.at, pad.padding_value(),
                                                 define.id(pad.input_id()), define.id(pad.output_id()), 0));
}

// Bilinear, of [batch, height, width, channels].
Result<void> check_resize(NodeCheck& check) {
  const auto& resize = *check.node.xnode_union_as_StaticResizeBilinear2D();
  INGOT_TRY_VOID(check.flags(resize.flags(), XNN_FLAG_ALIGN_CORNERS | XNN_FLAG_TENSORFLOW_LEGACY_MODE));
  const Operand input = INGOT_TRY(check.input(resize.input_id(), "input", 4));
  INGOT_TRY_VOID(check.same_elements(input, resize.output_id()));
  constexpr uint64_t kMaxSide = (1u << 24) - 1;  // XNNPACK's limit
  for (const uint64_t side :
       {uint64_t{input.dim(1)}, uint64_t{input.dim(2)}, uint64_t{resize.new_height()}, uint64_t{resize.new_width()}}) {
    if (side == 0 || side > kMaxSide) {
      return fail(ErrorCode::not_supported, "a height or width of %llu, expected 1 to %llu",
                  static_cast<unsigned long long>(side), static_cast<unsigned long long>(kMaxSide));
    }
  }
  INGOT_TRY_VOID(check_window_count(resize.new_height(), resize.new_width(), 2, 2));
  return check.output(resize.output_id(),
                      Shape{4, {input.dim(0), resize.new_height(), resize.new_width(), input.dim(3)}});
}

Result<void> define_resize(const NodeDefine& define) {
  const auto& resize = *define.node.xnode_union_as_StaticResizeBilinear2D();
  return answered(xnn_define_static_resize_bilinear_2d(define.subgraph, resize.new_height(), resize.new_width(),
                                                       define.id(resize.input_id()), define.id(resize.output_id()),
                                                       resize.flags()));
}

Result<void> check_concatenate(NodeCheck& check) {
  const auto& cat = *static_cast<const wire::NodeConcatenate*>(check.node.xnode_union());
  const Inputs inputs = inputs_of(check.node);
  INGOT_TRY_VOID(check.flags(cat.flags()));
  const Operand first = INGOT_TRY(check.input(inputs.ids[0], "first input"));
  if (cat.axis() >= first.rank()) {
    return fail(ErrorCode::invalid_file, "axis %u of %zu dimensions", cat.axis(), first.rank());
  }
  Shape out = *first.shape;
  INGOT_TRY_VOID(check.same_elements(first, cat.output_id()));
  for (size_t i = 1; i < inputs.count; ++i) {
    const Operand input = INGOT_TRY(check.input(inputs.ids[i], "input", out.rank));
    INGOT_TRY_VOID(check.same_elements(input, cat.output_id()));
    for (size_t dim = 0; dim < out.rank; ++dim) {
      if (dim != cat.axis() && input.dim(dim) != out.dims[dim]) {
        return fail(ErrorCode::invalid_argument, "its inputs are %s and %s, concatenated along dimension %u",
                    ShapeText(*first.shape).text, ShapeText(*input.shape).text, cat.axis());
      }
    }
    out.dims[cat.axis()] += input.dim(cat.axis());
  }
  return check.output(cat.output_id(), out);
}

Result<void> define_concatenate(const NodeDefine& define) {
  const auto& cat = *static_cast<const wire::NodeConcatenate*>(define.node.xnode_union());
  const Inputs inputs = inputs_of(define.node);
  const auto axis = static_cast<int32_t>(cat.axis());
  uint32_t ids[5] = {};
  for (size_t i = 0; i < inputs.count; ++i) ids[i] = define.id(inputs.ids[i]);
  const uint32_t out = define.id(cat.output_id());
  switch (inputs.count) {
    case 2:
      return answered(xnn_define_concatenate2(define.subgraph, axis, ids[0], ids[1], out, 0));
    case 3:
      return answered(xnn_define_concatenate3(define.subgraph, axis, ids[0], ids[1], ids[2], out, 0));
    case 4:
      return answered(xnn_define_concatenate4(define.subgraph, axis, ids[0], ids[1], ids[2], ids[3], out, 0));
    default:
      return answered(xnn_define_concatenate5(define.subgraph, axis, ids[0], ids[1], ids[2], ids[3], ids[4], out, 0));
  }
}

// Copies in order; the output may have another shape of as many elements, as XNNPACK's own Copy allows.
Result<void> check_copy(NodeCheck& check) {
  const auto& copy = *check.node.xnode_union_as_Copy();
  INGOT_TRY_VOID(check.flags(copy.flags()));
  const Operand input = INGOT_TRY(check.input(copy.input_id(), "input"));
  INGOT_TRY_VOID(check.same_elements(input, copy.output_id()));
  return check.output(copy.output_id(), *input.shape);
}

Result<void> define_copy(const NodeDefine& define) {
  const auto& copy = *define.node.xnode_union_as_Copy();
  return answered(xnn_define_copy(define.subgraph, define.id(copy.input_id()), define.id(copy.output_id()), 0));
}

}  // namespace ingot::xnnpack
