#include "compiler/quantize/parameters.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ingot::compiler {
namespace {

// Scales are written into files and used as float32: below this, inverses and products leave its range.
constexpr double kLeastScale = 1e-12;

double as_float(double x) {
  return static_cast<double>(static_cast<float>(x));
}

struct Bin {
  double center;
  double count;
};

// The bins once, for many candidates.
class ErrorMeter {
 public:
  explicit ErrorMeter(const Histogram& histogram) : width_(histogram.bin_width()) {
    histogram.for_each_bin([&](double left, uint64_t count) {
      bins_.push_back({std::clamp(left + width_ / 2, histogram.min(), histogram.max()), static_cast<double>(count)});
      total_ += static_cast<double>(count);
    });
  }

  // A bin stands for numbers spread evenly over it: three points of it are enough where a step is wider, and over
  // several steps their errors are even too.
  double operator()(const AffineParameters& p) const {
    const double inverse = 1 / p.scale, low = p.low(), high = p.high();
    const bool fine = width_ < p.scale;
    double sum = 0;
    for (const Bin& bin : bins_) {
      double error = 0;
      if (fine) {
        for (const double offset : {-width_ / 3, 0.0, width_ / 3}) {
          const double x = bin.center + offset;
          const double d = std::clamp(std::nearbyint(x * inverse) * p.scale, low, high) - x;
          error += d * d;
        }
        error /= 3;
      } else {
        const double beyond = std::max({low - bin.center, bin.center - high, 0.0});
        error = beyond * beyond + p.scale * p.scale / 12;
      }
      sum += error * bin.count;
    }
    return total_ > 0 ? sum / total_ : 0;
  }

 private:
  std::vector<Bin> bins_;
  double width_;
  double total_ = 0;
};

// Narrows one end at a time, as long as that helps. The error has no other valley worth the search: what is cut off
// grows as what is rounded off shrinks.
AffineParameters least_squares(const Histogram& histogram) {
  constexpr int kSteps = 100;
  const ErrorMeter error(histogram);
  const double low = std::min(histogram.min(), 0.0), high = std::max(histogram.max(), 0.0);
  std::array<double, 2> best = {1, 1};  // fractions of low and high
  double least = error(parameters_for(low, high));
  for (int round = 0; round < 3; ++round) {
    const auto before = best;
    for (const size_t end : {1, 0}) {
      if ((end == 0 ? low : high) == 0) continue;
      auto trial = best;
      for (int i = 1; i < kSteps; ++i) {
        trial[end] = 1 - static_cast<double>(i) / kSteps;
        const double found = error(parameters_for(low * trial[0], high * trial[1]));
        if (found < least) {
          least = found;
          best = trial;
        }
      }
    }
    if (best == before) break;
  }
  return parameters_for(low * best[0], high * best[1]);
}

}  // namespace

AffineParameters parameters_for(double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  if (!(high > low)) return {};
  AffineParameters parameters;
  parameters.scale = as_float(std::max((high - low) / 255, kLeastScale));
  parameters.zero_point = std::clamp<int64_t>(std::llround(-128 - low / parameters.scale), -128, 127);
  return parameters;
}

AffineParameters choose_parameters(const Histogram& histogram, Observer observer) {
  switch (observer) {
    case Observer::min_max:
      return parameters_for(histogram.min(), histogram.max());
    case Observer::least_squares:
      return least_squares(histogram);
  }
  return {};
}

double squared_error(const Histogram& histogram, const AffineParameters& parameters) {
  return ErrorMeter(histogram)(parameters);
}

double weight_scale(double largest, double bias, double input_scale) {
  const double for_bias = std::abs(bias) / (input_scale * 0x1p30);
  if (largest == 0) largest = 0x1p-10;  // any scale is right
  return as_float(std::max({largest / 127, for_bias, kLeastScale}));
}

}  // namespace ingot::compiler
