#include "runtime/kernels/portable/loops/windows.h"

#include "runtime/kernels/portable/loops/level.h"
#include "runtime/kernels/portable/loops/tables.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

// Calls f(i) for vectors that cover [0, count); the last may overlap the one before. False where there are too few for
// one.
template <typename F>
inline bool for_vectors(size_t count, F&& f) {
  if (count < kLanes) return false;
  for (size_t i = 0; i < count; i += kLanes) f(smaller(i, count - kLanes));
  return true;
}

void sum(const WindowRun& run) {
  const auto add = [&](size_t i) {
    Lanes total = load(run.in + run.offsets[0] + i);
    for (size_t t = 1; t < run.taps; ++t) total += load(run.in + run.offsets[t] + i);
    store(run.out + i, total);
  };
  if (for_vectors(run.count, add)) return;
  for (size_t i = 0; i < run.count; ++i) {
    float total = run.in[run.offsets[0] + static_cast<ptrdiff_t>(i)];
    for (size_t t = 1; t < run.taps; ++t) total += run.in[run.offsets[t] + static_cast<ptrdiff_t>(i)];
    run.out[i] = total;
  }
}

void max(const WindowRun& run, const int32_t* numbers, int32_t* out_numbers) {
  const auto fold = [&](size_t i) {
    Lanes best = load(run.in + run.offsets[0] + i);
    Ints number = Ints{} + numbers[0];
    for (size_t t = 1; t < run.taps; ++t) {
      const Lanes x = load(run.in + run.offsets[t] + i);
      const Ints better = (x > best) | (x != x);
      best = better ? x : best;
      number = better ? Ints{} + numbers[t] : number;
    }
    store(run.out + i, best);
    store_ints(out_numbers + i, number);
  };
  if (for_vectors(run.count, fold)) return;
  for (size_t i = 0; i < run.count; ++i) {
    const float* in = run.in + i;
    float best = in[run.offsets[0]];
    int32_t number = numbers[0];
    for (size_t t = 1; t < run.taps; ++t) {
      const float x = in[run.offsets[t]];
      if (x > best || x != x) best = x, number = numbers[t];
    }
    run.out[i] = best;
    out_numbers[i] = number;
  }
}

void max_numbered(const WindowRun& run, const int32_t* in_numbers, int32_t* out_numbers) {
  const auto fold = [&](size_t i) {
    Lanes best = load(run.in + run.offsets[0] + i);
    Ints number = load_ints(in_numbers + run.offsets[0] + i);
    for (size_t t = 1; t < run.taps; ++t) {
      const Lanes x = load(run.in + run.offsets[t] + i);
      const Ints its = load_ints(in_numbers + run.offsets[t] + i);
      const Ints better = (x > best) | ((x == best) & (its < number)) | ((x != x) & ((best == best) | (its > number)));
      best = better ? x : best;
      number = better ? its : number;
    }
    store(run.out + i, best);
    store_ints(out_numbers + i, number);
  };
  if (for_vectors(run.count, fold)) return;
  for (size_t i = 0; i < run.count; ++i) {
    float best = run.in[run.offsets[0] + static_cast<ptrdiff_t>(i)];
    int32_t number = in_numbers[run.offsets[0] + static_cast<ptrdiff_t>(i)];
    for (size_t t = 1; t < run.taps; ++t) {
      const float x = run.in[run.offsets[t] + static_cast<ptrdiff_t>(i)];
      const int32_t its = in_numbers[run.offsets[t] + static_cast<ptrdiff_t>(i)];
      if (x > best || (x == best && its < number) || (x != x && (best == best || its > number))) {
        best = x;
        number = its;
      }
    }
    run.out[i] = best;
    out_numbers[i] = number;
  }
}

}  // namespace

constexpr WindowLoops window_loops = {sum, max, max_numbered};

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
