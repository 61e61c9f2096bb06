#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/wrapping.h"

namespace ingot::portable {
namespace {

const std::byte* at(const void* base, int64_t elements, size_t size) {
  return static_cast<const std::byte*>(base) + elements * static_cast<int64_t>(size);
}

// One row of one phase: a block of outputs at a time, every product in the type C.
template <typename C>
void convolve_row(const Convolution& c, const Phase& h, const Phase& w, int64_t image, int64_t group, int64_t channel,
                  int64_t row) {
  const size_t size = size_of(c.dtype);
  const LoadBlock<C> load = load_block<C>(c.dtype);
  const StoreBlock<C> store = store_block<C>(c.dtype);
  std::array<C, kBlock> sums, x;
  C bias = 0;
  if (c.bias != nullptr) load(&bias, at(c.bias, group * c.out_channels + channel, size), 1, 1);
  const int64_t in_plane = image * c.in_strides[0] + group * c.in_channels * c.in_strides[1];
  const int64_t weight_row = group * c.weight_group_stride + channel * c.weight_strides[0];
  const int64_t out_row = image * c.out_strides[0] + (group * c.out_channels + channel) * c.out_strides[1] +
                          (h.out_first + row * h.out_step) * c.out_strides[2];
  for (int64_t first = 0; first < w.count; first += static_cast<int64_t>(kBlock)) {
    const int64_t n = std::min(static_cast<int64_t>(kBlock), w.count - first);
    std::fill_n(sums.begin(), n, bias);
    for (int64_t channel_in = 0; channel_in < c.in_channels; ++channel_in) {
      for (int64_t tap_h = 0; tap_h < h.taps; ++tap_h) {
        const int64_t y = row * h.in_step + h.in_first + tap_h * h.in_tap;
        if (y < 0 || y >= c.axes[0].in) continue;
        for (int64_t tap_w = 0; tap_w < w.taps; ++tap_w) {
          const int64_t begin = first * w.in_step + w.in_first + tap_w * w.in_tap;
          const Range inside = range_inside(begin, w.in_step, n, c.axes[1].in);
          if (inside.begin >= inside.end) continue;
          C factor;
          load(&factor,
               at(c.weight,
                  weight_row + channel_in * c.weight_strides[1] +
                      (h.kernel_first + tap_h * h.kernel_step) * c.weight_strides[2] +
                      (w.kernel_first + tap_w * w.kernel_step) * c.weight_strides[3],
                  size),
               1, 1);
          load(x.data(),
               at(c.in,
                  in_plane + channel_in * c.in_strides[1] + y * c.in_strides[2] +
                      (begin + inside.begin * w.in_step) * c.in_strides[3],
                  size),
               w.in_step * c.in_strides[3], static_cast<size_t>(inside.end - inside.begin));
          for (int64_t i = inside.begin; i < inside.end; ++i)
            sums[i] = wrapping_add(sums[i], wrapping_mul(factor, x[i - inside.begin]));
        }
      }
    }
    const int64_t to = out_row + (w.out_first + first * w.out_step) * c.out_strides[3];
    store(const_cast<std::byte*>(at(c.out, to, size)), w.out_step * c.out_strides[3], sums.data(),
          static_cast<size_t>(n));
  }
}

template <typename C>
void convolve(const Parallel& parallel, const Convolution& c, const Phase& h, const Phase& w) {
  const int64_t channels = c.groups * c.out_channels;
  parallel_for(parallel, static_cast<size_t>(c.batch * channels * h.count), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const int64_t row = static_cast<int64_t>(i) % h.count;
      const int64_t plane = static_cast<int64_t>(i) / h.count;
      convolve_row<C>(c, h, w, plane / channels, plane % channels / c.out_channels, plane % c.out_channels, row);
    }
  });
}

}  // namespace

void convolve_any(const Parallel& parallel, const Convolution& c) {
  for (int64_t i = 0; i < phase_count(c, 0); ++i) {
    for (int64_t j = 0; j < phase_count(c, 1); ++j) {
      const Phase h = phase_of(c, 0, i), w = phase_of(c, 1, j);
      const auto run = c.dtype == DType::float64 ? convolve<double>
                       : is_floating(c.dtype)    ? convolve<float>
                                                 : convolve<int64_t>;
      run(parallel, c, h, w);
    }
  }
}

}  // namespace ingot::portable
