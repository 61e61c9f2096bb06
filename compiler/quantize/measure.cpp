#include "compiler/quantize/measure.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "compiler/ir/builder.h"
#include "compiler/ir/copy.h"
#include "compiler/ir/rewrite.h"
#include "compiler/quantize/apply.h"
#include "compiler/quantize/session.h"

namespace ingot::compiler {
namespace {

constexpr double kPerfect = 200;

// A copy of the float graph that grows 8-bit shadows of its units.
class ShadowGraph {
 public:
  ShadowGraph(const Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters)
      : scheme_(scheme), parameters_(parameters), copy_(copy_graph(graph)) {
    copy_.graph.outputs().clear();
    copy_.graph.output_names.clear();
    const auto& nodes = copy_.graph.nodes();
    for (size_t i = 0; i + 1 < nodes.size(); ++i) next_[nodes[i].get()] = nodes[i + 1].get();
  }

  Graph& graph() { return copy_.graph; }

  // Two more outputs: the mean square of the unit's float result, and of its difference from the shadow's.
  Result<void> add_energies(const Unit& unit) {
    const Node* before = after(unit);
    Value* result = INGOT_TRY(shadow(unit, before));
    Value* expected = copy_.values.at(unit.result());
    Builder builder(graph(), before);
    Value* difference = INGOT_TRY(builder.call("aten::sub.Tensor", {expected, result}));
    for (Value* value : {expected, difference}) {
      Value* square = INGOT_TRY(builder.call("aten::mul.Tensor", {value, value}));
      std::vector<int64_t> dims(value->type.rank());
      std::iota(dims.begin(), dims.end(), 0);
      graph().outputs().push_back(INGOT_TRY(builder.call("aten::mean.dim", {square, std::move(dims), true})));
    }
    return {};
  }

 private:
  // The node that follows the unit in the copy.
  const Node* after(const Unit& unit) const {
    const auto found = next_.find(copy_.values.at(unit.result())->producer);
    return found == next_.end() ? nullptr : found->second;
  }

  AffineParameters parameters(const Value* value) const { return parameters_of(value, scheme_, parameters_); }

  Result<Value*> operand(const Value* value, const Node* before) {
    Value*& found = operands_[value];
    if (found == nullptr) found = INGOT_TRY(add_pair(graph(), copy_.values.at(value), parameters(value), before));
    return found;
  }

  // The unit's result in 8 bits, dequantized.
  Result<Value*> shadow(const Unit& unit, const Node* before) {
    const Node& node = *copy_.values.at(unit.node->output())->producer;
    std::vector<Argument> args(node.args().begin(), node.args().end());
    std::unordered_map<const Value*, Value*> replaced;
    for (const Value* value : operands_of(*unit.node)) {
      replaced[copy_.values.at(value)] = INGOT_TRY(operand(value, before));
    }
    const auto weight = weight_of(node);
    for (size_t i = 0; i < args.size(); ++i) {
      if (weight && i == weight->arg && node.tensor(i)->is_constant()) {
        const Value* input = operands_of(*unit.node).front();
        args[i] = INGOT_TRY(dequantized_weight(graph(), node, *weight, parameters(input), before));
      } else if (auto* value = std::get_if<Value*>(&args[i])) {
        const auto found = replaced.find(*value);
        if (found != replaced.end() && *value != bias_of(node)) *value = found->second;
      } else if (auto* list = std::get_if<std::vector<Value*>>(&args[i])) {
        for (Value*& value : *list) value = replaced.contains(value) ? replaced.at(value) : value;
      }
    }
    Builder builder(graph(), before);
    Value* result = INGOT_TRY(builder.node(node.op().full_name(), std::move(args)))->output();
    if (unit.last != unit.node) {
      std::vector<Argument> clamp(unit.last->args().begin(), unit.last->args().end());
      clamp[0] = result;
      result = INGOT_TRY(builder.call(unit.last->op().full_name(), std::move(clamp)));
    }
    return add_pair(graph(), result, parameters(unit.result()), before);
  }

  const Scheme& scheme_;
  std::span<const AffineParameters> parameters_;
  GraphCopy copy_;
  std::unordered_map<const Node*, const Node*> next_;
  std::unordered_map<const Value*, Value*> operands_;  // by the original value
};

}  // namespace

Result<std::vector<double>> measure_layers(const Graph& graph, const Scheme& scheme,
                                           std::span<const AffineParameters> parameters, SampleSource& samples,
                                           size_t count, Lowering* lowering, const Progress& progress) {
  std::vector<double> ratios(scheme.units.size(), kPerfect);
  ShadowGraph shadows(graph, scheme, parameters);
  std::vector<size_t> measured;
  for (size_t i = 0; i < scheme.units.size(); ++i) {
    if (!scheme.units[i].is_layer()) continue;
    INGOT_TRY_VOID(shadows.add_energies(scheme.units[i]));
    measured.push_back(i);
  }
  if (measured.empty()) return ratios;
  remove_dead(shadows.graph());
  Session session = INGOT_TRY(Session::make(std::move(shadows.graph()), lowering));
  std::vector<std::pair<double, double>> energies(measured.size());
  count = std::min(count, samples.size());
  for (size_t i = 0; i < count; ++i) {
    INGOT_TRY_VOID(session.run(INGOT_TRY(samples.read(i)).inputs));
    for (size_t m = 0; m < measured.size(); ++m) {
      energies[m].first += static_cast<double>(INGOT_TRY(session.floats(2 * m))[0]);
      energies[m].second += static_cast<double>(INGOT_TRY(session.floats(2 * m + 1))[0]);
    }
    if (progress) progress("measuring", i + 1, count);
  }
  for (size_t m = 0; m < measured.size(); ++m) {
    const auto& [signal, noise] = energies[m];
    if (noise > 0) ratios[measured[m]] = std::min(10 * std::log10(signal / noise), kPerfect);
  }
  return ratios;
}

}  // namespace ingot::compiler
