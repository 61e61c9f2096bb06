// Damage to the bytes of a small file, for readers that must stand any.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace ingot::testing {

using Reader = std::function<void(std::span<const std::byte>)>;

// Every byte with its lowest bit, its highest bit, and all its bits turned, one at a time.
inline void flip_every_byte(std::vector<std::byte> bytes, const Reader& reader) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      SCOPED_TRACE("byte " + std::to_string(i) + " xor " + std::to_string(flip));
      const std::byte whole = bytes[i];
      bytes[i] ^= std::byte(flip);
      reader(bytes);
      bytes[i] = whole;
    }
  }
}

// The first 0, 1, 2, ... bytes.
inline void cut_at_every_length(std::span<const std::byte> bytes, const Reader& reader) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(size);
    reader(bytes.first(size));
  }
}

// One to four words of 32 bits at a time replaced by small numbers, by other words of the file, or by anything: what
// leads readers of offsets and counts astray. Equal seeds give equal damage.
inline void swap_words(const std::vector<std::byte>& whole, uint32_t seed, int rounds, const Reader& reader) {
  std::mt19937 random(seed);
  const auto below = [&random](size_t limit) { return random() % limit; };
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    std::vector<std::byte> bytes = whole;
    for (size_t count = 1 + below(4); count > 0; --count) {
      const size_t words = bytes.size() / sizeof(uint32_t);
      uint32_t word = static_cast<uint32_t>(random());
      const size_t kind = below(4);
      if (kind < 2) word = static_cast<uint32_t>(below(kind == 0 ? 8 : bytes.size()));
      if (kind == 2) std::memcpy(&word, &bytes[below(words) * sizeof(word)], sizeof(word));
      std::memcpy(&bytes[below(words) * sizeof(word)], &word, sizeof(word));
    }
    reader(bytes);
  }
}

}  // namespace ingot::testing
