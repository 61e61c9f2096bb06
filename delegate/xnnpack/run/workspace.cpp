#include "delegate/xnnpack/run/workspace.h"

#include <new>

#include "delegate/xnnpack/graph/define.h"

namespace ingot::xnnpack {

Result<std::unique_ptr<Workspace>> Workspace::make() {
  INGOT_TRY_VOID(answered(xnn_initialize(nullptr)));
  xnn_workspace_t workspace = nullptr;
  INGOT_TRY_VOID(answered(xnn_create_workspace(&workspace)));
  std::unique_ptr<Workspace> made(new (std::nothrow) Workspace(workspace));
  if (made == nullptr) {
    xnn_release_workspace(workspace);
    return fail(ErrorCode::out_of_memory, "no memory for a workspace");
  }
  return made;
}

Workspace::~Workspace() {
  xnn_release_workspace(workspace_);
}

}  // namespace ingot::xnnpack
