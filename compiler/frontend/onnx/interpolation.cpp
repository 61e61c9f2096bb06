#include "compiler/frontend/onnx/interpolation.h"

#include <algorithm>
#include <cmath>

namespace ingot::compiler::onnx_import {
namespace {

// Where new element i lies among the old ones.
float source_position(const ResizedAxis& axis, Coordinates coordinates, int64_t i) {
  const auto at = static_cast<float>(i);
  switch (coordinates) {
    case Coordinates::half_pixel:
      return (at + 0.5F) / axis.scale - 0.5F;
    case Coordinates::half_pixel_symmetric: {
      // The middles of old and new axis meet, also where the new size was rounded.
      const float adjustment = static_cast<float>(axis.to) / (axis.scale * static_cast<float>(axis.from));
      const float centre = static_cast<float>(axis.from) / 2;
      return centre * (1 - adjustment) + (at + 0.5F) / axis.scale - 0.5F;
    }
    case Coordinates::pytorch_half_pixel:
      return axis.to > 1 ? (at + 0.5F) / axis.scale - 0.5F : 0.0F;
    case Coordinates::align_corners:
      return axis.to > 1 ? at * static_cast<float>(axis.from - 1) / static_cast<float>(axis.to - 1) : 0.0F;
    case Coordinates::asymmetric:
      return at / axis.scale;
    case Coordinates::tf_half_pixel_for_nn:
      return (at + 0.5F) / axis.scale;
    case Coordinates::tf_crop_and_resize: {
      const auto last = static_cast<float>(axis.from - 1);
      if (axis.to == 1) return 0.5F * (axis.start + axis.end) * last;
      return axis.start * last + at * (axis.end - axis.start) * last / static_cast<float>(axis.to - 1);
    }
  }
  return 0;
}

float round_to_element(float position, Rounding rounding) {
  switch (rounding) {
    case Rounding::round_prefer_floor:
      return std::ceil(position - 0.5F);
    case Rounding::round_prefer_ceil:
      return std::floor(position + 0.5F);
    case Rounding::floor:
      return std::floor(position);
    case Rounding::ceil:
      return std::ceil(position);
  }
  return position;
}

// How much an old element at a distance counts; distances are in old elements, or wider ones when antialiasing.
float kernel_weight(const Weighting& weighting, float distance) {
  const float d = std::abs(distance);
  if (!weighting.cubic) return std::max(0.0F, 1.0F - d);
  const float a = weighting.cubic_coefficient;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

}  // namespace

std::vector<bool> outside(const ResizedAxis& axis, Coordinates coordinates) {
  std::vector<bool> flags;
  for (int64_t i = 0; i < axis.to; ++i) {
    const float position = source_position(axis, coordinates, i);
    flags.push_back(!(position >= 0 && position <= static_cast<float>(axis.from - 1)));
  }
  return flags;
}

std::vector<int64_t> nearest_sources(const ResizedAxis& axis, Coordinates coordinates, Rounding rounding) {
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < axis.to; ++i) {
    const float position = axis.unchanged() ? static_cast<float>(i) : source_position(axis, coordinates, i);
    const float element = round_to_element(position, rounding);
    sources.push_back(static_cast<int64_t>(std::clamp(element, 0.0F, static_cast<float>(axis.from - 1))));
  }
  return sources;
}

std::vector<float> weights(const ResizedAxis& axis, const Weighting& weighting) {
  std::vector<float> matrix(static_cast<size_t>(axis.to * axis.from), 0.0F);
  const bool widen = weighting.antialias && axis.scale < 1;
  const float support = (weighting.cubic ? 2.0F : 1.0F) / (widen ? axis.scale : 1.0F);
  for (int64_t i = 0; i < axis.to; ++i) {
    float* row = matrix.data() + i * axis.from;
    if (axis.unchanged()) {
      row[i] = 1;
      continue;
    }
    float position = source_position(axis, weighting.coordinates, i);
    if (!weighting.cubic && !widen) position = std::clamp(position, 0.0F, static_cast<float>(axis.from - 1));
    const auto first = static_cast<int64_t>(std::floor(position - support));
    const auto last = static_cast<int64_t>(std::ceil(position + support));
    const bool drop_outside = weighting.exclude_outside;
    float sum = 0;
    for (int64_t at = first; at <= last; ++at) {
      const float weight = kernel_weight(weighting, (static_cast<float>(at) - position) * (widen ? axis.scale : 1.0F));
      if (drop_outside && (at < 0 || at >= axis.from)) continue;
      sum += weight;
      row[std::clamp<int64_t>(at, 0, axis.from - 1)] += weight;
    }
    if ((drop_outside || widen) && sum != 0)
      std::for_each(row, row + axis.from, [sum](float& weight) { weight /= sum; });
  }
  return matrix;
}

}  // namespace ingot::compiler::onnx_import
