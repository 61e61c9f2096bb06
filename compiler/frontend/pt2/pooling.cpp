// Pooling. What runs over one axis runs over images of one row.
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// x [..., L] as [..., 1, L].
Result<Value*> as_rows(Conversion& c, Value* x) {
  if (x->type.rank() < 2) return fail(ErrorCode::not_supported, "of %s", to_string(x->type).c_str());
  Shape shape = x->type.shape;
  shape.insert(shape.end() - 1, Dim(1));
  return c.view(x, shape);
}

Result<Value*> without_rows(Conversion& c, Value* x) {
  Shape shape = x->type.shape;
  shape.erase(shape.end() - 2);
  return c.view(x, shape);
}

// A list of a pool over one axis, as one over two.
Result<std::vector<int64_t>> in_front(Conversion& c, std::string_view name, int64_t front) {
  std::vector<int64_t> list = INGOT_TRY(c.integers(name));
  if (!list.empty()) list.insert(list.begin(), front);
  return list;
}

// What pools over one axis have in common, as one over two.
struct Slide {
  std::vector<int64_t> kernel_size;
  std::vector<int64_t> stride;
  std::vector<int64_t> padding;
};

Result<Slide> read_slide(Conversion& c) {
  Slide slide;
  slide.kernel_size = INGOT_TRY(in_front(c, "kernel_size", 1));
  slide.stride = INGOT_TRY(in_front(c, "stride", 1));
  slide.padding = INGOT_TRY(in_front(c, "padding", 0));
  return slide;
}

// How adaptive pools cut an axis where all windows are alike: their size; 0 where they are not.
int64_t window_of(int64_t from, int64_t to) {
  return to > 0 && from > 0 && from % to == 0 ? from / to : 0;
}

struct Adaptive {
  Value* x;  // with two spatial axes
  bool rows = false;
  std::vector<int64_t> sizes;    // of the result
  std::vector<int64_t> windows;  // empty where they differ
};

Result<Adaptive> read_adaptive(Conversion& c) {
  Adaptive pool;
  pool.x = c.tensor("self");
  pool.sizes = INGOT_TRY(c.integers("output_size"));
  pool.rows = pool.sizes.size() == 1;
  if (pool.rows) {
    pool.x = INGOT_TRY(as_rows(c, pool.x));
    pool.sizes.insert(pool.sizes.begin(), 1);
  }
  const size_t rank = pool.x->type.rank();
  if (pool.sizes.size() != 2 || (rank != 3 && rank != 4))
    return fail(ErrorCode::not_supported, "%zu sizes for %s", pool.sizes.size(), to_string(pool.x->type).c_str());
  for (size_t i = 0; i < 2; ++i) {
    const Dim& from = pool.x->type.shape[rank - 2 + i];
    const int64_t window = from.is_static() ? window_of(from.value(), pool.sizes[i]) : 0;
    if (window > 0) pool.windows.push_back(window);
  }
  if (pool.windows.size() != 2) pool.windows.clear();
  return pool;
}

}  // namespace

// Only the maxima, not where they stand.
Result<Outputs> convert_max_pool(Conversion& c) {
  Value* x = c.tensor("self");
  if (c.op().full_name() == "aten::max_pool2d")
    return c.first_of("aten::max_pool2d_with_indices", {x, c.arg("kernel_size"), c.arg("stride"), c.arg("padding"),
                                                        c.arg("dilation"), c.arg("ceil_mode")});
  const Slide slide = INGOT_TRY(read_slide(c));
  const std::vector<int64_t> dilation = INGOT_TRY(in_front(c, "dilation", 1));
  Value* wide = INGOT_TRY(as_rows(c, x));
  Value* result = INGOT_TRY(c.first_of("aten::max_pool2d_with_indices", {wide, slide.kernel_size, slide.stride,
                                                                         slide.padding, dilation, c.arg("ceil_mode")}));
  return without_rows(c, result);
}

Result<Outputs> convert_avg_pool1d(Conversion& c) {
  Value* wide = INGOT_TRY(as_rows(c, c.tensor("self")));
  const Slide slide = INGOT_TRY(read_slide(c));
  Value* result = INGOT_TRY(c.call("aten::avg_pool2d", {wide, slide.kernel_size, slide.stride, slide.padding,
                                                        c.arg("ceil_mode"), c.arg("count_include_pad")}));
  return without_rows(c, result);
}

Result<Outputs> convert_adaptive_avg_pool(Conversion& c) {
  const Adaptive pool = INGOT_TRY(read_adaptive(c));
  Value* result = nullptr;
  if (pool.sizes == std::vector<int64_t>{1, 1}) {
    result = INGOT_TRY(c.call("aten::mean.dim", {pool.x, std::vector<int64_t>{-1, -2}, true}));
  } else if (pool.windows == std::vector<int64_t>{1, 1}) {
    result = pool.x;
  } else if (!pool.windows.empty()) {
    result = INGOT_TRY(c.call("aten::avg_pool2d", {pool.x, pool.windows, pool.windows}));
  } else {
    result = INGOT_TRY(c.call("aten::_adaptive_avg_pool2d", {pool.x, pool.sizes}));
  }
  return pool.rows ? without_rows(c, result) : Result<Value*>(result);
}

Result<Outputs> convert_adaptive_max_pool(Conversion& c) {
  const Adaptive pool = INGOT_TRY(read_adaptive(c));
  if (c.wants_output(1)) return fail(ErrorCode::not_supported, "where the maxima stand");
  Value* result = nullptr;
  if (pool.sizes == std::vector<int64_t>{1, 1}) {
    result = INGOT_TRY(c.call("aten::amax", {pool.x, std::vector<int64_t>{-1, -2}, true}));
  } else if (!pool.windows.empty()) {
    result = INGOT_TRY(c.first_of("aten::max_pool2d_with_indices", {pool.x, pool.windows, pool.windows}));
  } else {
    return fail(ErrorCode::not_supported, "%s in windows of several sizes", to_string(pool.x->type).c_str());
  }
  if (pool.rows) result = INGOT_TRY(without_rows(c, result));
  return std::vector<Value*>{result, nullptr};
}

}  // namespace ingot::compiler::pt2
