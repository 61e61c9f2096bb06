#include "compiler/quantize/quantize.h"

#include <algorithm>
#include <utility>

#include "compiler/ir/quantization.h"
#include "compiler/quantize/apply.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {
namespace {

constexpr size_t kRandomSamples = 8;

std::string name_of(const Node& node) {
  return node.source().empty() ? node.output()->name : node.source();
}

// 8-bit layers and what stays float, in execution order.
QuantizeReport describe(const Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters) {
  QuantizeReport report;
  std::unordered_map<const Node*, const Unit*> units;
  std::unordered_map<const Node*, const FloatNode*> left;
  for (const Unit& unit : scheme.units) units[unit.node] = &unit;
  for (const FloatNode& node : scheme.left) left[node.node] = &node;
  for (const auto& node : graph.nodes()) {
    if (const auto unit = units.find(node.get()); unit != units.end()) {
      if (!unit->second->is_layer()) continue;
      const AffineParameters p = parameters_of(unit->second->result(), scheme, parameters);
      report.layers.push_back({name_of(*node), node->op().full_name(), "int8", "", p.low(), p.high()});
      ++report.done;
    } else if (const auto found = left.find(node.get()); found != left.end()) {
      report.layers.push_back({name_of(*node), node->op().full_name(), "float32", found->second->reason, 0, 0});
    }
  }
  report.total = static_cast<int>(report.layers.size());
  return report;
}

Result<std::vector<AffineParameters>> choose_all(const Scheme& scheme, const Histograms& histograms,
                                                 Observer observer) {
  std::vector<AffineParameters> parameters;
  for (const ValueGroup& group : scheme.groups) {
    if (group.fixed == ResultRule::unit) {
      parameters.push_back({1.0 / 256, -128});
      continue;
    }
    if (group.fixed == ResultRule::signed_unit) {
      parameters.push_back({1.0 / 128, 0});
      continue;
    }
    Histogram merged;
    for (const auto& source : group.sources) merged.add(histograms.at(source.value), 1 / source.factor);
    if (merged.nonfinite() > 0) {
      return fail(ErrorCode::invalid_argument,
                  "value '%s' is not finite on the calibration data: quantize needs numbers",
                  group.sources.front().value->name.c_str());
    }
    parameters.push_back(choose_parameters(merged, observer));
  }
  return parameters;
}

std::vector<Value*> observed_values(const Scheme& scheme) {
  std::vector<Value*> values;
  for (const ValueGroup& group : scheme.groups) {
    if (group.fixed) continue;
    for (const auto& source : group.sources) values.push_back(source.value);
  }
  return values;
}

}  // namespace

Result<QuantizeReport> quantize(Graph& graph, const QuantizeOptions& options) {
  for (const auto& node : graph.nodes()) {
    if (is_quantize(*node) || is_dequantize(*node)) {
      return fail(ErrorCode::not_supported, "the model is quantized already (node '%s'): leave --quantize off",
                  name_of(*node).c_str());
    }
  }
  const std::unique_ptr<SampleSource> samples = random_samples(graph, options.seed, kRandomSamples);
  const Scheme scheme = make_scheme(graph, {options.keep_float.begin(), options.keep_float.end()});
  const Histograms histograms =
      INGOT_TRY(observe(graph, observed_values(scheme), *samples, options.lowering, options.progress));
  const std::vector<AffineParameters> parameters = INGOT_TRY(choose_all(scheme, histograms, options.observer));
  QuantizeReport report = describe(graph, scheme, parameters);
  report.samples = samples->size();
  report.random_inputs = true;
  INGOT_TRY_VOID(apply_scheme(graph, scheme, parameters));
  return report;
}

}  // namespace ingot::compiler
