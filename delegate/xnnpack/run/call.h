// One initialised payload: an XNNPACK runtime and what is needed to run it on the arguments of a call.
#pragma once

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/graph/payload.h"
#include "delegate/xnnpack/run/packed_weights.h"
#include "delegate/xnnpack/run/workspace.h"
#include "runtime/delegate.h"

namespace ingot::xnnpack {

class Call final : public DelegateHandle {
 public:
  // `packing` and `workspace` may be null; the workspace outlives the Call.
  Call(Payload payload, BuiltRuntime built, std::unique_ptr<Packing> packing, Workspace* workspace);

  Result<void> execute(std::span<Tensor* const> args) override;
  void profile(size_t instruction, Profiler& profiler) override;

 private:
  // An argument of the call.
  struct Argument {
    uint32_t external = kNoId;
    size_t value = 0;  // index in the payload's values
    DType dtype = DType::float32;
    bool is_input = false;
    bool is_read = false;            // by a node
    bool was_widened = false;        // int32 computed, int64 wanted
    void* data = nullptr;            // of the current call's tensor
    size_t bytes = 0;                // likewise
    std::vector<std::byte> staging;  // stands in for memory that ends at the end of a page, see set_pointers()
    bool is_staged = false;
  };

  Result<void> read_input_shapes(std::span<Tensor* const> args);
  Result<void> reshape();
  Result<void> resize_outputs(std::span<Tensor* const> args);
  Result<bool> set_pointers(std::span<Tensor* const> args);
  Result<void> set_up();
  void copy_in();
  void copy_out();
  void widen(std::span<Tensor* const> args);

  Payload payload_;
  std::unique_ptr<Packing> packing_;  // outlives the runtime
  BuiltRuntime built_;
  Workspace* workspace_;
  std::vector<Argument> arguments_;
  std::vector<xnn_external_value> externals_;
  bool is_shaped_ = false;
  bool is_set_up_ = false;
  bool any_staged_ = false;
  bool any_index_ = false;   // an int32 output, which may have to be widened
  uint64_t generation_ = 0;  // of the workspace, at the last setup
  // What XNNPACK calls its operators, one after another with a 0 behind each, and how long each took; for profiling.
  std::vector<char> names_;
  std::vector<uint64_t> times_;
};

}  // namespace ingot::xnnpack
