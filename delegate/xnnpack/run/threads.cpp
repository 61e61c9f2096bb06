#include "delegate/xnnpack/run/threads.h"

#include <cpuinfo.h>
#include <pthreadpool.h>

#include <algorithm>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace ingot::xnnpack {
namespace {

// Cores that this process may run on; all of them where the system does not say.
size_t allowed_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return static_cast<size_t>(std::max(CPU_COUNT(&set), 1));
#endif
  return std::max<size_t>(std::thread::hardware_concurrency(), 1);
}

struct Range {
  Parallel::Body body;
  void* context;
};

void run_range(void* range, size_t begin, size_t size) {
  const auto& r = *static_cast<const Range*>(range);
  r.body(r.context, begin, begin + size);
}

// Ranges of at least `grain`, and no more of them than keeps every thread busy.
void run_parallel(void* pool, size_t count, size_t grain, Parallel::Body body, void* context) {
  if (count == 0) return;
  auto* threads = static_cast<pthreadpool_t>(pool);
  const size_t pieces = 4 * pthreadpool_get_threads_count(threads);
  const size_t tile = std::max({grain, (count + pieces - 1) / pieces, size_t{1}});
  Range range{body, context};
  pthreadpool_parallelize_1d_tile_1d(threads, run_range, &range, count, tile, 0);
}

}  // namespace

size_t performance_cores() {
  const size_t allowed = allowed_cores();
  if (!cpuinfo_initialize()) return allowed;
  const uint32_t cores = cpuinfo_get_cores_count();
  if (cores == 0) return allowed;
  // The cores of the cluster with the highest clock; where clocks are unknown or equal, all of them.
  uint64_t fastest = 0;
  for (uint32_t i = 0; i < cores; ++i) fastest = std::max(fastest, cpuinfo_get_core(i)->frequency);
  size_t count = 0;
  for (uint32_t i = 0; i < cores; ++i) count += cpuinfo_get_core(i)->frequency == fastest;
  return std::clamp<size_t>(count, 1, allowed);
}

Result<Threads> Threads::make(size_t threads) {
  Threads made;
  made.size_ = threads == 0 ? performance_cores() : threads;
  if (made.size_ == 1) return made;
  made.pool_.reset(pthreadpool_create(made.size_));
  if (made.pool_ == nullptr) return fail(ErrorCode::out_of_memory, "cannot start %zu threads", made.size_);
  made.size_ = pthreadpool_get_threads_count(made.pool_.get());
  return made;
}

Parallel Threads::parallel() const {
  if (pool_ == nullptr) return {};
  return {run_parallel, pool_.get(), size_};
}

void Threads::Deleter::operator()(pthreadpool* pool) const {
  pthreadpool_destroy(pool);
}

}  // namespace ingot::xnnpack
