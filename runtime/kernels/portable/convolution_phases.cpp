#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "runtime/kernels/portable/convolution.h"

namespace ingot::portable {

int64_t phase_count(const Convolution& convolution, size_t axis) {
  const ConvolutionAxis& a = convolution.axes[axis];
  return convolution.transposed ? std::min(a.stride, a.out) : 1;
}

Phase phase_of(const Convolution& convolution, size_t axis, int64_t index) {
  const ConvolutionAxis& a = convolution.axes[axis];
  Phase phase;
  if (!convolution.transposed) {
    phase.count = a.out;
    phase.taps = a.kernel;
    phase.in_step = a.stride;
    phase.in_first = -a.padding;
    phase.in_tap = a.dilation;
    return phase;
  }
  // Output o receives input i through kernel element k where o = i * stride - padding + k * dilation. Of the outputs
  // o = index + n * stride, every period-th k from the first that divides evenly takes part.
  phase.out_first = index;
  phase.out_step = a.stride;
  phase.count = (a.out - index + a.stride - 1) / a.stride;
  const int64_t period = a.stride / std::gcd(a.stride, a.dilation);
  int64_t first = 0;
  while (first < std::min(period, a.kernel) && (index + a.padding - first * a.dilation) % a.stride != 0) ++first;
  if (first == std::min(period, a.kernel)) return phase;
  phase.taps = (a.kernel - 1 - first) / period + 1;
  phase.in_first = (index + a.padding - first * a.dilation) / a.stride;
  phase.in_tap = -(period * a.dilation / a.stride);
  phase.kernel_first = first;
  phase.kernel_step = period;
  return phase;
}

PhasePair pair_phases(const Convolution& c, const Phase& h, const Phase& w) {
  PhasePair pair{h, w, c.axes[0].in, c.axes[1].in};
  const auto plain = [](const Phase& p, int64_t in) {
    return p.taps == 1 && p.in_step == 1 && p.in_first == 0 && p.out_step == 1 && p.out_first == 0 && p.count == in;
  };
  if (!plain(h, pair.in_h) || !plain(w, pair.in_w)) return pair;
  if (c.in_strides[2] != pair.in_w * c.in_strides[3] || c.out_strides[2] != pair.in_w * c.out_strides[3]) return pair;
  pair.w.count *= pair.h.count;
  pair.in_w *= pair.in_h;
  pair.h.count = 1;
  pair.in_h = 1;
  return pair;
}

Range range_inside(int64_t first, int64_t step, int64_t count, int64_t size) {
  const int64_t begin = first >= 0 ? 0 : (-first + step - 1) / step;
  const int64_t end = first >= size ? 0 : (size - first + step - 1) / step;
  const int64_t clipped = std::min(begin, count);
  return {clipped, std::clamp(end, clipped, count)};
}

}  // namespace ingot::portable
