// LSTM, GRU and plain recurrent layers.
#include "compiler/frontend/aten/recurrent.h"

#include <vector>

#include "compiler/frontend/pt2/operators.h"

namespace ingot::compiler::pt2 {
namespace {

struct Layers {
  int64_t count = 1;
  int64_t directions = 1;
  std::vector<RecurrentCell> cells;    // of each layer and direction
  std::vector<RecurrentState> states;  // likewise, at the start
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

// `like` has what is the same in all cells.
Result<std::vector<RecurrentCell>> read_cells(Conversion& c, const RecurrentCell& like, size_t count) {
  const bool biases = c.flag("has_biases");
  const std::vector<Value*>& params = c.tensors("params");
  const size_t each = biases ? 4 : 2;
  if (params.size() != count * each)
    return fail(ErrorCode::not_supported, "%zu weights for %zu layers and directions, expected %zu each", params.size(),
                count, each);
  std::vector<RecurrentCell> cells(count, like);
  for (size_t i = 0; i < count; ++i) {
    cells[i].input_weight = INGOT_TRY(turned(c, params[i * each]));
    cells[i].hidden_weight = INGOT_TRY(turned(c, params[i * each + 1]));
    if (biases) {
      cells[i].input_bias = params[i * each + 2];
      cells[i].hidden_bias = params[i * each + 3];
    }
  }
  return cells;
}

Result<Layers> read_layers(Conversion& c, const RecurrentCell& like, const std::vector<Value*>& states, int64_t steps) {
  Layers layers;
  layers.count = INGOT_TRY(c.integer("num_layers"));
  layers.directions = c.flag("bidirectional") ? 2 : 1;
  if (layers.count < 1 || layers.count > 1000)
    return fail(ErrorCode::invalid_file, "%lld layers", static_cast<long long>(layers.count));
  const int64_t count = layers.count * layers.directions;
  INGOT_TRY_VOID(check_recurrent_steps(steps, count));
  if (c.flag("train") && c.real("dropout") != 0) return fail(ErrorCode::not_supported, "it drops at random");
  layers.cells = INGOT_TRY(read_cells(c, like, static_cast<size_t>(count)));
  const auto hidden = INGOT_TRY(slices(c, states[0], count));
  std::vector<Value*> memory(hidden.size(), nullptr);
  if (states.size() == 2) memory = INGOT_TRY(slices(c, states[1], count));
  for (size_t i = 0; i < hidden.size(); ++i) layers.states.push_back({hidden[i], memory[i]});
  return layers;
}

Result<Outputs> run_layers(Conversion& c, const Layers& layers, Value* x) {
  std::vector<Value*> hidden;
  std::vector<Value*> memory;
  for (int64_t layer = 0; layer < layers.count; ++layer) {
    std::vector<Value*> shown;
    for (int64_t direction = 0; direction < layers.directions; ++direction) {
      const auto i = static_cast<size_t>(layer * layers.directions + direction);
      const bool backwards = direction == 1;
      const RecurrentRun run = INGOT_TRY(run_recurrent(c, layers.cells[i], x, layers.states[i], backwards));
      shown.push_back(INGOT_TRY(stack_states(c, run, &RecurrentState::hidden)));
      const RecurrentState& last = backwards ? run.front() : run.back();
      hidden.push_back(last.hidden);
      memory.push_back(last.memory);
    }
    x = shown.size() == 1 ? shown[0] : INGOT_TRY(c.call("aten::cat", {shown, int64_t{2}}));
  }
  std::vector<Value*> outputs = {x};
  outputs.push_back(INGOT_TRY(c.call("aten::stack", {hidden, int64_t{0}})));
  if (memory[0] != nullptr) outputs.push_back(INGOT_TRY(c.call("aten::stack", {memory, int64_t{0}})));
  return outputs;
}

Result<Outputs> unroll(Conversion& c, const RecurrentCell& like, const std::vector<Value*>& states) {
  Value* x = INGOT_TRY(c.floats("input"));
  if (x->type.rank() != 3) return fail(ErrorCode::not_supported, "its input is %s", to_string(x->type).c_str());
  const bool batch_first = c.flag("batch_first");
  if (batch_first) x = INGOT_TRY(c.permute(x, {1, 0, 2}));
  const int64_t steps = INGOT_TRY(Calls::size(x, 0));
  const Layers layers = INGOT_TRY(read_layers(c, like, states, steps));
  Outputs outputs = INGOT_TRY(run_layers(c, layers, x));
  if (batch_first) outputs.values[0] = INGOT_TRY(c.permute(outputs.values[0], {1, 0, 2}));
  return outputs;
}

}  // namespace

Result<Outputs> convert_lstm(Conversion& c) {
  const std::vector<Value*>& states = c.tensors("hx");
  if (states.size() != 2) return fail(ErrorCode::invalid_file, "%zu states, expected 2", states.size());
  RecurrentCell cell;
  cell.kind = RecurrentCell::Kind::lstm;
  cell.order = {0, 1, 2, 3};
  cell.activations = {sigmoid_activation(), tanh_activation(), tanh_activation()};
  return unroll(c, cell, states);
}

Result<Outputs> convert_gru(Conversion& c) {
  RecurrentCell cell;
  cell.kind = RecurrentCell::Kind::gru;
  cell.order = {0, 1};
  cell.activations = {sigmoid_activation(), tanh_activation()};
  return unroll(c, cell, {c.tensor("hx")});
}

Result<Outputs> convert_rnn(Conversion& c) {
  const bool rectified = c.op().full_name() == "aten::rnn_relu.input";
  RecurrentCell cell;
  cell.activations = {rectified ? relu_activation() : tanh_activation()};
  return unroll(c, cell, {c.tensor("hx")});
}

}  // namespace ingot::compiler::pt2
