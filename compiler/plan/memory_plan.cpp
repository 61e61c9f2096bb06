#include "compiler/plan/memory_plan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace ingot::compiler {

namespace {

size_t aligned(size_t bytes) {
  return (bytes + kPlanAlignment - 1) / kPlanAlignment * kPlanAlignment;
}

bool overlap_in_time(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

// Puts values into the arena in the given order, each into the smallest gap that holds it between those that live at
// the same time, or above them all.
std::vector<size_t> best_fit(std::span<const Lifetime> lifetimes, std::span<const size_t> order, size_t* arena_bytes) {
  std::vector<size_t> offsets(lifetimes.size(), 0);
  std::vector<size_t> placed;  // sorted by offset
  *arena_bytes = 0;
  for (const size_t index : order) {
    const Lifetime& item = lifetimes[index];
    const size_t bytes = aligned(item.bytes);
    size_t end = 0;  // of the neighbours below
    size_t best = std::numeric_limits<size_t>::max();
    size_t best_gap = std::numeric_limits<size_t>::max();
    for (const size_t other : placed) {
      if (!overlap_in_time(item, lifetimes[other])) continue;
      if (offsets[other] > end) {
        const size_t gap = offsets[other] - end;
        if (gap >= bytes && gap < best_gap) {
          best = end;
          best_gap = gap;
        }
      }
      end = std::max(end, offsets[other] + aligned(lifetimes[other].bytes));
    }
    offsets[index] = best == std::numeric_limits<size_t>::max() ? end : best;
    *arena_bytes = std::max(*arena_bytes, offsets[index] + bytes);
    const auto at = std::ranges::upper_bound(placed, offsets[index], {}, [&](size_t i) { return offsets[i]; });
    placed.insert(at, index);
  }
  return offsets;
}

// The position at which most bytes live.
size_t peak_position(std::span<const Lifetime> lifetimes) {
  size_t peak = 0;
  size_t most = 0;
  for (const Lifetime& at : lifetimes) {
    size_t live = 0;
    for (const Lifetime& other : lifetimes) {
      if (other.first <= at.first && at.first <= other.last) live += aligned(other.bytes);
    }
    if (live > most) {
      most = live;
      peak = at.first;
    }
  }
  return peak;
}

// Orders worth trying, each a sort key; ties fall back to the order of definition.
using Key = std::function<int64_t(const Lifetime&)>;
std::vector<Key> orders(std::span<const Lifetime> lifetimes) {
  const size_t peak = peak_position(lifetimes);
  const auto bytes = [](const Lifetime& x) { return static_cast<int64_t>(x.bytes); };
  const auto duration = [](const Lifetime& x) { return static_cast<int64_t>(x.last - x.first + 1); };
  return {
      [=](const Lifetime& x) { return -bytes(x); },
      [=](const Lifetime& x) { return -bytes(x) * duration(x); },
      [=](const Lifetime& x) { return -duration(x); },
      [=](const Lifetime& x) { return static_cast<int64_t>(x.first); },
      [=](const Lifetime& x) { return -static_cast<int64_t>(x.last); },
      [=](const Lifetime& x) {
        const bool at_peak = x.first <= peak && peak <= x.last;
        return at_peak ? std::numeric_limits<int64_t>::min() / 2 - bytes(x) : -bytes(x);
      },
  };
}

}  // namespace

std::vector<Lifetime> lifetimes(const Graph& graph) {
  std::vector<Lifetime> result;
  std::unordered_map<const Value*, size_t> index;
  const size_t end = graph.nodes().size();
  const auto define = [&](const Value* value, size_t first, size_t last) {
    index.emplace(value, result.size());
    result.push_back({value, value->type.max_nbytes(), first, last});
  };
  for (const Value* input : graph.inputs()) define(input, 0, end);
  for (size_t i = 0; i < end; ++i) {
    for (const Value* input : graph.nodes()[i]->inputs()) {
      if (const auto found = index.find(input); found != index.end()) {
        result[found->second].last = std::max(result[found->second].last, i);
      }
    }
    for (const Value* output : graph.nodes()[i]->outputs()) define(output, i, i);
  }
  for (const Value* output : graph.outputs()) {
    if (const auto found = index.find(output); found != index.end()) result[found->second].last = end;
  }
  return result;
}

std::vector<size_t> place(std::span<const Lifetime> lifetimes, size_t* arena_bytes) {
  const size_t bound = lower_bound(lifetimes);
  std::vector<size_t> best;
  size_t best_bytes = std::numeric_limits<size_t>::max();
  for (const Key& key : orders(lifetimes)) {
    std::vector<size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [&](size_t i) { return key(lifetimes[i]); });
    size_t bytes = 0;
    std::vector<size_t> offsets = best_fit(lifetimes, order, &bytes);
    if (bytes < best_bytes) {
      best = std::move(offsets);
      best_bytes = bytes;
    }
    if (best_bytes == bound) break;
  }
  *arena_bytes = best_bytes;
  return best;
}

size_t lower_bound(std::span<const Lifetime> lifetimes) {
  size_t length = 0;
  for (const Lifetime& x : lifetimes) length = std::max(length, x.last + 1);
  std::vector<int64_t> change(length + 1, 0);
  for (const Lifetime& x : lifetimes) {
    change[x.first] += static_cast<int64_t>(aligned(x.bytes));
    change[x.last + 1] -= static_cast<int64_t>(aligned(x.bytes));
  }
  int64_t live = 0;
  int64_t most = 0;
  for (const int64_t delta : change) {
    live += delta;
    most = std::max(most, live);
  }
  return static_cast<size_t>(most);
}

MemoryPlan plan_memory(const Graph& graph) {
  const std::vector<Lifetime> items = lifetimes(graph);
  MemoryPlan plan;
  const std::vector<size_t> offsets = place(items, &plan.arena_bytes);
  plan.lower_bound_bytes = lower_bound(items);
  for (size_t i = 0; i < items.size(); ++i) plan.offsets.emplace(items[i].value, offsets[i]);
  return plan;
}

}  // namespace ingot::compiler
