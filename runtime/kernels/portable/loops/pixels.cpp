// A tile of pixels x channels stays in registers while the depth is walked: a vector of weights for each column of it,
// and one element of each pixel at a time for all of its row.
#include "runtime/kernels/portable/loops/pixels.h"

#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/product.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

inline constexpr size_t kParts = kPackRows / kLanes;  // vectors of a group of packed channels
// Pixels, and groups of channels, of a tile: as much as the registers hold.
inline constexpr size_t kTilePixels = kParts == 1 ? 8 : kParts == 2 || kManyRegisters ? 6 : 3;
inline constexpr size_t kTileGroups = kParts == 1 ? 3 : 1;
static_assert(kTilePixels <= kLeastPixels);

// Adds what sums begin with, clamps them and stores as many channels as there are.
inline void store_sums(const PixelProduct& p, size_t first, size_t count, const float* sums, float* out) {
  const Lanes low = all(p.low), high = all(p.high);
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Lanes before = p.start != nullptr ? load(p.start + first + i) : all(0);
    store(out + first + i, bound(before + load(sums + i), low, high));
  }
#pragma GCC novector
  for (; i < count; ++i) {
    const float before = p.start != nullptr ? p.start[first + i] : 0.0f;
    out[first + i] = bound(before + sums[i], p.low, p.high);
  }
}

template <size_t kPixels, size_t kGroups>
void multiply_tile(const PixelProduct& p, size_t pixel, size_t group) {
  Lanes sum[kPixels][kGroups][kParts] = {};
  const size_t group_floats = p.taps * p.depth * kPackRows;
  const float* w = p.weights + group * group_floats;
  for (size_t tap = 0; tap < p.taps; ++tap) {
    const float* const* in = p.in + tap * p.in_row + pixel;
    for (size_t begin = 0; begin < p.depth; begin += kZeroFloats) {
      const size_t n = smaller(kZeroFloats, p.depth - begin);
      const float* from[kPixels];
#pragma GCC unroll 8
      for (size_t r = 0; r < kPixels; ++r) from[r] = in[r] != nullptr ? in[r] + begin : p.zeros;
      for (size_t k = 0; k < n; ++k, w += kPackRows) {
        Lanes x[kGroups][kParts];
#pragma GCC unroll 8
        for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
          for (size_t part = 0; part < kParts; ++part) x[g][part] = load(w + g * group_floats + part * kLanes);
        }
#pragma GCC unroll 8
        for (size_t r = 0; r < kPixels; ++r) {
#pragma GCC unroll 8
          for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
            for (size_t part = 0; part < kParts; ++part) sum[r][g][part] += from[r][k] * x[g][part];
          }
        }
      }
    }
  }
  const size_t first = group * kPackRows;
  if (first + kGroups * kPackRows <= p.channels) {
    const Lanes low = all(p.low), high = all(p.high);
    Lanes before[kGroups][kParts] = {};
    if (p.start != nullptr) {
#pragma GCC unroll 8
      for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
        for (size_t part = 0; part < kParts; ++part)
          before[g][part] = load(p.start + first + g * kPackRows + part * kLanes);
      }
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < kPixels; ++r) {
      float* out = p.out[pixel + r] + first;
#pragma GCC unroll 8
      for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
        for (size_t part = 0; part < kParts; ++part) {
          store(out + g * kPackRows + part * kLanes, bound(before[g][part] + sum[r][g][part], low, high));
        }
      }
    }
    return;
  }
  alignas(64) float sums[kPixels][kGroups * kPackRows];
#pragma GCC unroll 8
  for (size_t r = 0; r < kPixels; ++r) {
#pragma GCC unroll 8
    for (size_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 8
      for (size_t part = 0; part < kParts; ++part) store(&sums[r][g * kPackRows + part * kLanes], sum[r][g][part]);
    }
  }
  for (size_t r = 0; r < kPixels; ++r) {
    store_sums(p, first, smaller(kGroups * kPackRows, p.channels - first), sums[r], p.out[pixel + r]);
  }
}

// All pixels of some groups: in tiles of kTilePixels and of one less, so that none is computed twice where that can be.
template <size_t kGroups>
void multiply_groups(const PixelProduct& p, size_t group) {
  constexpr size_t kLess = kTilePixels - 1;
  const size_t tiles = (p.pixels + kTilePixels - 1) / kTilePixels;
  const size_t whole = p.pixels > tiles * kLess ? p.pixels - tiles * kLess : 0;
  size_t pixel = 0;
  for (size_t i = 0; i < whole; ++i, pixel += kTilePixels) multiply_tile<kTilePixels, kGroups>(p, pixel, group);
  for (; pixel < p.pixels; pixel += kLess) {
    multiply_tile<kLess, kGroups>(p, smaller(pixel, p.pixels - kLess), group);
  }
}

void multiply(const PixelProduct& p) {
  const size_t groups = (p.channels + kPackRows - 1) / kPackRows;
  for (size_t group = 0; group < groups;) {
    if constexpr (kTileGroups == 3) {
      const size_t left = groups - group;
      if (left == 1) return multiply_groups<1>(p, group);
      if (left == 2 || left == 4) {  // two and two are faster than three and one
        multiply_groups<2>(p, group);
        group += 2;
        continue;
      }
    }
    multiply_groups<kTileGroups>(p, group);
    group += kTileGroups;
  }
}

inline constexpr size_t kRunPixels = 4;

template <size_t kPixels, size_t kVectors>
inline void add_tile(const PixelTaps& run, size_t pixel, size_t channel) {
  Lanes sum[kPixels][kVectors];
#pragma GCC unroll 8
  for (size_t v = 0; v < kVectors; ++v) {
    const Lanes before = run.start != nullptr ? load(run.start + channel + v * kLanes) : all(0);
#pragma GCC unroll 8
    for (size_t p = 0; p < kPixels; ++p) sum[p][v] = before;
  }
  const float* in = run.in + static_cast<ptrdiff_t>(pixel) * run.in_pixel + channel;
  for (size_t t = 0; t < run.taps; ++t) {
    const float* from = in + run.offsets[t];
    Lanes w[kVectors];
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) w[v] = load(run.weights[t] + channel + v * kLanes);
#pragma GCC unroll 8
    for (size_t p = 0; p < kPixels; ++p, from += run.in_pixel) {
#pragma GCC unroll 8
      for (size_t v = 0; v < kVectors; ++v) sum[p][v] += w[v] * load(from + v * kLanes);
    }
  }
  const Lanes low = all(run.low), high = all(run.high);
  float* out = run.out + static_cast<ptrdiff_t>(pixel) * run.out_pixel + channel;
#pragma GCC unroll 8
  for (size_t p = 0; p < kPixels; ++p, out += run.out_pixel) {
#pragma GCC unroll 8
    for (size_t v = 0; v < kVectors; ++v) store(out + v * kLanes, bound(sum[p][v], low, high));
  }
}

template <size_t kVectors>
inline void add_channels(const PixelTaps& run, size_t channel) {
  size_t pixel = 0;
  for (; pixel + kRunPixels <= run.pixels; pixel += kRunPixels) add_tile<kRunPixels, kVectors>(run, pixel, channel);
  for (; pixel < run.pixels; ++pixel) add_tile<1, kVectors>(run, pixel, channel);
}

void add_few_channels(const PixelTaps& run) {
  for (size_t pixel = 0; pixel < run.pixels; ++pixel) {
    const float* in = run.in + static_cast<ptrdiff_t>(pixel) * run.in_pixel;
    float* out = run.out + static_cast<ptrdiff_t>(pixel) * run.out_pixel;
    for (size_t c = 0; c < run.channels; ++c) {
      float sum = run.start != nullptr ? run.start[c] : 0.0f;
      for (size_t t = 0; t < run.taps; ++t) sum += run.weights[t][c] * in[run.offsets[t] + static_cast<ptrdiff_t>(c)];
      out[c] = bound(sum, run.low, run.high);
    }
  }
}

void add_taps(const PixelTaps& run) {
  if (run.channels < kLanes) return add_few_channels(run);
  size_t channel = 0;
  for (; channel + 2 * kLanes <= run.channels; channel += 2 * kLanes) add_channels<2>(run, channel);
  // The last ones may be computed twice.
  for (; channel < run.channels; channel += kLanes) add_channels<1>(run, smaller(channel, run.channels - kLanes));
}

}  // namespace

constexpr PixelLoops pixel_loops = {multiply, add_taps};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
