// ingot::quantized_avg_pool2d and quantized_mean: averages of bytes. (Max pooling is aten::max_pool2d_with_indices on
// the bytes themselves.)
#include "runtime/kernels/portable/pooling.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/portable/pooling_runs.h"
#include "runtime/kernels/portable/reduction_plan.h"
#include "runtime/kernels/quantized/arithmetic.h"
#include "runtime/kernels/quantized/byte_rows.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

struct Averaging {
  ByteAffine from;
  ByteAffine to;
  OutputRange range;
};

// float input_scale, int input_zero_point, float output_scale, int output_zero_point, int output_min, int output_max
Result<Averaging> averaging(KernelArgs args, size_t first, DType dtype) {
  Averaging a;
  a.from = INGOT_TRY(byte_affine(args.real(first), args.integer(first + 1), dtype, "input"));
  a.to = INGOT_TRY(byte_affine(args.real(first + 2), args.integer(first + 3), dtype, "out"));
  a.range = INGOT_TRY(output_range(a.to.zero_point, args.integer(first + 4), args.integer(first + 5), dtype));
  if (is_product_scale(a.from.scale / a.to.scale)) return a;
  return fail(ErrorCode::invalid_argument, "expected input_scale / output_scale above 0 and below 256, found %g",
              static_cast<double>(a.from.scale / a.to.scale));
}

// The sum of n elements.
template <typename T>
int32_t sum_row(const T* x, int64_t step, size_t n) {
  int32_t sum = 0;
  if (step == 1) {
    for (size_t i = 0; i < n; ++i) sum += x[i];
  } else {
    for (size_t i = 0; i < n; ++i) sum += x[static_cast<int64_t>(i) * step];
  }
  return sum;
}
// So long a row's sum fits 32 bits.
constexpr size_t kLongestRow = size_t{1} << 22;

template <typename T>
void average_plane(const ImagePlanes& in, const ImagePlanes& out, const std::array<PoolAxis, 2>& axes,
                   bool include_padding, int64_t divisor, const Averaging& a, size_t plane) {
  for (int64_t y = 0; y < axes[0].out; ++y) {
    const PoolWindow h = average_window(axes[0], y, include_padding);
    for (int64_t x = 0; x < axes[1].out; ++x) {
      const PoolWindow w = average_window(axes[1], x, include_padding);
      int32_t sum = 0;
      if (w.begin < w.end) {
        const size_t n = static_cast<size_t>(w.end - w.begin);
        for (int64_t row = h.begin; row < h.end; ++row) {
          const T* from = reinterpret_cast<const T*>(in.at(plane, row, w.begin));
          for (size_t i = 0; i < n; i += kLongestRow) {
            const size_t count = n - i < kLongestRow ? n - i : kLongestRow;
            sum = wrapping_sum(sum,
                               sum_row(from + static_cast<int64_t>(i) * in.column_stride(), in.column_stride(), count) -
                                   static_cast<int32_t>(count) * a.from.zero_point);
          }
        }
      }
      const int64_t count = divisor != 0 ? divisor : h.divisor * w.divisor;
      // A window that lies in the padding altogether averages nothing.
      const float scale = count == 0 ? 0.0f : mean_scale(a.from.scale, a.to.scale, count);
      *reinterpret_cast<T*>(out.at(plane, y, x)) = static_cast<T>(requantize(sum, scale, a.range));
    }
  }
}

// The same by whole runs: sums of elements with their zero points, of which elements beyond the image consist.
void average_runs(const Parallel& parallel, const Tensor& self, const Tensor& out, const std::array<PoolAxis, 2>& axes,
                  bool include_padding, int64_t divisor, const Averaging& a) {
  struct Context {
    const std::array<PoolAxis, 2>& axes;
    bool include_padding;
    int64_t divisor;
    const Averaging& a;
    RowStore store;

    int64_t count(int64_t y, int64_t x) const {
      if (divisor != 0) return divisor;
      return average_window(axes[0], y, include_padding).divisor * average_window(axes[1], x, include_padding).divisor;
    }
  };
  const Context own{axes, include_padding, divisor, a, store_row(out.dtype())};
  PoolJob job{.in = &self, .out = &out, .axes = axes, .padding = static_cast<float>(a.from.zero_point)};
  job.context = &own;
  job.finish = [](const void* context, const PoolRun& run) {
    const Context& c = *static_cast<const Context*>(context);
    const int32_t zero = static_cast<int32_t>(run.taps) * c.a.from.zero_point;
    std::array<int32_t, kBlock> sums;
    for (size_t begin = 0; begin < run.count;) {
      // As far as the divisor stays the same.
      const auto count_at = [&](size_t i) {
        return c.count(run.y, run.along_channels ? run.x : run.x + static_cast<int64_t>(i));
      };
      const int64_t count = count_at(begin);
      size_t n = 1;
      while (n < kBlock && begin + n < run.count && (run.along_channels || count_at(begin + n) == count)) ++n;
      for (size_t i = 0; i < n; ++i) sums[i] = static_cast<int32_t>(run.values[begin + i]);
      c.store(sums.data(), n, -zero, mean_scale(c.a.from.scale, c.a.to.scale, count), c.a.range,
              run.to + static_cast<int64_t>(begin) * run.step, run.step);
      begin += n;
    }
  };
  pool_runs(parallel, job);
}

// quantized_avg_pool2d.out(Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, bool ceil_mode,
//                          bool count_include_pad, int? divisor_override, float input_scale, int input_zero_point,
//                          float output_scale, int output_zero_point, int output_min, int output_max, *, out)
Result<void> avg_pool2d(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(13);
  const PoolLists lists{args.ints(1), args.ints(2), args.ints(3), {}, args.boolean(4)};
  const bool include_padding = args.boolean(5);
  if (args.has(6) && args.integer(6) == 0) {
    return fail(ErrorCode::invalid_argument, "divisor_override: expected a number other than 0");
  }
  INGOT_TRY_VOID(check_image(self, kBytes, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  const Averaging a = INGOT_TRY(averaging(args, 7, self.dtype()));
  const std::array<PoolAxis, 2> axes = {INGOT_TRY(pool_axis(self, 0, lists)), INGOT_TRY(pool_axis(self, 1, lists))};
  INGOT_TRY_VOID(resize_image(self, axes[0].out, axes[1].out, out, "out"));
  if (out.numel() == 0) return {};
  if (pools_runs(self.dtype(), axes)) {
    average_runs(context.parallel, self, out, axes, include_padding, args.integer_or(6, 0), a);
    return {};
  }
  const ImagePlanes in_planes(self), out_planes(out);
  const auto run = self.dtype() == DType::int8 ? average_plane<int8_t> : average_plane<uint8_t>;
  parallel_for(context.parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) {
      run(in_planes, out_planes, axes, include_padding, args.integer_or(6, 0), a, plane);
    }
  });
  return {};
}

template <typename T>
void average_points(const Parallel& parallel, const ReductionPlan& plan, const Tensor& self, const Tensor& out,
                    const Averaging& a) {
  const float scale = mean_scale(a.from.scale, a.to.scale, static_cast<int64_t>(plan.reduced.count));
  const int64_t step = plan.reduced.strides[plan.reduced.rank - 1][0];
  parallel_for(parallel, plan.kept.count, 1, [&](size_t begin, size_t end) {
    const auto& steps = plan.kept.strides[plan.kept.rank - 1];
    for_each_row(plan.kept, begin, end, [&](const int64_t* starts, size_t n) {
      for (size_t i = 0; i < n; ++i) {
        const int64_t k = static_cast<int64_t>(i);
        const T* from = self.data_as<T>() + starts[1] + k * steps[1];
        int32_t sum = 0;
        for_each_row(plan.reduced, 0, plan.reduced.count, [&](const int64_t* at, size_t count) {
          for (size_t done = 0; done < count; done += kLongestRow) {
            const size_t part = count - done < kLongestRow ? count - done : kLongestRow;
            sum = wrapping_sum(sum, sum_row(from + at[0] + static_cast<int64_t>(done) * step, step, part) -
                                        static_cast<int32_t>(part) * a.from.zero_point);
          }
        });
        out.data_as<T>()[starts[0] + k * steps[0]] = static_cast<T>(requantize(sum, scale, a.range));
      }
    });
  });
}

// quantized_mean.out(Tensor self, int[1]? dim, bool keepdim, float input_scale, int input_zero_point,
//                    float output_scale, int output_zero_point, int output_min, int output_max, *, out)
Result<void> mean(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(9);
  INGOT_TRY_VOID(check_bytes(self, "self", out));
  const Averaging a = INGOT_TRY(averaging(args, 3, self.dtype()));
  const uint32_t mask = INGOT_TRY(reduced_dims(args.ints(1), self.rank()));
  const bool keepdim = args.boolean(2);
  const Sizes sizes = reduced_sizes(self, mask, keepdim);
  INGOT_TRY_VOID(check_rank(out, sizes.rank, "out"));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  if (out.numel() == 0) return {};
  if (self.numel() == 0) return fail(ErrorCode::invalid_argument, "self: the mean of no elements is not a number");
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  const ReductionPlan plan = plan_reduction(self, mask, keepdim, out);
  const auto run = self.dtype() == DType::int8 ? average_points<int8_t> : average_points<uint8_t>;
  run(context.parallel, plan, self, out, a);
  return {};
}

constexpr Kernel kRows[] = {
    {"ingot::quantized_avg_pool2d.out", "TLLLbbi?fifiiiO", avg_pool2d},
    {"ingot::quantized_mean.out", "TL?bfifiiiO", mean},
};

}  // namespace

std::span<const Kernel> pooling_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
