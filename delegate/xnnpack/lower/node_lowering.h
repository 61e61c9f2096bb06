// What the lowering of one ATen operator sees: the node, its operands as Tensors, the activation to fuse, and where to
// put the results. An operator's rule is the one function that decides whether XNNPACK takes a node and writes it; the
// tables at the end list the rules by family, one file each.
//
// A rule does not know whether it writes floats or integers. A value behind a dequantize node stands for a tensor that
// is there in integers already; a node whose operands are such tensors is written in integers first, with a result in
// the integers that the quantize node behind it asks for, and XNNPACK is asked whether it takes that. Where it does
// not, or where the rule needs results in between, of which the graph does not say how they are quantized, the node is
// written in floats, and its operands are converted. Rules that only move elements pass on what they find.
#pragma once

#include <cstdint>
#include <expected>
#include <format>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "compiler/ir/graph.h"
#include "delegate/xnnpack/lower/fusion.h"
#include "delegate/xnnpack/lower/tensor_builder.h"

namespace ingot::xnnpack::lowering {

using compiler::Node;
using IrValue = compiler::Value;

// A value, or the reason why XNNPACK cannot run the node: one line for the user.
template <typename T>
using Expected = std::expected<T, std::string>;
using Lowered = Expected<void>;

template <typename... Args>
std::unexpected<std::string> refuse(std::format_string<Args...> format, Args&&... args) {
  return std::unexpected(std::format(format, std::forward<Args>(args)...));
}

// "[1, 3, 8, 8]"
std::string to_string(const Sizes& sizes);

// The tensors of a region, by the value that they stand for.
class Tensors {
 public:
  // `is_unsigned`: integers of 8 bits are computed on as unsigned ones.
  Tensors(TensorBuilder& build, bool is_unsigned) : build_(build), is_unsigned_(is_unsigned) {}

  bool is_unsigned() const { return is_unsigned_; }
  // Do nodes before have made integers?
  bool have_integers() const { return have_integers_; }
  // Null where there is none. Of a constant, one is made.
  Tensor* find(const IrValue& value);
  void set(const IrValue& value, Tensor& tensor);

 private:
  TensorBuilder& build_;
  bool is_unsigned_;
  bool have_integers_ = false;
  std::unordered_map<const IrValue*, Tensor*> tensors_;
};

// How a node may be written.
enum class Form : uint8_t {
  integers,  // operands as they are; the result is of the integers that the graph asks for
  weights,   // constants as they are, everything else in float
  floats,    // everything in float
};

// Where a rule finds tensors and leaves its results: the region's, or copies of them in a payload that only tries out
// the node.
class Scope {
 public:
  virtual ~Scope() = default;
  virtual Tensor* find(const IrValue& value) = 0;
  virtual void set(const IrValue& value, Tensor& tensor) = 0;
};

class NodeLowering {
 public:
  NodeLowering(TensorBuilder& builder, Scope& scope, const Fusions& fusions, const Node& of, Form form,
               std::optional<ElementType> result)
      : build(builder), node(of), scope_(scope), fusions_(fusions), form_(form), result_(std::move(result)) {}

  TensorBuilder& build;
  const Node& node;

  // A tensor argument, which must be present.
  Expected<Tensor*> operand(size_t arg) { return operand(node.tensor(arg)); }
  Expected<Tensor*> operand(std::string_view arg) { return operand(node.tensor(arg)); }
  Expected<Tensor*> operand(const IrValue* value);
  // Null where the argument is none.
  Expected<Tensor*> optional_operand(std::string_view arg);
  // The elements of a constant argument, in logical order; `arg` names it in the refusal of anything else.
  Expected<std::vector<float>> constant_elements(std::string_view arg);

  // A tensor argument in whatever elements it has.
  Expected<Tensor*> operand_as_is(const IrValue* value);

  // The activation to fuse into the node's result; none where the result's integers cannot leave the bounds anyway.
  Bounds bounds() const { return without_implied(fusions_.bounds(node)); }
  Bounds without_implied(const Bounds& bounds) const;
  const Fusions& fusions() const { return fusions_; }
  bool in_integers() const { return form_ == Form::integers; }
  // In integers: the type that the graph asks for, if it does.
  const std::optional<ElementType>& result() const { return result_; }
  // Has an operand been read that the form is about (quantized, or a quantized constant)?
  bool has_read_integers() const { return has_read_integers_; }

  // Says what an output is. Its sizes must be those of the graph.
  Lowered define(size_t output, Tensor& tensor);
  Lowered define(Tensor& tensor) { return define(0, tensor); }

  // Dimension arguments may count from the end.
  static size_t wrap(int64_t dim, size_t rank) {
    return static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(rank) : dim);
  }

 private:
  Scope& scope_;
  const Fusions& fusions_;
  Form form_;
  std::optional<ElementType> result_;
  bool has_read_integers_ = false;
};

// What a value must be for any operator here: float32, of static shape, not empty.
Lowered check_value(const IrValue& value);
// The same of any dtype.
Lowered check_shape(const IrValue& value);
Sizes sizes_of(const IrValue& value);
Order order_of(const IrValue& value);

using RuleFunction = Lowered (*)(NodeLowering&);
struct Rule {
  std::string_view op;  // "aten::add.Tensor"
  RuleFunction lower;
};

std::span<const Rule> elementwise_rules();
std::span<const Rule> convolution_rules();
std::span<const Rule> matmul_rules();
std::span<const Rule> movement_rules();
std::span<const Rule> normalization_rules();
std::span<const Rule> pooling_rules();
std::span<const Rule> reduction_rules();

// The bias of a convolution or matrix product with `channels` results, as XNNPACK adds it: null for none. Beside
// integers it becomes 32-bit integers of the products' scale.
Expected<Tensor*> product_bias(TensorBuilder& build, Tensor* bias, const Tensor& input, const Tensor& weight,
                               int64_t channels);

// Writes the node in the first form that XNNPACK takes.
Lowered lower_node(TensorBuilder& build, Tensors& tensors, const Fusions& fusions, const Node& node);

}  // namespace ingot::xnnpack::lowering
