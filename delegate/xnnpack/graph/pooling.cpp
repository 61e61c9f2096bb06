// AvgPooling2d, MaxPooling2d, ArgMaxPooling2d and GlobalAvgPooling2d, all NHWC.

#include "delegate/xnnpack/graph/node.h"

namespace ingot::xnnpack {
namespace {

Result<void> check_pooling(NodeCheck& check, bool dilated) {
  const auto& pool = *static_cast<const wire::NodePooling*>(check.node.xnode_union());
  INGOT_TRY_VOID(check.flags(pool.flags(), XNN_FLAG_TENSORFLOW_SAME_PADDING));
  const Operand input = INGOT_TRY(check.input(pool.input_id(), "input", 4));
  const bool same = (pool.flags() & XNN_FLAG_TENSORFLOW_SAME_PADDING) != 0;
  const uint64_t dilation_height = dilated ? pool.dilation_height() : 1;
  const uint64_t dilation_width = dilated ? pool.dilation_width() : 1;
  if (pool.pooling_height() == 1 && pool.pooling_width() == 1) {
    return fail(ErrorCode::not_supported, "a window of 1 by 1, which XNNPACK does not take");
  }
  const size_t height = INGOT_TRY(window_positions({input.dim(1), pool.padding_top(), pool.padding_bottom(),
                                                    pool.pooling_height(), dilation_height, pool.stride_height()},
                                                   same, "height"));
  const size_t width = INGOT_TRY(window_positions({input.dim(2), pool.padding_left(), pool.padding_right(),
                                                   pool.pooling_width(), dilation_width, pool.stride_width()},
                                                  same, "width"));
  INGOT_TRY_VOID(check_window_count(height, width, pool.pooling_height(), pool.pooling_width()));
  return check.output(pool.output_id(), Shape{4, {input.dim(0), height, width, input.dim(3)}});
}

}  // namespace

Result<void> check_average_pooling(NodeCheck& check) {
  const auto& pool = *check.node.xnode_union_as_AvgPooling2d();
  if (pool.dilation_height() > 1 || pool.dilation_width() > 1) {
    return fail(ErrorCode::not_supported, "dilation %u by %u, XNNPACK has no dilated average pooling",
                pool.dilation_height(), pool.dilation_width());
  }
  return check_pooling(check, false);
}

Result<void> define_average_pooling(const NodeDefine& define) {
  const auto& pool = *define.node.xnode_union_as_AvgPooling2d();
  return answered(xnn_define_average_pooling_2d(
      define.subgraph, pool.padding_top(), pool.padding_right(), pool.padding_bottom(), pool.padding_left(),
      pool.pooling_height(), pool.pooling_width(), pool.stride_height(), pool.stride_width(), define.bounds.min,
      define.bounds.max, define.id(pool.input_id()), define.id(pool.output_id()), pool.flags()));
}

Result<void> check_max_pooling(NodeCheck& check) {
  return check_pooling(check, true);
}

Result<void> define_max_pooling(const NodeDefine& define) {
  const auto& pool = *define.node.xnode_union_as_MaxPooling2d();
  return answered(xnn_define_max_pooling_2d(
      define.subgraph, pool.padding_top(), pool.padding_right(), pool.padding_bottom(), pool.padding_left(),
      pool.pooling_height(), pool.pooling_width(), pool.stride_height(), pool.stride_width(), pool.dilation_height(),
      pool.dilation_width(), define.bounds.min, define.bounds.max, define.id(pool.input_id()),
      define.id(pool.output_id()), pool.flags()));
}

// The stride is the window's size.
Result<void> check_argmax_pooling(NodeCheck& check) {
  const auto& pool = *check.node.xnode_union_as_ArgMaxPooling2d();
  INGOT_TRY_VOID(check.flags(pool.flags()));
  const Operand input = INGOT_TRY(check.input(pool.input_id(), "input", 4));
  const size_t height = INGOT_TRY(window_positions(
      {input.dim(1), pool.padding_top(), pool.padding_bottom(), pool.pooling_height(), 1, pool.pooling_height()}, false,
      "height"));
  const size_t width = INGOT_TRY(window_positions(
      {input.dim(2), pool.padding_left(), pool.padding_right(), pool.pooling_width(), 1, pool.pooling_width()}, false,
      "width"));
  INGOT_TRY_VOID(check_window_count(height, width, pool.pooling_height(), pool.pooling_width()));
  const Shape shape{4, {input.dim(0), height, width, input.dim(3)}};
  const Value* index = INGOT_TRY(check.declared(pool.output_index_id()));
  if (index->datatype != wire::DataType::int32) {
    return fail(ErrorCode::not_supported, "its indices are %s, expected int32", to_string(index->datatype));
  }
  INGOT_TRY_VOID(check.output(pool.output_value_id(), shape));
  return check.output(pool.output_index_id(), shape);
}

Result<void> define_argmax_pooling(const NodeDefine& define) {
  const auto& pool = *define.node.xnode_union_as_ArgMaxPooling2d();
  return answered(xnn_define_argmax_pooling_2d(
      define.subgraph, pool.padding_top(), pool.padding_right(), pool.padding_bottom(), pool.padding_left(),
      pool.pooling_height(), pool.pooling_width(), define.id(pool.input_id()), define.id(pool.output_value_id()),
      define.id(pool.output_index_id()), pool.flags()));
}

// The mean over the height and width of [..., height, width, channels].
Result<void> check_global_average_pooling(NodeCheck& check) {
  const auto& pool = *check.node.xnode_union_as_GlobalAvgPooling2d();
  INGOT_TRY_VOID(check.flags(pool.flags(), XNN_FLAG_KEEP_DIMS));
  const Operand input = INGOT_TRY(check.input(pool.input_id(), "input"));
  if (input.rank() < 3) {
    return fail(ErrorCode::not_supported, "its input is %s, expected at least 3 dimensions",
                ShapeText(*input.shape).text);
  }
  Shape out = *input.shape;
  if ((pool.flags() & XNN_FLAG_KEEP_DIMS) != 0) {
    out.dims[out.rank - 3] = out.dims[out.rank - 2] = 1;
  } else {
    out.rank -= 2;
    out.dims[out.rank - 1] = input.last(0);
  }
  return check.output(pool.output_id(), out);
}

Result<void> define_global_average_pooling(const NodeDefine& define) {
  const auto& pool = *define.node.xnode_union_as_GlobalAvgPooling2d();
  const auto rank = static_cast<int64_t>(define.shape(pool.input_id()).rank);
  const int64_t axes[] = {rank - 3, rank - 2};
  return answered(xnn_define_static_reduce_v2(define.subgraph, xnn_reduce_mean, 2, axes, define.id(pool.input_id()),
                                              define.id(pool.output_id()), pool.flags()));
}

}  // namespace ingot::xnnpack
