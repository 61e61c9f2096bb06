#include "compiler/partition/constant_parts.h"

#include <algorithm>

#include "compiler/ir/quantization.h"

namespace ingot::compiler {
namespace {

// What gives its one tensor argument other dimensions, or null.
const Value* moved_value(const Node& node) {
  if (node.delegate_call() != nullptr || node.op().row().family != schema::Family::movement) return nullptr;
  const std::vector<Value*> inputs = node.inputs();
  return inputs.size() == 1 && node.outputs().size() == 1 ? inputs.front() : nullptr;
}

bool makes_floats(const Node& node) {
  if (!std::ranges::all_of(node.inputs(), &Value::is_constant)) return false;
  return is_dequantize(node) || widens_halves(node);
}

}  // namespace

bool prepares_constant(const Node& node) {
  const Node* at = &node;
  while (at != nullptr && !makes_floats(*at)) {
    const Value* from = moved_value(*at);
    at = from != nullptr ? from->producer : nullptr;
  }
  return at != nullptr;
}

void add_with_constant_parts(const Node& node, std::vector<const Node*>* nodes) {
  for (const Value* input : node.inputs()) {
    if (input->producer == nullptr || !prepares_constant(*input->producer)) continue;
    std::vector<const Node*> parts;
    for (const Node* part = input->producer; part != nullptr; part = part->inputs().front()->producer) {
      parts.push_back(part);
    }
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      if (std::ranges::find(*nodes, *part) == nodes->end()) nodes->push_back(*part);
    }
  }
  nodes->push_back(&node);
}

}  // namespace ingot::compiler
