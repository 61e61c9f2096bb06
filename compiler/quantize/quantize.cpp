#include "compiler/quantize/quantize.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "compiler/ir/copy.h"
#include "compiler/ir/rewrite.h"
#include "compiler/quantize/apply.h"
#include "compiler/quantize/bias_correction.h"
#include "compiler/quantize/equalize.h"
#include "compiler/quantize/measure.h"
#include "compiler/quantize/scheme.h"
#include "compiler/quantize/shadow_graph.h"
#include "compiler/quantize/tune.h"
#include "compiler/quantize/weights.h"

namespace ingot::compiler {
namespace {

constexpr size_t kRandomSamples = 8;
// Of the calibration data, for measuring layers.
constexpr size_t kMeasuredSamples = 16;
// For correcting biases.
constexpr size_t kCorrectionSamples = 64;
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// What was decided about a graph.
struct Plan {
  Scheme scheme;
  std::vector<AffineParameters> parameters;  // by group
  std::vector<double> sqnr;                  // by unit; empty until measured
};

// 8-bit layers and what stays float, in execution order.
QuantizeReport describe(const Graph& graph, const Plan& plan) {
  const auto& [scheme, parameters, sqnr] = plan;
  QuantizeReport report;
  std::unordered_map<const Node*, const Unit*> units;
  std::unordered_map<const Node*, const FloatNode*> left;
  for (const Unit& unit : scheme.units) units[unit.node] = &unit;
  for (const FloatNode& node : scheme.left) left[node.node] = &node;
  for (const auto& node : graph.nodes()) {
    if (const auto unit = units.find(node.get()); unit != units.end()) {
      if (!unit->second->is_layer()) continue;
      const AffineParameters p = parameters_of(unit->second->result(), scheme, parameters);
      report.layers.push_back({layer_name(*node), node->op().full_name(), "int8", "", std::pair(p.low(), p.high()),
                               sqnr[static_cast<size_t>(unit->second - scheme.units.data())]});
      ++report.done;
    } else if (const auto found = left.find(node.get()); found != left.end()) {
      report.layers.push_back({layer_name(*node), node->op().full_name(), "float32", found->second->reason, {}, 0});
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

Result<Plan> make_plan(const Graph& graph, const KeptFloat& kept, SampleSource& samples, const QuantizeOptions& options,
                       Histograms& histograms) {
  Plan plan{make_scheme(graph, kept), {}, {}};
  INGOT_TRY_VOID(observe(graph, observed_values(plan.scheme), samples, options.lowering, options.progress, histograms));
  plan.parameters = INGOT_TRY(choose_all(plan.scheme, histograms, options.observer));
  return plan;
}

Result<void> measure_plan(const Graph& graph, Plan& plan, SampleSource& samples, const QuantizeOptions& options) {
  plan.sqnr = INGOT_TRY(measure_layers(graph, plan.scheme, plan.parameters, samples, kMeasuredSamples, options.lowering,
                                       options.progress));
  return {};
}

constexpr const char* kKept = "it is kept in float";

void keep_worse_than(double db, const Plan& plan, KeptFloat& kept) {
  for (size_t i = 0; i < plan.scheme.units.size(); ++i) {
    if (plan.scheme.units[i].is_layer() && plan.sqnr[i] < db) kept.emplace(plan.scheme.units[i].node, kKept);
  }
}

// The nodes called so.
Result<KeptFloat> kept_by_name(const Graph& graph, const std::vector<std::string>& names) {
  KeptFloat kept;
  for (const std::string& name : names) {
    bool found = false;
    for (const auto& node : graph.nodes()) {
      if (layer_name(*node) != name) continue;
      kept.emplace(node.get(), kKept);
      found = true;
    }
    if (!found) {
      return fail(ErrorCode::not_found, "keep_float: the model has no layer '%.200s'", name.c_str());
    }
  }
  return kept;
}

Result<std::unique_ptr<SampleSource>> calibration_samples(const Graph& graph, const QuantizeOptions& options) {
  if (options.calibration_data.empty()) return random_samples(graph, options.seed, kRandomSamples);
  return open_samples(graph, options.calibration_data, options.preprocess);
}

Result<QuantizeReport> quantize_integers(Graph& graph, SampleSource& samples, const QuantizeOptions& options,
                                         KeptFloat kept) {
  if (options.equalize) {
    const Scheme scheme = make_scheme(graph, kept);
    INGOT_TRY(equalize(graph, scheme, samples, options.lowering, options.progress));
  }
  Histograms histograms;
  Plan plan = INGOT_TRY(make_plan(graph, kept, samples, options, histograms));
  const size_t before = kept.size();
  if (options.keep_float_below_db) {
    INGOT_TRY_VOID(measure_plan(graph, plan, samples, options));
    keep_worse_than(*options.keep_float_below_db, plan, kept);
  }
  if (options.tune) {
    const std::vector<const Node*> faster = INGOT_TRY(faster_in_float(
        graph, plan.scheme, plan.parameters, options.target != nullptr, time_here(options.target), options.progress));
    for (const Node* node : faster) kept.emplace(node, "it is faster in float on this machine");
  }
  if (kept.size() > before) plan = INGOT_TRY(make_plan(graph, kept, samples, options, histograms));
  if (plan.sqnr.empty()) INGOT_TRY_VOID(measure_plan(graph, plan, samples, options));
  QuantizeReport report = describe(graph, plan);
  if (options.correct_biases) {
    INGOT_TRY_VOID(correct_biases(graph, plan.scheme, plan.parameters, samples, kCorrectionSamples, options.lowering,
                                  options.progress));
  }
  INGOT_TRY_VOID(apply_scheme(graph, plan.scheme, plan.parameters));
  return report;
}

// The layers of the modes that are about weights, in execution order; those with no reason take the form.
std::vector<QuantizeReport::Layer> weight_layers(const Graph& graph, const WeightOptions& weights, const char* dtype,
                                                 const KeptFloat& kept) {
  const Uses uses(graph);
  std::vector<QuantizeReport::Layer> layers;
  for (const auto& node : graph.nodes()) {
    if (!has_weights(*node, weights.form)) continue;
    auto reason = weight_obstacle(*node, uses, weights);
    if (const auto found = kept.find(node.get()); !reason && found != kept.end()) reason = found->second;
    layers.push_back(
        {layer_name(*node), node->op().full_name(), reason ? "float32" : dtype, reason.value_or(""), {}, 0});
  }
  return layers;
}

// Calls visit(node, layer, the node behind it or null) for every layer that has no reason against it.
template <typename F>
Result<void> for_each_layer(const Graph& graph, std::vector<QuantizeReport::Layer>& layers, WeightForm form,
                            F&& visit) {
  const std::vector<Node*> nodes = node_list(graph);
  size_t next = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!has_weights(*nodes[i], form)) continue;
    QuantizeReport::Layer& layer = layers[next++];
    if (!layer.reason.empty()) continue;
    INGOT_TRY_VOID(visit(*nodes[i], layer, i + 1 < nodes.size() ? nodes[i + 1] : nullptr));
  }
  return {};
}

// What the form costs each layer by itself.
Result<void> measure_weights(const Graph& graph, const WeightOptions& weights,
                             std::vector<QuantizeReport::Layer>& layers, SampleSource& samples,
                             const QuantizeOptions& options) {
  GraphCopy copy = copy_graph(graph);
  copy.graph.outputs().clear();
  copy.graph.output_names.clear();
  WeightQuantizer quantizer(copy.graph, weights);
  std::vector<QuantizeReport::Layer*> measured;
  const auto add = [&](Node& node, QuantizeReport::Layer& layer, const Node* after) -> Result<void> {
    Value* found = INGOT_TRY(quantizer.computed(node, after));
    measured.push_back(&layer);
    return add_energies(copy.graph, node.output(), found, after);
  };
  INGOT_TRY_VOID(for_each_layer(copy.graph, layers, weights.form, add));
  if (measured.empty()) return {};
  remove_dead(copy.graph);
  const std::vector<double> sqnr = INGOT_TRY(
      measure_energies(copy.graph, measured.size(), samples, kMeasuredSamples, options.lowering, options.progress));
  for (size_t i = 0; i < sqnr.size(); ++i) measured[i]->sqnr_db = sqnr[i];
  return {};
}

Result<QuantizeReport> quantize_weights(Graph& graph, SampleSource& samples, const QuantizeOptions& options,
                                        const KeptFloat& kept) {
  WeightOptions weights;
  const char* dtype = "int8";
  if (options.mode == QuantizeMode::int4) {
    weights.form = WeightForm::rows_int4;
    dtype = "int4";
  } else if (options.mode == QuantizeMode::fp16) {
    weights.form = WeightForm::float16;
    dtype = "float16";
  }
  weights.group_size = options.group_size;
  weights.constant_filters = options.target != nullptr && options.operators == Target::executorch;
  QuantizeReport report;
  report.layers = weight_layers(graph, weights, dtype, kept);
  INGOT_TRY_VOID(measure_weights(graph, weights, report.layers, samples, options));
  for (auto& layer : report.layers) {
    if (!layer.reason.empty() || layer.sqnr_db >= options.keep_float_below_db.value_or(-kNoLimit)) continue;
    layer.dtype = "float32";
    layer.reason = kKept;
  }
  WeightQuantizer quantizer(graph, weights);
  std::unordered_map<const Value*, Value*> replaced;
  const auto replace = [&](Node& node, QuantizeReport::Layer&, const Node*) -> Result<void> {
    ++report.done;
    replaced[node.output()] = INGOT_TRY(quantizer.computed(node, &node));
    return {};
  };
  INGOT_TRY_VOID(for_each_layer(graph, report.layers, weights.form, replace));
  graph.replace_uses(replaced);
  remove_dead(graph);
  report.total = static_cast<int>(report.layers.size());
  return report;
}

}  // namespace

Result<QuantizeReport> quantize(Graph& graph, const QuantizeOptions& options) {
  for (const auto& node : graph.nodes()) {
    if (node->delegate_call() == nullptr && node->op().row().family == schema::Family::quantize) {
      return fail(ErrorCode::not_supported, "the model is quantized already (node '%s'): leave --quantize off",
                  layer_name(*node).c_str());
    }
  }
  const std::unique_ptr<SampleSource> samples = INGOT_TRY(calibration_samples(graph, options));
  std::unique_ptr<SampleSource> evaluation;
  if (!options.evaluation_data.empty()) {
    evaluation = INGOT_TRY(open_samples(graph, options.evaluation_data, options.preprocess));
  }
  KeptFloat kept = INGOT_TRY(kept_by_name(graph, options.keep_float));
  const GraphCopy original = copy_graph(graph);
  QuantizeReport report =
      INGOT_TRY(options.mode == QuantizeMode::integers ? quantize_integers(graph, *samples, options, std::move(kept))
                                                       : quantize_weights(graph, *samples, options, kept));
  report.mode = options.mode;
  report.samples = samples->size();
  report.random_inputs = options.calibration_data.empty();
  for (const auto& value : original.graph.values()) report.float_weights_bytes += value->data.size();
  if (evaluation != nullptr) {
    report.accuracy = INGOT_TRY(
        compare_accuracy(original.graph, graph, *evaluation, options.lowering, options.target, options.progress));
  }
  return report;
}

}  // namespace ingot::compiler
