// Images decode and shrink to the pixels that Pillow gives (tests/data/record_images.py), and damaged ones are errors.
#include "compiler/quantize/image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "compiler/frontend/zip_archive.h"
#include "compiler/quantize/preprocess.h"
#include "runtime/npy/npy.h"

namespace ingot::compiler {
namespace {

class ImageTest : public ::testing::Test {
 protected:
  ImageTest() : archive_(ZipArchive::open(std::string(INGOT_SOURCE_DIR) + "/tests/data/images.zip")) {}

  std::vector<std::byte> file(const std::string& name) const { return archive_->read(name).value(); }
  Array array(const std::string& name) const { return parse_npy(file(name)).value(); }

  Result<ZipArchive> archive_;
};

size_t largest_difference(const Array& expected, const Image& image) {
  EXPECT_EQ(expected.sizes,
            (std::vector<int32_t>{static_cast<int32_t>(image.height), static_cast<int32_t>(image.width), 3}));
  const auto pixels = expected.as<uint8_t>();
  if (pixels.size() != image.rgb.size()) return 256;
  size_t largest = 0;
  for (size_t i = 0; i < pixels.size(); ++i) {
    largest = std::max(largest, static_cast<size_t>(std::abs(int{pixels[i]} - int{image.rgb[i]})));
  }
  return largest;
}

TEST_F(ImageTest, DecodesAsPillow) {
  for (const char* name : {"colour.jpg", "progressive.jpg", "grey.jpg", "inks.jpg", "colour.png", "grey.png",
                           "alpha.png", "palette.png"}) {
    const auto image = decode_image(file(name));
    ASSERT_TRUE(image) << name << ": " << image.error().message();
    // Between inks and light rounding differs.
    EXPECT_LE(largest_difference(array(std::string(name) + ".npy"), *image), std::string(name) == "inks.jpg" ? 1u : 0u)
        << name;
  }
}

TEST_F(ImageTest, ResizesAsPillow) {
  const Image image = decode_image(file("colour.png")).value();
  EXPECT_EQ(largest_difference(array("resized_24x18.npy"), resize(image, 24, 18)), 0u);
  EXPECT_EQ(largest_difference(array("resized_7x50.npy"), resize(image, 7, 50)), 0u);
  EXPECT_EQ(largest_difference(array("resized_64x9.npy"), resize(image, 64, 9)), 0u);
}

TEST_F(ImageTest, DamagedFilesAreErrorsOrImages) {
  for (const char* name : {"colour.jpg", "progressive.jpg", "palette.png", "alpha.png"}) {
    const std::vector<std::byte> whole = file(name);
    for (size_t size = 0; size < whole.size() - 20; size += 1 + whole.size() / 40) {
      EXPECT_FALSE(decode_image(std::span(whole).first(size))) << name << " cut to " << size;
    }
    for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 200) {
      std::vector<std::byte> damaged = whole;
      damaged[at] ^= std::byte{0x55};
      const auto image = decode_image(damaged);
      EXPECT_TRUE(image || image.error().message()[0] != '\0');
    }
  }
}

TEST_F(ImageTest, ErrorsNameTheFile) {
  const auto missing = read_image("/nowhere/photo.jpg");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(std::string(missing.error().message()).contains("/nowhere/photo.jpg"));
  EXPECT_FALSE(decode_image(std::as_bytes(std::span("graph forward"))));
}

TEST(PreprocessTest, PixelsBecomeInputs) {
  const Image image{2, 1, {0, 255, 51, 255, 0, 102}};
  Graph graph;
  const Value* nchw = graph.add_input("x", {DType::float32, {1, 3, 1, 2}, {}});
  const auto channels_first = to_input(image, kTensorflow, *nchw);
  ASSERT_TRUE(channels_first);
  const std::vector<float> expected = {-1, 1, 1, -1, -0.6f, -0.2f};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(channels_first->as<float>()[i], expected[i], 1e-6);

  const Value* nhwc = graph.add_input("y", {DType::uint8, {1, 1, 2, 3}, {}});
  const auto as_is = to_input(image, kTorchvision, *nhwc);
  ASSERT_TRUE(as_is);
  EXPECT_TRUE(std::ranges::equal(as_is->as<uint8_t>(), image.rgb));

  const Value* grey = graph.add_input("z", {DType::uint8, {1, 1, 1, 2}, {}});
  const auto one_channel = to_input(image, kTorchvision, *grey);
  ASSERT_TRUE(one_channel);
  EXPECT_EQ(one_channel->as<uint8_t>()[0], 155);  // .587 * 255 + .114 * 51

  const Value* vector = graph.add_input("v", {DType::float32, {1, 30}, {}});
  EXPECT_FALSE(to_input(image, kTorchvision, *vector));
}

TEST(PreprocessTest, TheShorterSideIsResizedAndTheCentreCutOut) {
  Image image{40, 20, {}};
  for (size_t y = 0; y < 20; ++y) {
    for (size_t x = 0; x < 40; ++x) {
      for (int c = 0; c < 3; ++c) image.rgb.push_back(static_cast<uint8_t>(x >= 10 && x < 30 ? 200 : 0));
    }
  }
  Graph graph;
  const Value* input = graph.add_input("x", {DType::uint8, {1, 10, 10, 3}, {}});
  Preprocess preprocess;
  preprocess.resize_shorter = 20;
  const auto found = to_input(image, preprocess, *input);
  ASSERT_TRUE(found);
  EXPECT_TRUE(std::ranges::all_of(found->as<uint8_t>(), [](uint8_t x) { return x == 200; }));
}

}  // namespace
}  // namespace ingot::compiler
