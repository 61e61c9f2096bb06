// The packed weights of a program's payloads. XNNPACK packs each constant filter once a runtime; equal results are kept
// once, found by content. (XNNPACK's own cache goes by the addresses of filter and bias, which says nothing about
// scales, and takes nothing new once it is in use.)
//
// PackedWeights may be used from several threads. It outlives every Packing, and a Packing the runtime it was made for.
#pragma once

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "runtime/delegate.h"

namespace ingot::xnnpack {

class PackedWeights final : public DelegateState {
 public:
  // What XNNPACK aligns packed weights to.
  static constexpr size_t kAlignment = 64;

  struct Free {
    void operator()(std::byte* bytes) const;
  };
  using Buffer = std::unique_ptr<std::byte[], Free>;

  // Zeroed, with XNN_EXTRA_BYTES behind it; null where there is no memory.
  static Buffer allocate(size_t size);
  // An equal buffer that is kept already, or else this one.
  std::byte* keep(Buffer buffer, size_t size);
  // Of all that is kept.
  size_t bytes() const;

 private:
  struct Entry {
    Buffer buffer;
    size_t size;
  };

  mutable std::mutex mutex_;
  std::unordered_multimap<uint64_t, Entry> entries_;  // by a hash of the content
  size_t bytes_ = 0;
};

// The interface through which one XNNPACK runtime packs into PackedWeights and then reads from it.
class Packing {
 public:
  // `source` is told what has been packed; it outlives this.
  Packing(PackedWeights& weights, const NamedData& source);
  Packing(const Packing&) = delete;
  Packing& operator=(const Packing&) = delete;

  xnn_weights_cache_t cache() { return &provider_; }
  // After the runtime has been made: from now on it reads only.
  void finish();

 private:
  PackedWeights& weights_;
  const NamedData& source_;
  PackedWeights::Buffer pending_;  // reserved, not inserted yet
  size_t pending_size_ = 0;
  bool finished_ = false;
  xnn_weights_cache_provider provider_;
};

}  // namespace ingot::xnnpack
