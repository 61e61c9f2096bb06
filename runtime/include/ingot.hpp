// Ingot's runtime for C++: load a .pte file and run its methods.
//
//   ingot::Runtime runtime;                                   // what programs may use; outlives them
//   runtime.add_kernels(ingot::portable_kernels());           // from libingot_kernels
//   runtime.add_kernels(ingot::quantized_kernels());          // from libingot_quantized_kernels
//   runtime.add_delegate(xnnpack_delegate);                   // from libingot_xnnpack
//   auto program = ingot::Program::open(runtime, "net.pte");  // verified in full; immutable, shareable
//   auto method = ingot::Method::load(*program, "forward");   // one thread at a time; several may run in parallel
//   method->input(0) ... method->execute() ... method->output(0)
//
// Nothing here throws. Every function that can fail returns a Result: test it, then read its value or its error().
// After Method::load nothing allocates while shapes do not grow. Programs outlive their Methods, the Runtime outlives
// its Programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"
#include "runtime/core/parallel.h"
#include "runtime/core/tensor.h"
#include "runtime/core/value.h"
#include "runtime/delegate.h"
#include "runtime/kernels/kernel_table.h"
#include "runtime/profiler.h"

namespace ingot {

class DataSource;

// The kernels and delegates that programs may use, and the threads they run on. Filled first, then only read: programs
// and methods of one Runtime may be used from several threads.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The rows must outlive the Runtime. A name that is registered twice is an error.
  Result<void> add_kernels(std::span<const Kernel> kernels);
  // The delegate must outlive the Runtime.
  Result<void> add_delegate(Delegate& delegate);
  // The threads of kernels and, as a pthreadpool_t, of delegates. Both default to the calling thread.
  void set_threads(const Parallel& parallel, void* pthreadpool);
  // How many instructions one execute() may run before it fails: a guard against programs that jump in circles. The
  // default is ten million.
  void set_instruction_limit(uint64_t limit);
  // Methods that are loaded from now on tell the profiler how long each of their steps takes, which costs a little. It
  // outlives them; methods that run in parallel call it in parallel. Null, as at first: nobody is told.
  void set_profiler(Profiler* profiler);

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// A tensor that a method takes or gives, at the largest sizes it may have.
struct TensorInfo {
  DType dtype = DType::float32;
  std::span<const int32_t> sizes;
  std::span<const uint8_t> dim_order;
  bool resizable = false;  // smaller sizes are fine too
  size_t nbytes = 0;
};

// What a caller supplies who wants to own every byte: a block for the method's own tables, one for each planned arena,
// one that methods which never run at the same time may share (scratch), and one for weights in the order in which
// kernels read them. Exact, known before anything is loaded. Delegates allocate their own memory besides.
struct MemoryRequirements {
  size_t method_bytes = 0;               // alignment 16
  std::span<const int64_t> arena_bytes;  // alignment 64 (16 serves); one entry an arena
  size_t scratch_bytes = 0;              // alignment 64: the largest that a kernel of the method asks for
  size_t prepared_bytes = 0;             // alignment 64: what kernels make of the program's constants, once
};

struct MethodInfo {
  std::string_view name;
  size_t num_inputs = 0;
  size_t num_outputs = 0;
};

class Program : public NamedData {
 public:
  enum class Source : uint8_t {
    map,   // mmap: weights are used where they lie in the file
    read,  // read into memory of our own
  };

  // Opens and verifies a file.
  static Result<Program> open(const Runtime& runtime, const char* path, Source source = Source::map);
  // Verifies a program that the caller holds; the bytes stay the caller's and must outlive the Program. Any alignment
  // of 16 and more serves.
  static Result<Program> from_memory(const Runtime& runtime, std::span<const std::byte> bytes);

  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  virtual ~Program();

  size_t num_methods() const;
  Result<MethodInfo> method_info(size_t index) const;
  Result<MethodInfo> method_info(std::string_view name) const;
  Result<TensorInfo> input_info(std::string_view method, size_t index) const;
  Result<TensorInfo> output_info(std::string_view method, size_t index) const;
  // Inputs and outputs that are not tensors have no TensorInfo, only a kind.
  Result<Value::Kind> input_kind(std::string_view method, size_t index) const;
  Result<Value::Kind> output_kind(std::string_view method, size_t index) const;
  // Needs the method's kernels to be registered, since these say how much scratch they use.
  Result<MemoryRequirements> memory_requirements(std::string_view method) const;

  // Bytes stored under a name.
  Result<std::span<const std::byte>> find(std::string_view key) const override;
  // Gives back the memory of mapped bytes that the caller has copied.
  void copied(std::span<const std::byte> bytes) const override;

  // How long opening took, in nanoseconds: mapping or reading, and verification.
  struct LoadTimes {
    int64_t map_ns = 0;
    int64_t verify_ns = 0;
  };
  LoadTimes load_times() const;

  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  static Result<Program> from_source(const Runtime& runtime, DataSource&& source);
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Memory that a caller supplies to Method::load, by the sizes of MemoryRequirements.
struct MethodMemory {
  std::span<std::byte> method;
  std::span<const std::span<std::byte>> arenas;
  std::span<std::byte> scratch;
  std::span<std::byte> prepared = {};
};

// Methods that never run at the same time may share the delegates' workspaces: give them the same group. The group
// outlives them.
class MethodGroup {
 public:
  explicit MethodGroup(const Runtime& runtime);
  ~MethodGroup();
  MethodGroup(const MethodGroup&) = delete;
  MethodGroup& operator=(const MethodGroup&) = delete;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class Method {
 public:
  // Memory comes from the heap.
  static Result<Method> load(const Program& program, std::string_view name = "forward", MethodGroup* group = nullptr);
  // Memory comes from the caller and outlives the Method.
  static Result<Method> load(const Program& program, std::string_view name, const MethodMemory& memory,
                             MethodGroup* group = nullptr);

  Method(Method&&) noexcept;
  Method& operator=(Method&&) noexcept;
  ~Method();

  size_t num_inputs() const;
  size_t num_outputs() const;

  // The input tensor as it is now: write its data (and resize() it, where it is resizable) before execute(). Where the
  // program plans no memory for an input, its data is null until set_input().
  Result<Tensor*> input(size_t index);
  // Copies, or where the program plans no memory for the input, refers to the caller's data, which then stays until the
  // next set_input. Sizes and dtype must match what input_info says; the elements lie in the input's dim_order.
  Result<void> set_input(size_t index, DType dtype, std::span<const int32_t> sizes, const void* data);
  // Valid until the next execute().
  Result<const Tensor*> output(size_t index) const;
  // The same for outputs of any kind: a number, a list. Valid until the next execute().
  Result<const Value*> output_value(size_t index) const;
  // The caller's memory for an output that the program plans none for.
  Result<void> set_output(size_t index, void* data, size_t bytes);

  Result<void> execute();

  struct Impl;

 private:
  static Result<Method> load_with(const Program& program, std::string_view name, const MethodMemory* memory,
                                  MethodGroup* group);
  explicit Method(Impl* impl) : impl_(impl) {}
  Impl* impl_ = nullptr;
};

// The portable kernels, all of them (libingot_kernels).
std::span<const Kernel> portable_kernels();
// The kernels between floats and affine integers, and those that compute on integers (libingot_quantized_kernels).
std::span<const Kernel> quantized_kernels();

}  // namespace ingot
