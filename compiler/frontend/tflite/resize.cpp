// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR. Three rules say where a pixel comes from: pixels have their centres at
// halves, the corners meet, or (by default) the first pixels meet.
#include <algorithm>
#include <cmath>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

struct Sizes {
  std::vector<int64_t> from;
  std::vector<int64_t> to;
};

// Rows and columns of the image, and those of the result (an operand).
Result<Sizes> read_sizes(Conversion& c, const Value* x) {
  Sizes sizes;
  for (const size_t axis : {2, 3}) sizes.from.push_back(INGOT_TRY(Calls::size(x, axis)));
  sizes.to = INGOT_TRY(c.constant_integers(1, "the size"));
  constexpr int64_t kMost = int64_t{1} << 31;
  const auto sound = [](int64_t size) { return size >= 1 && size < kMost; };
  if (sizes.to.size() != 2 || !std::ranges::all_of(sizes.to, sound) || !std::ranges::all_of(sizes.from, sound))
    return fail(ErrorCode::invalid_file, "from %s to %s pixels", to_string(to_shape(sizes.from)).c_str(),
                to_string(to_shape(sizes.to)).c_str());
  return sizes;
}

Result<Value*> bilinear(Conversion& c, Value* x, const std::vector<int64_t>& to, bool corners) {
  return c.call("aten::upsample_bilinear2d.vec", {x, to, corners, std::monostate()});
}

// The last row or column once more.
Result<Value*> repeat_last(Conversion& c, Value* x, size_t axis) {
  const int64_t size = INGOT_TRY(Calls::size(x, axis));
  Value* last = INGOT_TRY(c.slice(x, axis, size - 1, size));
  last = INGOT_TRY(c.rounded_as_input(0, last));
  Value* joined = INGOT_TRY(c.call("aten::cat", {std::vector<Value*>{x, last}, static_cast<int64_t>(axis)}));
  return c.rounded_as_input(0, joined);
}

// Where the first pixels meet, pixel o comes from o * from / to: just as where the corners meet, of images that are one
// larger, whose last row and column repeat.
Result<Value*> first_pixels_meet(Conversion& c, Value* x, const Sizes& sizes) {
  std::vector<int64_t> to = sizes.to;
  for (size_t i = 0; i < 2; ++i) {
    if (sizes.from[i] == sizes.to[i]) continue;
    x = INGOT_TRY(repeat_last(c, x, 2 + i));
    ++to[i];
  }
  Value* y = INGOT_TRY(bilinear(c, x, to, true));
  for (size_t i = 0; i < 2; ++i) {
    if (to[i] == sizes.to[i]) continue;
    y = INGOT_TRY(c.rounded_as_output(y));
    y = INGOT_TRY(c.slice(y, 2 + i, 0, sizes.to[i]));
  }
  return y;
}

// The pixel that each new one copies, along one axis. In float, as roundings decide between neighbours.
std::vector<int64_t> sources(int64_t from, int64_t to, bool corners, bool halves) {
  const bool meet = corners && to > 1;
  const float scale = meet ? static_cast<float>(from - 1) / static_cast<float>(to - 1)
                           : static_cast<float>(from) / static_cast<float>(to);
  std::vector<int64_t> list;
  for (int64_t i = 0; i < to; ++i) {
    const float at = (static_cast<float>(i) + (halves ? 0.5f : 0.0f)) * scale;
    const float source = corners ? std::round(at) : std::floor(at);
    list.push_back(std::clamp<int64_t>(static_cast<int64_t>(source), 0, from - 1));
  }
  return list;
}

}  // namespace

Result<void> convert_resize_bilinear(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::ResizeBilinearOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  if (options.align_corners && options.half_pixel_centers)
    return fail(ErrorCode::invalid_file, "align_corners and half_pixel_centers at once");
  Value* x = INGOT_TRY(c.images(0));
  const Sizes sizes = INGOT_TRY(read_sizes(c, x));
  if (sizes.from == sizes.to) return c.give(x, Axes::images);
  const bool simple = options.align_corners || options.half_pixel_centers;
  Value* y =
      simple ? INGOT_TRY(bilinear(c, x, sizes.to, options.align_corners)) : INGOT_TRY(first_pixels_meet(c, x, sizes));
  return c.give(y, Axes::images);
}

Result<void> convert_resize_nearest(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::ResizeNearestNeighborOptions>());
  INGOT_TRY_VOID(c.expect_real(0));
  Value* x = INGOT_TRY(c.images(0));
  const Sizes sizes = INGOT_TRY(read_sizes(c, x));
  std::vector<std::vector<int64_t>> lists;
  bool simple = true;
  for (size_t i = 0; i < 2; ++i) {
    INGOT_TRY_VOID(Calls::check_made_up(sizes.to[i]));
    lists.push_back(sources(sizes.from[i], sizes.to[i], options.align_corners, options.half_pixel_centers));
    simple = simple && lists[i] == sources(sizes.from[i], sizes.to[i], false, false);
  }
  if (simple) {
    return c.give(INGOT_TRY(c.call("aten::upsample_nearest2d.vec", {x, sizes.to, std::monostate()})), Axes::images);
  }
  Value* y = x;
  for (size_t i = 0; i < 2; ++i) {
    if (sizes.from[i] == sizes.to[i]) continue;
    Value* list = c.builder().constant_i64("sources", {sizes.to[i]}, lists[i]);
    if (y != x) y = INGOT_TRY(c.rounded_as_input(0, y));
    y = INGOT_TRY(c.call("aten::index_select", {y, static_cast<int64_t>(2 + i), list}));
  }
  return c.give(y, Axes::images);
}

}  // namespace ingot::compiler::tflite_import
