// The part of ingot.h that lies in this library.

#include <new>
#include <utility>

#include "delegate/xnnpack/run/threads.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/c/objects.h"

ingot_status ingot_runtime_add_xnnpack(ingot_runtime* runtime, size_t num_threads) {
  using ingot::xnnpack::Threads;
  if (runtime == nullptr) {
    return ingot::c_status(ingot::Error::make(ingot::ErrorCode::invalid_argument, "runtime is a null pointer"));
  }
  static ingot::XnnpackDelegate delegate;  // stateless: serves all
  ingot::Result<Threads> threads = Threads::make(num_threads);
  if (!threads) return ingot::c_status(threads);
  const ingot::Result<void> added = runtime->runtime.add_delegate(delegate);
  if (!added) return ingot::c_status(added);
  auto* kept = new (std::nothrow) Threads(std::move(*threads));
  if (kept == nullptr) {
    return ingot::c_status(ingot::Error::make(ingot::ErrorCode::out_of_memory, "cannot keep the threads"));
  }
  runtime->threads = kept;
  runtime->destroy_threads = [](void* owned) { delete static_cast<Threads*>(owned); };
  runtime->runtime.set_threads(kept->parallel(), kept->pool());
  return INGOT_OK;
}
