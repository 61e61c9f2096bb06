// Reads handwritten digits with a compiled network: how an app embeds the runtime. Given test images and labels it says
// how many it reads right, how far its scores are from PyTorch's, and how long one image takes.
//
//   digits MODEL.pte IMAGES.npy LABELS.npy [LOGITS.npy [PICTURE.svg]]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <ingot.hpp>
#include <string>
#include <vector>

#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/npy/npy.h"

namespace {

constexpr size_t kPixels = 64;
constexpr size_t kClasses = 10;
constexpr float kTolerance = 1e-3f;  // of scores around 5

struct Answers {
  std::vector<float> logits;  // kClasses an image
  double median_us = 0;
};

ingot::Result<Answers> read_digits(const char* model, std::span<const float> images) {
  ingot::XnnpackDelegate delegate;
  ingot::Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(ingot::portable_kernels()));
  INGOT_TRY_VOID(runtime.add_kernels(ingot::quantized_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(delegate));
  ingot::Program program = INGOT_TRY(ingot::Program::open(runtime, model));
  ingot::Method method = INGOT_TRY(ingot::Method::load(program));

  Answers answers;
  std::vector<double> times;
  const int32_t sizes[] = {1, 1, 8, 8};
  for (size_t i = 0; i + kPixels <= images.size(); i += kPixels) {
    const auto start = std::chrono::steady_clock::now();
    INGOT_TRY_VOID(method.set_input(0, ingot::DType::float32, sizes, images.data() + i));
    INGOT_TRY_VOID(method.execute());
    const ingot::Tensor* output = INGOT_TRY(method.output(0));
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    times.push_back(time.count());
    if (output->nbytes() != kClasses * sizeof(float)) {
      return ingot::fail(ingot::ErrorCode::invalid_argument, "%s: this is no network for digits: expected 10 scores",
                         model);
    }
    answers.logits.insert(answers.logits.end(), output->data_as<float>(), output->data_as<float>() + kClasses);
  }
  std::ranges::nth_element(times, times.begin() + times.size() / 2);
  if (!times.empty()) answers.median_us = times[times.size() / 2];
  return answers;
}

size_t best_class(std::span<const float> logits) {
  return static_cast<size_t>(std::ranges::max_element(logits) - logits.begin());
}

// The first images in a grid, each with what was read; wrong ones in red.
void draw(const std::string& path, std::span<const float> images, std::span<const int64_t> labels,
          std::span<const float> logits) {
  constexpr size_t kColumns = 12;
  constexpr size_t kCell = 60;
  const size_t count = std::min<size_t>(labels.size(), kColumns * 5);
  std::ofstream svg(path);
  svg << "<svg xmlns='http://www.w3.org/2000/svg' width='" << kColumns * kCell << "' height='"
      << (count + kColumns - 1) / kColumns * (kCell + 20) << "' font-family='sans-serif' font-size='14'>\n";
  for (size_t i = 0; i < count; ++i) {
    const size_t left = i % kColumns * kCell + 6;
    const size_t top = i / kColumns * (kCell + 20) + 6;
    for (size_t p = 0; p < kPixels; ++p) {
      const int grey = 255 - static_cast<int>(std::clamp(images[i * kPixels + p], 0.0f, 1.0f) * 255);
      svg << "<rect x='" << left + p % 8 * 6 << "' y='" << top + p / 8 * 6 << "' width='6' height='6' fill='rgb("
          << grey << ',' << grey << ',' << grey << ")'/>";
    }
    const size_t read = best_class(logits.subspan(i * kClasses, kClasses));
    const bool right = static_cast<int64_t>(read) == labels[i];
    svg << "<text x='" << left + 20 << "' y='" << top + 64 << "' fill='" << (right ? "black" : "red") << "'>" << read
        << "</text>\n";
  }
  svg << "</svg>\n";
}

ingot::Result<void> run(int argc, char** argv) {
  const ingot::Array images = INGOT_TRY(ingot::read_npy(argv[2]));
  const ingot::Array labels = INGOT_TRY(ingot::read_npy(argv[3]));
  const auto pixels = images.as<float>();
  const auto digits = labels.as<int64_t>();
  if (images.dtype != ingot::DType::float32 || labels.dtype != ingot::DType::int64 ||
      pixels.size() != digits.size() * kPixels) {
    return ingot::fail(ingot::ErrorCode::invalid_argument, "%s: expected float32 [N, 1, 8, 8] and N int64 labels",
                       argv[2]);
  }
  const Answers answers = INGOT_TRY(read_digits(argv[1], pixels));

  size_t right = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t read = best_class(std::span(answers.logits).subspan(i * kClasses, kClasses));
    right += static_cast<int64_t>(read) == digits[i] ? 1 : 0;
  }
  std::printf("%zu of %zu right, %.1f us an image", right, digits.size(), answers.median_us);
  if (argc > 4) {
    const ingot::Array expected = INGOT_TRY(ingot::read_npy(argv[4]));
    const auto wanted = expected.as<float>();
    if (expected.dtype != ingot::DType::float32 || wanted.size() != answers.logits.size()) {
      return ingot::fail(ingot::ErrorCode::invalid_argument, "%s: expected float32 [N, 10]", argv[4]);
    }
    float difference = 0;
    for (size_t i = 0; i < wanted.size(); ++i)
      difference = std::max(difference, std::abs(wanted[i] - answers.logits[i]));
    std::printf(", scores within %.2g of PyTorch's", difference);
    if (!(difference <= kTolerance)) {
      std::printf("\n");
      return ingot::fail(ingot::ErrorCode::invalid_state, "%s: the scores differ from those in %s", argv[1], argv[4]);
    }
  }
  std::printf("\n");
  if (argc > 5) draw(argv[5], pixels, digits, answers.logits);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    std::fprintf(stderr, "usage: digits MODEL.pte IMAGES.npy LABELS.npy [LOGITS.npy [PICTURE.svg]]\n");
    return 2;
  }
  if (const auto done = run(argc, argv); !done) {
    std::fprintf(stderr, "digits: %s\n", done.error().message());
    return 1;
  }
  return 0;
}
