#include "compiler/partition/macs.h"

#include <limits>

namespace ingot::compiler {
namespace {

int64_t product(int64_t a, int64_t b) {
  int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? std::numeric_limits<int64_t>::max() : result;
}

}  // namespace

int64_t macs(const Node& node) {
  const auto inner = [&node](size_t arg) { return node.tensor(arg)->type.shape.back().max(); };
  if (node.is("aten::mm") || node.is("aten::bmm")) return product(numel(node.output()->type.shape).max(), inner(0));
  if (node.is("aten::addmm")) return product(numel(node.output()->type.shape).max(), inner(1));
  if (!node.is("aten::convolution")) return 0;
  // Every element of one filter, for each output position (transposed: for each input position).
  const Shape& filter = node.tensor("weight")->type.shape;
  int64_t filter_elements = 1;
  for (size_t i = 1; i < filter.size(); ++i) filter_elements = product(filter_elements, filter[i].max());
  const Value* positions = node.boolean("transposed") ? node.tensor("input") : node.output();
  return product(numel(positions->type.shape).max(), filter_elements);
}

}  // namespace ingot::compiler
