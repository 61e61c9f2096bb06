#include "compiler/quantize/accuracy.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "compiler/quantize/sample_runner.h"
#include "runtime/core/number.h"

namespace ingot::compiler {
namespace {

// Scores of one sample: for each of `outer * inner` positions, `classes` numbers `inner` apart.
struct Scores {
  std::span<const float> numbers;
  std::vector<float> converted;  // what they refer to where the output holds integers
  size_t outer = 1;
  size_t classes = 1;
  size_t inner = 1;

  const float* position(size_t i) const { return numbers.data() + i / inner * classes * inner + i % inner; }
  size_t positions() const { return outer * inner; }
  size_t best(size_t i) const {
    const float* at = position(i);
    size_t best = 0;
    for (size_t c = 1; c < classes; ++c) best = at[c * inner] > at[best * inner] ? c : best;
    return best;
  }
  // How many classes of a single position come before this one (the earlier of equals first).
  size_t rank(size_t label) const {
    size_t before = 0;
    for (size_t c = 0; c < classes; ++c) {
      before += numbers[c] > numbers[label] || (numbers[c] == numbers[label] && c < label);
    }
    return before;
  }
};

Result<Scores> scores_of(const Session& session) {
  const Tensor* tensor = INGOT_TRY(session.output(0));
  Scores scores;
  if (tensor->dtype() == DType::float32) {
    scores.numbers = INGOT_TRY(session.floats(0));
  } else {
    const auto* bytes = static_cast<const std::byte*>(tensor->data());
    const size_t size = size_of(tensor->dtype());
    for (size_t i = 0; i < tensor->numel(); ++i) {
      scores.converted.push_back(static_cast<float>(load_number(tensor->dtype(), bytes + i * size)));
    }
    scores.numbers = scores.converted;
  }
  if (tensor->rank() == 0 || tensor->numel() == 0) return scores;
  const size_t axis = tensor->rank() > 1 ? 1 : 0;
  scores.outer = axis == 1 ? static_cast<size_t>(tensor->size(0)) : 1;
  scores.classes = static_cast<size_t>(tensor->size(axis));
  scores.inner = tensor->numel() / scores.outer / scores.classes;
  return scores;
}

struct Counts {
  size_t first = 0;
  size_t among_five = 0;

  void add(size_t rank) {
    first += rank == 0;
    among_five += rank < 5;
  }
  Accuracy::Top share(size_t n) const {
    return {static_cast<double>(first) / static_cast<double>(n),
            static_cast<double>(among_five) / static_cast<double>(n)};
  }
};

Result<size_t> label_of(const Sample& sample, const Scores& scores) {
  const auto label = static_cast<size_t>(*sample.label);
  if (scores.positions() != 1) {
    return fail(ErrorCode::invalid_argument, "samples have one label each, the model answers at %zu positions",
                scores.positions());
  }
  if (label < scores.classes) return label;
  return fail(ErrorCode::invalid_argument, "label %zu: the model has %zu classes", label, scores.classes);
}

// The answers to one sample.
struct Comparison {
  size_t equal = 0, positions = 0;
  double signal = 0, noise = 0;
  std::optional<size_t> rank_of_float;  // of the label
  size_t rank_of_quantized = 0;

  Result<void> make(const Sample& sample, const Session& of_float, const Session& quantized) {
    const Scores expected = INGOT_TRY(scores_of(of_float)), found = INGOT_TRY(scores_of(quantized));
    positions = expected.positions();
    for (size_t p = 0; p < positions; ++p) equal += expected.best(p) == found.best(p);
    for (size_t k = 0; k < expected.numbers.size(); ++k) {
      const double x = expected.numbers[k], d = x - static_cast<double>(found.numbers[k]);
      signal += x * x;
      noise += d * d;
    }
    if (!sample.label) return {};
    const size_t label = INGOT_TRY(label_of(sample, expected));
    rank_of_float = expected.rank(label);
    rank_of_quantized = found.rank(label);
    return {};
  }
};

}  // namespace

Result<Evaluation> evaluate_answers(const Graph& graph, SampleSource& samples, Lowering* lowering,
                                    const Progress& progress) {
  if (graph.outputs().empty()) return fail(ErrorCode::invalid_argument, "the model has no output to evaluate");
  std::vector<size_t> ranks(samples.size());
  const auto look = [&](size_t, size_t index, const Sample& sample, std::span<const Session> sessions) -> Result<void> {
    if (!sample.label) {
      return fail(ErrorCode::invalid_argument, "sample %zu has no label to compare the model's answer with", index);
    }
    const Scores scores = INGOT_TRY(scores_of(sessions[0]));
    ranks[index] = scores.rank(INGOT_TRY(label_of(sample, scores)));
    return {};
  };
  const Runnable runnable{&graph, lowering};
  INGOT_TRY_VOID(run_samples({&runnable, 1}, samples, samples.size(), "evaluating", progress, look));
  Counts counts;
  for (const size_t rank : ranks) counts.add(rank);
  return Evaluation{ranks.size(), counts.share(ranks.size())};
}

Result<Accuracy> compare_accuracy(const Graph& of_float, const Graph& quantized, SampleSource& samples,
                                  Lowering* lowering, Lowering* target, const Progress& progress) {
  if (of_float.outputs().empty()) return fail(ErrorCode::invalid_argument, "the model has no output to compare");
  const Runnable graphs[] = {{&of_float, lowering}, {&quantized, target}};
  std::vector<Comparison> comparisons(samples.size());  // added up in the order of the samples
  const auto compare = [&](size_t, size_t index, const Sample& sample, std::span<const Session> sessions) {
    return comparisons[index].make(sample, sessions[0], sessions[1]);
  };
  INGOT_TRY_VOID(run_samples(graphs, samples, samples.size(), "evaluating", progress, compare));
  Accuracy accuracy;
  Counts float_counts, quantized_counts;
  size_t labels = 0, equal = 0, positions = 0;
  double signal = 0, noise = 0;
  for (const Comparison& c : comparisons) {
    equal += c.equal;
    positions += c.positions;
    signal += c.signal;
    noise += c.noise;
    if (!c.rank_of_float) continue;
    float_counts.add(*c.rank_of_float);
    quantized_counts.add(c.rank_of_quantized);
    ++labels;
  }
  accuracy.n = samples.size();
  if (labels > 0) {
    accuracy.of_float = float_counts.share(labels);
    accuracy.of_quantized = quantized_counts.share(labels);
  }
  accuracy.agreement = positions == 0 ? 0 : static_cast<double>(equal) / static_cast<double>(positions);
  accuracy.sqnr_db = noise > 0 ? 10 * std::log10(signal / noise) : INFINITY;
  return accuracy;
}

}  // namespace ingot::compiler
