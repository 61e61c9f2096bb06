#include "compiler/quantize/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace ingot::compiler {
namespace {

// The narrowest that makes sense for numbers of this size.
int exponent_for(double low, double high) {
  const double span = std::max(high - low, std::max(std::abs(low), std::abs(high)) * 0x1p-20);
  const int exponent = span > 0 ? std::ilogb(span / static_cast<double>(Histogram::kMaxBins - 2)) + 1 : -126;
  return std::max(exponent, -126);
}

int64_t floor_index(double x, int exponent) {
  return static_cast<int64_t>(std::floor(std::ldexp(x, -exponent)));
}

// Counts in several tables by turns: numbers often equal their neighbours (0 behind a ReLU), and incrementing one bin
// twice has to wait for the first time.
void count_in_blocks(std::span<const float> numbers, float inverse, int32_t first, std::vector<uint64_t>& bins) {
  constexpr size_t kTables = 4, kBlock = 512;
  std::array<std::vector<uint64_t>, kTables - 1> others;
  const size_t tables = numbers.size() > 8 * bins.size() ? kTables : 1;
  std::array<uint64_t*, kTables> counts;
  counts.fill(bins.data());
  for (size_t t = 1; t < tables; ++t) {
    others[t - 1].assign(bins.size(), 0);
    counts[t] = others[t - 1].data();
  }
  std::array<int32_t, kBlock> indices;
  for (size_t begin = 0; begin < numbers.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, numbers.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      const float at = numbers[begin + i] * inverse;
      const auto cut = static_cast<int32_t>(at);  // towards 0: std::floor is a call on older processors
      indices[i] = cut - static_cast<int32_t>(at < static_cast<float>(cut)) - first;
    }
    for (size_t i = 0; i < count; ++i) ++counts[i % kTables][indices[i]];
  }
  for (size_t t = 1; t < tables; ++t) {
    for (size_t i = 0; i < bins.size(); ++i) bins[i] += others[t - 1][i];
  }
}

}  // namespace

double Histogram::bin_width() const {
  return std::ldexp(1.0, exponent_);
}

void Histogram::widen() {
  const int64_t first = first_ >> 1;  // towards minus infinity
  std::vector<uint64_t> bins(bins_.size() / 2 + 2, 0);
  for (size_t i = 0; i < bins_.size(); ++i) {
    bins[static_cast<size_t>(((first_ + static_cast<int64_t>(i)) >> 1) - first)] += bins_[i];
  }
  bins_ = std::move(bins);
  first_ = first;
  ++exponent_;
}

void Histogram::cover(double low, double high) {
  if (bins_.empty()) {
    exponent_ = exponent_for(low, high);
    first_ = floor_index(low, exponent_);
    bins_.assign(static_cast<size_t>(floor_index(high, exponent_) - first_ + 1), 0);
    return;
  }
  const double old_low = static_cast<double>(first_) * bin_width();
  const double old_high = static_cast<double>(first_ + static_cast<int64_t>(bins_.size()) - 1) * bin_width();
  low = std::min(low, old_low);
  high = std::max(high, old_high);
  while (exponent_ < exponent_for(low, high)) widen();
  const int64_t first = std::min(floor_index(low, exponent_), first_);
  const int64_t end = std::max(floor_index(high, exponent_) + 1, first_ + static_cast<int64_t>(bins_.size()));
  bins_.insert(bins_.begin(), static_cast<size_t>(first_ - first), 0);
  first_ = first;
  bins_.resize(static_cast<size_t>(end - first), 0);
}

void Histogram::add(std::span<const float> numbers) {
  // Sums of differences are 0 for finite numbers only; the common case is left to the vectorizer.
  float low = std::numeric_limits<float>::infinity(), high = -low;
  bool finite = true;
  for (const float x : numbers) {
    finite &= x - x == 0;
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  if (!finite) {
    std::vector<float> kept;
    std::ranges::copy_if(numbers, std::back_inserter(kept), [](float x) { return std::isfinite(x); });
    nonfinite_ += numbers.size() - kept.size();
    return add(kept);
  }
  if (numbers.empty()) return;
  min_ = count_ == 0 ? low : std::min<double>(min_, low);
  max_ = count_ == 0 ? high : std::max<double>(max_, high);
  count_ += numbers.size();
  cover(low, high);
  const auto inverse = static_cast<float>(std::ldexp(1.0, -exponent_));  // a power of two: exact
  const int64_t first = first_;
  if (std::abs(first) < (1 << 22)) {  // the usual case: the index fits a float and an int
    return count_in_blocks(numbers, inverse, static_cast<int32_t>(first), bins_);
  }
  for (const float x : numbers) ++bins_[static_cast<size_t>(floor_index(x, exponent_) - first)];
}

void Histogram::add(const Histogram& other, double factor) {
  nonfinite_ += other.nonfinite_;
  if (other.count_ == 0) return;
  const double low = other.min_ * factor, high = other.max_ * factor;
  min_ = count_ == 0 ? low : std::min(min_, low);
  max_ = count_ == 0 ? high : std::max(max_, high);
  count_ += other.count_;
  cover(low, high);
  if (factor == 1) {
    while (exponent_ < other.exponent_) widen();
    cover(low, high);
  }
  const double half = other.bin_width() / 2;
  other.for_each_bin([&](double left, uint64_t count) {
    const double center = std::clamp((left + half) * factor, low, high);
    const int64_t index = floor_index(center, exponent_) - first_;
    bins_[static_cast<size_t>(std::clamp<int64_t>(index, 0, static_cast<int64_t>(bins_.size()) - 1))] += count;
  });
}

}  // namespace ingot::compiler
