// Which operators can be computed in 8 bits, and how each treats the parameters (scale, zero point) of what it reads
// and writes: one row an operator. Constant data; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

// How an operator's result gets its parameters.
enum class ResultRule : uint8_t {
  own,          // from its own values
  equal,        // data only moves, or is chosen among: those of its inputs, which all have the same
  scaled,       // its input times a number: the same integers under another scale
  unit,         // always in [0, 1]: scale 1/256, zero point -128
  signed_unit,  // always in [-1, 1]: scale 1/128, zero point 0
};

// What else a row says of an operator.
enum class OpKind : uint8_t {
  product,  // multiplies with a constant weight: convolution, matrix product
  compute,  // any other arithmetic
  move,     // worth doing in 8 bits only beside others that are
  clamp,    // bounds; becomes part of the operator before it where that can bound its own result
};

struct Recipe {
  std::string_view op;
  OpKind kind;
  ResultRule result;
  bool takes_bounds = false;  // a clamp after it becomes part of it
};

// Null where the operator has no 8-bit form.
const Recipe* find_recipe(const Node& node);

// The constant weight of a product and how it is quantized.
struct WeightArg {
  size_t arg = 0;  // position among the node's arguments
  // The dimension with a scale for each slice; none for one scale in all, where output channels are no single
  // dimension.
  std::optional<size_t> axis;
};
std::optional<WeightArg> weight_of(const Node& node);

// The bias of a product: a constant, or null.
Value* bias_of(const Node& node);

// The bounds of relu, hardtanh and clamp; infinite where there are none.
struct ClampBounds {
  double low;
  double high;
};
std::optional<ClampBounds> clamp_bounds(const Node& node);

// The positive number that an operator of ResultRule::scaled multiplies with; nothing where it is none.
std::optional<double> scale_factor(const Node& node);

// The float values that the node reads in 8 bits: not a product's weight and bias, which are quantized otherwise, nor
// the parameters of normalization, which stay as they are.
std::vector<Value*> operands_of(const Node& node);

// Why this node (of an operator that has a recipe) cannot be computed in 8 bits after all; null where it can.
const char* obstacle(const Node& node, const Uses& uses);

}  // namespace ingot::compiler
