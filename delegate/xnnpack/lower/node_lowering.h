// What the lowering of one ATen operator sees: the node, its operands as Tensors, the activation to fuse, and where to
// put the results. An operator's rule is the one function that decides whether XNNPACK takes a node and writes it; the
// tables at the end list the rules by family, one file each.
#pragma once

#include <cstdint>
#include <expected>
#include <format>
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
using TensorMap = std::unordered_map<const IrValue*, Tensor*>;

class NodeLowering {
 public:
  NodeLowering(TensorBuilder& builder, TensorMap& tensors, const Fusions& fusions, const Node& of)
      : build(builder), node(of), tensors_(tensors), fusions_(fusions) {}

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

  // The activation to fuse into the node's result.
  Bounds bounds() const { return fusions_.bounds(node); }
  const Fusions& fusions() const { return fusions_; }

  // Says what an output is. Its sizes must be those of the graph.
  Lowered define(size_t output, Tensor& tensor);
  Lowered define(Tensor& tensor) { return define(0, tensor); }

  // Dimension arguments may count from the end.
  static size_t wrap(int64_t dim, size_t rank) {
    return static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(rank) : dim);
  }

 private:
  TensorMap& tensors_;
  const Fusions& fusions_;
};

// What a value must be for any operator here: float32, of static shape, not empty.
Lowered check_value(const IrValue& value);
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

// Runs the node's rule.
Lowered lower_node(NodeLowering& lowering);

}  // namespace ingot::xnnpack::lowering
