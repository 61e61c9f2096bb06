// Pooling over the last two dimensions of a tensor of rank 3 or 4: run by run (pooling_runs.h), or, where windows or
// elements are none for that, window by window. There windows are clipped to the image once per axis, so the inner
// loops need no bounds checks; float32 is read in place, other dtypes window row by window row through a buffer.
#include "runtime/kernels/portable/pooling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/portable/pooling_runs.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();

// Calls f(values, first tap, taps) for runs of a window's row, as values of the compute type C.
template <typename C, typename F>
void for_window_row(DType dtype, LoadBlock<C> load, const std::byte* row, int64_t stride, Range taps, F&& f) {
  if constexpr (std::same_as<C, float>) {
    if (dtype == DType::float32 && stride == 1) {
      f(reinterpret_cast<const float*>(row), taps.begin, taps.end - taps.begin);
      return;
    }
  }
  std::array<C, kBlock> block;
  const int64_t size = static_cast<int64_t>(size_of(dtype));
  for (int64_t tap = taps.begin; tap < taps.end; tap += static_cast<int64_t>(kBlock)) {
    const int64_t n = std::min(static_cast<int64_t>(kBlock), taps.end - tap);
    load(block.data(), row + (tap - taps.begin) * stride * size, stride, static_cast<size_t>(n));
    f(block.data(), tap, n);
  }
}

Result<int64_t> list_value(std::span<const int64_t> list, size_t axis, int64_t least, const char* what) {
  if (list.size() != 1 && list.size() != 2) {
    return fail(ErrorCode::invalid_argument, "%s: expected 1 or 2 values, found %zu", what, list.size());
  }
  const int64_t value = list[list.size() == 1 ? 0 : axis];
  if (value < least || value > kLargest) {
    return fail(ErrorCode::invalid_argument, "%s: expected at least %lld, found %lld", what,
                static_cast<long long>(least), static_cast<long long>(value));
  }
  return value;
}

}  // namespace

Result<PoolAxis> pool_axis(const Tensor& self, size_t axis, const PoolLists& lists) {
  static constexpr int64_t kOne[] = {1};
  PoolAxis a;
  a.in = self.size(self.rank() - 2 + axis);
  a.kernel = INGOT_TRY(list_value(lists.kernel, axis, 1, "kernel_size"));
  a.stride = lists.stride.empty() ? a.kernel : INGOT_TRY(list_value(lists.stride, axis, 1, "stride"));
  a.padding = INGOT_TRY(list_value(lists.padding, axis, 0, "padding"));
  a.dilation = INGOT_TRY(list_value(lists.dilation.empty() ? kOne : lists.dilation, axis, 1, "dilation"));
  const int64_t reach = a.dilation * (a.kernel - 1) + 1;
  if (a.padding > reach / 2) {
    return fail(ErrorCode::invalid_argument, "padding: expected at most half of the kernel's reach %lld, found %lld",
                static_cast<long long>(reach), static_cast<long long>(a.padding));
  }
  const int64_t slack = a.in + 2 * a.padding - reach;
  a.out = -1;
  if (a.in > 0) {
    // Rounded down, or up in ceil mode; but every window begins inside the image or its left padding.
    const int64_t up = lists.ceil_mode ? a.stride - 1 : 0;
    if (slack + up >= 0) a.out = (slack + up) / a.stride + 1;
    if (lists.ceil_mode && (a.out - 1) * a.stride >= a.in + a.padding) --a.out;
  }
  if (a.out < 1 || a.out > kLargest) {
    return fail(ErrorCode::invalid_argument,
                "the kernel reaches over %lld elements, the padded input has only %lld along spatial axis %zu",
                static_cast<long long>(reach), static_cast<long long>(a.in + 2 * a.padding), axis);
  }
  return a;
}

PoolWindow average_window(const PoolAxis& a, int64_t position, bool include_padding) {
  const int64_t begin = position * a.stride - a.padding;
  const int64_t padded_end = std::min(begin + a.kernel, a.in + a.padding);
  const PoolWindow clipped{std::max<int64_t>(begin, 0), std::min(padded_end, a.in), 0};
  return {clipped.begin, clipped.end, include_padding ? padded_end - begin : clipped.end - clipped.begin};
}

namespace {

// The lowest value of a dtype that C holds.
template <typename C>
constexpr C lowest(DType dtype) {
  if constexpr (std::floating_point<C>) return -std::numeric_limits<C>::infinity();
  if (dtype == DType::uint8) return 0;
  return std::numeric_limits<int64_t>::lowest() >> (64 - 8 * size_of(dtype));
}

template <typename C>
void max_pool(DType dtype, const ImagePlanes& in, const ImagePlanes& out, const ImagePlanes& indices,
              const std::array<PoolAxis, 2>& axes, size_t plane) {
  const auto& [h, w] = axes;
  const LoadBlock<C> load = load_block<C>(dtype);
  const StoreBlock<C> store = store_block<C>(dtype);
  for (int64_t y = 0; y < h.out; ++y) {
    const int64_t top = y * h.stride - h.padding;
    const Range rows = range_inside(top, h.dilation, h.kernel, h.in);
    for (int64_t x = 0; x < w.out; ++x) {
      const int64_t left = x * w.stride - w.padding;
      const Range taps = range_inside(left, w.dilation, w.kernel, w.in);
      C best = lowest<C>(dtype);
      // Where nothing is larger than the lowest value, the first element of the window.
      int64_t best_index = (top + rows.begin * h.dilation) * w.in + left + taps.begin * w.dilation;
      for (int64_t row = rows.begin; row < rows.end; ++row) {
        const int64_t in_y = top + row * h.dilation;
        const int64_t in_x = left + taps.begin * w.dilation;
        for_window_row<C>(dtype, load, in.at(plane, in_y, in_x), w.dilation * in.column_stride(), taps,
                          [&](const C* values, int64_t first, int64_t n) {
                            for (int64_t i = 0; i < n; ++i) {
                              if (values[i] > best || values[i] != values[i]) {
                                best = values[i];
                                best_index = in_y * w.in + left + (first + i) * w.dilation;
                              }
                            }
                          });
      }
      store(out.at(plane, y, x), 1, &best, 1);
      *reinterpret_cast<int64_t*>(indices.at(plane, y, x)) = best_index;
    }
  }
}

void max_pool_runs(const Parallel& parallel, const Tensor& self, const Tensor& out, const Tensor& indices,
                   const std::array<PoolAxis, 2>& axes) {
  struct Targets {
    StoreBlock<float> store;
    ImagePlanes indices;
    int64_t channel_stride;  // of the indices
  };
  const Targets targets{store_block<float>(out.dtype()), ImagePlanes(indices), indices.strides()[indices.rank() - 3]};
  PoolJob job{.in = &self, .out = &out, .axes = axes, .largest = true};
  job.context = &targets;
  job.finish = [](const void* context, const PoolRun& run) {
    const Targets& t = *static_cast<const Targets*>(context);
    t.store(run.to, run.step, run.values, run.count);
    int64_t* const to = reinterpret_cast<int64_t*>(t.indices.at(run.plane, run.y, run.x));
    const int64_t step = run.along_channels ? t.channel_stride : t.indices.column_stride();
    for (size_t i = 0; i < run.count; ++i) to[static_cast<int64_t>(i) * step] = run.numbers[i];
  };
  pool_runs(parallel, job);
}

// max_pool2d_with_indices.out(Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, int[2] dilation,
//                             bool ceil_mode, *, out, indices): indices count within a plane, y * width + x.
Result<void> max_pool2d_with_indices(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(6);
  Tensor& indices = args.tensor(7);
  const PoolLists lists{args.ints(1), args.ints(2), args.ints(3), args.ints(4), args.boolean(5)};
  INGOT_TRY_VOID(check_image(self, kNumbers, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(check_dtype(indices, DType::int64, "indices"));
  const std::array<PoolAxis, 2> axes = {INGOT_TRY(pool_axis(self, 0, lists)), INGOT_TRY(pool_axis(self, 1, lists))};
  INGOT_TRY_VOID(resize_image(self, axes[0].out, axes[1].out, out, "out"));
  INGOT_TRY_VOID(resize_image(self, axes[0].out, axes[1].out, indices, "indices"));

  if (pools_runs(self.dtype(), axes)) {
    max_pool_runs(context.parallel, self, out, indices, axes);
    return {};
  }
  const ImagePlanes in_planes(self), out_planes(out), index_planes(indices);
  const auto run = self.dtype() == DType::float64 ? max_pool<double>
                   : is_floating(self.dtype())    ? max_pool<float>
                                                  : max_pool<int64_t>;
  parallel_for(context.parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane)
      run(self.dtype(), in_planes, out_planes, index_planes, axes, plane);
  });
  return {};
}

template <typename C>
C average(C sum, int64_t divisor) {
  return sum / static_cast<C>(divisor);
}
template <>
int64_t average<int64_t>(int64_t sum, int64_t divisor) {
  return divisor == -1 ? wrapping_sub<int64_t>(0, sum) : sum / divisor;
}

// window(axis, position) gives the PoolWindows; `divisor` overrides the product of theirs unless it is 0.
template <typename C, typename GetWindow>
void average_plane(DType dtype, const ImagePlanes& in, const ImagePlanes& out, std::array<int32_t, 2> sizes,
                   size_t plane, int64_t divisor, const GetWindow& window) {
  const LoadBlock<C> load = load_block<C>(dtype);
  const StoreBlock<C> store = store_block<C>(dtype);
  for (int64_t y = 0; y < sizes[0]; ++y) {
    const PoolWindow h = window(0, y);
    for (int64_t x = 0; x < sizes[1]; ++x) {
      const PoolWindow w = window(1, x);
      C sum = 0;
      for (int64_t row = h.begin; row < h.end && w.begin < w.end; ++row) {
        for_window_row<C>(dtype, load, in.at(plane, row, w.begin), in.column_stride(), {w.begin, w.end},
                          [&](const C* values, int64_t, int64_t n) {
                            for (int64_t i = 0; i < n; ++i) sum = wrapping_add(sum, values[i]);
                          });
      }
      const bool empty = h.begin >= h.end || w.begin >= w.end;
      C result = empty ? C{0} : average(sum, divisor != 0 ? divisor : h.divisor * w.divisor);
      store(out.at(plane, y, x), 1, &result, 1);
    }
  }
}

template <typename GetWindow>
void average_planes(const Parallel& parallel, const Tensor& self, const Tensor& out, int64_t divisor,
                    const GetWindow& window) {
  if (out.numel() == 0) return;
  const ImagePlanes in_planes(self), out_planes(out);
  const std::array<int32_t, 2> sizes = {out.size(out.rank() - 2), out.size(out.rank() - 1)};
  const auto run = self.dtype() == DType::float64 ? average_plane<double, GetWindow>
                   : is_floating(self.dtype())    ? average_plane<float, GetWindow>
                                                  : average_plane<int64_t, GetWindow>;
  parallel_for(parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane)
      run(self.dtype(), in_planes, out_planes, sizes, plane, divisor, window);
  });
}

// window(axis, position) gives a PoolWindow; `divisor` overrides the product of theirs unless it is 0.
template <typename GetWindow>
void average_runs(const Parallel& parallel, const Tensor& self, const Tensor& out, const std::array<PoolAxis, 2>& axes,
                  int64_t divisor, const GetWindow& window) {
  struct Context {
    StoreBlock<float> store;
    size_t element;
    int64_t divisor;
    const GetWindow& window;
  };
  const Context own{store_block<float>(out.dtype()), size_of(out.dtype()), divisor, window};
  PoolJob job{.in = &self, .out = &out, .axes = axes};
  job.context = &own;
  job.finish = [](const void* context, const PoolRun& run) {
    const Context& c = *static_cast<const Context*>(context);
    const int64_t height = c.window(0, run.y).divisor;
    std::array<float, kBlock> means, divisors;
    for (size_t begin = 0; begin < run.count; begin += kBlock) {
      const size_t n = std::min(kBlock, run.count - begin);
      if (c.divisor != 0 || run.along_channels) {
        std::fill_n(divisors.begin(), n,
                    static_cast<float>(c.divisor != 0 ? c.divisor : height * c.window(1, run.x).divisor));
      } else {
        for (size_t i = 0; i < n; ++i) {
          divisors[i] = static_cast<float>(height * c.window(1, run.x + static_cast<int64_t>(begin + i)).divisor);
        }
      }
      for (size_t i = 0; i < n; ++i) means[i] = run.values[begin + i] / divisors[i];
      c.store(run.to + static_cast<int64_t>(begin) * run.step * static_cast<int64_t>(c.element), run.step, means.data(),
              n);
    }
  };
  pool_runs(parallel, job);
}

// avg_pool2d.out(Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, bool ceil_mode,
//                bool count_include_pad, int? divisor_override, *, out)
Result<void> avg_pool2d(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(7);
  const PoolLists lists{args.ints(1), args.ints(2), args.ints(3), {}, args.boolean(4)};
  const bool include_padding = args.boolean(5);
  if (args.has(6) && args.integer(6) == 0) {
    return fail(ErrorCode::invalid_argument, "divisor_override: expected a number other than 0");
  }
  INGOT_TRY_VOID(check_image(self, kFloats | dtype_set({DType::int64}), "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  const std::array<PoolAxis, 2> axes = {INGOT_TRY(pool_axis(self, 0, lists)), INGOT_TRY(pool_axis(self, 1, lists))};
  INGOT_TRY_VOID(resize_image(self, axes[0].out, axes[1].out, out, "out"));
  const auto window = [&](size_t axis, int64_t position) {
    return average_window(axes[axis], position, include_padding);
  };
  const int64_t divisor = args.integer_or(6, 0);
  if (is_floating(self.dtype()) && pools_runs(self.dtype(), axes)) {
    average_runs(context.parallel, self, out, axes, divisor, window);
  } else {
    average_planes(context.parallel, self, out, divisor, window);
  }
  return {};
}

// _adaptive_avg_pool2d.out(Tensor self, int[2] output_size, *, out): output o of n averages the inputs from
// floor(o * in / n) to ceil((o + 1) * in / n).
Result<void> adaptive_avg_pool2d(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_image(self, kFloats, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  const std::span<const int64_t> size = args.ints(1);
  const std::array<int64_t, 2> sizes = {INGOT_TRY(list_value(size, 0, 0, "output_size")),
                                        INGOT_TRY(list_value(size, 1, 0, "output_size"))};
  const std::array<int64_t, 2> in = {self.size(self.rank() - 2), self.size(self.rank() - 1)};
  if (in[0] == 0 || in[1] == 0) return fail(ErrorCode::invalid_argument, "self: the image is empty");
  INGOT_TRY_VOID(resize_image(self, sizes[0], sizes[1], out, "out"));
  const auto window = [&](size_t axis, int64_t position) {
    const int64_t begin = position * in[axis] / sizes[axis];
    const int64_t end = ((position + 1) * in[axis] + sizes[axis] - 1) / sizes[axis];
    return PoolWindow{begin, end, end - begin};
  };
  if (out.numel() == 0) return {};
  std::array<PoolAxis, 2> axes;
  bool equal_windows = true;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t each = in[axis] / sizes[axis];
    axes[axis] = {in[axis], sizes[axis], each, each, 0, 1};
    equal_windows = equal_windows && each * sizes[axis] == in[axis];
  }
  if (equal_windows && pools_runs(self.dtype(), axes)) {
    average_runs(context.parallel, self, out, axes, 0, window);
  } else {
    average_planes(context.parallel, self, out, 0, window);
  }
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::max_pool2d_with_indices.out", "TLLLLbOO", max_pool2d_with_indices},
    {"aten::avg_pool2d.out", "TLLLbbi?O", avg_pool2d},
    {"aten::_adaptive_avg_pool2d.out", "TLO", adaptive_avg_pool2d},
};

}  // namespace

std::span<const Kernel> pooling_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
