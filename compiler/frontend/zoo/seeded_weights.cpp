#include <algorithm>
#include <string_view>

#include "compiler/frontend/zoo/weights.h"

namespace ingot::compiler {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t next(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// FNV-1a, so that a name has the same stream everywhere.
uint64_t hash(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return h;
}

// The sum of twelve uniform 16-bit numbers, centred and scaled to variance 1: exact in integers, hence portable.
double normal(uint64_t& state) {
  int64_t sum = 0;
  for (int i = 0; i < 3; ++i) {
    const uint64_t bits = next(state);
    sum += static_cast<int64_t>((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
  }
  return static_cast<double>(sum - 6 * 65535) / 65536.0;
}

}  // namespace

Result<Bytes> SeededWeights::get(const std::string& name, const std::vector<int64_t>& sizes, double mean,
                                 double stddev) {
  size_t count = 1;
  for (const int64_t size : sizes) count *= static_cast<size_t>(size);
  std::byte* out = nullptr;
  Bytes bytes = Bytes::allocate(count * sizeof(float), &out);
  auto* values = reinterpret_cast<float*>(out);
  if (stddev == 0) {
    std::fill_n(values, count, static_cast<float>(mean));
    return bytes;
  }
  uint64_t state = hash(name) ^ (seed_ * 0x9e3779b97f4a7c15u);
  // With a factor of float precision the product is exact in double, so that a fused multiply-add changes nothing.
  const double scale = static_cast<float>(stddev);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(mean + scale * normal(state));
  return bytes;
}

}  // namespace ingot::compiler
