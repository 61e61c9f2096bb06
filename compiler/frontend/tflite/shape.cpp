// Shapes as tensors, and tensors made from shapes. Sizes are known, so what is computed from them alone is constant.
#include <algorithm>
#include <cmath>
#include <vector>

#include "compiler/frontend/tflite/operators.h"
#include "compiler/ir/constants.h"

namespace ingot::compiler::tflite_import {
namespace {

// A list of integers in the result's dtype.
Result<void> give_list(Conversion& c, const std::vector<double>& numbers, bool scalar = false) {
  const FileTensor& output = *INGOT_TRY(c.output());
  Shape shape;
  if (!scalar) shape.push_back(static_cast<int64_t>(numbers.size()));
  return c.give(
      add_numbers(c.builder().graph(), output.name.empty() ? "list" : output.name, {output.dtype, shape, {}}, numbers));
}

}  // namespace

Result<void> convert_shape(Conversion& c) {
  std::vector<double> sizes;
  for (const Dim& dim : INGOT_TRY(c.shape(0))) {
    if (!dim.is_static()) return fail(ErrorCode::not_supported, "the size %s", dim.str().c_str());
    sizes.push_back(static_cast<double>(dim.value()));
  }
  return give_list(c, sizes);
}

Result<void> convert_rank(Conversion& c) {
  return give_list(c, {static_cast<double>(INGOT_TRY(c.rank(0)))}, true);
}

Result<void> convert_fill(Conversion& c) {
  const Shape shape = to_shape(INGOT_TRY(c.constant_integers(0, "the sizes")));
  Value* value = INGOT_TRY(c.view(INGOT_TRY(c.filed(1)), Shape()));
  return c.give(INGOT_TRY(c.expand(value, shape)));
}

Result<void> convert_zeros_like(Conversion& c) {
  const Shape shape = INGOT_TRY(c.shape(0));
  const DType dtype = INGOT_TRY(c.filed(0))->type.dtype;
  return c.give(INGOT_TRY(c.expand(c.scalar(dtype, 0), shape)));
}

// From start up to, or down to, limit, which is left out.
Result<void> convert_range(Conversion& c) {
  const double start = INGOT_TRY(c.constant_real(0, "the start")), limit = INGOT_TRY(c.constant_real(1, "the limit")),
               delta = INGOT_TRY(c.constant_real(2, "the step"));
  const double count = std::ceil((limit - start) / delta);
  if (!std::isfinite(count)) return fail(ErrorCode::invalid_file, "from %g to %g by %g", start, limit, delta);
  const auto elements = static_cast<int64_t>(std::clamp(count, 0.0, 1e15));
  INGOT_TRY_VOID(Calls::check_made_up(elements));
  std::vector<double> numbers;
  for (int64_t i = 0; i < elements; ++i) numbers.push_back(start + static_cast<double>(i) * delta);
  return give_list(c, numbers);
}

// What two shapes broadcast to.
Result<void> convert_broadcast_args(Conversion& c) {
  std::vector<int64_t> a = INGOT_TRY(c.constant_integers(0, "a shape"));
  std::vector<int64_t> b = INGOT_TRY(c.constant_integers(1, "a shape"));
  if (a.size() < b.size()) std::swap(a, b);
  b.insert(b.begin(), a.size() - b.size(), 1);
  std::vector<double> sizes;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && a[i] != 1 && b[i] != 1)
      return fail(ErrorCode::invalid_file, "%s and %s do not broadcast", to_string(to_shape(a)).c_str(),
                  to_string(to_shape(b)).c_str());
    sizes.push_back(static_cast<double>(a[i] == 1 ? b[i] : a[i]));
  }
  return give_list(c, sizes);
}

}  // namespace ingot::compiler::tflite_import
