#include "runtime/kernels/portable/loop_levels.h"

#include <atomic>

#include "runtime/kernels/selection.h"

// The tables of a level, by the namespace that they were compiled with.
#define INGOT_LOOP_LEVEL baseline
#include "runtime/kernels/portable/loops/tables.h"
#undef INGOT_LOOP_LEVEL
#if INGOT_X86_LOOPS
#define INGOT_LOOP_LEVEL avx2
#include "runtime/kernels/portable/loops/tables.h"
#undef INGOT_LOOP_LEVEL
#define INGOT_LOOP_LEVEL avx512
#include "runtime/kernels/portable/loops/tables.h"
#undef INGOT_LOOP_LEVEL
#define INGOT_LOOP_LEVEL avx512vnni
#include "runtime/kernels/portable/loops/tables.h"
#undef INGOT_LOOP_LEVEL
#endif

namespace ingot::portable {
namespace {

#if INGOT_X86_LOOPS
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") &&
         __builtin_cpu_supports("fma");
}
#endif

// Loops over integers serve quantized kernels alone: where none of these is built, nothing holds the loops.
template <typename Loops>
constexpr const Loops* for_integers(const Loops& loops) {
  return selection::has_quantized_operators() ? &loops : nullptr;
}

constexpr LoopLevel kLevels[] = {
    {"baseline", [] { return true; }, &baseline::product_loops, &baseline::depthwise_loops, &baseline::element_loops,
     &baseline::copy_loops, for_integers(baseline::byte_loops), for_integers(baseline::pair_loops),
     &baseline::pixel_loops, &baseline::window_loops},
#if INGOT_X86_LOOPS
    // The builtin asks the operating system, too, whether it keeps the wider registers.
    {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }, &avx2::product_loops,
     &avx2::depthwise_loops, &avx2::element_loops, &avx2::copy_loops, for_integers(avx2::byte_loops),
     for_integers(avx2::pair_loops), &avx2::pixel_loops, &avx2::window_loops},
    {"avx512", has_avx512, &avx512::product_loops, &avx512::depthwise_loops, &avx512::element_loops,
     &avx512::copy_loops, for_integers(avx512::byte_loops), for_integers(avx512::pair_loops), &avx512::pixel_loops,
     &avx512::window_loops},
    // Instructions for sums of products of integers, of use to these alone.
    {"avx512vnni", [] { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }, &avx512::product_loops,
     &avx512::depthwise_loops, &avx512::element_loops, &avx512::copy_loops, for_integers(avx512::byte_loops),
     for_integers(avx512vnni::pair_loops), &avx512::pixel_loops, &avx512::window_loops},
#endif
};

std::atomic<const LoopLevel*> chosen = nullptr;

const LoopLevel& best() {
  const LoopLevel* level = &kLevels[0];
  for (const LoopLevel& candidate : kLevels) {
    if (candidate.runs_here()) level = &candidate;
  }
  return *level;
}

}  // namespace

std::span<const LoopLevel> loop_levels() {
  return kLevels;
}

const LoopLevel& loops() {
  const LoopLevel* level = chosen.load(std::memory_order_relaxed);
  if (level == nullptr) {  // several threads may find the same at once
    level = &best();
    chosen.store(level, std::memory_order_relaxed);
  }
  return *level;
}

bool choose_loops(std::string_view name) {
  for (const LoopLevel& level : kLevels) {
    if (name != level.name || !level.runs_here()) continue;
    chosen.store(&level, std::memory_order_relaxed);
    return true;
  }
  return false;
}

}  // namespace ingot::portable
