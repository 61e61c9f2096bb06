// How one operator between dequantize and quantize nodes becomes an operator on integers (the pass integer_operators).
// A rule looks at a float node whose result is only quantized, and builds what gives the integers directly, by the
// arithmetic of runtime/kernels/quantized/arithmetic.h; or it gives null, and the float operator stays. Functions over
// a Graph being rewritten; for one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"
#include "compiler/ir/quantization.h"
#include "runtime/core/error.h"
#include "runtime/kernels/quantized/arithmetic.h"

namespace ingot::compiler {

// 8-bit integers and what they mean (per tensor).
struct Integers {
  Value* value = nullptr;
  Quantization quantization;

  float scale() const { return static_cast<float>(quantization.scale()); }
  int32_t zero_point() const { return static_cast<int32_t>(quantization.zero_point()); }
};

// Where a node's result goes: the parameters of the integers wanted, and the range that these are clamped to, by the
// quantize node and by a clamp before it that is done away with.
struct IntegerResult {
  Quantization quantization;
  quantized::OutputRange range;

  float scale() const { return static_cast<float>(quantization.scale()); }
};

// The integers wanted where `node` (whose tensors are float32) gives `result`; null where there is no way.
using IntegerRule = Result<Value*> (*)(const Node& node, const IntegerResult& result, Builder& builder);

struct NamedIntegerRule {
  std::string_view op;
  IntegerRule rule;
};
std::span<const NamedIntegerRule> product_rules();
std::span<const NamedIntegerRule> elementwise_integer_rules();
std::span<const NamedIntegerRule> window_rules();
std::span<const NamedIntegerRule> movement_integer_rules();

// --- What rules share.

// The parameters where they are those of an 8-bit tensor that integer operators take.
bool is_byte_quantization(const Quantization& quantization);
// The integers behind a float value; nothing where it is not a dequantized 8-bit tensor.
std::optional<Integers> integers_of(const Value* value);
// A clamp of reals as a range of integers, within `range`.
quantized::OutputRange clamped(const quantized::OutputRange& range, double low, double high, double scale);
// The range of relu, hardtanh and clamp with numbers; infinite where there is no bound. Nothing for other nodes.
struct RealRange {
  double low;
  double high;
};
std::optional<RealRange> clamp_range(const Node& node);
// What all integer operators' argument lists end with: output_scale, output_zero_point, output_min, output_max.
void append_result(std::vector<Argument>& args, const IntegerResult& result);

// Every integer of `from` through a table of 256 entries, in order from the dtype's least value; the value itself where
// nothing would change.
Result<Value*> look_up(const Integers& from, DType dtype, const std::vector<int32_t>& table, Builder& builder);
// The same reals with other parameters.
Result<Value*> convert(const Integers& from, const IntegerResult& to, Builder& builder);

}  // namespace ingot::compiler
