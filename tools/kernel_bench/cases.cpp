#include "tools/kernel_bench/cases.h"

#include <format>
#include <iterator>
#include <string_view>

namespace ingot::tools {
namespace {

constexpr std::string_view kOrderMark = "$ORDER";

struct Conv {
  int in, out, kernel, stride, groups, size;  // channels and the image's side

  std::string name() const {
    const char* kind = groups == in ? "depthwise" : "conv";
    return std::format("{} {}x{}{} {}x{}x{} -> {}", kind, kernel, kernel, stride == 1 ? "" : std::format("/{}", stride),
                       in, size, size, out);
  }
  std::string image() const { return std::format("[1, {}, {}, {}]", in, size, size); }
  std::string weight() const { return std::format("[{}, {}, {}, {}]", out, in / groups, kernel, kernel); }
  std::string arguments() const {
    return std::format("[{0}, {0}], [{1}, {1}], [1, 1], false, [0, 0], {2}", stride, kernel / 2, groups);
  }
};

// Of MobileNet V2 and V3, ResNet and SqueezeNet.
constexpr Conv kConvs[] = {
    {3, 32, 3, 2, 1, 224},   {3, 64, 7, 2, 1, 224},     {16, 96, 1, 1, 1, 112},    {96, 24, 1, 1, 1, 56},
    {144, 32, 1, 1, 1, 28},  {64, 384, 1, 1, 1, 14},    {160, 960, 1, 1, 1, 7},    {320, 1280, 1, 1, 1, 7},
    {256, 64, 1, 1, 1, 56},  {512, 2048, 1, 1, 1, 7},   {64, 64, 3, 1, 1, 56},     {128, 128, 3, 1, 1, 28},
    {256, 512, 3, 2, 1, 14}, {512, 512, 3, 1, 1, 7},    {16, 64, 3, 1, 1, 55},     {32, 32, 3, 1, 32, 112},
    {96, 96, 3, 2, 96, 112}, {144, 144, 3, 1, 144, 56}, {384, 384, 3, 1, 384, 14}, {960, 960, 3, 1, 960, 7},
    {72, 72, 5, 2, 72, 56},  {240, 240, 5, 1, 240, 14}, {576, 576, 5, 1, 576, 7},
};

Case float_conv(const Conv& c) {
  return {c.name(),
          std::format("graph f(%x: float32{}{}) {{ %w = const float32{} seed 1 %b = const float32[{}] seed 2 "
                      "%y = aten::convolution(%x, %w, %b, {}) return %y }}",
                      c.image(), kOrderMark, c.weight(), c.out, c.arguments()),
          true};
}

constexpr std::string_view kAffine = "0.05, 3, -128, 127, int8";

Case int8_conv(const Conv& c) {
  return {c.name(),
          std::format("graph f(%q: int8{}{}) {{ %x = quantized_decomposed::dequantize_per_tensor(%q, {}) "
                      "%i = const int8{} seed 1 %s = const float32[{}] splat 0.01 %z = const int64[{}] splat 0 "
                      "%w = quantized_decomposed::dequantize_per_channel(%i, %s, %z, 0, -127, 127, int8) "
                      "%y = aten::convolution(%x, %w, none, {}) "
                      "%r = quantized_decomposed::quantize_per_tensor(%y, {}) return %r }}",
                      c.image(), kOrderMark, kAffine, c.weight(), c.out, c.out, c.arguments(), kAffine),
          true, true};
}

struct Image {
  int channels, size;
  std::string name() const { return std::format("{}x{}x{}", channels, size, size); }
  std::string type() const { return std::format("[1, {}, {}, {}]{}", channels, size, size, kOrderMark); }
};

// One operator on an image %x, as float and, where `int8`, between dequantize and quantize.
void add_image_cases(std::vector<Case>& all, std::string_view what, const Image& image, std::string_view call,
                     std::string_view results = "%y", bool int8 = false) {
  const std::string name = std::format("{} {}", what, image.name());
  all.push_back(
      {name, std::format("graph f(%x: float32{}) {{ {} = {} return %y }}", image.type(), results, call), true});
  if (!int8) return;
  all.push_back(
      {name,
       std::format("graph f(%q: int8{0}) {{ %x = quantized_decomposed::dequantize_per_tensor(%q, {1}) {2} = {3} "
                   "%r = quantized_decomposed::quantize_per_tensor(%y, {1}) return %r }}",
                   image.type(), kAffine, results, call),
       true, true});
}

void add_images(std::vector<Case>& all) {
  add_image_cases(all, "max_pool 3x3/2", {64, 112}, "aten::max_pool2d_with_indices(%x, [3, 3], [2, 2], [1, 1])",
                  "%y, %p", true);
  add_image_cases(all, "max_pool 2x2/2", {256, 28}, "aten::max_pool2d_with_indices(%x, [2, 2], [2, 2])", "%y, %p",
                  true);
  add_image_cases(all, "avg_pool 3x3", {192, 28}, "aten::avg_pool2d(%x, [3, 3], [1, 1], [1, 1])", "%y", true);
  add_image_cases(all, "mean of planes", {1280, 7}, "aten::mean.dim(%x, [2, 3], true)", "%y", true);
  add_image_cases(all, "mean of planes", {72, 28}, "aten::mean.dim(%x, [2, 3], true)", "%y", true);
  add_image_cases(all, "relu", {64, 56}, "aten::relu(%x)");
  add_image_cases(all, "hardswish", {240, 14}, "aten::hardswish(%x)", "%y", true);
  add_image_cases(all, "sigmoid", {72, 28}, "aten::sigmoid(%x)", "%y", true);
  add_image_cases(all, "batch_norm", {64, 56},
                  "const float32[64] splat 1.5 "
                  "%y, %m, %v = aten::_native_batch_norm_legit_no_training(%x, %c, %c, %c, %c, 0.1, 1e-05)",
                  "%c");
  add_image_cases(
      all, "group_norm 32", {256, 28},
      "const float32[256] splat 1.5 %y, %m, %v = aten::native_group_norm(%x, %c, %c, 1, 256, 784, 32, 1e-05)", "%c");
  add_image_cases(all, "upsample_bilinear x2", {64, 28}, "aten::upsample_bilinear2d.vec(%x, none, false, [2.0, 2.0])",
                  "%y", true);
  all.push_back({"add 64x56x56",
                 std::format("graph f(%x: float32[1, 64, 56, 56]{0}, %z: float32[1, 64, 56, 56]{0}) {{ "
                             "%y = aten::add.Tensor(%x, %z) return %y }}",
                             kOrderMark),
                 true});
  all.push_back({"mul by channels 240x14x14",
                 std::format("graph f(%x: float32[1, 240, 14, 14]{0}, %z: float32[1, 240, 1, 1]{0}) {{ "
                             "%y = aten::mul.Tensor(%x, %z) return %y }}",
                             kOrderMark),
                 true});
  all.push_back({"cat 64+64x55x55",
                 std::format("graph f(%x: float32[1, 64, 55, 55]{0}, %z: float32[1, 64, 55, 55]{0}) {{ "
                             "%y = aten::cat([%x, %z], 1) return %y }}",
                             kOrderMark),
                 true});
}

void add_matrices(std::vector<Case>& all) {
  const auto add = [&](std::string_view name, std::string_view type, std::string_view call) {
    all.push_back({std::string(name), std::format("graph f(%x: float32{}) {{ {} return %y }}", type, call)});
  };
  add("softmax 1x1000", "[1, 1000]", "%y = aten::_softmax(%x, 1, false)");
  add("softmax 12x128x128", "[12, 128, 128]", "%y = aten::_softmax(%x, 2, false)");
  add("softmax 21x65x65, of the first", "[21, 65, 65]", "%y = aten::_softmax(%x, 0, false)");
  add("log_softmax 128x1000", "[128, 1000]", "%y = aten::_log_softmax(%x, 1, false)");
  add("layer_norm 128x768", "[128, 768]",
      "%c = const float32[768] splat 1.5 %y, %m, %v = aten::native_layer_norm(%x, [768], %c, %c, 1e-05)");
  add("sum of rows 512x512", "[512, 512]", "%y = aten::sum.dim_IntList(%x, [1], true)");
  add("sum of columns 512x512", "[512, 512]", "%y = aten::sum.dim_IntList(%x, [0], true)");
  add("amax of rows 512x512", "[512, 512]", "%y = aten::amax(%x, [1], true)");
  add("permute 512x512", "[512, 512]", "%y = aten::permute_copy(%x, [1, 0])");
  add("permute 3x224x224 to channels last", "[3, 224, 224]", "%y = aten::permute_copy(%x, [1, 2, 0])");
  add("permute 64x56x56 to channels last", "[64, 56, 56]", "%y = aten::permute_copy(%x, [1, 2, 0])");
  add("permute 56x56x64 to channels first", "[56, 56, 64]", "%y = aten::permute_copy(%x, [2, 0, 1])");
  add("permute heads 128x12x64", "[128, 12, 64]", "%y = aten::permute_copy(%x, [1, 0, 2])");
  add("addmm 1x1280 by 1280x1000", "[1, 1280]",
      "%w = const float32[1280, 1000] seed 1 %b = const float32[1000] seed 2 %y = aten::addmm(%b, %x, %w)");
  add("addmm 128x768 by 768x768", "[128, 768]",
      "%w = const float32[768, 768] seed 1 %b = const float32[768] seed 2 %y = aten::addmm(%b, %x, %w)");
}

std::vector<Case> make_cases() {
  std::vector<Case> all;
  for (const Conv& conv : kConvs) all.push_back(float_conv(conv));
  for (const Conv& conv : kConvs) all.push_back(int8_conv(conv));
  add_images(all);
  add_matrices(all);
  return all;
}

}  // namespace

std::string Case::text(Layout layout) const {
  std::string text = graph;
  for (size_t at = text.find(kOrderMark); at != std::string::npos; at = text.find(kOrderMark)) {
    text.replace(at, kOrderMark.size(), layout == Layout::channels_last ? " order [0, 2, 3, 1]" : "");
  }
  return text;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = make_cases();
  return all;
}

}  // namespace ingot::tools
