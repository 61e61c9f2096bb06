// Pooling over one to three spatial axes. ATen's pools pad symmetrically and by at most half a kernel; whatever ONNX
// asks for beyond that (asymmetric pads, a last window that sticks out, dilated averages) is made of explicit padding
// and, for averages, a constant map of how many elements each window really has. ATen's pools have two axes: over
// three, the last two are pooled, then the first.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/windows.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Pool {
  Window window;
  std::vector<int64_t> inputs;  // sizes of the spatial axes
  std::vector<int64_t> outputs;
  bool ceil_mode = false;
  // As few elements of padding at the far end as make every window whole. Equal to window.after or less, but for
  // ceil_mode, where the last window may reach further.
  std::vector<int64_t> reach;

  // Is ATen's own padding enough?
  bool plain() const {
    for (size_t i = 0; i < window.axes(); ++i) {
      const int64_t floor_size = (inputs[i] + 2 * window.before[i] - window.extent(i)) / window.strides[i] + 1;
      if (window.before[i] != window.after[i] || window.before[i] * 2 > window.kernel[i] || floor_size != outputs[i])
        return false;
    }
    return true;
  }
};

Result<Pool> read_pool(Conversion& c) {
  Value* x = c.input(0);
  const auto kernel = INGOT_TRY(c.integers("kernel_shape"));
  if (!kernel) return fail(ErrorCode::invalid_file, "attribute 'kernel_shape' is missing");
  if (kernel->empty() || kernel->size() > 3)
    return fail(ErrorCode::not_supported, "over %zu spatial axes (1 to 3 are supported)", kernel->size());
  Pool pool;
  pool.ceil_mode = INGOT_TRY(c.flag("ceil_mode", false));
  pool.window = INGOT_TRY(read_window(c, x, *kernel));
  const Window& window = pool.window;
  for (size_t i = 0; i < window.axes(); ++i) {
    const Dim& open = x->type.shape[i + 2];
    const bool simple = !pool.ceil_mode && window.before[i] == window.after[i] && window.dilations[i] == 1 &&
                        window.before[i] * 2 <= window.kernel[i];
    if (!open.is_static() && (!simple || open.min() + 2 * window.before[i] < window.extent(i)))
      return fail(ErrorCode::not_supported, "such padding, dilation or ceil_mode over the size %s, which is open",
                  open.str().c_str());
    const int64_t size = open.max();
    const int64_t before = window.before[i];
    const int64_t stride = window.strides[i];
    if (before < 0 || window.after[i] < 0 || std::max(before, window.after[i]) >= window.extent(i))
      return fail(ErrorCode::invalid_file, "pads must lie between 0 and the kernel's size");
    const int64_t room = size + before + window.after[i] - window.extent(i);
    if (room < 0) return fail(ErrorCode::invalid_file, "its kernel is larger than its padded input");
    int64_t count = (pool.ceil_mode ? (room + stride - 1) / stride : room / stride) + 1;
    // A window that would start in the padding behind the input is none.
    if (pool.ceil_mode && (count - 1) * stride >= size + before) --count;
    pool.inputs.push_back(size);
    pool.outputs.push_back(count);
    pool.reach.push_back(std::max<int64_t>((count - 1) * stride + window.extent(i) - size - before, 0));
  }
  return pool;
}

// The part of a pool that concerns some of its axes, one after the other.
Pool part_of(const Pool& pool, size_t first, size_t count) {
  const auto cut = [&](const std::vector<int64_t>& list) {
    const auto start = list.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<int64_t>(start, start + static_cast<std::ptrdiff_t>(count));
  };
  const Window& w = pool.window;
  return Pool{{cut(w.kernel), cut(w.strides), cut(w.dilations), cut(w.before), cut(w.after)},
              cut(pool.inputs),
              cut(pool.outputs),
              pool.ceil_mode,
              cut(pool.reach)};
}

// Gives an axis of size 1 to a pool over one axis, before it or behind it.
Pool with_unit_axis(Pool pool, bool behind) {
  const auto add = [behind](std::vector<int64_t>& list, int64_t value) {
    list.insert(behind ? list.end() : list.begin(), value);
  };
  for (std::vector<int64_t>* list :
       {&pool.window.kernel, &pool.window.strides, &pool.window.dilations, &pool.inputs, &pool.outputs})
    add(*list, 1);
  for (std::vector<int64_t>* list : {&pool.window.before, &pool.window.after, &pool.reach}) add(*list, 0);
  return pool;
}

// Runs `run(x, pool)`, which pools images, over one to three axes.
template <typename Run>
Result<Value*> in_two_axes(Conversion& c, Value* x, const Pool& pool, Run run) {
  if (pool.window.axes() == 2) return run(x, pool);
  Shape s = x->type.shape;
  if (pool.window.axes() == 1) {
    s.insert(s.begin() + 2, Dim(1));
    Value* result = INGOT_TRY(run(INGOT_TRY(c.view(x, s)), with_unit_axis(pool, false)));
    Shape narrow = result->type.shape;
    narrow.erase(narrow.begin() + 2);
    return c.view(result, narrow);
  }
  Value* slices = INGOT_TRY(c.view(x, {s[0], s[1] * s[2], s[3], s[4]}));
  slices = INGOT_TRY(run(slices, part_of(pool, 1, 2)));
  const Shape pooled = slices->type.shape;
  Value* columns = INGOT_TRY(c.view(slices, {s[0], s[1], s[2], pooled[2] * pooled[3]}));
  Pool depth = with_unit_axis(part_of(pool, 0, 1), true);
  depth.inputs[1] = depth.outputs[1] = INGOT_TRY(Conversion::size(columns, 3));
  Value* result = INGOT_TRY(run(columns, depth));
  return c.view(result, {s[0], s[1], result->type.shape[2], pooled[2], pooled[3]});
}

// The smallest value of a dtype, for padding that no maximum is taken from.
Argument lowest(DType dtype) {
  switch (dtype) {
    case DType::uint8:
    case DType::boolean:
      return int64_t{0};
    case DType::int8:
      return int64_t{std::numeric_limits<int8_t>::min()};
    default:
      return -std::numeric_limits<double>::infinity();
  }
}

// Indices of ATen count within a plane, padded if x was; those of ONNX within the whole tensor, along rows or, if
// `column_major`, along the columns of each plane.
Result<Value*> global_indices(Conversion& c, Value* indices, const Value* x, const Pool& pool, bool column_major) {
  const int64_t batch = INGOT_TRY(Conversion::size(x, 0));
  const int64_t channels = INGOT_TRY(Conversion::size(x, 1));
  INGOT_TRY_VOID(c.check_made_up(batch * channels));
  const auto whole = [&](double value) { return c.scalar(DType::int64, value); };
  const bool padded = !pool.plain();
  if (padded || column_major) {
    const int64_t before[2] = {padded ? pool.window.before[0] : 0, padded ? pool.window.before[1] : 0};
    const auto width = static_cast<double>(pool.inputs[1] + before[1] + (padded ? pool.reach[1] : 0));
    Value* at[2] = {
        INGOT_TRY(c.call("aten::div.Tensor_mode", {indices, whole(width), std::string("trunc")})),
        INGOT_TRY(c.call("aten::remainder.Tensor", {indices, whole(width)})),
    };
    for (size_t i = 0; i < 2; ++i) {
      at[i] = INGOT_TRY(c.add(at[i], static_cast<double>(-before[i])));
      at[i] = INGOT_TRY(c.call("aten::clamp", {at[i], int64_t{0}, pool.inputs[i] - 1}));
    }
    if (column_major) std::swap(at[0], at[1]);
    Value* line = INGOT_TRY(c.multiply(at[0], static_cast<double>(pool.inputs[column_major ? 0 : 1])));
    indices = INGOT_TRY(c.call("aten::add.Tensor", {line, at[1]}));
  }
  std::vector<int64_t> starts(static_cast<size_t>(batch * channels));
  for (size_t i = 0; i < starts.size(); ++i) starts[i] = static_cast<int64_t>(i) * pool.inputs[0] * pool.inputs[1];
  return c.call("aten::add.Tensor", {indices, c.builder().constant_i64("planes", {batch, channels, 1, 1}, starts)});
}

// How many elements a window counts along one axis: those of the input, or the padding that was asked for as well.
std::vector<int64_t> count_elements(const Pool& pool, size_t i, bool include_pad) {
  const Window& window = pool.window;
  const int64_t first = include_pad ? -window.before[i] : 0;
  const int64_t last = pool.inputs[i] + (include_pad ? window.after[i] : 0);
  std::vector<int64_t> counts;
  for (int64_t o = 0; o < pool.outputs[i]; ++o) {
    int64_t count = 0;
    for (int64_t k = 0; k < window.kernel[i]; ++k) {
      const int64_t at = o * window.strides[i] - window.before[i] + k * window.dilations[i];
      if (at >= first && at < last) ++count;
    }
    counts.push_back(count);
  }
  return counts;
}

// Turns averages over whole kernels into averages over the elements that count.
Result<Value*> rescale(Conversion& c, Value* average, const Pool& pool, bool include_pad) {
  const int64_t work = pool.outputs[0] * pool.window.kernel[0] + pool.outputs[1] * pool.window.kernel[1];
  INGOT_TRY_VOID(c.check_made_up(work));
  INGOT_TRY_VOID(c.check_made_up(pool.outputs[0] * pool.outputs[1]));
  const std::vector<int64_t> rows = count_elements(pool, 0, include_pad);
  const std::vector<int64_t> columns = count_elements(pool, 1, include_pad);
  const double whole = static_cast<double>(pool.window.kernel[0]) * static_cast<double>(pool.window.kernel[1]);
  std::vector<float> factors;
  for (const int64_t row : rows) {
    for (const int64_t column : columns)
      factors.push_back(
          static_cast<float>(whole / std::max(1.0, static_cast<double>(row) * static_cast<double>(column))));
  }
  if (std::ranges::all_of(factors, [](float f) { return f == 1.0F; })) return average;
  Value* map = c.builder().constant_f32("counts", {1, 1, pool.outputs[0], pool.outputs[1]}, factors);
  map = INGOT_TRY(c.cast(map, average->type.dtype));
  return c.call("aten::mul.Tensor", {average, map});
}

// The average of every dilated window of x, which is padded already: a depthwise convolution.
Result<Value*> dilated_average(Conversion& c, Value* x, const Window& window) {
  const int64_t channels = INGOT_TRY(Conversion::size(x, 1));
  const int64_t area = window.kernel[0] * window.kernel[1];
  INGOT_TRY_VOID(c.check_made_up(area));
  INGOT_TRY_VOID(c.check_made_up(channels * area));
  const std::vector<float> values(static_cast<size_t>(channels * area), 1.0F / static_cast<float>(area));
  Value* weight = c.builder().constant_f32("average", {channels, 1, window.kernel[0], window.kernel[1]}, values);
  weight = INGOT_TRY(c.cast(weight, x->type.dtype));
  const std::vector<int64_t> none = {0, 0};
  return c.call("aten::convolution",
                {x, weight, std::monostate(), window.strides, none, window.dilations, false, none, channels});
}

std::vector<int64_t> spatial_axes(const Value* x) {
  std::vector<int64_t> axes(x->type.rank() - 2);
  std::iota(axes.begin(), axes.end(), int64_t{2});
  return axes;
}

}  // namespace

Result<Outputs> convert_max_pool(Conversion& c) {
  Value* x = c.input(0);
  const Pool pool = INGOT_TRY(read_pool(c));
  const bool column_major = INGOT_TRY(c.flag("storage_order", false));
  const bool indices = c.wants_output(1);
  if (indices && pool.window.axes() == 3) return fail(ErrorCode::not_supported, "its indices over three axes");
  Value* second = nullptr;
  Value* result = INGOT_TRY(in_two_axes(c, x, pool, [&](Value* wide, const Pool& p) -> Result<Value*> {
    const Window& w = p.window;
    std::vector<int64_t> padding = w.before;
    if (!p.plain()) {
      wide = INGOT_TRY(c.pad(wide, with_leading_axes(w.before), with_leading_axes(p.reach), lowest(x->type.dtype)));
      padding = {0, 0};
    }
    const Node* node = INGOT_TRY(
        c.builder().node("aten::max_pool2d_with_indices", {wide, w.kernel, w.strides, padding, w.dilations, false}));
    if (indices) second = INGOT_TRY(global_indices(c, node->output(1), x, p, column_major && pool.window.axes() > 1));
    return node->output(0);
  }));
  if (second != nullptr) second = INGOT_TRY(c.view(second, result->type.shape));
  return std::vector<Value*>{result, second};
}

namespace {

// What the sum over a window is divided by: its elements inside the input, those inside the padded input, or all.
enum class Divisor : uint8_t { inside, padded, kernel };

Result<Value*> average(Conversion& c, Value* x, const Pool& pool, Divisor divisor) {
  return in_two_axes(c, x, pool, [&](Value* wide, const Pool& p) -> Result<Value*> {
    const Window& w = p.window;
    const bool dilated = w.dilations[0] != 1 || w.dilations[1] != 1;
    if (p.plain() && !dilated) {
      const bool padded = w.before[0] != 0 || w.before[1] != 0;
      return c.call("aten::avg_pool2d",
                    {wide, w.kernel, w.strides, w.before, false, padded && divisor != Divisor::inside});
    }
    wide = INGOT_TRY(c.pad(wide, with_leading_axes(w.before), with_leading_axes(p.reach), 0.0));
    const std::vector<int64_t> none = {0, 0};
    Value* mean = dilated ? INGOT_TRY(dilated_average(c, wide, w))
                          : INGOT_TRY(c.call("aten::avg_pool2d", {wide, w.kernel, w.strides, none, false, false}));
    return divisor == Divisor::kernel ? Result<Value*>(mean) : rescale(c, mean, p, divisor == Divisor::padded);
  });
}

// |x| ^ p, or x ^ (1 / p) of what is not negative.
Result<Value*> power(Conversion& c, Value* x, double p) {
  if (p == 1) return x;
  if (p == 2) return c.call("aten::mul.Tensor", {x, x});
  if (p == 0.5) return c.call("aten::sqrt", {x});
  return c.call("aten::pow.Tensor_Scalar", {x, p});
}

Result<int64_t> read_p(Conversion& c) {
  const int64_t p = INGOT_TRY(c.integer("p", 2));
  if (p >= 1 && p < (1 << 16)) return p;
  return fail(ErrorCode::invalid_file, "p is %lld", static_cast<long long>(p));
}

}  // namespace

Result<Outputs> convert_average_pool(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const Pool pool = INGOT_TRY(read_pool(c));
  const bool include_pad = INGOT_TRY(c.flag("count_include_pad", false));
  return average(c, x, pool, include_pad ? Divisor::padded : Divisor::inside);
}

// The p-norm of each window.
Result<Outputs> convert_lp_pool(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const Pool pool = INGOT_TRY(read_pool(c));
  const auto p = static_cast<double>(INGOT_TRY(read_p(c)));
  double elements = 1;
  for (const int64_t size : pool.window.kernel) elements *= static_cast<double>(size);
  Value* powers = INGOT_TRY(power(c, INGOT_TRY(c.call("aten::abs", {x})), p));
  Value* sums = INGOT_TRY(c.multiply(INGOT_TRY(average(c, powers, pool, Divisor::kernel)), elements));
  return power(c, sums, 1 / p);
}

Result<Outputs> convert_global_lp_pool(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const auto p = static_cast<double>(INGOT_TRY(read_p(c)));
  if (x->type.rank() < 3)
    return fail(ErrorCode::invalid_file, "its input %s has no spatial axes", to_string(x->type).c_str());
  Value* powers = INGOT_TRY(power(c, INGOT_TRY(c.call("aten::abs", {x})), p));
  Value* sums = INGOT_TRY(c.call("aten::sum.dim_IntList", {powers, spatial_axes(x), true}));
  return power(c, sums, 1 / p);
}

Result<Outputs> convert_global_average_pool(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  if (x->type.rank() < 3)
    return fail(ErrorCode::invalid_file, "its input %s has no spatial axes", to_string(x->type).c_str());
  return c.call("aten::mean.dim", {x, spatial_axes(x), true});
}

Result<Outputs> convert_global_max_pool(Conversion& c) {
  Value* x = c.input(0);
  if (x->type.rank() < 3)
    return fail(ErrorCode::invalid_file, "its input %s has no spatial axes", to_string(x->type).c_str());
  return c.call("aten::amax", {x, spatial_axes(x), true});
}

}  // namespace ingot::compiler::onnx_import
