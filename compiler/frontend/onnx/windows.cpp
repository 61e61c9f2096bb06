#include "compiler/frontend/onnx/windows.h"

#include <algorithm>
#include <string>

namespace ingot::compiler::onnx_import {
namespace {

// Sizes of kernels, strides and the like beyond this are no network's; within it, no arithmetic here overflows.
constexpr int64_t kLargest = int64_t{1} << 31;

// SAME_UPPER and SAME_LOWER: as much padding as gives ceil(size / stride) windows.
Result<void> pad_to_same(const Value* x, bool extra_at_end, Window* window) {
  for (size_t i = 0; i < window->axes(); ++i) {
    const int64_t stride = window->strides[i];
    int64_t total = window->extent(i) - 1;
    if (stride > 1) {
      const int64_t size = INGOT_TRY(Conversion::size(x, i + 2));
      const int64_t windows = (size + stride - 1) / stride;
      total = std::max<int64_t>((windows - 1) * stride + window->extent(i) - size, 0);
    }
    const int64_t smaller = total / 2;
    window->before[i] = extra_at_end ? smaller : total - smaller;
    window->after[i] = total - window->before[i];
  }
  return {};
}

}  // namespace

Result<std::vector<int64_t>> positive_list(Conversion& c, std::string_view name, size_t count) {
  const auto given = INGOT_TRY(c.integers(name));
  if (!given) return std::vector<int64_t>(count, 1);
  const bool sound = std::ranges::all_of(*given, [](int64_t value) { return value >= 1 && value < kLargest; });
  if (given->size() != count || !sound)
    return fail(ErrorCode::invalid_file, "attribute '%s' should hold %zu positive numbers", std::string(name).c_str(),
                count);
  return *given;
}

Result<Window> read_window(Conversion& c, const Value* x, std::vector<int64_t> kernel) {
  const size_t axes = kernel.size();
  if (x->type.rank() != axes + 2)
    return fail(ErrorCode::invalid_file, "its kernel has %zu axes, but its input is %s", axes,
                to_string(x->type).c_str());
  for (const int64_t size : kernel) {
    if (size < 1 || size >= kLargest)
      return fail(ErrorCode::invalid_file, "a kernel of size %lld", static_cast<long long>(size));
  }
  Window window;
  window.kernel = std::move(kernel);
  window.strides = INGOT_TRY(positive_list(c, "strides", axes));
  window.dilations = INGOT_TRY(positive_list(c, "dilations", axes));
  window.before.assign(axes, 0);
  window.after.assign(axes, 0);

  const std::string mode = INGOT_TRY(c.text("auto_pad", "NOTSET"));
  const auto pads = INGOT_TRY(c.integers("pads"));
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    INGOT_TRY_VOID(pad_to_same(x, mode == "SAME_UPPER", &window));
    return window;
  }
  if (mode == "VALID") return window;
  if (mode != "NOTSET")
    return fail(ErrorCode::invalid_file, "auto_pad is '%.20s', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER",
                mode.c_str());
  if (!pads) return window;
  const bool sound = std::ranges::all_of(*pads, [](int64_t pad) { return pad > -kLargest && pad < kLargest; });
  if (pads->size() != 2 * axes || !sound)
    return fail(ErrorCode::invalid_file, "attribute 'pads' should hold %zu sizes", 2 * axes);
  const auto middle = pads->begin() + static_cast<std::ptrdiff_t>(axes);
  window.before.assign(pads->begin(), middle);
  window.after.assign(middle, pads->end());
  return window;
}

std::vector<int64_t> with_leading_axes(const std::vector<int64_t>& spatial) {
  std::vector<int64_t> all = {0, 0};
  all.insert(all.end(), spatial.begin(), spatial.end());
  return all;
}

}  // namespace ingot::compiler::onnx_import
