// How a photo becomes a network's input. Constant after it was made; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "compiler/ir/graph.h"
#include "compiler/quantize/image.h"
#include "runtime/npy/npy.h"

namespace ingot::compiler {

// (pixel / 255 - mean) / std, for red, green and blue.
struct Preprocess {
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};
  // The shorter side becomes this long, then the centre is cut out. Without it the whole photo is resized to the
  // network's size, whatever its proportions.
  std::optional<size_t> resize_shorter;
};

inline constexpr Preprocess kTorchvision = {};
// pixel / 127.5 - 1
inline constexpr Preprocess kTensorflow = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {}};

// The image as this input: one image, NCHW or NHWC, three channels or one (grey), float32, or uint8 for the pixels as
// they are. An error says what the input is instead.
Result<Array> to_input(const Image& image, const Preprocess& preprocess, const Value& input);

}  // namespace ingot::compiler
