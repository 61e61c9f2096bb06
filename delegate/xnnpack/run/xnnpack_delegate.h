// The delegate that runs payloads of id "XnnpackBackend" with XNNPACK.
//
//   ingot::XnnpackDelegate xnnpack;          // outlives the Runtime
//   runtime.add_delegate(xnnpack);
//
// Stateless: one object serves any number of Runtimes and threads. The payloads of a program share packed weights
// (equal ones are kept once), those of a Method, or of a MethodGroup, share one workspace for intermediate tensors.
// Loading packs weights and costs time and memory for it; executing allocates nothing while shapes do not grow.
#pragma once

#include <string_view>

#include "runtime/delegate.h"

namespace ingot {

class XnnpackDelegate final : public Delegate {
 public:
  std::string_view id() const override { return "XnnpackBackend"; }
  Result<DelegateState*> make_program_state() override;
  Result<DelegateState*> make_group_state() override;
  Result<DelegateHandle*> init(const DelegateInit& init) override;
};

}  // namespace ingot
