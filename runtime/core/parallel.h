// The hook through which kernels use threads. The runtime owns no threads: a tool or an app fills the hook
// (pthreadpool, or its own pool); without one everything runs on the calling thread.
#pragma once

#include <cstddef>

namespace ingot {

struct Parallel {
  // Runs body(context, begin, end) over disjoint ranges that cover [0, count), each range of at least `grain` items but
  // the last, and returns when all are done. May run everything in one range.
  using Body = void (*)(void* context, size_t begin, size_t end);
  void (*run)(void* pool, size_t count, size_t grain, Body body, void* context) = nullptr;
  void* pool = nullptr;  // the first argument of run
  size_t threads = 1;    // how many run() uses
};

// Calls f(begin, end) through the hook, or directly where there is none.
template <typename F>
void parallel_for(const Parallel& parallel, size_t count, size_t grain, F&& f) {
  if (parallel.run == nullptr || parallel.threads < 2 || count <= grain) {
    if (count > 0) f(size_t{0}, count);
    return;
  }
  parallel.run(
      parallel.pool, count, grain,
      [](void* context, size_t begin, size_t end) { (*static_cast<F*>(context))(begin, end); }, &f);
}

}  // namespace ingot
