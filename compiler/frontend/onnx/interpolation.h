// How one axis is resized: where each new element takes its value from. Source of the formulas: the ONNX specification
// of Resize. Pure functions; arithmetic in float, as ONNX Runtime does it, because roundings decide between neighbours.
#pragma once

#include <cstdint>
#include <vector>

namespace ingot::compiler::onnx_import {

enum class Coordinates : uint8_t {
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn,
  tf_crop_and_resize,
};

enum class Rounding : uint8_t { round_prefer_floor, round_prefer_ceil, floor, ceil };

// One axis. `scale` is new size / old size, before the new size was rounded where scales were given.
struct ResizedAxis {
  int64_t from = 1;
  int64_t to = 1;
  float scale = 1;
  float start = 0;  // the part that tf_crop_and_resize takes: 0 is the first element's middle, 1 the last one's
  float end = 1;
  bool unchanged() const { return from == to && scale == 1.0F && start == 0 && end == 1; }
};

// Which new elements lie outside the old ones.
std::vector<bool> outside(const ResizedAxis& axis, Coordinates coordinates);

// The old element that each new one copies.
std::vector<int64_t> nearest_sources(const ResizedAxis& axis, Coordinates coordinates, Rounding rounding);

// New elements as weighted sums of old ones: a [to, from] matrix, row-major.
struct Weighting {
  Coordinates coordinates = Coordinates::half_pixel;
  bool cubic = false;  // else linear
  float cubic_coefficient = -0.75F;
  bool exclude_outside = false;
  bool antialias = false;  // wider windows where the axis shrinks
};
std::vector<float> weights(const ResizedAxis& axis, const Weighting& weighting);

}  // namespace ingot::compiler::onnx_import
