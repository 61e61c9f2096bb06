// SHA-256 (FIPS 180-4), for the names of constants: equal bytes have equal names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ingot::xnnpack {

std::array<uint8_t, 32> sha256(std::span<const std::byte> bytes);
// In lower-case hexadecimal.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace ingot::xnnpack
