#include "compiler/quantize/calibrate.h"

#include <algorithm>
#include <utility>

#include "compiler/ir/copy.h"
#include "compiler/ir/rewrite.h"
#include "compiler/quantize/session.h"

namespace ingot::compiler {
namespace {

// Of values exposed at a time.
constexpr size_t kBudgetBytes = size_t{128} << 20;

// The graph with these results as its outputs.
Result<Session> expose(const Graph& graph, std::span<Value* const> results, Lowering* lowering) {
  GraphCopy copy = copy_graph(graph);
  copy.graph.outputs().clear();
  copy.graph.output_names.clear();
  for (const Value* value : results) copy.graph.outputs().push_back(copy.values.at(value));
  remove_dead(copy.graph);
  return Session::make(std::move(copy.graph), lowering);
}

}  // namespace

Result<void> for_each_sample(const Graph& graph, std::span<Value* const> results, SampleSource& samples,
                             Lowering* lowering,
                             const std::function<void(const Value* value, std::span<const float> numbers)>& see,
                             const Progress& progress) {
  for (size_t begin = 0; begin < results.size();) {
    size_t end = begin, bytes = 0;
    do {
      bytes += results[end++]->type.max_nbytes();
    } while (end < results.size() && bytes + results[end]->type.max_nbytes() <= kBudgetBytes);
    Session session = INGOT_TRY(expose(graph, results.subspan(begin, end - begin), lowering));
    for (size_t i = 0; i < samples.size(); ++i) {
      INGOT_TRY_VOID(session.run(INGOT_TRY(samples.read(i)).inputs));
      for (size_t r = begin; r < end; ++r) see(results[r], INGOT_TRY(session.floats(r - begin)));
      if (progress) progress("calibrating", i + 1, samples.size());
    }
    begin = end;
  }
  return {};
}

Result<Histograms> observe(const Graph& graph, std::span<Value* const> values, SampleSource& samples,
                           Lowering* lowering, const Progress& progress) {
  Histograms histograms;
  std::vector<Value*> results;
  std::vector<size_t> inputs;
  for (Value* value : values) {
    if (value->is_constant()) {
      histograms[value].add(value->data.as<float>());
    } else if (value->kind == Value::Kind::result) {
      results.push_back(value);
    }
  }
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    if (std::ranges::find(values, graph.inputs()[i]) != values.end()) inputs.push_back(i);
  }
  for (size_t i = 0; !inputs.empty() && i < samples.size(); ++i) {
    const Sample sample = INGOT_TRY(samples.read(i));
    for (const size_t input : inputs) histograms[graph.inputs()[input]].add(sample.inputs[input].as<float>());
  }
  INGOT_TRY_VOID(for_each_sample(
      graph, results, samples, lowering,
      [&](const Value* value, std::span<const float> numbers) { histograms[value].add(numbers); }, progress));
  return histograms;
}

}  // namespace ingot::compiler
