#include "compiler/quantize/calibrate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/ir/copy.h"
#include "compiler/ir/rewrite.h"
#include "compiler/quantize/session.h"

namespace ingot::compiler {
namespace {

// Of values that a thread exposes at a time.
constexpr size_t kBudgetBytes = size_t{64} << 20;

// The graph with these results as its outputs.
Graph expose(const Graph& graph, std::span<Value* const> results) {
  GraphCopy copy = copy_graph(graph);
  copy.graph.outputs().clear();
  copy.graph.output_names.clear();
  for (const Value* value : results) copy.graph.outputs().push_back(copy.values.at(value));
  remove_dead(copy.graph);
  return std::move(copy.graph);
}

}  // namespace

Result<void> for_each_sample(
    const Graph& graph, std::span<Value* const> results, SampleSource& samples, Lowering* lowering,
    const std::function<void(size_t lane, const Value* value, std::span<const float> numbers)>& see,
    const Progress& progress) {
  for (size_t begin = 0; begin < results.size();) {
    size_t end = begin, bytes = 0;
    do {
      bytes += results[end++]->type.max_nbytes();
    } while (end < results.size() && bytes + results[end]->type.max_nbytes() <= kBudgetBytes);
    const Graph exposed = expose(graph, results.subspan(begin, end - begin));
    const Runnable runnable{&exposed, lowering};
    const auto show = [&](size_t lane, size_t, const Sample&, std::span<const Session> sessions) -> Result<void> {
      for (size_t r = begin; r < end; ++r) see(lane, results[r], INGOT_TRY(sessions[0].floats(r - begin)));
      return {};
    };
    INGOT_TRY_VOID(run_samples({&runnable, 1}, samples, samples.size(), "calibrating", progress, show));
    begin = end;
  }
  return {};
}

Result<void> observe(const Graph& graph, std::span<Value* const> values, SampleSource& samples, Lowering* lowering,
                     const Progress& progress, Histograms& known) {
  std::vector<Value*> results;
  std::vector<size_t> inputs;
  for (Value* value : values) {
    if (known.contains(value)) continue;
    if (value->is_constant()) {
      known[value].add(value->data.as<float>());
    } else if (value->kind == Value::Kind::result) {
      results.push_back(value);
    } else {
      inputs.push_back(static_cast<size_t>(std::ranges::find(graph.inputs(), value) - graph.inputs().begin()));
    }
  }
  for (size_t i = 0; !inputs.empty() && i < samples.size(); ++i) {
    const Sample sample = INGOT_TRY(samples.read(i));
    for (const size_t input : inputs) known[graph.inputs()[input]].add(sample.inputs[input].as<float>());
  }
  std::array<Histograms, kLanes> lanes;
  for (Histograms& lane : lanes) {
    for (const Value* value : results) lane.try_emplace(value);
  }
  INGOT_TRY_VOID(for_each_sample(
      graph, results, samples, lowering,
      [&](size_t lane, const Value* value, std::span<const float> numbers) { lanes[lane].at(value).add(numbers); },
      progress));
  for (const Value* value : results) {
    for (const Histograms& lane : lanes) known[value].add(lane.at(value), 1);
  }
  return {};
}

}  // namespace ingot::compiler
