// The memory for intermediate tensors that the calls of a Method, or of a group of Methods, share: they never run at
// the same time. It grows to the largest need among them.
#pragma once

#include <xnnpack.h>

#include <cstdint>
#include <memory>

#include "runtime/core/error.h"
#include "runtime/delegate.h"

namespace ingot::xnnpack {

class Workspace final : public DelegateState {
 public:
  static Result<std::unique_ptr<Workspace>> make();
  ~Workspace() override;

  xnn_workspace_t get() const { return workspace_; }
  // Changes whenever the workspace may have moved: pointers into it that were set up before are then stale.
  uint64_t generation() const { return generation_; }
  void may_have_moved() { ++generation_; }

 private:
  explicit Workspace(xnn_workspace_t workspace) : workspace_(workspace) {}

  xnn_workspace_t workspace_;
  uint64_t generation_ = 1;
};

}  // namespace ingot::xnnpack
