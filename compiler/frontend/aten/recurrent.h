// Recurrent layers, unrolled over time: each step becomes a product of matrices and elementwise operators on what is
// left of the step before. Shared by the front ends. Plain functions; errors of code not_supported say what is too
// long, or not a number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler {

// What a cell keeps from step to step.
struct RecurrentState {
  Value* hidden = nullptr;  // [B, H]
  Value* memory = nullptr;  // [B, H] of an LSTM
};

// A function of one tensor, element by element.
using Activation = std::function<Result<Value*>(Calls& c, Value* x)>;

Activation sigmoid_activation();
Activation tanh_activation();
Activation relu_activation();

// One layer in one direction. Weights stand on the right of a product; the parts of each gate lie side by side in them.
struct RecurrentCell {
  enum class Kind : uint8_t {
    plain,  // h' = f(x W + h R)
    gru,    // reset, keep: f(x W + h R); news: g(x W + (reset, h) R); h' = (1 - keep) news + keep h
    lstm,   // in, forget, out: f(x W + h R); news: g(x W + h R); m' = forget m + in news; h' = out h(m')
  };
  // Which part of the weights belongs to which gate: of an LSTM, in order, the gates in, forget, news and out; of a GRU
  // reset and keep, before the news.
  using Order = std::array<size_t, 4>;

  Kind kind = Kind::plain;
  Order order = {};
  Value* input_weight = nullptr;   // [I, gates * H]
  Value* hidden_weight = nullptr;  // [H, gates * H]
  Value* input_bias = nullptr;     // [gates * H], or none
  Value* hidden_bias = nullptr;
  std::array<Activation, 3> activations;  // f, g, h, as many as the kind has
  // Of a GRU: multiplies h R + its bias, instead of h.
  bool reset_after_product = true;
  // Of an LSTM: [H] each, or none: the memory's own part in the gates in, forget and out, elementwise.
  std::array<Value*, 3> peepholes = {};
  // Of an LSTM: forget is 1 - in.
  bool forgets_what_comes_in = false;
  // What goes into an activation is limited to [-clip, clip] where it is not 0.
  double clip = 0;
};

// The states after each step, in the order of time.
using RecurrentRun = std::vector<RecurrentState>;

// Runs the cell over x [T, B, I], from the last step to the first where `backwards`. T is a number, 1 at least.
Result<RecurrentRun> run_recurrent(Calls& c, const RecurrentCell& cell, Value* x, RecurrentState start, bool backwards);

// not_supported where so many steps of so many cells would make the graph too large.
Result<void> check_recurrent_steps(int64_t steps, int64_t cells);

// One field of each state of a run, as [T, B, H].
Result<Value*> stack_states(Calls& c, const RecurrentRun& run, Value* RecurrentState::* field);

}  // namespace ingot::compiler
