#include "compiler/quantize/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ingot::compiler {
namespace {

// How an input holds one image.
struct Layout {
  size_t channels = 0;
  size_t height = 0;
  size_t width = 0;
  bool channels_last = false;
};

Result<Layout> layout_of(const Value& input) {
  const TensorType& type = input.type;
  if (type.rank() == 4 && is_static(type.shape) && type.shape[0] == Dim(1) &&
      (type.dtype == DType::float32 || type.dtype == DType::uint8)) {
    const std::vector<int64_t> sizes = static_sizes(type.shape);
    const auto size = [&](size_t i) { return static_cast<size_t>(sizes[i]); };
    for (const int64_t channels : {3, 1}) {
      if (sizes[1] == channels) return Layout{size(1), size(2), size(3), false};
      if (sizes[3] == channels) return Layout{size(3), size(1), size(2), true};
    }
  }
  return fail(ErrorCode::not_supported,
              "images cannot be input '%s': expected one image of 1 or 3 channels, found %s; give .npy arrays",
              input.name.c_str(), to_string(type).c_str());
}

// As torchvision's Resize and CenterCrop, or the whole.
Image fitted(const Image& image, const Preprocess& preprocess, const Layout& layout) {
  if (!preprocess.resize_shorter) return resize(image, layout.width, layout.height);
  const size_t shorter = *preprocess.resize_shorter, least = std::min(image.width, image.height);
  const size_t width = std::max(layout.width, shorter * image.width / least);
  const size_t height = std::max(layout.height, shorter * image.height / least);
  return crop_center(resize(image, width, height), layout.width, layout.height);
}

// ITU-R 601.
double grey(const uint8_t* pixel) {
  return (299.0 * pixel[0] + 587.0 * pixel[1] + 114.0 * pixel[2]) / 1000;
}

}  // namespace

Result<Array> to_input(const Image& image, const Preprocess& preprocess, const Value& input) {
  const Layout layout = INGOT_TRY(layout_of(input));
  const Image pixels = fitted(image, preprocess, layout);
  Array array;
  array.dtype = input.type.dtype;
  for (const Dim& dim : input.type.shape) array.sizes.push_back(static_cast<int32_t>(dim.value()));
  array.data.resize(input.type.max_nbytes());
  const size_t count = layout.width * layout.height;
  for (size_t c = 0; c < layout.channels; ++c) {
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* pixel = &pixels.rgb[3 * i];
      const double number = layout.channels == 1 ? std::round(grey(pixel)) : pixel[c];
      const size_t at = layout.channels_last ? i * layout.channels + c : c * count + i;
      if (array.dtype == DType::uint8) {
        array.data[at] = static_cast<std::byte>(number);
        continue;
      }
      const auto value = static_cast<float>((number / 255 - preprocess.mean[c]) / preprocess.std[c]);
      std::memcpy(array.data.data() + at * sizeof(float), &value, sizeof(float));
    }
  }
  return array;
}

}  // namespace ingot::compiler
