// LSTM, GRU and plain recurrent layers, unrolled over time.
#include <algorithm>
#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

// Each step becomes some twenty nodes.
constexpr int64_t kMostSteps = 2000;

// What a layer in one direction is made of, weights turned to stand on the right of a product.
struct Cell {
  Value* input_weight = nullptr;   // [I, gates * H]
  Value* hidden_weight = nullptr;  // [H, gates * H]
  Value* input_bias = nullptr;     // [gates * H], or none
  Value* hidden_bias = nullptr;
};

struct State {
  Value* hidden = nullptr;  // [B, H]
  Value* memory = nullptr;  // LSTM's
};

// x W + b, where b may be none.
Result<Value*> affine(Conversion& c, Value* x, Value* weight, Value* bias) {
  if (bias == nullptr) return c.call("aten::mm", {x, weight});
  return c.call("aten::addmm", {bias, x, weight});
}

Result<std::vector<Value*>> gates_of(Conversion& c, Value* x, int64_t gates) {
  const int64_t width = INGOT_TRY(Calls::size(x, 1)) / gates;
  const Node* node = INGOT_TRY(c.builder().node(
      "aten::split_with_sizes_copy", {x, std::vector<int64_t>(static_cast<size_t>(gates), width), int64_t{1}}));
  return std::vector<Value*>(node->outputs().begin(), node->outputs().end());
}

// One step of a cell: `x` is what the input gives to the gates.
using Step = Result<State> (*)(Conversion& c, const Cell& cell, Value* x, const State& before);

Result<State> lstm_step(Conversion& c, const Cell& cell, Value* x, const State& before) {
  Value* own = INGOT_TRY(affine(c, before.hidden, cell.hidden_weight, cell.hidden_bias));
  Value* sum = INGOT_TRY(c.call("aten::add.Tensor", {x, own}));
  const std::vector<Value*> gates = INGOT_TRY(gates_of(c, sum, 4));
  Value* in = INGOT_TRY(c.call("aten::sigmoid", {gates[0]}));
  Value* forget = INGOT_TRY(c.call("aten::sigmoid", {gates[1]}));
  Value* news = INGOT_TRY(c.call("aten::tanh", {gates[2]}));
  Value* out = INGOT_TRY(c.call("aten::sigmoid", {gates[3]}));
  Value* kept = INGOT_TRY(c.call("aten::mul.Tensor", {forget, before.memory}));
  Value* added = INGOT_TRY(c.call("aten::mul.Tensor", {in, news}));
  Value* memory = INGOT_TRY(c.call("aten::add.Tensor", {kept, added}));
  Value* shown = INGOT_TRY(c.call("aten::tanh", {memory}));
  return State{INGOT_TRY(c.call("aten::mul.Tensor", {out, shown})), memory};
}

Result<State> gru_step(Conversion& c, const Cell& cell, Value* x, const State& before) {
  Value* own = INGOT_TRY(affine(c, before.hidden, cell.hidden_weight, cell.hidden_bias));
  const std::vector<Value*> from_input = INGOT_TRY(gates_of(c, x, 3));
  const std::vector<Value*> from_state = INGOT_TRY(gates_of(c, own, 3));
  Value* reset = INGOT_TRY(c.call("aten::add.Tensor", {from_input[0], from_state[0]}));
  reset = INGOT_TRY(c.call("aten::sigmoid", {reset}));
  Value* keep = INGOT_TRY(c.call("aten::add.Tensor", {from_input[1], from_state[1]}));
  keep = INGOT_TRY(c.call("aten::sigmoid", {keep}));
  Value* news = INGOT_TRY(c.call("aten::mul.Tensor", {reset, from_state[2]}));
  news = INGOT_TRY(c.call("aten::add.Tensor", {from_input[2], news}));
  news = INGOT_TRY(c.call("aten::tanh", {news}));
  // (1 - keep) * news + keep * before
  Value* difference = INGOT_TRY(c.call("aten::sub.Tensor", {before.hidden, news}));
  Value* part = INGOT_TRY(c.call("aten::mul.Tensor", {keep, difference}));
  return State{INGOT_TRY(c.call("aten::add.Tensor", {news, part})), nullptr};
}

template <bool rectified>
Result<State> plain_step(Conversion& c, const Cell& cell, Value* x, const State& before) {
  Value* own = INGOT_TRY(affine(c, before.hidden, cell.hidden_weight, cell.hidden_bias));
  Value* sum = INGOT_TRY(c.call("aten::add.Tensor", {x, own}));
  return State{INGOT_TRY(c.call(rectified ? "aten::relu" : "aten::tanh", {sum})), nullptr};
}

struct Layers {
  Step step;
  bool has_memory = false;
  int64_t count = 1;
  int64_t directions = 1;
  std::vector<Cell> cells;    // of each layer and direction
  std::vector<State> states;  // likewise, at the start
};

Result<Value*> turned(Conversion& c, Value* weight) {
  if (weight->type.rank() != 2)
    return fail(ErrorCode::not_supported, "a weight is %s", to_string(weight->type).c_str());
  return c.permute(weight, {1, 0});
}

// One [L * D, B, H] as a list of [B, H].
Result<std::vector<Value*>> slices(Conversion& c, Value* x, int64_t count) {
  if (x->type.rank() != 3 || !(x->type.shape[0] == Dim(count)))
    return fail(ErrorCode::invalid_file, "a state is %s for %lld layers and directions", to_string(x->type).c_str(),
                static_cast<long long>(count));
  std::vector<Value*> result;
  for (int64_t i = 0; i < count; ++i) result.push_back(INGOT_TRY(c.call("aten::select_copy.int", {x, int64_t{0}, i})));
  return result;
}

Result<Layers> read_layers(Conversion& c, Step step, const std::vector<Value*>& states) {
  Layers layers{step, states.size() == 2, 1, 1, {}, {}};
  layers.count = INGOT_TRY(c.integer("num_layers"));
  layers.directions = c.flag("bidirectional") ? 2 : 1;
  const bool biases = c.flag("has_biases");
  const std::vector<Value*>& params = c.tensors("params");
  const size_t each = biases ? 4 : 2;
  if (layers.count < 1 || layers.count > kMostSteps)
    return fail(ErrorCode::invalid_file, "%lld layers", static_cast<long long>(layers.count));
  const auto cells = static_cast<size_t>(layers.count * layers.directions);
  if (params.size() != cells * each)
    return fail(ErrorCode::not_supported, "%zu weights for %zu layers and directions, expected %zu each", params.size(),
                cells, each);
  if (c.flag("train") && c.real("dropout") != 0) return fail(ErrorCode::not_supported, "it drops at random");
  for (size_t i = 0; i < cells; ++i) {
    Cell cell{INGOT_TRY(turned(c, params[i * each])), INGOT_TRY(turned(c, params[i * each + 1]))};
    if (biases) {
      cell.input_bias = params[i * each + 2];
      cell.hidden_bias = params[i * each + 3];
    }
    layers.cells.push_back(cell);
  }
  const auto hidden = INGOT_TRY(slices(c, states[0], static_cast<int64_t>(cells)));
  std::vector<Value*> memory(cells, nullptr);
  if (layers.has_memory) memory = INGOT_TRY(slices(c, states[1], static_cast<int64_t>(cells)));
  for (size_t i = 0; i < cells; ++i) layers.states.push_back({hidden[i], memory[i]});
  return layers;
}

// One layer in one direction over x [T, B, I]: what it shows after each step, in time's order; `state` is the last one.
Result<std::vector<Value*>> run_cell(Conversion& c, const Cell& cell, Step step, bool backwards, Value* x,
                                     State* state) {
  const Shape& shape = x->type.shape;
  const int64_t steps = INGOT_TRY(Calls::size(x, 0));
  Value* rows = INGOT_TRY(c.view(x, {shape[0] * shape[1], shape[2]}));
  Value* all = INGOT_TRY(affine(c, rows, cell.input_weight, cell.input_bias));
  all = INGOT_TRY(c.view(all, {shape[0], shape[1], all->type.shape[1]}));
  std::vector<Value*> shown(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t at = backwards ? steps - 1 - i : i;
    Value* now = INGOT_TRY(c.call("aten::select_copy.int", {all, int64_t{0}, at}));
    *state = INGOT_TRY(step(c, cell, now, *state));
    shown[static_cast<size_t>(at)] = state->hidden;
  }
  return shown;
}

Result<Outputs> run_layers(Conversion& c, Layers layers, Value* x) {
  const int64_t steps = INGOT_TRY(Calls::size(x, 0));
  if (steps < 1 || steps > kMostSteps / (layers.count * layers.directions))
    return fail(ErrorCode::not_supported, "%lld steps of %lld layers, unrolled", static_cast<long long>(steps),
                static_cast<long long>(layers.count * layers.directions));
  for (int64_t layer = 0; layer < layers.count; ++layer) {
    std::vector<Value*> shown;
    for (int64_t direction = 0; direction < layers.directions; ++direction) {
      const auto i = static_cast<size_t>(layer * layers.directions + direction);
      const std::vector<Value*> steps_shown =
          INGOT_TRY(run_cell(c, layers.cells[i], layers.step, direction == 1, x, &layers.states[i]));
      shown.push_back(INGOT_TRY(c.call("aten::stack", {steps_shown, int64_t{0}})));
    }
    x = shown.size() == 1 ? shown[0] : INGOT_TRY(c.call("aten::cat", {shown, int64_t{2}}));
  }
  std::vector<Value*> hidden;
  std::vector<Value*> memory;
  for (const State& state : layers.states) {
    hidden.push_back(state.hidden);
    memory.push_back(state.memory);
  }
  std::vector<Value*> outputs = {x, INGOT_TRY(c.call("aten::stack", {hidden, int64_t{0}}))};
  if (layers.has_memory) outputs.push_back(INGOT_TRY(c.call("aten::stack", {memory, int64_t{0}})));
  return outputs;
}

Result<Outputs> unroll(Conversion& c, Step step, const std::vector<Value*>& states) {
  Value* x = INGOT_TRY(c.floats("input"));
  if (x->type.rank() != 3) return fail(ErrorCode::not_supported, "its input is %s", to_string(x->type).c_str());
  const bool batch_first = c.flag("batch_first");
  if (batch_first) x = INGOT_TRY(c.permute(x, {1, 0, 2}));
  Outputs outputs = INGOT_TRY(run_layers(c, INGOT_TRY(read_layers(c, step, states)), x));
  if (batch_first) outputs.values[0] = INGOT_TRY(c.permute(outputs.values[0], {1, 0, 2}));
  return outputs;
}

}  // namespace

Result<Outputs> convert_lstm(Conversion& c) {
  const std::vector<Value*>& states = c.tensors("hx");
  if (states.size() != 2) return fail(ErrorCode::invalid_file, "%zu states, expected 2", states.size());
  return unroll(c, lstm_step, states);
}

Result<Outputs> convert_gru(Conversion& c) {
  return unroll(c, gru_step, {c.tensor("hx")});
}

Result<Outputs> convert_rnn(Conversion& c) {
  const bool rectified = c.op().full_name() == "aten::rnn_relu.input";
  return unroll(c, rectified ? plain_step<true> : plain_step<false>, {c.tensor("hx")});
}

}  // namespace ingot::compiler::pt2
