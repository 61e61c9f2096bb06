// Convolutions over one or two axes.
#include <algorithm>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// What all convolutions have in common; one entry a spatial axis.
struct Geometry {
  std::vector<int64_t> stride;
  std::vector<int64_t> dilation;
  int64_t groups = 1;
  size_t axes = 0;
};

Result<Geometry> read_geometry(Conversion& c) {
  const Value* x = c.tensor("input");
  const Value* weight = c.tensor("weight");
  if (weight->type.rank() < 3 || weight->type.rank() > 4 ||
      (x->type.rank() != weight->type.rank() && x->type.rank() + 1 != weight->type.rank()))
    return fail(ErrorCode::not_supported, "its input is %s, its weight %s", to_string(x->type).c_str(),
                to_string(weight->type).c_str());
  Geometry geometry;
  geometry.axes = weight->type.rank() - 2;
  geometry.stride = INGOT_TRY(c.integers("stride", geometry.axes));
  geometry.dilation = INGOT_TRY(c.integers("dilation", geometry.axes));
  geometry.groups = INGOT_TRY(c.integer("groups"));
  return geometry;
}

// Runs `convolve` on the input as a batch; an input without one gives a result without one.
template <typename F>
Result<Outputs> in_batch(Conversion& c, F&& convolve) {
  Value* x = c.tensor("input");
  if (x->type.rank() == c.tensor("weight")->type.rank()) return convolve(x);
  Shape shape = x->type.shape;
  shape.insert(shape.begin(), Dim(1));
  Value* batch = INGOT_TRY(c.view(x, shape));
  Value* result = INGOT_TRY(convolve(batch));
  return c.view(result, Shape(result->type.shape.begin() + 1, result->type.shape.end()));
}

Result<Value*> convolution(Conversion& c, Value* x, const Geometry& g, const std::vector<int64_t>& padding,
                           bool transposed, const std::vector<int64_t>& output_padding) {
  return c.call("aten::convolution", {x, c.tensor("weight"), c.arg("bias"), g.stride, padding, g.dilation, transposed,
                                      output_padding, g.groups});
}

}  // namespace

Result<Outputs> convert_conv(Conversion& c) {
  const Geometry g = INGOT_TRY(read_geometry(c));
  const std::vector<int64_t> padding = INGOT_TRY(c.integers("padding", g.axes));
  return in_batch(c, [&](Value* x) { return convolution(c, x, g, padding, false, std::vector<int64_t>(g.axes, 0)); });
}

// "valid": none; "same": as much as keeps the size, the odd one behind.
Result<Outputs> convert_conv_named_padding(Conversion& c) {
  const Geometry g = INGOT_TRY(read_geometry(c));
  const std::string& name = c.text("padding");
  if (name != "valid" && name != "same")
    return fail(ErrorCode::invalid_file, "its padding is '%.20s', expected valid or same", name.c_str());
  std::vector<int64_t> before(g.axes + 2, 0);
  std::vector<int64_t> after(g.axes + 2, 0);
  for (size_t i = 0; name == "same" && i < g.axes; ++i) {
    const int64_t kernel = INGOT_TRY(Calls::size(c.tensor("weight"), i + 2));
    if (kernel < 1 || g.dilation[i] < 1 || g.dilation[i] > (int64_t{1} << 31))
      return fail(ErrorCode::invalid_file, "a kernel of %lld with dilation %lld", static_cast<long long>(kernel),
                  static_cast<long long>(g.dilation[i]));
    const int64_t total = g.dilation[i] * (kernel - 1);
    before[i + 2] = total / 2;
    after[i + 2] = total - total / 2;
  }
  return in_batch(c, [&](Value* x) -> Result<Value*> {
    const std::vector<int64_t> none(g.axes, 0);
    if (before == after) return convolution(c, x, g, {before.begin() + 2, before.end()}, false, none);
    Value* padded = INGOT_TRY(c.pad(x, before, after, 0.0));
    return convolution(c, padded, g, none, false, none);
  });
}

Result<Outputs> convert_conv_transpose(Conversion& c) {
  const Geometry g = INGOT_TRY(read_geometry(c));
  const std::vector<int64_t> padding = INGOT_TRY(c.integers("padding", g.axes));
  const std::vector<int64_t> output_padding = INGOT_TRY(c.integers("output_padding", g.axes));
  return in_batch(c, [&](Value* x) { return convolution(c, x, g, padding, true, output_padding); });
}

}  // namespace ingot::compiler::pt2
