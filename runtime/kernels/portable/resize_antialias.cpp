// Bilinear resizing that averages over all pixels that an output pixel covers, so that shrinking does not alias: each
// axis has a triangular filter as wide as the step between outputs (at least one pixel each way). The weights of both
// axes are worked out once, in scratch memory.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

struct Axis {
  int64_t in;
  int64_t out;
  double step;     // input pixels an output pixel
  double support;  // how far the filter reaches to each side
  int64_t taps;    // the most pixels under a filter
};

Result<Axis> make_axis(int64_t in, int64_t out, bool align_corners, double scale) {
  if (in < 1 || out < 1) {
    return fail(ErrorCode::invalid_argument, "output_size: expected sizes of at least 1, found %lld to %lld",
                static_cast<long long>(in), static_cast<long long>(out));
  }
  Axis axis{in, INGOT_TRY(to_size(out, "output_size")), 0, 1, 1};
  if (align_corners) {
    axis.step = out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
  } else {
    axis.step = scale > 0 ? 1 / scale : static_cast<double>(in) / static_cast<double>(out);
  }
  if (!std::isfinite(axis.step)) return fail(ErrorCode::invalid_argument, "scales: expected a finite number");
  axis.support = std::max(axis.step, 1.0);
  axis.taps =
      axis.support < static_cast<double>(in) ? std::min(2 * static_cast<int64_t>(std::ceil(axis.support)) + 1, in) : in;
  return axis;
}

// resize.out(Tensor self, int[2] output_size, bool align_corners, float? scales_h, float? scales_w, *, out)
Result<std::array<Axis, 2>> make_axes(const KernelArgs& args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> size = args.ints(1);
  INGOT_TRY_VOID(check_rank(self, 4, "self"));
  if (size.size() != 2) {
    return fail(ErrorCode::invalid_argument, "output_size: expected 2 values, found %zu", size.size());
  }
  return std::array<Axis, 2>{INGOT_TRY(make_axis(self.size(2), size[0], args.boolean(2), args.real_or(3, 0))),
                             INGOT_TRY(make_axis(self.size(3), size[1], args.boolean(2), args.real_or(4, 0)))};
}

// For each output of an axis the first input under its filter, how many there are, and their weights (`taps` places).
struct Filters {
  std::span<int64_t> first;
  std::span<int64_t> count;
  std::span<double> weights;
};

Result<size_t> filter_scratch(KernelArgs args) {
  const std::array<Axis, 2> axes = INGOT_TRY(make_axes(args));
  size_t words = 0;
  for (const Axis& axis : axes) {
    size_t more;
    if (!checked_mul(static_cast<size_t>(axis.out), static_cast<size_t>(axis.taps) + 2, &more) ||
        !checked_add(words, more, &words)) {
      return fail(ErrorCode::invalid_argument, "output_size: too large");
    }
  }
  if (!checked_mul(words, sizeof(int64_t), &words)) {
    return fail(ErrorCode::invalid_argument, "output_size: too large");
  }
  return words;
}

// Takes the memory for an axis from the scratch and fills it.
Filters make_filters(const Axis& axis, std::span<std::byte>* scratch) {
  const size_t outputs = static_cast<size_t>(axis.out), taps = static_cast<size_t>(axis.taps);
  Filters filters;
  filters.first = {reinterpret_cast<int64_t*>(scratch->data()), outputs};
  filters.count = {filters.first.data() + outputs, outputs};
  filters.weights = {reinterpret_cast<double*>(filters.count.data() + outputs), outputs * taps};
  *scratch = scratch->subspan(outputs * (taps + 2) * sizeof(int64_t));
  const double in = static_cast<double>(axis.in);
  for (size_t i = 0; i < outputs; ++i) {
    const double center = axis.step * (static_cast<double>(i) + 0.5);
    const auto pixel = [&](double x) { return static_cast<int64_t>(std::clamp(x + 0.5, 0.0, in)); };
    const int64_t first = pixel(center - axis.support);
    const int64_t count = std::clamp<int64_t>(pixel(center + axis.support) - first, 0, axis.taps);
    double* weights = filters.weights.data() + i * taps;
    double total = 0;
    for (int64_t k = 0; k < count; ++k) {
      const double distance = std::abs(static_cast<double>(first + k) - center + 0.5) / axis.support;
      weights[k] = std::max(1 - distance, 0.0);
      total += weights[k];
    }
    for (int64_t k = 0; k < count && total != 0; ++k) weights[k] /= total;
    filters.first[i] = first;
    filters.count[i] = count;
  }
  return filters;
}

void filter_plane(DType dtype, const ImagePlanes& in, const ImagePlanes& out, const std::array<Axis, 2>& axes,
                  const std::array<Filters, 2>& filters, size_t plane) {
  const LoadBlock<double> load = load_block<double>(dtype);
  const StoreBlock<double> store = store_block<double>(dtype);
  const auto& [rows, columns] = filters;
  std::array<double, kBlock> block;
  for (size_t y = 0; y < rows.first.size(); ++y) {
    const double* row_weights = rows.weights.data() + y * static_cast<size_t>(axes[0].taps);
    for (size_t x = 0; x < columns.first.size(); ++x) {
      const double* column_weights = columns.weights.data() + x * static_cast<size_t>(axes[1].taps);
      double sum = 0;
      for (int64_t r = 0; r < rows.count[y]; ++r) {
        double row_sum = 0;
        for (int64_t c = 0; c < columns.count[x]; c += static_cast<int64_t>(kBlock)) {
          const int64_t n = std::min(static_cast<int64_t>(kBlock), columns.count[x] - c);
          load(block.data(), in.at(plane, rows.first[y] + r, columns.first[x] + c), in.column_stride(),
               static_cast<size_t>(n));
          for (int64_t k = 0; k < n; ++k) row_sum += column_weights[c + k] * block[k];
        }
        sum += row_weights[r] * row_sum;
      }
      store(out.at(plane, static_cast<int64_t>(y), static_cast<int64_t>(x)), 1, &sum, 1);
    }
  }
}

// _upsample_bilinear2d_aa.out(Tensor self, int[2] output_size, bool align_corners, float? scales_h, float? scales_w, *,
//                             out): a scale, where given, says the step instead of the sizes.
Result<void> upsample_bilinear2d_aa(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(5);
  const std::array<Axis, 2> axes = INGOT_TRY(make_axes(args));
  INGOT_TRY_VOID(check_image(self, kFloats, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(resize_image(self, axes[0].out, axes[1].out, out, "out"));
  if (context.scratch.size() < INGOT_TRY(filter_scratch(args))) {
    return fail(ErrorCode::invalid_state, "resize: the scratch memory is too small");
  }
  std::span<std::byte> scratch = context.scratch;
  const Filters rows = make_filters(axes[0], &scratch);
  const std::array<Filters, 2> filters = {rows, make_filters(axes[1], &scratch)};
  const ImagePlanes in_planes(self), out_planes(out);
  parallel_for(context.parallel, in_planes.count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) {
      filter_plane(self.dtype(), in_planes, out_planes, axes, filters, plane);
    }
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::_upsample_bilinear2d_aa.out", "TLbf?f?O", upsample_bilinear2d_aa, filter_scratch},
};

}  // namespace

std::span<const Kernel> antialias_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
