// Resizing of images and of rows.
#include <optional>
#include <string>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// An output size and scales as the operators of images take them.
struct Target {
  Argument size;    // of one or two axes, or none
  Argument scales;  // likewise
};

void put_in_front(Argument* list, int64_t size) {
  if (auto* ints = std::get_if<std::vector<int64_t>>(list)) ints->insert(ints->begin(), size);
  if (auto* dims = std::get_if<Shape>(list)) dims->insert(dims->begin(), Dim(size));
  if (auto* reals = std::get_if<std::vector<double>>(list)) reals->insert(reals->begin(), static_cast<double>(size));
}

// The forms without lists give the size, and scales besides, which count where both are there.
Result<Target> read_target(Conversion& c) {
  if (c.op().has("scale_factors")) return Target{c.arg("output_size"), c.arg("scale_factors")};
  if (!c.is_none("scales_h") || !c.is_none("scales_w"))
    return fail(ErrorCode::not_supported, "sizes and scales at once");
  return Target{c.arg("output_size"), std::monostate()};
}

}  // namespace

Result<Outputs> convert_upsample(Conversion& c) {
  Value* x = c.tensor("input");
  Target target = INGOT_TRY(read_target(c));
  const std::string& name = c.op().full_name();
  const bool rows = name.find("1d") != std::string::npos;
  const bool linear = name.find("linear") != std::string::npos;
  if (x->type.rank() != (rows ? 3u : 4u)) return fail(ErrorCode::not_supported, "of %s", to_string(x->type).c_str());
  const Shape before = x->type.shape;
  if (rows) {
    x = INGOT_TRY(c.view(x, {before[0], before[1], Dim(1), before[2]}));
    put_in_front(&target.size, 1);
    put_in_front(&target.scales, 1);
  }
  std::vector<Argument> args = {x, target.size};
  if (linear) args.emplace_back(c.flag("align_corners"));
  args.push_back(target.scales);
  Value* result =
      INGOT_TRY(c.call(linear ? "aten::upsample_bilinear2d.vec" : "aten::upsample_nearest2d.vec", std::move(args)));
  return rows ? c.view(result, {before[0], before[1], result->type.shape[3]}) : Result<Value*>(result);
}

Result<Outputs> convert_grid_sampler(Conversion& c) {
  return c.call("aten::grid_sampler_2d", {c.tensor("input"), c.tensor("grid"), c.arg("interpolation_mode"),
                                          c.arg("padding_mode"), c.arg("align_corners")});
}

}  // namespace ingot::compiler::pt2
