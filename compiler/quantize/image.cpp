#include "compiler/quantize/image.h"

#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "runtime/npy/whole_file.h"

namespace ingot::compiler {
namespace {

constexpr size_t kMaxPixels = size_t{1} << 27;

Result<void> check_size(size_t width, size_t height) {
  if (width > 0 && height > 0 && width <= kMaxPixels / height) return {};
  return fail(ErrorCode::not_supported, "an image of %zux%zu pixels", width, height);
}

// libjpeg reports by jumping: whatever is on the way lives in here, so that no destructor is skipped.
struct JpegReader {
  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  std::jmp_buf jump = {};
  char message[JMSG_LENGTH_MAX] = {};
  Image image;
  std::vector<uint8_t> row;

  static JpegReader& of(j_common_ptr info) { return *static_cast<JpegReader*>(info->client_data); }

  [[noreturn]] static void fail_by_jump(j_common_ptr info) {
    info->err->format_message(info, of(info).message);
    std::longjmp(of(info).jump, 1);
  }
  // Warnings below 0 say that the data is damaged: the library would go on with grey.
  static void on_message(j_common_ptr info, int level) {
    if (level < 0) fail_by_jump(info);
  }

  bool start(std::span<const std::byte> bytes) {
    if (setjmp(jump) != 0) return false;
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info, TRUE);
    const bool inks = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = inks ? JCS_CMYK : JCS_RGB;
    image.width = info.image_width;
    image.height = info.image_height;
    return true;
  }

  bool read() {
    if (setjmp(jump) != 0) return false;
    jpeg_start_decompress(&info);
    const auto components = static_cast<size_t>(info.output_components);
    while (info.output_scanline < info.output_height) {
      uint8_t* to = image.rgb.data() + info.output_scanline * image.width * 3;
      JSAMPROW target = components == 3 ? to : row.data();
      jpeg_read_scanlines(&info, &target, 1);
      if (components == 4) from_inks(to);
    }
    jpeg_finish_decompress(&info);
    return true;
  }

  // Adobe stores inks inverted: what is left of the light.
  void from_inks(uint8_t* to) const {
    for (size_t x = 0; x < image.width; ++x) {
      for (size_t c = 0; c < 3; ++c) to[3 * x + c] = static_cast<uint8_t>(row[4 * x + c] * row[4 * x + 3] / 255);
    }
  }
};

Result<Image> decode_jpeg(std::span<const std::byte> bytes) {
  JpegReader reader;
  reader.info.err = jpeg_std_error(&reader.errors);
  reader.info.client_data = &reader;
  reader.errors.error_exit = JpegReader::fail_by_jump;
  reader.errors.emit_message = JpegReader::on_message;
  Result<Image> result = [&]() -> Result<Image> {
    if (!reader.start(bytes)) return fail(ErrorCode::invalid_file, "damaged JPEG: %s", reader.message);
    INGOT_TRY_VOID(check_size(reader.image.width, reader.image.height));
    reader.image.rgb.resize(reader.image.width * reader.image.height * 3);
    reader.row.resize(reader.image.width * 4);
    if (!reader.read()) return fail(ErrorCode::invalid_file, "damaged JPEG: %s", reader.message);
    return std::move(reader.image);
  }();
  jpeg_destroy_decompress(&reader.info);
  return result;
}

Result<Image> decode_png(std::span<const std::byte> bytes) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  const auto damaged = [&png] {
    auto error = fail(ErrorCode::invalid_file, "damaged PNG: %s", png.message);
    png_image_free(&png);
    return error;
  };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) return damaged();
  if (const auto fits = check_size(png.width, png.height); !fits) {
    png_image_free(&png);
    return std::unexpected(fits.error());
  }
  png.format = PNG_FORMAT_RGBA;
  Image image{png.width, png.height, {}};
  std::vector<uint8_t> pixels(image.width * image.height * 4);
  if (png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr) == 0) return damaged();
  image.rgb.resize(image.width * image.height * 3);
  for (size_t i = 0; i < image.width * image.height; ++i) std::memcpy(&image.rgb[3 * i], &pixels[4 * i], 3);
  return image;
}

// What one pixel of the result is made of.
struct Taps {
  size_t first = 0;
  std::vector<int32_t> weights;  // in units of 2^-22
};

constexpr int kShift = 22;

std::vector<Taps> triangle_taps(size_t from, size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);
  std::vector<Taps> taps(to);
  std::vector<double> weights;
  for (size_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = static_cast<size_t>(std::max(0.0, center - reach + 0.5));
    const size_t end = std::min(from, static_cast<size_t>(center + reach + 0.5));
    weights.clear();
    double sum = 0;
    for (size_t x = begin; x < end; ++x) {
      const double distance = (static_cast<double>(x) - center + 0.5) / reach;
      weights.push_back(std::max(0.0, 1 - (distance < 0 ? -distance : distance)));
      sum += weights.back();
    }
    taps[i].first = begin;
    for (const double weight : weights) {
      taps[i].weights.push_back(static_cast<int32_t>(weight / sum * (1 << kShift) + 0.5));
    }
  }
  return taps;
}

uint8_t weighted(const uint8_t* pixels, size_t stride, const Taps& taps) {
  int64_t sum = int64_t{1} << (kShift - 1);
  for (size_t i = 0; i < taps.weights.size(); ++i) sum += int64_t{taps.weights[i]} * pixels[(taps.first + i) * stride];
  return static_cast<uint8_t>(std::clamp<int64_t>(sum >> kShift, 0, 255));
}

}  // namespace

Result<Image> decode_image(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xFF\xD8")) return decode_jpeg(bytes);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return decode_png(bytes);
  return fail(ErrorCode::invalid_file, "this is neither a JPEG nor a PNG image");
}

Result<Image> read_image(const std::string& path) {
  const std::vector<std::byte> bytes = INGOT_TRY(read_file(path));
  auto image = decode_image(bytes);
  if (!image) image.error().add_context("%s", path.c_str());
  return image;
}

Image resize(const Image& image, size_t width, size_t height) {
  Image wide{width, image.height, std::vector<uint8_t>(width * image.height * 3)};
  const std::vector<Taps> across = triangle_taps(image.width, width);
  for (size_t y = 0; y < image.height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        wide.rgb[(y * width + x) * 3 + c] = weighted(&image.rgb[y * image.width * 3 + c], 3, across[x]);
      }
    }
  }
  Image result{width, height, std::vector<uint8_t>(width * height * 3)};
  const std::vector<Taps> down = triangle_taps(image.height, height);
  for (size_t y = 0; y < height; ++y) {
    for (size_t i = 0; i < width * 3; ++i) result.rgb[y * width * 3 + i] = weighted(&wide.rgb[i], width * 3, down[y]);
  }
  return result;
}

Image crop_center(const Image& image, size_t width, size_t height) {
  Image result{std::min(width, image.width), std::min(height, image.height), {}};
  const size_t left = (image.width - result.width + 1) / 2, top = (image.height - result.height + 1) / 2;
  for (size_t y = 0; y < result.height; ++y) {
    const uint8_t* row = &image.rgb[((top + y) * image.width + left) * 3];
    result.rgb.insert(result.rgb.end(), row, row + result.width * 3);
  }
  return result;
}

}  // namespace ingot::compiler
