// Choosing scale and zero point for numbers that were observed. Affine int8 in [-128, 127] for activations: 0 is always
// exact, as padding needs. Symmetric int8 in [-127, 127] for weights. Plain functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/quantize/histogram.h"

namespace ingot::compiler {

struct AffineParameters {
  double scale = 1;
  int64_t zero_point = 0;

  // The real numbers that -128 and 127 stand for.
  double low() const { return scale * static_cast<double>(-128 - zero_point); }
  double high() const { return scale * static_cast<double>(127 - zero_point); }
  friend bool operator==(const AffineParameters&, const AffineParameters&) = default;
};

enum class Observer : uint8_t {
  min_max,        // all that was seen fits
  least_squares,  // the range with the least squared error over what was seen, inside that of min_max
};

// For the numbers from `low` to `high`, widened to hold 0; all zeros get scale 1.
AffineParameters parameters_for(double low, double high);
AffineParameters choose_parameters(const Histogram& histogram, Observer observer);

// The mean squared difference between the numbers seen and what these parameters make of them.
double squared_error(const Histogram& histogram, const AffineParameters& parameters);

// The scale for weights whose largest magnitude is `largest` and whose products, of inputs of scale `input_scale`, are
// added to `bias`: so large that the bias fits 32 bits in their scale.
double weight_scale(double largest, double bias, double input_scale);

}  // namespace ingot::compiler
