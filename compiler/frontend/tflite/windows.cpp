#include "compiler/frontend/tflite/windows.h"

#include <algorithm>

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler::tflite_import {
namespace {

Result<void> lay_axis(int64_t input, const Slide& slide, wire::Padding padding, Windows* windows) {
  INGOT_TRY_VOID(check_slide(slide));
  if (input < 1)
    return fail(ErrorCode::invalid_file, "its image has %lld pixels along an axis", static_cast<long long>(input));
  int64_t output = 0, total = 0;
  if (padding == wire::Padding::SAME) {
    output = (input + slide.stride - 1) / slide.stride;
    total = std::max<int64_t>((output - 1) * slide.stride + slide.extent() - input, 0);
  } else if (padding == wire::Padding::VALID) {
    if (input < slide.extent())
      return fail(ErrorCode::invalid_file, "a window of %lld pixels over %lld", static_cast<long long>(slide.extent()),
                  static_cast<long long>(input));
    output = (input - slide.extent()) / slide.stride + 1;
  } else {
    return fail(ErrorCode::invalid_file, "padding %d", static_cast<int>(padding));
  }
  windows->kernel.push_back(slide.kernel);
  windows->strides.push_back(slide.stride);
  windows->dilations.push_back(slide.dilation);
  windows->before.push_back(total / 2);
  windows->after.push_back(total - total / 2);
  windows->inputs.push_back(input);
  windows->outputs.push_back(output);
  return {};
}

}  // namespace

Result<void> check_slide(const Slide& slide) {
  constexpr int64_t kMost = 1 << 20;
  for (const int64_t number : {slide.kernel, slide.stride, slide.dilation}) {
    if (number < 1 || number > kMost)
      return fail(ErrorCode::invalid_file, "a window of %lld, stride %lld, dilation %lld",
                  static_cast<long long>(slide.kernel), static_cast<long long>(slide.stride),
                  static_cast<long long>(slide.dilation));
  }
  return {};
}

Result<Windows> lay_windows(const Value* images, const Slide& rows, const Slide& columns, wire::Padding padding) {
  Windows windows;
  INGOT_TRY_VOID(lay_axis(INGOT_TRY(Calls::size(images, 2)), rows, padding, &windows));
  INGOT_TRY_VOID(lay_axis(INGOT_TRY(Calls::size(images, 3)), columns, padding, &windows));
  return windows;
}

std::vector<int64_t> for_images(const std::vector<int64_t>& spatial) {
  return {0, 0, spatial[0], spatial[1]};
}

}  // namespace ingot::compiler::tflite_import
