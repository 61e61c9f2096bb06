// The part of ingot.h that lies in this library.

#include "runtime/c/objects.h"

ingot_status ingot_runtime_add_quantized_kernels(ingot_runtime* runtime) {
  if (runtime == nullptr) {
    return ingot::c_status(ingot::Error::make(ingot::ErrorCode::invalid_argument, "runtime is a null pointer"));
  }
  return ingot::c_status(runtime->runtime.add_kernels(ingot::quantized_kernels()));
}
