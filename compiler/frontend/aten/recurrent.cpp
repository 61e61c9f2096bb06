#include "compiler/frontend/aten/recurrent.h"

#include <utility>

namespace ingot::compiler {
namespace {

// Each step becomes some twenty nodes.
constexpr int64_t kMostSteps = 2000;

// x W + b, where b may be none.
Result<Value*> affine(Calls& c, Value* x, Value* weight, Value* bias) {
  if (bias == nullptr) return c.call("aten::mm", {x, weight});
  return c.call("aten::addmm", {bias, x, weight});
}

Result<Value*> sum(Calls& c, Value* a, Value* b) {
  return c.call("aten::add.Tensor", {a, b});
}

Result<Value*> product(Calls& c, Value* a, Value* b) {
  return c.call("aten::mul.Tensor", {a, b});
}

Result<std::vector<Value*>> parts_of(Calls& c, Value* x, const std::vector<int64_t>& widths) {
  const Node* node = INGOT_TRY(c.builder().node("aten::split_with_sizes_copy", {x, widths, int64_t{1}}));
  return std::vector<Value*>(node->outputs().begin(), node->outputs().end());
}

// [B, count * H] as `count` of [B, H].
Result<std::vector<Value*>> gates_of(Calls& c, Value* x, int64_t count) {
  const int64_t width = INGOT_TRY(Calls::size(x, 1)) / count;
  return parts_of(c, x, std::vector<int64_t>(static_cast<size_t>(count), width));
}

Result<Value*> activated(Calls& c, const RecurrentCell& cell, size_t activation, Value* x) {
  if (cell.clip != 0) x = INGOT_TRY(c.call("aten::hardtanh", {x, -cell.clip, cell.clip}));
  return cell.activations[activation](c, x);
}

// A cell with what all of its steps share.
struct Prepared {
  const RecurrentCell& cell;
  // Of a GRU that resets before the product: the parts of hidden_weight and hidden_bias, gates apart from the news.
  Value* gates_weight = nullptr;
  Value* gates_bias = nullptr;
  Value* news_weight = nullptr;
  Value* news_bias = nullptr;
};

Result<Prepared> prepare(Calls& c, const RecurrentCell& cell) {
  Prepared prepared{.cell = cell};
  if (cell.kind != RecurrentCell::Kind::gru || cell.reset_after_product) return prepared;
  const int64_t width = INGOT_TRY(Calls::size(cell.hidden_weight, 0));
  prepared.gates_weight = INGOT_TRY(c.slice(cell.hidden_weight, 1, 0, 2 * width));
  prepared.news_weight = INGOT_TRY(c.slice(cell.hidden_weight, 1, 2 * width, 3 * width));
  if (cell.hidden_bias == nullptr) return prepared;
  prepared.gates_bias = INGOT_TRY(c.slice(cell.hidden_bias, 0, 0, 2 * width));
  prepared.news_bias = INGOT_TRY(c.slice(cell.hidden_bias, 0, 2 * width, 3 * width));
  return prepared;
}

// One step of a cell: `x` is what the input gives to the gates.

// A gate of an LSTM, where `memory` has a part in it.
Result<Value*> lstm_gate(Calls& c, const RecurrentCell& cell, Value* x, size_t peephole, Value* memory) {
  if (cell.peepholes[peephole] != nullptr) {
    Value* own = INGOT_TRY(product(c, memory, cell.peepholes[peephole]));
    x = INGOT_TRY(sum(c, x, own));
  }
  return activated(c, cell, 0, x);
}

Result<RecurrentState> lstm_step(Calls& c, const RecurrentCell& cell, Value* x, const RecurrentState& before) {
  Value* own = INGOT_TRY(affine(c, before.hidden, cell.hidden_weight, cell.hidden_bias));
  Value* all = INGOT_TRY(sum(c, x, own));
  const std::vector<Value*> gates = INGOT_TRY(gates_of(c, all, 4));
  Value* in = INGOT_TRY(lstm_gate(c, cell, gates[cell.order[0]], 0, before.memory));
  Value* forget = nullptr;
  if (cell.forgets_what_comes_in) {
    forget = INGOT_TRY(c.call("aten::sub.Tensor", {c.scalar(in->type.dtype, 1), in}));
  } else {
    forget = INGOT_TRY(lstm_gate(c, cell, gates[cell.order[1]], 1, before.memory));
  }
  Value* news = INGOT_TRY(activated(c, cell, 1, gates[cell.order[2]]));
  Value* kept = INGOT_TRY(product(c, forget, before.memory));
  Value* added = INGOT_TRY(product(c, in, news));
  Value* memory = INGOT_TRY(sum(c, kept, added));
  Value* out = INGOT_TRY(lstm_gate(c, cell, gates[cell.order[3]], 2, memory));
  Value* shown = INGOT_TRY(cell.activations[2](c, memory));
  return RecurrentState{INGOT_TRY(product(c, out, shown)), memory};
}

// (1 - keep) * news + keep * before
Result<RecurrentState> mixed(Calls& c, Value* keep, Value* news, Value* before) {
  Value* difference = INGOT_TRY(c.call("aten::sub.Tensor", {before, news}));
  Value* part = INGOT_TRY(product(c, keep, difference));
  return RecurrentState{INGOT_TRY(sum(c, news, part)), nullptr};
}

Result<RecurrentState> gru_step(Calls& c, const Prepared& prepared, Value* x, const RecurrentState& before) {
  const RecurrentCell& cell = prepared.cell;
  const std::vector<Value*> from_input = INGOT_TRY(gates_of(c, x, 3));
  std::vector<Value*> from_state;
  if (cell.reset_after_product) {
    Value* own = INGOT_TRY(affine(c, before.hidden, cell.hidden_weight, cell.hidden_bias));
    from_state = INGOT_TRY(gates_of(c, own, 3));
  } else {
    Value* own = INGOT_TRY(affine(c, before.hidden, prepared.gates_weight, prepared.gates_bias));
    from_state = INGOT_TRY(gates_of(c, own, 2));
  }
  Value* reset = INGOT_TRY(sum(c, from_input[cell.order[0]], from_state[cell.order[0]]));
  reset = INGOT_TRY(activated(c, cell, 0, reset));
  Value* keep = INGOT_TRY(sum(c, from_input[cell.order[1]], from_state[cell.order[1]]));
  keep = INGOT_TRY(activated(c, cell, 0, keep));
  Value* news = nullptr;
  if (cell.reset_after_product) {
    news = INGOT_TRY(product(c, reset, from_state[2]));
  } else {
    Value* left = INGOT_TRY(product(c, reset, before.hidden));
    news = INGOT_TRY(affine(c, left, prepared.news_weight, prepared.news_bias));
  }
  news = INGOT_TRY(sum(c, from_input[2], news));
  news = INGOT_TRY(activated(c, cell, 1, news));
  return mixed(c, keep, news, before.hidden);
}

Result<RecurrentState> plain_step(Calls& c, const RecurrentCell& cell, Value* x, const RecurrentState& before) {
  Value* own = INGOT_TRY(affine(c, before.hidden, cell.hidden_weight, cell.hidden_bias));
  Value* all = INGOT_TRY(sum(c, x, own));
  return RecurrentState{INGOT_TRY(activated(c, cell, 0, all)), nullptr};
}

Result<RecurrentState> step(Calls& c, const Prepared& prepared, Value* x, const RecurrentState& before) {
  switch (prepared.cell.kind) {
    case RecurrentCell::Kind::plain:
      return plain_step(c, prepared.cell, x, before);
    case RecurrentCell::Kind::gru:
      return gru_step(c, prepared, x, before);
    case RecurrentCell::Kind::lstm:
      return lstm_step(c, prepared.cell, x, before);
  }
  return fail(ErrorCode::internal, "a recurrent cell of no known kind");
}

}  // namespace

Activation sigmoid_activation() {
  return [](Calls& c, Value* x) { return c.call("aten::sigmoid", {x}); };
}

Activation tanh_activation() {
  return [](Calls& c, Value* x) { return c.call("aten::tanh", {x}); };
}

Activation relu_activation() {
  return [](Calls& c, Value* x) { return c.call("aten::relu", {x}); };
}

Result<RecurrentRun> run_recurrent(Calls& c, const RecurrentCell& cell, Value* x, RecurrentState start,
                                   bool backwards) {
  const Shape shape = x->type.shape;
  const int64_t steps = INGOT_TRY(Calls::size(x, 0));
  const Prepared prepared = INGOT_TRY(prepare(c, cell));
  // The input's part of all steps is one product.
  Value* rows = INGOT_TRY(c.view(x, {shape[0] * shape[1], shape[2]}));
  Value* all = INGOT_TRY(affine(c, rows, cell.input_weight, cell.input_bias));
  all = INGOT_TRY(c.view(all, {shape[0], shape[1], all->type.shape[1]}));
  RecurrentRun run(static_cast<size_t>(steps));
  RecurrentState state = start;
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t at = backwards ? steps - 1 - i : i;
    Value* now = INGOT_TRY(c.call("aten::select_copy.int", {all, int64_t{0}, at}));
    state = INGOT_TRY(step(c, prepared, now, state));
    run[static_cast<size_t>(at)] = state;
  }
  return run;
}

Result<void> check_recurrent_steps(int64_t steps, int64_t cells) {
  if (steps >= 1 && steps <= kMostSteps / cells) return {};
  return fail(ErrorCode::not_supported, "%lld steps of %lld layers or directions, unrolled (at most %lld together)",
              static_cast<long long>(steps), static_cast<long long>(cells), static_cast<long long>(kMostSteps));
}

Result<Value*> stack_states(Calls& c, const RecurrentRun& run, Value* RecurrentState::* field) {
  std::vector<Value*> steps;
  for (const RecurrentState& state : run) steps.push_back(state.*field);
  return c.call("aten::stack", {std::move(steps), int64_t{0}});
}

}  // namespace ingot::compiler
