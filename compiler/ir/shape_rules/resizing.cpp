// Resampling of images: other sizes, or other places.
#include <cmath>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<void> require_batch_of_images(const Call& call, const TensorType& type) {
  if (type.rank() == 4) return {};
  return call.wrong(call.op().args()[0].name.c_str(), "expected rank 4 (batch, channels, height, width), found %s",
                    to_string(type.shape).c_str());
}

// floor(size * scale), as PyTorch computes it.
Result<Dim> scaled(const Call& call, const Dim& size, double scale) {
  if (!(scale > 0) || !std::isfinite(scale)) return call.wrong("scale_factors", "%g is not a positive number", scale);
  if (size.is_static()) {
    const double result = std::floor(static_cast<double>(size.value()) * scale);
    if (result > INT32_MAX) return call.wrong("scale_factors", "%g makes the image too large", scale);
    return Dim(static_cast<int64_t>(result));
  }
  if (scale == std::floor(scale) && scale < INT32_MAX) return size * Dim(static_cast<int64_t>(scale));
  const double inverse = 1 / scale;
  if (inverse == std::floor(inverse) && inverse < INT32_MAX) return floor_div(size, static_cast<int64_t>(inverse));
  return call.wrong("scale_factors", "%g needs a known size, found %s", scale, size.str().c_str());
}

}  // namespace

Result<TensorType> upsampled(const Call& call) {
  TensorType type = call.tensor("input");
  INGOT_TRY_VOID(require_batch_of_images(call, type));
  if (call.has("output_size") == call.has("scale_factors")) {
    return call.wrong("output_size", "exactly one of it and 'scale_factors' must be given");
  }
  if (call.has("output_size")) {
    const Shape size = call.shape("output_size");
    if (size.size() != 2) return call.wrong("output_size", "expected 2 values, found %zu", size.size());
    for (size_t i = 0; i < 2; ++i) type.shape[2 + i] = size[i];
  } else {
    const auto& factors = std::get<std::vector<double>>(call.arg("scale_factors"));
    if (factors.size() != 2) return call.wrong("scale_factors", "expected 2 values, found %zu", factors.size());
    for (size_t i = 0; i < 2; ++i) type.shape[2 + i] = INGOT_TRY(scaled(call, type.shape[2 + i], factors[i]));
  }
  for (size_t i = 2; i < 4; ++i) {
    if (type.shape[i].max() < 1 || call.tensor("input").shape[i].max() < 1) {
      return call.wrong("input", "%s would become %s, expected sizes above 0",
                        to_string(call.tensor("input").shape).c_str(), to_string(type.shape).c_str());
    }
  }
  return type;
}

namespace {

Result<Types> upsample(const Call& call) {
  return Types{INGOT_TRY(upsampled(call))};
}

Result<Types> bilinear(const Call& call) {
  INGOT_TRY_VOID(require_floating(call, "input", call.tensor("input")));
  return upsample(call);
}

Result<Types> bilinear_antialiased(const Call& call) {
  TensorType type = call.self();
  INGOT_TRY_VOID(require_batch_of_images(call, type));
  INGOT_TRY_VOID(require_floating(call, "self", type));
  const Shape size = call.shape("output_size");
  for (size_t i = 0; i < 2; ++i) {
    if (type.shape[2 + i].max() < 1 || size[i].max() < 1) {
      return call.wrong("output_size", "%s from %s: expected sizes above 0", to_string(size).c_str(),
                        to_string(type.shape).c_str());
    }
    type.shape[2 + i] = size[i];
  }
  return Types{std::move(type)};
}

Result<Types> grid_sampler(const Call& call) {
  const TensorType& input = call.tensor("input");
  const TensorType& grid = call.tensor("grid");
  INGOT_TRY_VOID(require_batch_of_images(call, input));
  INGOT_TRY_VOID(require_floating(call, "input", input));
  INGOT_TRY_VOID(require_dtype(call, "grid", grid, input.dtype));
  if (grid.rank() != 4 || differ(grid.shape[0], input.shape[0]) || differ(grid.shape[3], 2)) {
    return call.wrong("grid", "expected [%s, height, width, 2], found %s", input.shape[0].str().c_str(),
                      to_string(grid.shape).c_str());
  }
  for (const char* mode : {"interpolation_mode", "padding_mode"}) {
    if (call.integer(mode) < 0 || call.integer(mode) > 2) {
      return call.wrong(mode, "expected 0, 1 or 2, found %lld", static_cast<long long>(call.integer(mode)));
    }
  }
  return Types{{input.dtype, {input.shape[0], input.shape[1], grid.shape[1], grid.shape[2]}, input.dim_order}};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::upsample_nearest2d.vec", upsample},
    {"aten::upsample_bilinear2d.vec", bilinear},
    {"aten::_upsample_bilinear2d_aa", bilinear_antialiased},
    {"aten::grid_sampler_2d", grid_sampler},
};

}  // namespace

std::span<const NamedShapeRule> resizing_rules() {
  return kRules;
}

}  // namespace ingot::compiler
