// What XNNPACK computes wrongly on this processor, found by trying it on small examples. Kernels are chosen by
// processor and change with XNNPACK's version; a table of both would be wrong sooner or later. Any thread; the first
// call costs a fraction of a millisecond, later ones nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ingot::xnnpack {

struct Faults {
  // Of 2024-11 with AMX: where the last tile of a convolution in 8 bits is a single pixel, and it reads more than 64
  // channels, that pixel is wrong. Tiles have 16 pixels.
  bool single_pixel_tile = false;
  // Of 2024-11 with AVX-512 VNNI and GFNI: of products with filters of 4 bits in groups, two or three rows, alone or
  // behind tiles of 14, are wrong.
  bool groups = false;
};

// After xnn_initialize().
const Faults& faults();

// Would a convolution with so many output pixels an image and input channels a group be wrong where single_pixel_tile
// is set?
constexpr bool ends_in_single_pixel(uint64_t pixels, uint64_t channels) {
  return pixels > 16 && pixels % 16 == 1 && channels > 64;
}

}  // namespace ingot::xnnpack
