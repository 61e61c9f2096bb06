// What a delegate implements: it is given a payload that its host-side lowering wrote, turns it into something runnable
// once, and runs it many times. The runtime calls a delegate from one thread at a time for one handle; different
// handles may be initialised and executed in parallel, also those of one program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/core/error.h"
#include "runtime/core/parallel.h"
#include "runtime/core/tensor.h"
#include "runtime/profiler.h"

namespace ingot {

// Bytes that a program stores under a name. They live as long as the Program.
class NamedData {
 public:
  virtual Result<std::span<const std::byte>> find(std::string_view key) const = 0;
  // A hint that these bytes of the program, or a little more or less, will hardly be read again, because they were
  // copied into a form of the delegate's own. They stay valid; where they were mapped, their memory may go back to the
  // system until they are.
  virtual void copied(std::span<const std::byte>) const {}

 protected:
  ~NamedData() = default;
};

struct CompileSpec {
  std::string_view key;
  std::span<const std::byte> value;
};

// State that a delegate keeps for a program (a weights cache) or for a group of methods that never run at the same time
// (a workspace). The runtime asks for it once, hands it to every init, and destroys it after the last handle.
class DelegateState {
 public:
  virtual ~DelegateState() = default;
};

struct DelegateInit {
  std::span<const std::byte> payload;  // 16-byte aligned; lives as long as the Program
  std::span<const CompileSpec> compile_specs;
  const NamedData* named_data = nullptr;   // never null
  DelegateState* program_state = nullptr;  // what make_program_state returned
  DelegateState* group_state = nullptr;    // what make_group_state returned
  size_t num_args = 0;                     // of every call
  // The arguments of the first call, at their largest sizes and without memory; empty where they are not known yet.
  std::span<Tensor* const> args;
  void* threadpool = nullptr;  // the program's pthreadpool_t, or null
  bool is_profiled = false;    // profile() will be called
};

// One initialised payload.
class DelegateHandle {
 public:
  virtual ~DelegateHandle() = default;
  // args: inputs, then outputs, in the order of the payload's external ids. Output tensors are resized to what the
  // delegate computes; one that is read_only() is an error. Allocates nothing while shapes do not grow.
  virtual Result<void> execute(std::span<Tensor* const> args) = 0;
  // Tells how long each operator of the last execute() took; `instruction` is for ProfiledStep. Nothing where the
  // delegate does not know, or was not told at init.
  virtual void profile(size_t, Profiler&) {}
};

class Delegate {
 public:
  virtual ~Delegate() = default;
  // As in the file: "XnnpackBackend".
  virtual std::string_view id() const = 0;
  // Null where the delegate shares nothing. Owned by the caller, freed with delete.
  virtual Result<DelegateState*> make_program_state() { return nullptr; }
  virtual Result<DelegateState*> make_group_state() { return nullptr; }
  // Owned by the caller, freed with delete; never null.
  virtual Result<DelegateHandle*> init(const DelegateInit& init) = 0;
};

}  // namespace ingot
