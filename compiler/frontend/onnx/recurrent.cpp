// LSTM, GRU and RNN, unrolled over time.
#include "compiler/frontend/onnx/recurrent.h"

#include <cmath>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

// Where the inputs stand.
enum Input : size_t { kX, kWeights, kRecurrentWeights, kBias, kLengths, kHidden, kMemory, kPeepholes };

// How the kinds of layers differ in what they hold.
struct Format {
  RecurrentCell::Kind kind;
  int64_t gates;
  RecurrentCell::Order order;
  std::vector<std::string> activations;
};

// Sizes that the node has in common with all of its inputs.
struct Sizes {
  int64_t steps = 0;
  Dim batch = 0;
  int64_t input = 0;
  int64_t hidden = 0;
  int64_t directions = 1;
};

struct Layer {
  Sizes sizes;
  bool batch_first = false;
  bool backwards = false;  // the first direction
  std::vector<RecurrentCell> cells;
  std::vector<RecurrentState> starts;
  SequenceLengths lengths;
};

Result<void> expect_shape(Conversion& c, size_t input, const char* name, const Shape& shape) {
  const TensorType& type = c.input(input)->type;
  if (type.shape == shape && type.dtype == c.input(kX)->type.dtype) return {};
  return fail(ErrorCode::invalid_file, "%s is %s, expected %s%s", name, to_string(type).c_str(),
              to_string(c.input(kX)->type.dtype), to_string(shape).c_str());
}

Result<void> read_direction(Conversion& c, Layer* layer) {
  const std::string direction = INGOT_TRY(c.text("direction", "forward"));
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return fail(ErrorCode::invalid_file, "direction is '%.20s', expected forward, reverse or bidirectional",
                direction.c_str());
  layer->backwards = direction == "reverse";
  layer->sizes.directions = direction == "bidirectional" ? 2 : 1;
  return {};
}

// `x` is [T, B, I].
Result<void> read_sizes(Conversion& c, const Format& format, const Value* x, Sizes* sizes) {
  sizes->steps = INGOT_TRY(Conversion::size(x, 0));
  sizes->batch = x->type.shape[1];
  sizes->input = INGOT_TRY(Conversion::size(x, 2));
  const Value* recurrent = c.input(kRecurrentWeights);
  if (recurrent->type.rank() != 3)
    return fail(ErrorCode::invalid_file, "R is %s, expected 3 axes", to_string(recurrent->type).c_str());
  const int64_t given = INGOT_TRY(Conversion::size(recurrent, 2));
  sizes->hidden = INGOT_TRY(c.integer("hidden_size", given));
  if (sizes->hidden != given || given < 1)
    return fail(ErrorCode::invalid_file, "hidden_size is %lld, but R is %s", static_cast<long long>(sizes->hidden),
                to_string(recurrent->type).c_str());
  const int64_t rows = format.gates * sizes->hidden;
  INGOT_TRY_VOID(expect_shape(c, kWeights, "W", {sizes->directions, rows, sizes->input}));
  INGOT_TRY_VOID(expect_shape(c, kRecurrentWeights, "R", {sizes->directions, rows, sizes->hidden}));
  if (c.input(kBias) != nullptr) INGOT_TRY_VOID(expect_shape(c, kBias, "B", {sizes->directions, 2 * rows}));
  if (c.input(kPeepholes) != nullptr)
    INGOT_TRY_VOID(expect_shape(c, kPeepholes, "P", {sizes->directions, 3 * sizes->hidden}));
  return check_recurrent_steps(sizes->steps, sizes->directions);
}

// The part of an input that belongs to a direction.
Result<Value*> of_direction(Conversion& c, size_t input, size_t axis, int64_t direction) {
  return c.call("aten::select_copy.int", {c.input(input), static_cast<int64_t>(axis), direction});
}

Result<void> read_weights(Conversion& c, const Sizes& sizes, int64_t direction, RecurrentCell* cell) {
  Value* weight = INGOT_TRY(of_direction(c, kWeights, 0, direction));
  cell->input_weight = INGOT_TRY(c.permute(weight, {1, 0}));
  weight = INGOT_TRY(of_direction(c, kRecurrentWeights, 0, direction));
  cell->hidden_weight = INGOT_TRY(c.permute(weight, {1, 0}));
  if (c.input(kBias) != nullptr) {
    Value* both = INGOT_TRY(of_direction(c, kBias, 0, direction));
    const Dim half = cell->input_weight->type.shape[1];
    cell->input_bias = INGOT_TRY(c.slice(both, 0, 0, half));
    cell->hidden_bias = INGOT_TRY(c.slice(both, 0, half, half + half));
  }
  if (c.input(kPeepholes) == nullptr) return {};
  // In the order in, out, forget.
  Value* all = INGOT_TRY(of_direction(c, kPeepholes, 0, direction));
  constexpr size_t kGate[] = {0, 2, 1};
  for (size_t i = 0; i < 3; ++i) {
    const int64_t start = static_cast<int64_t>(i) * sizes.hidden;
    cell->peepholes[kGate[i]] = INGOT_TRY(c.slice(all, 0, start, start + sizes.hidden));
  }
  return {};
}

Result<void> read_cells(Conversion& c, const Format& format, Layer* layer) {
  RecurrentCell like;
  like.kind = format.kind;
  like.order = format.order;
  if (c.has("clip")) {
    like.clip = INGOT_TRY(c.real("clip", 0));
    if (!(like.clip > 0) || !std::isfinite(like.clip))
      return fail(ErrorCode::invalid_file, "clip is %g, expected a positive number", like.clip);
  }
  if (format.kind == RecurrentCell::Kind::gru)
    like.reset_after_product = INGOT_TRY(c.flag("linear_before_reset", false));
  if (format.kind == RecurrentCell::Kind::lstm) like.forgets_what_comes_in = INGOT_TRY(c.flag("input_forget", false));
  const auto directions = static_cast<size_t>(layer->sizes.directions);
  const std::vector<Activation> activations = INGOT_TRY(read_activations(c, format.activations, directions));
  for (size_t i = 0; i < directions; ++i) {
    RecurrentCell cell = like;
    for (size_t k = 0; k < format.activations.size(); ++k)
      cell.activations[k] = activations[i * format.activations.size() + k];
    INGOT_TRY_VOID(read_weights(c, layer->sizes, static_cast<int64_t>(i), &cell));
    layer->cells.push_back(std::move(cell));
  }
  return {};
}

// Of one direction: an input, or zeros.
Result<Value*> start_of(Conversion& c, const Layer& layer, size_t input, int64_t direction) {
  const Sizes& sizes = layer.sizes;
  if (c.input(input) == nullptr)
    return c.expand(c.scalar(c.input(kX)->type.dtype, 0), {sizes.batch, Dim(sizes.hidden)});
  const Shape shape = layer.batch_first ? Shape{sizes.batch, sizes.directions, sizes.hidden}
                                        : Shape{sizes.directions, sizes.batch, sizes.hidden};
  INGOT_TRY_VOID(expect_shape(c, input, input == kHidden ? "initial_h" : "initial_c", shape));
  return of_direction(c, input, layer.batch_first ? 1 : 0, direction);
}

Result<Layer> read_layer(Conversion& c, const Format& format, const Value* x) {
  Layer layer;
  layer.batch_first = c.opset() >= 14 && INGOT_TRY(c.flag("layout", false));
  INGOT_TRY_VOID(read_direction(c, &layer));
  INGOT_TRY_VOID(read_sizes(c, format, x, &layer.sizes));
  INGOT_TRY_VOID(read_cells(c, format, &layer));
  layer.lengths = INGOT_TRY(SequenceLengths::read(c, c.input(kLengths), layer.sizes.steps, layer.sizes.batch));
  for (int64_t i = 0; i < layer.sizes.directions; ++i) {
    RecurrentState state;
    state.hidden = INGOT_TRY(start_of(c, layer, kHidden, i));
    if (format.kind == RecurrentCell::Kind::lstm) state.memory = INGOT_TRY(start_of(c, layer, kMemory, i));
    layer.starts.push_back(state);
  }
  return layer;
}

// What one direction gives.
struct Shown {
  Value* all = nullptr;  // [T, B, H]
  RecurrentState last;
};

Result<Shown> run_direction(Conversion& c, const Layer& layer, size_t direction, Value* x) {
  const RecurrentState& start = layer.starts[direction];
  const bool backwards = layer.backwards || direction == 1;
  const SequenceLengths& lengths = layer.lengths;
  const bool turned = lengths.vary() && backwards;
  if (turned) x = INGOT_TRY(lengths.reversed(c, x));
  const RecurrentRun run = INGOT_TRY(run_recurrent(c, layer.cells[direction], x, start, backwards && !turned));
  Shown shown;
  shown.all = INGOT_TRY(stack_states(c, run, &RecurrentState::hidden));
  if (!lengths.vary()) {
    shown.last = backwards ? run.front() : run.back();
    return shown;
  }
  shown.last.hidden = INGOT_TRY(lengths.last(c, shown.all));
  if (start.memory != nullptr) {
    Value* memory = INGOT_TRY(stack_states(c, run, &RecurrentState::memory));
    shown.last.memory = INGOT_TRY(lengths.last(c, memory));
  }
  if (turned) shown.all = INGOT_TRY(lengths.reversed(c, shown.all));
  shown.all = INGOT_TRY(lengths.cut(c, shown.all));
  return shown;
}

Result<Outputs> convert_layer(Conversion& c, const Format& format) {
  Value* x = INGOT_TRY(c.floats(kX));
  if (x->type.rank() != 3)
    return fail(ErrorCode::invalid_file, "its input is %s, expected 3 axes", to_string(x->type).c_str());
  if (c.opset() >= 14 && INGOT_TRY(c.flag("layout", false))) x = INGOT_TRY(c.permute(x, {1, 0, 2}));
  const Layer layer = INGOT_TRY(read_layer(c, format, x));
  std::vector<Value*> all;
  std::vector<Value*> hidden;
  std::vector<Value*> memory;
  for (size_t i = 0; i < layer.cells.size(); ++i) {
    const Shown shown = INGOT_TRY(run_direction(c, layer, i, x));
    all.push_back(shown.all);
    hidden.push_back(shown.last.hidden);
    memory.push_back(shown.last.memory);
  }
  // Y [T, D, B, H] or [B, T, D, H]; the states [D, B, H] or [B, D, H].
  const int64_t axis = layer.batch_first ? 1 : 0;
  Outputs outputs(std::vector<Value*>(3, nullptr));
  if (c.wants_output(0)) {
    outputs.values[0] = INGOT_TRY(c.call("aten::stack", {all, int64_t{1}}));
    if (layer.batch_first) outputs.values[0] = INGOT_TRY(c.permute(outputs.values[0], {2, 0, 1, 3}));
  }
  if (c.wants_output(1)) outputs.values[1] = INGOT_TRY(c.call("aten::stack", {hidden, axis}));
  if (c.wants_output(2)) outputs.values[2] = INGOT_TRY(c.call("aten::stack", {memory, axis}));
  return outputs;
}

}  // namespace

Result<Outputs> convert_lstm(Conversion& c) {
  return convert_layer(c, {RecurrentCell::Kind::lstm, 4, {0, 2, 3, 1}, {"Sigmoid", "Tanh", "Tanh"}});
}

Result<Outputs> convert_gru(Conversion& c) {
  return convert_layer(c, {RecurrentCell::Kind::gru, 3, {1, 0}, {"Sigmoid", "Tanh"}});
}

Result<Outputs> convert_rnn(Conversion& c) {
  return convert_layer(c, {RecurrentCell::Kind::plain, 1, {}, {"Tanh"}});
}

}  // namespace ingot::compiler::onnx_import
