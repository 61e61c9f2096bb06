// A block of zeroed, aligned heap memory that reports failure as an Error instead of aborting. Owned by whoever holds
// it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <span>
#include <utility>

#include "runtime/core/checked_math.h"
#include "runtime/core/error.h"

namespace ingot {

class Memory {
 public:
  // Of everything that is allocated here: enough for any vector instruction and a cache line.
  static constexpr size_t kAlignment = 64;

  Memory() = default;
  Memory(Memory&& other) noexcept { *this = std::move(other); }
  Memory& operator=(Memory&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Memory() { std::free(block_); }

  // Pages of a large block are not touched before they are used.
  static Result<Memory> allocate(size_t size);

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  void* block_ = nullptr;
  std::span<std::byte> bytes_;
};

// Hands out the parts of one block, one after the other, each aligned for its type. Without a block it only counts, so
// that the same calls tell first how large the block must be.
class Carver {
 public:
  explicit Carver(std::byte* block) : block_(block) {}

  // Uninitialised memory for `count` objects; null when counting.
  template <typename T>
  T* take(size_t count) {
    return reinterpret_cast<T*>(take_bytes(sizeof(T), alignof(T), count));
  }
  // SIZE_MAX if the sum does not fit size_t.
  size_t used() const { return used_; }

 private:
  std::byte* take_bytes(size_t size, size_t alignment, size_t count);

  std::byte* block_;
  size_t used_ = 0;
};

}  // namespace ingot
