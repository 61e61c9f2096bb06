#include "compiler/quantize/bias_correction.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/constants.h"
#include "compiler/ir/rewrite.h"
#include "compiler/quantize/sample_runner.h"
#include "compiler/quantize/shadow_graph.h"

namespace ingot::compiler {
namespace {

// Where the bias of a product stands, which can take a number for each channel of its result.
const char* bias_argument(const Node& node) {
  if (node.is("aten::convolution")) return "bias";
  return node.is("aten::addmm") ? "self" : nullptr;
}

bool can_correct(const Unit& unit) {
  const char* argument = bias_argument(*unit.node);
  if (argument == nullptr || unit.node->output()->type.rank() < 2) return false;
  const Value* bias = unit.node->tensor(argument);
  return bias == nullptr || numel(bias->type.shape) == unit.node->output()->type.shape[1];
}

void shift_bias(Graph& graph, Node* node, const std::vector<double>& shifts) {
  const char* argument = bias_argument(*node);
  const Value* bias = node->tensor(argument);
  std::vector<double> numbers(shifts.size(), 0);
  if (bias != nullptr) numbers = load_numbers(*bias);
  for (size_t i = 0; i < shifts.size(); ++i) numbers[i] += shifts[i];
  const std::string name = bias != nullptr ? bias->name : node->output()->name + "_bias";
  const Shape shape = bias != nullptr ? bias->type.shape : Shape{static_cast<int64_t>(shifts.size())};
  node->set_arg(node->op().index_of(argument), add_numbers(graph, name, {DType::float32, shape, {}}, numbers));
}

}  // namespace

Result<void> correct_biases(Graph& graph, const Scheme& scheme, std::span<const AffineParameters> parameters,
                            SampleSource& samples, size_t count, Lowering* lowering, const Progress& progress) {
  std::vector<const Unit*> units;
  ShadowGraph shadows(graph, scheme, parameters);
  for (const Unit& unit : scheme.units) {
    if (!can_correct(unit)) continue;
    INGOT_TRY_VOID(shadows.add_mean_error(unit));
    units.push_back(&unit);
  }
  if (units.empty()) return {};
  remove_dead(shadows.graph());
  count = std::min(count, samples.size());
  std::vector<std::vector<std::vector<float>>> seen(count);  // by sample and unit; summed in the order of the samples
  const auto keep = [&](size_t, size_t index, const Sample&, std::span<const Session> sessions) -> Result<void> {
    for (size_t u = 0; u < units.size(); ++u) {
      const std::span<const float> means = INGOT_TRY(sessions[0].floats(u));
      seen[index].emplace_back(means.begin(), means.end());
    }
    return {};
  };
  const Runnable runnable{&shadows.graph(), lowering};
  INGOT_TRY_VOID(run_samples({&runnable, 1}, samples, count, "correcting", progress, keep));
  std::vector<std::vector<double>> shifts(units.size());
  for (const auto& of_sample : seen) {
    for (size_t u = 0; u < units.size(); ++u) {
      shifts[u].resize(of_sample[u].size(), 0);
      for (size_t c = 0; c < of_sample[u].size(); ++c)
        shifts[u][c] += static_cast<double>(of_sample[u][c]) / static_cast<double>(count);
    }
  }
  for (size_t u = 0; u < units.size(); ++u) {
    if (!shifts[u].empty()) shift_bias(graph, units[u]->node, shifts[u]);
  }
  graph.drop_unused_constants();
  return {};
}

}  // namespace ingot::compiler
