// A pool of threads that XNNPACK and the portable kernels share, for tools and for apps that have no pool of their own.
//
// Owned by whoever makes it; it outlives every Runtime it is given to. One computation uses it at a time: pthreadpool
// queues callers, so Methods that run in parallel take turns inside a node. Making it starts the threads.
#pragma once

#include <cstddef>
#include <memory>

#include "runtime/core/error.h"
#include "runtime/core/parallel.h"

struct pthreadpool;

namespace ingot::xnnpack {

// How many threads serve a model best: the fastest cores of this machine that the process may use, by cpuinfo; at
// least 1.
size_t performance_cores();

class Threads {
 public:
  // 0 threads: as many as performance_cores(). With 1 there is no pool: everything runs on the calling thread.
  static Result<Threads> make(size_t threads = 0);

  // The pthreadpool_t for Runtime::set_threads; null with one thread.
  void* pool() const { return pool_.get(); }
  // The hook for kernels.
  Parallel parallel() const;
  size_t size() const { return size_; }

 private:
  struct Deleter {
    void operator()(pthreadpool* pool) const;
  };

  std::unique_ptr<pthreadpool, Deleter> pool_;
  size_t size_ = 1;
};

}  // namespace ingot::xnnpack
