// Runs a graph many times in this process, exactly as the file that it becomes would run: compiled with the same
// partitioning, planning and emission, loaded and executed by the runtime, on the calling thread alone. There is no
// second interpreter. A Session
// owns the compiled program; it belongs to one thread at a time. Making one costs a compilation, and memory for the
// weights as emitted and as packed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "runtime/core/tensor.h"
#include "runtime/npy/npy.h"

namespace ingot::compiler {

class Session {
 public:
  // Takes the graph as passes left it, quantized or not. `lowering` may be null (portable kernels run everything) and
  // outlives the Session.
  static Result<Session> make(Graph graph, Lowering* lowering);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Inputs by position; dtypes and sizes must be the graph's, elements lie in its dim_order.
  Result<void> run(std::span<const Array> inputs);
  // The two halves of run().
  Result<void> set_inputs(std::span<const Array> inputs);
  Result<void> execute();
  // Of the last run, valid until the next.
  Result<const Tensor*> output(size_t index) const;
  // The elements of a float32 output, in memory order.
  Result<std::span<const float>> floats(size_t index) const;

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::compiler
