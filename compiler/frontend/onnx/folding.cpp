// Operators that put pieces of images back into place: Col2Im and MaxUnpool. Indices are constants or what MaxPool
// gave.
#include <algorithm>
#include <numeric>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/windows.h"

namespace ingot::compiler::onnx_import {
namespace {

int64_t product(const std::vector<int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

// Counts a list of digits up by one, the last one first; false when all start anew.
bool next(std::vector<int64_t>* digits, const std::vector<int64_t>& sizes) {
  for (size_t i = digits->size(); i-- > 0;) {
    if (++(*digits)[i] < sizes[i]) return true;
    (*digits)[i] = 0;
  }
  return false;
}

// A list of sizes that an input holds: positive, and small enough to be multiplied.
Result<std::vector<int64_t>> sizes_input(Conversion& c, size_t input, const char* what, size_t count) {
  std::vector<int64_t> sizes = INGOT_TRY(c.constant_integers(input, what));
  int64_t total = 1;
  for (const int64_t size : sizes) {
    if (size < 1 || size > (int64_t{1} << 31) / total)
      return fail(ErrorCode::invalid_file, "%s has a size of %lld", what, static_cast<long long>(size));
    total *= size;
  }
  if (count != 0 && sizes.size() != count)
    return fail(ErrorCode::invalid_file, "%s has %zu sizes, expected %zu", what, sizes.size(), count);
  return sizes;
}

// For every element of every block, element first, where in the padded image it lies.
std::vector<int64_t> places(const Window& w, const std::vector<int64_t>& blocks, const std::vector<int64_t>& padded) {
  std::vector<int64_t> result;
  std::vector<int64_t> element(w.axes(), 0);
  do {
    std::vector<int64_t> block(w.axes(), 0);
    do {
      int64_t at = 0;
      for (size_t i = 0; i < w.axes(); ++i) at = at * padded[i] + block[i] * w.strides[i] + element[i] * w.dilations[i];
      result.push_back(at);
    } while (next(&block, blocks));
  } while (next(&element, w.kernel));
  return result;
}

}  // namespace

// x [N, C * elements of a block, blocks]: the sum of what all blocks have for each element of the image.
Result<Outputs> convert_col2im(Conversion& c) {
  Value* x = c.input(0);
  if (x->type.rank() != 3) return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  const std::vector<int64_t> image = INGOT_TRY(sizes_input(c, 1, "the image's shape", 0));
  const std::vector<int64_t> kernel = INGOT_TRY(sizes_input(c, 2, "the block's shape", image.size()));
  Value stand_in;  // an image of the right rank, for the checks of windows
  stand_in.type = {x->type.dtype, Shape(image.size() + 2, Dim(1)), {}};
  const Window w = INGOT_TRY(read_window(c, &stand_in, kernel));
  std::vector<int64_t> blocks;
  std::vector<int64_t> padded;
  for (size_t i = 0; i < w.axes(); ++i) {
    padded.push_back(image[i] + w.before[i] + w.after[i]);
    if (w.before[i] < 0 || w.after[i] < 0 || padded[i] < w.extent(i))
      return fail(ErrorCode::invalid_file, "blocks that do not fit the image");
    blocks.push_back((padded[i] - w.extent(i)) / w.strides[i] + 1);
  }
  const Shape& s = x->type.shape;
  const int64_t elements = product(kernel);
  INGOT_TRY_VOID(c.check_made_up(product(padded)));
  INGOT_TRY_VOID(c.check_made_up(elements * product(blocks)));
  if (INGOT_TRY(Conversion::size(x, 1)) % elements != 0 || !(s[2] == Dim(product(blocks))))
    return fail(ErrorCode::invalid_file, "%s does not hold %lld blocks of %lld elements", to_string(x->type).c_str(),
                static_cast<long long>(product(blocks)), static_cast<long long>(elements));
  const Dim channels(s[1].value() / elements);
  const std::vector<int64_t> at = places(w, blocks, padded);
  Value* index = c.builder().constant_i64("places", {static_cast<int64_t>(at.size())}, at);
  Value* values = INGOT_TRY(c.permute(INGOT_TRY(c.view(x, {s[0], channels, Dim(elements) * s[2]})), {2, 0, 1}));
  Value* nothing = INGOT_TRY(c.expand(c.scalar(x->type.dtype, 0), {Dim(product(padded)), s[0], channels}));
  Value* filled = INGOT_TRY(c.call("aten::index_put", {nothing, std::vector<Value*>{index}, values, true}));
  Shape shape = {s[0], channels};
  for (const int64_t size : padded) shape.emplace_back(size);
  Value* result = INGOT_TRY(c.view(INGOT_TRY(c.permute(filled, {1, 2, 0})), shape));
  for (size_t i = 0; i < w.axes(); ++i)
    result = INGOT_TRY(c.slice(result, i + 2, w.before[i], Dim(w.before[i] + image[i])));
  return result;
}

// What MaxPool took goes back to where it was; the rest is 0. A larger output_shape adds zeros behind.
Result<Outputs> convert_max_unpool(Conversion& c) {
  Value* x = c.input(0);
  const auto kernel = INGOT_TRY(c.integers("kernel_shape"));
  if (!kernel) return fail(ErrorCode::invalid_file, "attribute 'kernel_shape' is missing");
  const Window w = INGOT_TRY(read_window(c, x, *kernel));
  if (c.input(1)->type.shape != x->type.shape || c.input(1)->type.dtype != DType::int64)
    return fail(ErrorCode::invalid_file, "indices %s for %s", to_string(c.input(1)->type).c_str(),
                to_string(x->type).c_str());
  std::vector<int64_t> sizes = {INGOT_TRY(Conversion::size(x, 0)), INGOT_TRY(Conversion::size(x, 1))};
  for (size_t i = 0; i < w.axes(); ++i) {
    const int64_t size = INGOT_TRY(Conversion::size(x, i + 2));
    sizes.push_back((size - 1) * w.strides[i] + w.extent(i) - w.before[i] - w.after[i]);
    if (size < 1 || sizes.back() < 1 || sizes.back() > (int64_t{1} << 31))
      return fail(ErrorCode::invalid_file, "an output size of %lld", static_cast<long long>(sizes.back()));
  }
  const TensorType type = INGOT_TRY(checked_type(x->type.dtype, sizes));
  const Shape flat = {numel(type.shape)};
  const Shape elements = {numel(x->type.shape)};
  Value* nothing = INGOT_TRY(c.expand(c.scalar(x->type.dtype, 0), flat));
  Value* result = INGOT_TRY(c.call("aten::scatter.src", {nothing, int64_t{0}, INGOT_TRY(c.view(c.input(1), elements)),
                                                         INGOT_TRY(c.view(x, elements))}));
  result = INGOT_TRY(c.view(result, type.shape));
  if (c.input(2) == nullptr) return result;
  const std::vector<int64_t> wanted = INGOT_TRY(sizes_input(c, 2, "the output's shape", sizes.size()));
  std::vector<int64_t> after;
  for (size_t i = 0; i < sizes.size(); ++i) {
    after.push_back(wanted[i] - sizes[i]);
    if (after.back() < 0) return fail(ErrorCode::invalid_file, "an output_shape smaller than what is unpooled");
  }
  return c.pad(result, std::vector<int64_t>(sizes.size(), 0), after,
               is_floating(x->type.dtype) ? Argument(0.0) : Argument(int64_t{0}));
}

}  // namespace ingot::compiler::onnx_import
