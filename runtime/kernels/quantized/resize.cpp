// ingot::quantized_upsample_bilinear2d: images of bytes made larger or smaller, parameters kept. (Nearest is
// aten::upsample_nearest2d on the bytes themselves.)
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/portable/resize_axes.h"
#include "runtime/kernels/quantized/arithmetic.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

int32_t weight_of(const Between<float>& between) {
  return static_cast<int32_t>(std::lrint(between.share * 2048.0f));
}

template <typename T>
void bilinear_plane(const ImagePlanes& in, const ImagePlanes& out, const std::array<ResizeAxis, 2>& axes,
                    bool align_corners, size_t plane) {
  constexpr int64_t kColumns = 512;
  const auto& [h, w] = axes;
  struct Column {
    int64_t low;
    int64_t high;
    int32_t weight;
  };
  std::array<Column, kColumns> columns;
  for (int64_t first = 0; first < w.out; first += kColumns) {
    const int64_t n = std::min(kColumns, w.out - first);
    for (int64_t i = 0; i < n; ++i) {
      const Between<float> x = between<float>(w, align_corners, first + i);
      columns[i] = {x.low * in.column_stride(), x.high * in.column_stride(), weight_of(x)};
    }
    for (int64_t y = 0; y < h.out; ++y) {
      const Between<float> row = between<float>(h, align_corners, y);
      const int32_t vertical = weight_of(row);
      const T* top = reinterpret_cast<const T*>(in.at(plane, row.low, 0));
      const T* bottom = reinterpret_cast<const T*>(in.at(plane, row.high, 0));
      T* to = reinterpret_cast<T*>(out.at(plane, y, first));
      for (int64_t i = 0; i < n; ++i) {
        const Column& x = columns[i];
        to[i * out.column_stride()] =
            static_cast<T>(interpolate(top[x.low], top[x.high], bottom[x.low], bottom[x.high], x.weight, vertical));
      }
    }
  }
}

// quantized_upsample_bilinear2d.out(Tensor input, int[]? output_size, bool align_corners, float[]? scale_factors, *,
// out)
Result<void> upsample_bilinear2d(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  const bool align_corners = args.boolean(2);
  Tensor& out = args.tensor(4);
  INGOT_TRY_VOID(check_rank(input, 4, "input"));
  INGOT_TRY_VOID(check_image(input, kBytes, "input"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  const std::array<ResizeAxis, 2> axes = INGOT_TRY(resize_axes(args, 1, 3, input));
  INGOT_TRY_VOID(resize_image(input, axes[0].out, axes[1].out, out, "out"));
  if (out.numel() == 0) return {};
  const ImagePlanes in_planes(input), out_planes(out);
  const auto run = input.dtype() == DType::int8 ? bilinear_plane<int8_t> : bilinear_plane<uint8_t>;
  parallel_for(context.parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) run(in_planes, out_planes, axes, align_corners, plane);
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"ingot::quantized_upsample_bilinear2d.out", "TL?bD?O", upsample_bilinear2d},
};

}  // namespace

std::span<const Kernel> resize_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
