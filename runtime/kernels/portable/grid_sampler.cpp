// grid_sampler_2d: every output element is read from the image at coordinates given by a grid, -1 to 1 across the
// image.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

enum class Interpolation : uint8_t { bilinear = 0, nearest = 1, bicubic = 2 };
// What is read outside the image: zeros, its nearest element, or its mirror image.
enum class Padding : uint8_t { zeros = 0, border = 1, reflection = 2 };

struct Sampling {
  Interpolation interpolation;
  Padding padding;
  bool align_corners;
};

template <typename C>
C to_pixels(C x, int64_t size, bool align_corners) {
  if (align_corners) return (x + 1) / 2 * static_cast<C>(size - 1);
  return ((x + 1) * static_cast<C>(size) - 1) / 2;
}

template <typename C>
C clip(C x, int64_t size) {
  return x > 0 ? std::min(x, static_cast<C>(size - 1)) : C{0};  // what is not a number becomes 0
}

// Mirrored at the centres of the outermost elements (align_corners) or at their edges.
template <typename C>
C reflect(C x, int64_t size, bool align_corners) {
  const C low = align_corners ? C{0} : C{-0.5};
  const C span = static_cast<C>(align_corners ? size - 1 : size);
  if (!(span > 0)) return 0;
  const C distance = std::fabs(x - low);
  const C rest = std::fmod(distance, span);
  const bool odd = std::fmod(std::floor(distance / span), C{2}) != 0;
  return odd ? span - rest + low : rest + low;
}

template <typename C>
C pad(C x, int64_t size, const Sampling& s) {
  if (s.padding == Padding::border) return clip(x, size);
  if (s.padding == Padding::reflection) return clip(reflect(x, size, s.align_corners), size);
  return x;
}

// One plane of the image.
template <typename C>
struct Plane {
  LoadBlock<C> load;
  const ImagePlanes& planes;
  size_t index;
  int64_t height;
  int64_t width;

  // Whole coordinates; 0 outside.
  C read(C y, C x) const {
    if (!(y >= 0 && y < static_cast<C>(height) && x >= 0 && x < static_cast<C>(width))) return 0;
    C value;
    load(&value, planes.at(index, static_cast<int64_t>(y), static_cast<int64_t>(x)), 1, 1);
    return value;
  }
  C read_padded(C y, C x, const Sampling& s) const { return read(pad(y, height, s), pad(x, width, s)); }
};

// The cubic convolution kernel with a = -0.75, at 1 + t, t, 1 - t and 2 - t.
template <typename C>
std::array<C, 4> cubic_weights(C t) {
  constexpr C a = C{-0.75};
  const auto near = [](C x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](C x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

template <typename C>
C sample(const Plane<C>& plane, C grid_y, C grid_x, const Sampling& s) {
  const C y = to_pixels(grid_y, plane.height, s.align_corners), x = to_pixels(grid_x, plane.width, s.align_corners);
  if (s.interpolation == Interpolation::bicubic) {
    const C top = std::floor(y), left = std::floor(x);
    const std::array<C, 4> rows = cubic_weights(y - top), columns = cubic_weights(x - left);
    C sum = 0;
    for (int i = 0; i < 4; ++i) {
      C row = 0;
      for (int j = 0; j < 4; ++j) row += columns[j] * plane.read_padded(top - 1 + i, left - 1 + j, s);
      sum += rows[i] * row;
    }
    return sum;
  }
  const C at_y = pad(y, plane.height, s), at_x = pad(x, plane.width, s);
  if (s.interpolation == Interpolation::nearest) return plane.read(std::nearbyint(at_y), std::nearbyint(at_x));
  const C top = std::floor(at_y), left = std::floor(at_x);
  const C down = at_y - top, right = at_x - left;
  return plane.read(top, left) * (1 - down) * (1 - right) + plane.read(top, left + 1) * (1 - down) * right +
         plane.read(top + 1, left) * down * (1 - right) + plane.read(top + 1, left + 1) * down * right;
}

template <typename C>
void sample_plane(const Tensor& input, const Tensor& grid, const Tensor& out, const Sampling& sampling, size_t index) {
  const ImagePlanes in_planes(input), out_planes(out);
  const LoadBlock<C> load = load_block<C>(input.dtype());
  const StoreBlock<C> store = store_block<C>(input.dtype());
  const Plane<C> plane{load, in_planes, index, input.size(2), input.size(3)};
  const int64_t image = static_cast<int64_t>(index) / input.size(1);
  const std::span<const int64_t> strides = grid.strides();
  for (int64_t y = 0; y < out.size(2); ++y) {
    for (int64_t x = 0; x < out.size(3); ++x) {
      std::array<C, 2> at;  // x, y
      const int64_t offset = image * strides[0] + y * strides[1] + x * strides[2];
      load(at.data(), grid.data_as<std::byte>() + offset * static_cast<int64_t>(size_of(grid.dtype())), strides[3], 2);
      const C result = sample(plane, at[1], at[0], sampling);
      store(out_planes.at(index, y, x), 1, &result, 1);
    }
  }
}

// grid_sampler_2d.out(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners, *, out):
// the grid is [N, height, width, 2], x before y.
Result<void> grid_sampler_2d(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  const Tensor& grid = args.tensor(1);
  const int64_t interpolation = args.integer(2), padding = args.integer(3);
  Tensor& out = args.tensor(5);
  INGOT_TRY_VOID(check_rank(input, 4, "input"));
  INGOT_TRY_VOID(check_image(input, kFloats, "input"));
  INGOT_TRY_VOID(check_rank(grid, 4, "grid"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", grid, "grid"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  INGOT_TRY_VOID(check_data(grid, "grid"));
  if (interpolation < 0 || interpolation > 2 || padding < 0 || padding > 2) {
    return fail(ErrorCode::invalid_argument,
                "interpolation_mode and padding_mode: expected 0 to 2, found %lld and %lld",
                static_cast<long long>(interpolation), static_cast<long long>(padding));
  }
  if (grid.size(0) != input.size(0) || grid.size(3) != 2) {
    return fail(ErrorCode::invalid_argument, "grid: expected [%d, height, width, 2], found [%d, %d, %d, %d]",
                input.size(0), grid.size(0), grid.size(1), grid.size(2), grid.size(3));
  }
  if (input.size(2) < 1 || input.size(3) < 1) return fail(ErrorCode::invalid_argument, "input: the image is empty");
  INGOT_TRY_VOID(resize_image(input, grid.size(1), grid.size(2), out, "out"));
  if (out.numel() == 0) return {};
  const Sampling sampling{static_cast<Interpolation>(interpolation), static_cast<Padding>(padding), args.boolean(4)};
  const auto run = input.dtype() == DType::float64 ? sample_plane<double> : sample_plane<float>;
  parallel_for(context.parallel, ImagePlanes(input).count(), 1, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) run(input, grid, out, sampling, plane);
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::grid_sampler_2d.out", "TTiibO", grid_sampler_2d},
};

}  // namespace

std::span<const Kernel> grid_sampler_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
