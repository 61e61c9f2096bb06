// XNNPACK may read XNN_EXTRA_BYTES behind a tensor. Where these lie in the tensor's last page, that is harmless; memory
// that ends at the end of a page is replaced by a padded copy.
#pragma once

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>

namespace ingot::xnnpack {

inline constexpr size_t kOverread = XNN_EXTRA_BYTES;

inline bool ends_at_page_end(const void* data, size_t bytes) {
  constexpr uintptr_t kSmallestPage = 4096;
  const uintptr_t end = reinterpret_cast<uintptr_t>(data) + bytes;
  return (end - 1) / kSmallestPage != (end - 1 + kOverread) / kSmallestPage;
}

}  // namespace ingot::xnnpack
