// Images made larger or smaller: nearest and bilinear. Where an output reads is computed once for a block of columns
// and used for all rows of a plane.
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
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/portable/resize_axes.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {

Result<std::array<ResizeAxis, 2>> resize_axes(const KernelArgs& args, size_t sizes_at, size_t factors_at,
                                              const Tensor& input) {
  if (args.has(sizes_at) == args.has(factors_at)) {
    return fail(ErrorCode::invalid_argument, "expected either output_size or scale_factors");
  }
  const std::span<const int64_t> sizes = args.ints(sizes_at);
  const std::span<const double> factors = args.doubles(factors_at);
  if (sizes.size() + factors.size() != 2) {
    return fail(ErrorCode::invalid_argument, "output_size or scale_factors: expected 2 values, found %zu",
                sizes.size() + factors.size());
  }
  std::array<ResizeAxis, 2> axes;
  for (size_t axis = 0; axis < 2; ++axis) {
    ResizeAxis& a = axes[axis];
    a = {input.size(2 + axis), 0, 0};
    if (!sizes.empty()) {
      a.out = sizes[axis];
    } else {
      a.factor = factors[axis];
      const double size = static_cast<double>(a.in) * a.factor;
      if (!(a.factor > 0 && size < 2147483648.0)) {
        return fail(ErrorCode::invalid_argument, "scale_factors: %g is not a factor that size %lld can grow by",
                    a.factor, static_cast<long long>(a.in));
      }
      a.out = static_cast<int64_t>(size);
    }
    if (a.in < 1 || a.out < 1 || a.out > std::numeric_limits<int32_t>::max()) {
      return fail(ErrorCode::invalid_argument, "spatial axis %zu: expected sizes of at least 1, found %lld to %lld",
                  axis, static_cast<long long>(a.in), static_cast<long long>(a.out));
    }
  }
  return axes;
}

namespace {

int64_t nearest_index(const ResizeAxis& a, float step, int64_t position) {
  if (a.in == a.out) return position;
  if (a.out == 2 * a.in) return position / 2;
  return std::min(static_cast<int64_t>(std::floor(static_cast<float>(position) * step)), a.in - 1);
}

template <typename T>
void nearest_plane(const ImagePlanes& in, const ImagePlanes& out, const std::array<ResizeAxis, 2>& axes, size_t plane) {
  const auto& [h, w] = axes;
  const float step_h = step_of<float>(h), step_w = step_of<float>(w);
  std::array<int64_t, kBlock> columns;
  for (int64_t first = 0; first < w.out; first += static_cast<int64_t>(kBlock)) {
    const int64_t n = std::min(static_cast<int64_t>(kBlock), w.out - first);
    for (int64_t i = 0; i < n; ++i) columns[i] = nearest_index(w, step_w, first + i) * in.column_stride();
    for (int64_t y = 0; y < h.out; ++y) {
      const T* from = reinterpret_cast<const T*>(in.at(plane, nearest_index(h, step_h, y), 0));
      T* to = reinterpret_cast<T*>(out.at(plane, y, first));
      for (int64_t i = 0; i < n; ++i) to[i * out.column_stride()] = from[columns[i]];
    }
  }
}

using ResizePlane = void (*)(const ImagePlanes&, const ImagePlanes&, const std::array<ResizeAxis, 2>&, size_t);

ResizePlane nearest_for(DType dtype) {
  switch (size_of(dtype)) {
    case 1:
      return nearest_plane<uint8_t>;
    case 2:
      return nearest_plane<uint16_t>;
    case 4:
      return nearest_plane<uint32_t>;
    default:
      return nearest_plane<uint64_t>;
  }
}

Result<void> prepare(const Tensor& input, const std::array<ResizeAxis, 2>& axes, Tensor& out) {
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  return resize_image(input, axes[0].out, axes[1].out, out, "out");
}

// upsample_nearest2d.vec_out(Tensor input, int[]? output_size, float[]? scale_factors, *, out)
Result<void> upsample_nearest2d(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(check_rank(input, 4, "input"));
  INGOT_TRY_VOID(check_image(input, kFloats | dtype_set({DType::uint8, DType::int8}), "input"));
  const std::array<ResizeAxis, 2> axes = INGOT_TRY(resize_axes(args, 1, 2, input));
  INGOT_TRY_VOID(prepare(input, axes, out));
  const ImagePlanes in_planes(input), out_planes(out);
  const ResizePlane run = nearest_for(input.dtype());
  parallel_for(context.parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) run(in_planes, out_planes, axes, plane);
  });
  return {};
}

template <typename C>
void bilinear_plane(DType dtype, bool align_corners, const ImagePlanes& in, const ImagePlanes& out,
                    const std::array<ResizeAxis, 2>& axes, size_t plane) {
  const auto& [h, w] = axes;
  const LoadBlock<C> load = load_block<C>(dtype);
  const StoreBlock<C> store = store_block<C>(dtype);
  std::array<Between<C>, kBlock> columns;
  std::array<C, kBlock> results;
  const int64_t step = in.column_stride();
  for (int64_t first = 0; first < w.out; first += static_cast<int64_t>(kBlock)) {
    const int64_t n = std::min(static_cast<int64_t>(kBlock), w.out - first);
    for (int64_t i = 0; i < n; ++i) columns[i] = between<C>(w, align_corners, first + i);
    for (int64_t y = 0; y < h.out; ++y) {
      const Between<C> row = between<C>(h, align_corners, y);
      const auto mix = [&](const Between<C>& x, auto&& read) {
        const C top = (1 - x.share) * read(row.low, x.low) + x.share * read(row.low, x.high);
        const C bottom = (1 - x.share) * read(row.high, x.low) + x.share * read(row.high, x.high);
        return (1 - row.share) * top + row.share * bottom;
      };
      bool in_place = false;
      if constexpr (std::same_as<C, float>) {
        if (dtype == DType::float32) {
          const float* low = reinterpret_cast<const float*>(in.at(plane, row.low, 0));
          const float* high = reinterpret_cast<const float*>(in.at(plane, row.high, 0));
          const auto read = [&](int64_t at_y, int64_t x) { return (at_y == row.low ? low : high)[x * step]; };
          for (int64_t i = 0; i < n; ++i) results[i] = mix(columns[i], read);
          in_place = true;
        }
      }
      if (!in_place) {
        const auto read = [&](int64_t at_y, int64_t x) {
          C value;
          load(&value, in.at(plane, at_y, x), 1, 1);
          return value;
        };
        for (int64_t i = 0; i < n; ++i) results[i] = mix(columns[i], read);
      }
      store(out.at(plane, y, first), out.column_stride(), results.data(), static_cast<size_t>(n));
    }
  }
}

// upsample_bilinear2d.vec_out(Tensor input, int[]? output_size, bool align_corners, float[]? scale_factors, *, out)
Result<void> upsample_bilinear2d(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  const bool align_corners = args.boolean(2);
  Tensor& out = args.tensor(4);
  INGOT_TRY_VOID(check_rank(input, 4, "input"));
  INGOT_TRY_VOID(check_image(input, kFloats, "input"));
  const std::array<ResizeAxis, 2> axes = INGOT_TRY(resize_axes(args, 1, 3, input));
  INGOT_TRY_VOID(prepare(input, axes, out));
  const ImagePlanes in_planes(input), out_planes(out);
  const auto run = input.dtype() == DType::float64 ? bilinear_plane<double> : bilinear_plane<float>;
  parallel_for(context.parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) {
      run(input.dtype(), align_corners, in_planes, out_planes, axes, plane);
    }
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::upsample_nearest2d.vec_out", "TL?D?O", upsample_nearest2d},
    {"aten::upsample_bilinear2d.vec_out", "TL?bD?O", upsample_bilinear2d},
};

}  // namespace

std::span<const Kernel> resize_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
