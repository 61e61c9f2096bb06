// Damage to the bytes of a small file, for readers that must stand any.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
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

}  // namespace ingot::testing
