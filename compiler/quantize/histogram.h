// How often a value's numbers fall where, in bounded memory and in one sweep over any number of samples: a histogram
// whose bins are a power of two wide and lie on its multiples, so that widening (two bins become one) and adding
// another histogram lose nothing. Besides, the exact least and largest number. One thread at a time; adding costs about
// a nanosecond a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ingot::compiler {

class Histogram {
 public:
  // At least half as many bins cover the numbers seen.
  static constexpr int64_t kMaxBins = 4096;

  void add(std::span<const float> numbers);
  // As if the other's numbers had been added, each times `factor` (not exact unless that is a power of two).
  void add(const Histogram& other, double factor = 1);

  // Finite numbers.
  uint64_t count() const { return count_; }
  // NaN and infinities: skipped, but counted.
  uint64_t nonfinite() const { return nonfinite_; }
  // 0 where there are none.
  double min() const { return min_; }
  double max() const { return max_; }
  double bin_width() const;
  // Calls f(left edge, count) for each bin that is not empty, in order.
  template <typename F>
  void for_each_bin(F&& f) const {
    for (size_t i = 0; i < bins_.size(); ++i) {
      if (bins_[i] > 0) f(static_cast<double>(first_ + static_cast<int64_t>(i)) * bin_width(), bins_[i]);
    }
  }

 private:
  // Makes room for all from `low` to `high`.
  void cover(double low, double high);
  void widen();

  std::vector<uint64_t> bins_;
  int64_t first_ = 0;  // bin i holds [(first_ + i) * width, (first_ + i + 1) * width)
  int exponent_ = 0;   // of the width, 2^exponent_
  uint64_t count_ = 0;
  uint64_t nonfinite_ = 0;
  double min_ = 0;
  double max_ = 0;
};

}  // namespace ingot::compiler
