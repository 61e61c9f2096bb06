// Loop and Scan, unrolled. How often they run at most must be known.
#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/onnx/graph_import.h"
#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/selection.h"

namespace ingot::compiler::onnx_import {
namespace {

using Values = std::vector<Value*>;

constexpr int64_t kEndless = std::numeric_limits<int64_t>::max();

// How a graph numbers or tests its iterations: by a scalar, or a list of one, as it declares its input.
Shape declared_shape(const onnx::GraphProto& graph, int input) {
  const onnx::TypeProto& type = graph.input(input).type();
  const bool list =
      type.has_tensor_type() && type.tensor_type().has_shape() && type.tensor_type().shape().dim_size() == 1;
  return list ? Shape{Dim(1)} : Shape{};
}

// What the runs of a loop's graph give besides the states: a list for each output that collects.
class Collected {
 public:
  explicit Collected(size_t count) : runs_(count) {}

  void add(std::span<Value* const> values) {
    for (size_t i = 0; i < values.size(); ++i) runs_[i].push_back(values[i]);
  }
  // Those of one output along a new axis, which counts from the end where negative.
  Result<Value*> stacked(Conversion& c, size_t i, int64_t axis, bool backwards) {
    Values& values = runs_[i];
    const auto open = std::ranges::find_if(values, [&](Value* value) { return c.importer().is_open_size(value); });
    if (open != values.end())
      return fail(ErrorCode::not_supported, "it collects lists of sizes that are open until the program runs");
    const size_t at = INGOT_TRY(Conversion::axis(axis, values[0]->type.rank() + 1));
    if (backwards) std::ranges::reverse(values);
    return c.call("aten::stack", {values, static_cast<int64_t>(at)});
  }

 private:
  std::vector<Values> runs_;
};

// As many elements as a run gives, but of no run at all: what `values` have, along a new axis of size 0.
Result<Value*> collect_nothing(Conversion& c, const Value* value, int64_t axis) {
  const size_t at = INGOT_TRY(Conversion::axis(axis, value->type.rank() + 1));
  TensorType type = value->type;
  type.dim_order.clear();
  type.shape.insert(type.shape.begin() + static_cast<std::ptrdiff_t>(at), Dim(0));
  if (!is_static(type.shape))
    return fail(ErrorCode::not_supported, "it collects %s of no iteration", to_string(value->type).c_str());
  return c.builder().constant("nothing", std::move(type), Bytes());
}

struct LoopBody {
  const onnx::GraphProto* graph = nullptr;
  int64_t trips = 0;
  size_t states = 0;
  size_t collected = 0;
};

Result<LoopBody> read_loop(Conversion& c) {
  LoopBody body;
  body.graph = INGOT_TRY(c.graph("body"));
  body.states = c.num_inputs() > 2 ? c.num_inputs() - 2 : 0;
  body.trips = kEndless;
  if (c.importer().is_open_size(c.input(0)))
    return fail(ErrorCode::not_supported, "how often it runs is a size that is open until the program runs");
  if (c.input(0) != nullptr) body.trips = INGOT_TRY(c.constant_integer(0, "how often it runs"));
  const auto outputs = static_cast<size_t>(body.graph->output_size());
  if (body.graph->input_size() < 2 || outputs < 1 + body.states || c.num_outputs() > outputs - 1)
    return fail(ErrorCode::invalid_file,
                "its graph has %d inputs and %zu outputs; it carries on %zu and gives %zu values",
                body.graph->input_size(), outputs, body.states, c.num_outputs());
  body.collected = outputs - 1 - body.states;
  for (size_t i = 0; i < body.states; ++i) {
    if (c.input(2 + i) == nullptr) return fail(ErrorCode::invalid_file, "its input %zu is missing", 2 + i);
  }
  return body;
}

// One run of the body: whether it goes on, the states, and what is collected.
Result<Values> run_iteration(Conversion& c, const LoopBody& body, int64_t iteration, const Values& states) {
  const auto shaped = [&](int input, Value* scalar) { return c.view(scalar, declared_shape(*body.graph, input)); };
  Values inputs;
  inputs.push_back(INGOT_TRY(shaped(0, c.builder().constant_i64("iteration", {}, {iteration}))));
  inputs.push_back(INGOT_TRY(shaped(1, c.scalar(DType::boolean, 1))));
  inputs.insert(inputs.end(), states.begin(), states.end());
  return c.importer().run(*body.graph, inputs, 1 + body.states + body.collected);
}

// What Scan's attributes say of one of the inputs that it goes through, or one of the outputs that it collects.
struct Way {
  int64_t axis = 0;
  bool backwards = false;
};

Result<std::vector<Way>> read_ways(Conversion& c, const char* axis_list, const char* direction_list, size_t count) {
  const std::vector<int64_t> none(count, 0);
  const auto axes = INGOT_TRY(c.integers(axis_list)).value_or(none);
  const auto directions = INGOT_TRY(c.integers(direction_list)).value_or(none);
  if (axes.size() != count || directions.size() != count)
    return fail(ErrorCode::invalid_file, "%zu of %s and %zu of %s, expected %zu", axes.size(), axis_list,
                directions.size(), direction_list, count);
  std::vector<Way> ways;
  for (size_t i = 0; i < count; ++i) {
    if (directions[i] != 0 && directions[i] != 1)
      return fail(ErrorCode::invalid_file, "a direction is %lld, expected 0 or 1",
                  static_cast<long long>(directions[i]));
    ways.push_back({axes[i], directions[i] == 1});
  }
  return ways;
}

struct ScanBody {
  const onnx::GraphProto* graph = nullptr;
  size_t states = 0;
  std::vector<Way> through;
  std::vector<Way> collected;
};

// `first` is the first input that is a state.
Result<ScanBody> read_scan(Conversion& c, size_t first) {
  ScanBody body;
  body.graph = INGOT_TRY(c.graph("body"));
  const int64_t through = INGOT_TRY(c.integer("num_scan_inputs", 0));
  if (through < 1 || std::cmp_greater(through + static_cast<int64_t>(first), c.num_inputs()))
    return fail(ErrorCode::invalid_file, "num_scan_inputs is %lld of %zu inputs", static_cast<long long>(through),
                c.num_inputs());
  body.states = c.num_inputs() - first - static_cast<size_t>(through);
  const auto outputs = static_cast<size_t>(body.graph->output_size());
  if (outputs < body.states || c.num_outputs() > outputs)
    return fail(ErrorCode::invalid_file, "its graph has %zu outputs; it carries on %zu and gives %zu values", outputs,
                body.states, c.num_outputs());
  const bool over_batches = c.opset() < 9;
  body.through = INGOT_TRY(read_ways(c, "scan_input_axes", over_batches ? "directions" : "scan_input_directions",
                                     static_cast<size_t>(through)));
  body.collected = INGOT_TRY(read_ways(c, "scan_output_axes", "scan_output_directions", outputs - body.states));
  for (size_t i = first; i < c.num_inputs(); ++i) {
    if (c.input(i) == nullptr) return fail(ErrorCode::invalid_file, "its input %zu is missing", i);
    if (c.importer().is_open_size(c.input(i)))
      return fail(ErrorCode::not_supported, "it goes through a list of sizes that are open until the program runs");
  }
  return body;
}

// How many elements it goes through.
Result<int64_t> count_steps(const ScanBody& body, std::span<Value* const> through) {
  int64_t steps = -1;
  for (size_t i = 0; i < through.size(); ++i) {
    const size_t axis = INGOT_TRY(Conversion::axis(body.through[i].axis, through[i]->type.rank()));
    const int64_t size = INGOT_TRY(Conversion::size(through[i], axis));
    if (steps >= 0 && size != steps)
      return fail(ErrorCode::invalid_file, "it goes through %lld elements and %lld at once",
                  static_cast<long long>(steps), static_cast<long long>(size));
    steps = size;
  }
  if (steps > 0) return steps;
  return fail(ErrorCode::not_supported, "it goes through no element");
}

// From the states at the start and what it goes through: the states at the end and what it collects.
Result<Values> scan(Conversion& c, const ScanBody& body, Values states, std::span<Value* const> through) {
  const int64_t steps = INGOT_TRY(count_steps(body, through));
  Collected collected(body.collected.size());
  for (int64_t step = 0; step < steps; ++step) {
    Values inputs = states;
    for (size_t i = 0; i < through.size(); ++i) {
      const size_t axis = INGOT_TRY(Conversion::axis(body.through[i].axis, through[i]->type.rank()));
      const int64_t at = body.through[i].backwards ? steps - 1 - step : step;
      inputs.push_back(INGOT_TRY(c.call("aten::select_copy.int", {through[i], static_cast<int64_t>(axis), at})));
    }
    const Values results = INGOT_TRY(c.importer().run(*body.graph, inputs, body.states + body.collected.size()));
    states.assign(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(body.states));
    collected.add(std::span(results).subspan(body.states));
  }
  for (size_t i = 0; i < body.collected.size(); ++i) {
    const Way& way = body.collected[i];
    states.push_back(INGOT_TRY(collected.stacked(c, i, way.axis, way.backwards)));
  }
  return states;
}

// Before operator set 9, Scan went through each element of a batch (axis 0 of everything) by itself.
Result<Outputs> scan_batches(Conversion& c) {
  const ScanBody body = INGOT_TRY(read_scan(c, 1));
  const Value* first = c.input(1);
  if (first->type.rank() < 1) return fail(ErrorCode::invalid_file, "an input is %s", to_string(first->type).c_str());
  const int64_t batch = INGOT_TRY(Conversion::size(first, 0));
  if (batch < 1) return fail(ErrorCode::not_supported, "a batch of nothing");
  if (c.input(0) != nullptr) {
    const Value* through = c.input(c.num_inputs() - 1);
    const int64_t steps = through->type.rank() < 2 ? 0 : INGOT_TRY(Conversion::size(through, 1));
    const std::vector<int64_t> lengths = INGOT_TRY(c.constant_integers(0, "sequence_lens"));
    if (!std::ranges::all_of(lengths, [&](int64_t length) { return length == steps; }))
      return fail(ErrorCode::not_supported, "sequences of several lengths");
  }
  Collected collected(body.states + body.collected.size());
  for (int64_t i = 0; i < batch; ++i) {
    Values inputs;
    for (size_t k = 1; k < c.num_inputs(); ++k)
      inputs.push_back(INGOT_TRY(c.call("aten::select_copy.int", {c.input(k), int64_t{0}, i})));
    const auto states = inputs.begin() + static_cast<std::ptrdiff_t>(body.states);
    collected.add(INGOT_TRY(scan(c, body, Values(inputs.begin(), states), std::span(states, inputs.end()))));
  }
  Values results;
  for (size_t i = 0; i < body.states + body.collected.size(); ++i)
    results.push_back(INGOT_TRY(collected.stacked(c, i, 0, false)));
  return results;
}

// Of a loop that the running model ends: where it goes on, `so_far` it did.
Result<Value*> still_running(Conversion& c, const LoopBody& body, Value* so_far, Value* goes_on) {
  if (body.trips == kEndless)
    return fail(ErrorCode::not_supported, "when it ends is computed when the model runs, and nothing limits how often");
  if (body.collected > 0)
    return fail(ErrorCode::not_supported, "how many values it collects is computed when the model runs");
  Value* running = INGOT_TRY(scalar_condition(c, goes_on));
  return so_far == nullptr ? running : c.call("aten::logical_and", {so_far, running});
}

// The states after an iteration made of the nodes from the `first` on; `running` is null where it surely takes place.
Result<void> carry_on(Conversion& c, size_t first, Value* running, std::span<Value* const> after, Values* states) {
  if (running != nullptr) INGOT_TRY_VOID(guard_nodes(c, first, running));
  for (size_t i = 0; i < states->size(); ++i) {
    Value*& state = (*states)[i];
    state = running == nullptr ? after[i]
                               : INGOT_TRY(select(c, c.importer(), running, after[i], state, "what it carries on"));
  }
  return {};
}

}  // namespace

// Where the running model decides to end it, all iterations are computed, and those behind the end change nothing.
Result<Outputs> convert_loop(Conversion& c) {
  const LoopBody body = INGOT_TRY(read_loop(c));
  Values states;
  for (size_t i = 0; i < body.states; ++i) states.push_back(c.input(2 + i));
  Collected collected(body.collected);
  Values results;
  Value* running = nullptr;
  Value* goes_on = c.input(1);
  int64_t iteration = 0;
  for (; iteration < body.trips; ++iteration) {
    if (goes_on != nullptr && !goes_on->is_constant()) {
      running = INGOT_TRY(still_running(c, body, running, goes_on));
    } else if (goes_on != nullptr && !INGOT_TRY(known_condition(goes_on))) {
      break;
    }
    const size_t first = c.builder().graph().nodes().size();
    results = INGOT_TRY(run_iteration(c, body, iteration, states));
    goes_on = results[0];
    const auto rest = std::span(results).subspan(1);
    INGOT_TRY_VOID(carry_on(c, first, running, rest, &states));
    collected.add(rest.subspan(body.states));
  }
  // Of no iteration at all, a trial tells the types.
  if (iteration == 0 && body.collected > 0) results = INGOT_TRY(run_iteration(c, body, 0, states));
  for (size_t i = 0; i < body.collected; ++i) {
    states.push_back(iteration == 0 ? INGOT_TRY(collect_nothing(c, results[1 + body.states + i], 0))
                                    : INGOT_TRY(collected.stacked(c, i, 0, false)));
  }
  return states;
}

Result<Outputs> convert_scan(Conversion& c) {
  if (c.opset() < 9) return scan_batches(c);
  const ScanBody body = INGOT_TRY(read_scan(c, 0));
  Values inputs;
  for (size_t i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.input(i));
  const auto through = inputs.begin() + static_cast<std::ptrdiff_t>(body.states);
  return scan(c, body, Values(inputs.begin(), through), std::span(through, inputs.end()));
}

}  // namespace ingot::compiler::onnx_import
