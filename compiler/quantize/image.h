// Photos as pixels. JPEG and PNG, told apart by content; a damaged or hostile file is an error like any other, and what
// a file claims is checked before memory is taken for it. Plain functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/error.h"

namespace ingot::compiler {

struct Image {
  size_t width = 0;
  size_t height = 0;
  std::vector<uint8_t> rgb;  // rows from the top, three bytes a pixel
};

// Greys become RGB, transparency is dropped. Decoded with the library's defaults (accurate integer transform, smooth
// chroma). Errors name the path.
Result<Image> read_image(const std::string& path);
Result<Image> decode_image(std::span<const std::byte> bytes);

// Resized with the triangle filter that is widened when shrinking (Pillow's BILINEAR, pixel for pixel).
Image resize(const Image& image, size_t width, size_t height);
// The central part, not larger than the image.
Image crop_center(const Image& image, size_t width, size_t height);

}  // namespace ingot::compiler
