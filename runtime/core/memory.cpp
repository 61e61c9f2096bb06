#include "runtime/core/memory.h"

#include <cstdint>

namespace ingot {

Result<Memory> Memory::allocate(size_t size) {
  Memory memory;
  size_t total = 0;
  if (checked_add(size, kAlignment - 1, &total) && total <= PTRDIFF_MAX) memory.block_ = std::calloc(total, 1);
  if (memory.block_ == nullptr) return fail(ErrorCode::out_of_memory, "cannot allocate %zu bytes", size);
  const auto address = reinterpret_cast<uintptr_t>(memory.block_);
  const uintptr_t aligned = (address + kAlignment - 1) & ~uintptr_t{kAlignment - 1};
  memory.bytes_ = {static_cast<std::byte*>(memory.block_) + (aligned - address), size};
  return memory;
}

std::byte* Carver::take_bytes(size_t size, size_t alignment, size_t count) {
  size_t start = 0;
  size_t bytes = 0;
  size_t end = 0;
  if (!checked_align_up(used_, alignment, &start) || !checked_mul(size, count, &bytes) ||
      !checked_add(start, bytes, &end)) {
    used_ = SIZE_MAX;
    return nullptr;
  }
  used_ = end;
  return block_ == nullptr ? nullptr : block_ + start;
}

}  // namespace ingot
