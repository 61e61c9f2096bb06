#include "compiler/quantize/tune.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>

#include "compiler/ir/builder.h"
#include "compiler/ir/copy.h"
#include "compiler/ir/quantization.h"
#include "compiler/ir/rewrite.h"
#include "compiler/quantize/apply.h"
#include "compiler/quantize/samples.h"
#include "compiler/quantize/session.h"

namespace ingot::compiler {
namespace {

constexpr double kWorthwhile = 0.9;   // of the integers' time
constexpr double kMostGrowth = 0.01;  // of the constants' bytes
// Rounds of one run each; forms that are so far apart after the first few are not looked at any longer.
constexpr int kRounds = 30, kFirstRounds = 4;
constexpr double kFarApart = 1.5;

using Clock = std::chrono::steady_clock;

// A product with a constant weight that is quantized, of sizes that are known.
bool can_be_timed(const Unit& unit) {
  if (unit.recipe->kind != OpKind::product) return false;
  const auto weight = weight_of(*unit.node);
  if (!weight || !unit.node->tensor(weight->arg)->is_constant()) return false;
  const std::vector<Value*> operands = operands_of(*unit.node);
  return operands.size() == 1 && !operands[0]->is_constant() && is_static(operands[0]->type.shape);
}

size_t weight_bytes(const Unit& unit) {
  return unit.node->tensor(weight_of(*unit.node)->arg)->data.size();
}

// The unit as a graph of its own, in either form.
class Alone {
 public:
  Alone(const Scheme& scheme, std::span<const AffineParameters> parameters, const Uses& uses, const Unit& unit)
      : scheme_(scheme), uses_(uses), unit_(unit), operand_(operands_of(*unit.node).front()) {
    input_ = parameters_of(operand_, scheme, parameters);
    result_ = parameters_of(unit.result(), scheme, parameters);
  }

  // `images_last`: images are read and written with their channels innermost, as a delegate has them inside.
  Result<Graph> make(bool in_integers, bool images_last) const {
    std::vector<const Node*> nodes = {unit_.node};
    if (unit_.last != unit_.node) nodes.push_back(unit_.last);
    const std::array<Value*, 1> inputs = {operand_}, outputs = {unit_.result()};
    GraphCopy copy = copy_part("unit", nodes, inputs, outputs);
    Graph& graph = copy.graph;
    if (images_last && unit_.node->is("aten::convolution")) lay_channels_last(graph);
    Node& node = *graph.nodes().front();
    if (in_integers) {
      const auto weight = weight_of(node);
      node.set_arg(weight->arg, INGOT_TRY(dequantized_weight(graph, node, *weight, input_, &node)));
    }
    INGOT_TRY_VOID(read(graph, node, copy.values.at(operand_), in_integers));
    INGOT_TRY_VOID(write(graph, in_integers));
    remove_dead(graph);
    return std::move(graph);
  }

 private:
  static void lay_channels_last(Graph& graph) {
    for (const auto& value : graph.values()) {
      if (value->is_constant() || value->type.rank() < 3) continue;
      std::vector<uint8_t> order = {0};
      for (size_t dim = 2; dim < value->type.rank(); ++dim) order.push_back(static_cast<uint8_t>(dim));
      order.push_back(1);
      value->type.dim_order = std::move(order);
    }
  }

  // Integers where the unit before makes them, real numbers else.
  Result<void> read(Graph& graph, Node& node, Value* x, bool in_integers) const {
    Value* read = x;
    if (scheme_.is_computed(operand_)) {
      x->type.dtype = DType::int8;
      read = INGOT_TRY(dequantized(graph, x, input_, node.source(), &node));
    } else if (in_integers) {
      read = INGOT_TRY(add_pair(graph, x, input_, &node));
    }
    for (size_t i = 0; i < node.args().size(); ++i) {
      const auto* arg = std::get_if<Value*>(&node.arg(i));
      if (arg != nullptr && *arg == x) node.set_arg(i, read);
    }
    return {};
  }

  // Integers where a unit behind reads them, and real numbers where none does.
  Result<void> write(Graph& graph, bool in_integers) const {
    const auto users = uses_.of(unit_.result());
    const bool wanted = std::ranges::any_of(users, [this](const Node* user) { return scheme_.inside.contains(user); });
    if (!wanted && !in_integers) return {};
    Value*& output = graph.outputs().front();
    output = INGOT_TRY(add_pair(graph, output, result_, nullptr));
    if (wanted) output = dequantize_of(*output)->tensor(0);
    return {};
  }

  const Scheme& scheme_;
  const Uses& uses_;
  const Unit& unit_;
  Value* operand_;
  AffineParameters input_, result_;
};

// One runnable form with inputs to run on.
struct Form {
  Session session;
  Sample sample;

  static Result<Form> make(Graph graph, Lowering* lowering) {
    Sample sample = INGOT_TRY(random_samples(graph, 0, 1)->read(0));
    Session session = INGOT_TRY(Session::make(std::move(graph), lowering));
    return Form{std::move(session), std::move(sample)};
  }
  Result<void> time(double* shortest) {
    INGOT_TRY_VOID(session.set_inputs(sample.inputs));  // every time: running may overwrite them
    const auto start = Clock::now();
    INGOT_TRY_VOID(session.execute());
    *shortest = std::min(*shortest, std::chrono::duration<double>(Clock::now() - start).count());
    return {};
  }
};

Result<FormTimes> time_in_turns(Form& integers, Form& floats) {
  FormTimes times{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (int round = 0; round < kRounds; ++round) {
    INGOT_TRY_VOID(integers.time(&times.integers));
    INGOT_TRY_VOID(floats.time(&times.floats));
    const double ratio = times.floats / times.integers;
    if (round + 1 >= kFirstRounds && (ratio > kFarApart || ratio < 1 / kFarApart)) break;
  }
  return times;
}

// A unit that is faster in float, and what that costs.
struct Candidate {
  const Node* node;
  double saved;   // seconds
  double growth;  // bytes of the file
};

// The best for their bytes, while these fit.
std::vector<const Node*> affordable(std::vector<Candidate> candidates, double bytes) {
  std::ranges::stable_sort(candidates, std::ranges::greater{},
                           [](const Candidate& candidate) { return candidate.saved / candidate.growth; });
  std::vector<const Node*> chosen;
  for (const Candidate& candidate : candidates) {
    if (candidate.growth > bytes) continue;
    bytes -= candidate.growth;
    chosen.push_back(candidate.node);
  }
  return chosen;
}

}  // namespace

Stopwatch time_here(Lowering* lowering) {
  return [lowering](Graph in_integers, Graph in_floats) -> Result<FormTimes> {
    Form integers = INGOT_TRY(Form::make(std::move(in_integers), lowering));
    Form floats = INGOT_TRY(Form::make(std::move(in_floats), lowering));
    return time_in_turns(integers, floats);
  };
}

Result<std::vector<const Node*>> faster_in_float(const Graph& graph, const Scheme& scheme,
                                                 std::span<const AffineParameters> parameters, bool images_last,
                                                 const Stopwatch& stopwatch, const Progress& progress) {
  const Uses uses(graph);
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < scheme.units.size(); ++i) {
    const Unit& unit = scheme.units[i];
    if (progress) progress("timing", i + 1, scheme.units.size());
    if (!can_be_timed(unit)) continue;
    const Alone alone(scheme, parameters, uses, unit);
    Graph in_integers = INGOT_TRY(alone.make(true, images_last)), in_floats = INGOT_TRY(alone.make(false, images_last));
    const FormTimes times = INGOT_TRY(stopwatch(std::move(in_integers), std::move(in_floats)));
    if (times.floats > kWorthwhile * times.integers) continue;
    constexpr double kShrinks = 0.75;  // four bytes to one
    candidates.push_back(
        {unit.node, times.integers - times.floats, kShrinks * static_cast<double>(weight_bytes(unit))});
  }
  double bytes = 0;
  for (const auto& value : graph.values()) bytes += static_cast<double>(value->data.size());
  return affordable(std::move(candidates), kMostGrowth * bytes);
}

}  // namespace ingot::compiler
