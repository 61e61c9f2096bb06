// The XNNPACK delegate's host side: which nodes of a graph XNNPACK can run, and regions of them as payloads.
//
// Whether a node can run is asked of XNNPACK itself: the node is lowered into a payload, and the payload is defined
// with the code that the device runs. A region is built in full (weights packed, runtime created and reshaped) before
// its payload is handed out. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/partition/lowering.h"
#include "delegate/xnnpack/run/threads.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"

namespace ingot::xnnpack {

class XnnpackLowering final : public compiler::Lowering {
 public:
  std::string_view backend_id() const override { return "XnnpackBackend"; }
  std::optional<std::string> refuses(const compiler::Node& node) override;
  std::expected<compiler::LoweredRegion, compiler::Refusal> lower(const compiler::Region& region) override;
  // With a thread for each fast core, started when it is first called.
  Result<void> equip(Runtime& runtime) override;

 private:
  XnnpackDelegate delegate_;
  std::optional<Threads> threads_;
};

}  // namespace ingot::xnnpack
